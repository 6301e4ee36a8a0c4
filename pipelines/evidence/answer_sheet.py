"""Collect the contents of an answer sheet: pictures, hashes, and what could not be used."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from pipelines.evidence.boxes import pictures_of
from pipelines.evidence.file_copy import hash_files
from pipelines.hit_pictures import Pictures
from pipelines.progress import Progress
from pipelines.services import Services
from store.library import Library
from vidindex.types import Location, Moment, SearchResult
from vidindex.types.sheet import Pictured, Sheet


@dataclass(frozen=True, slots=True)
class AnswerSheetBuilder:
    """Makes the sheet of one answer.

    open_file: opens the file at a place, or raises OSError. box: outline what was asked for in
    the found frames.
    """

    library: Library
    services: Services
    open_file: Callable[[Location], BinaryIO]
    progress: Progress
    box: bool = False

    def build(self, result: SearchResult, made_at: datetime, version: str) -> Sheet:
        """Collect everything on the sheet: decode, hash and, for boxes, ask the model."""
        model = self.services.model
        num_candidates = len(result.moments) + len(result.rejected)
        self.progress.start("pictures", num_candidates, "candidates")
        shown = tuple(pictures_of(self.library, self.services, result, box=self.box, strip=True))
        self.progress.advance(len(shown), "")
        return Sheet(
            result=result,
            made_at=made_at,
            version=version,
            model=model.limits.identity if model else "",
            shown=shown,
            rejected=tuple(self._rejected(result.rejected)),
            files=hash_files(self.library, self._rests_on(result), self.open_file, self.progress),
            failures=tuple(
                (str(failure.location.path), failure.message)
                for failure in self.library.failures.all()
            ),
            missing=tuple(self._missing(result)),
        )

    def _rejected(self, moments: Sequence[Moment]) -> Iterator[Pictured]:
        pictures = Pictures(self.library, self.services.decoder)
        for moment in moments:
            yield pictures.with_strip(Pictured(moment))
            self.progress.advance(1, moment.path)

    def _rests_on(self, result: SearchResult) -> list[str]:
        """The videos of the candidates; for "not seen", all that were searched."""
        candidates = [moment.video_id for moment in (*result.moments, *result.rejected)]
        searched = [] if result.moments else self.library.videos.selected(result.query.filters)
        return list(dict.fromkeys([*candidates, *searched]))

    def _missing(self, result: SearchResult) -> Iterator[str]:
        for video_id in self.library.videos.selected(result.query.filters):
            for location in self.library.videos.locations(video_id):
                if location.status == "missing":
                    yield str(location.path)
