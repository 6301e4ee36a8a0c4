"""Store model replies and verdicts, so that none is computed twice.

The keys are made by those who ask: they hold everything that could change the answer.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlite_utils import Database

from store.sqlite.encoding import dump, storable
from vidindex.types import Evidence, Reply, Span, Usage, Verdict


class Replies:
    """Model calls and their replies, with what was asked.

    A call that was asked stays marked until its reply is stored, so that a run that was
    interrupted leaves behind what it had paid for in vain.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    def put(
        self,
        key: str,
        reply: Reply,
        *,
        video_id: str,
        kind: str,
        prompt: str,
        model: str,
        frame_times_s: Sequence[float],
    ) -> None:
        """Store one reply. kind: what was asked for, e.g. "caption"; model: its identity."""
        self._db.execute(
            "INSERT OR REPLACE INTO replies"
            " (key, video_id, kind, prompt, model, frame_times_s, reply)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                key,
                video_id,
                kind,
                storable(prompt),
                model,
                dump(list(frame_times_s)),
                dump(asdict(reply)),
            ],
        )

    def ask(self, key: str, video_id: str) -> bool:
        """Mark a call as asked; whether it was marked already."""
        known = self._db.execute("SELECT 1 FROM asked WHERE key = ?", [key]).fetchone()
        if known is None:
            self._db.execute("INSERT INTO asked (key, video_id) VALUES (?, ?)", [key, video_id])
        return known is not None

    def unask(self, key: str) -> None:
        """The call came to its end: its reply is stored, or it was refused."""
        self._db.execute("DELETE FROM asked WHERE key = ?", [key])

    def get(self, key: str) -> Reply | None:
        """The reply to this very call, or None where it was never made."""
        row = self._db.execute("SELECT reply FROM replies WHERE key = ?", [key]).fetchone()
        if row is None:
            return None
        fields = json.loads(row[0])
        return Reply(**fields | {"usage": Usage(**fields["usage"])})


class Verdicts:
    """Candidates that were checked, with the evidence."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, key: str, verdict: Verdict, *, query: str, video_id: str) -> None:
        """Store one verdict and the words it answers."""
        self._db.execute(
            "INSERT OR REPLACE INTO verdicts (key, video_id, query, verdict) VALUES (?, ?, ?, ?)",
            [key, video_id, storable(query), dump(asdict(verdict))],
        )

    def get(self, key: str) -> Verdict | None:
        """The verdict of this very check, or None where it was never made."""
        row = self._db.execute("SELECT verdict FROM verdicts WHERE key = ?", [key]).fetchone()
        return None if row is None else _verdict(row[0])

    def of_video(self, video_id: str, query: str) -> list[Verdict]:
        """Every verdict on candidates of one video for these words, the latest first."""
        rows = self._db.execute(
            "SELECT verdict FROM verdicts WHERE video_id = ? AND query = ? ORDER BY rowid DESC",
            [video_id, storable(query)],
        )
        return [_verdict(row[0]) for row in rows.fetchall()]


def _verdict(text: str) -> Verdict:
    fields = json.loads(text)
    evidence = fields["evidence"]
    return Verdict(
        answer=fields["answer"],
        score=fields["score"],
        span=Span(**fields["span"]),
        evidence=None if evidence is None else _evidence(evidence),
        also=tuple(Span(**span) for span in fields["also"]),
        mass=fields.get("mass"),
    )


def _evidence(fields: dict[str, Any]) -> Evidence:
    size = fields.get("size")
    return Evidence(
        tuple(fields["frame_times_s"]),
        fields["prompt"],
        fields["model"],
        fields["reply"],
        tuple(size) if size else None,
        fields.get("grounding"),
    )
