"""Cache verdicts per question and candidate, so that none is computed twice.

A search reads the library without its lock, so new verdicts are gathered here and
stored by a process that may write.
"""

import hashlib
import json
from dataclasses import dataclass, field

from store.library import Library
from vidindex.types import Moment, Verdict


@dataclass(slots=True)
class VerdictCache:
    """Verdicts on candidates of one question. judge: the model or reader, with its prompts."""

    library: Library
    question: str
    new: dict[str, tuple[Verdict, str]] = field(default_factory=dict)

    def get(self, moment: Moment, judge: str) -> Verdict | None:
        """The verdict on this very candidate by this very judge, or None."""
        return self.library.verdicts.get(self._key(moment, judge))

    def put(self, moment: Moment, judge: str, verdict: Verdict) -> Verdict:
        """Keep a new verdict."""
        self.new[self._key(moment, judge)] = (verdict, moment.video_id)
        return verdict

    def flush(self, library: Library) -> None:
        """Write the new verdicts into a library that is open for writing."""
        with library.transaction():
            for key, (verdict, video_id) in self.new.items():
                library.verdicts.put(key, verdict, query=self.question, video_id=video_id)

    def _key(self, moment: Moment, judge: str) -> str:
        span = (round(moment.span.start_s, 3), round(moment.span.end_s, 3))
        parts = [self.question, moment.video_id, *span, moment.hits[0].event.text, judge]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
