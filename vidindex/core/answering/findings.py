"""Sort what a search found into occasions: verified, unsure, unchecked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from vidindex.core.answering.citations import Citation, Footage, Occasion, cited, occasions
from vidindex.core.answering.question import Asked
from vidindex.core.retrieval.conclusion import conclude
from vidindex.types import Conclusion, Coverage, Moment, SearchResult


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found for one caption, in order of time, of what was asked about alone.

    outside: moments that the frames put elsewhere. conclusion: of these occasions.
    """

    asked: Asked
    verified: tuple[Occasion, ...]
    unsure: tuple[Occasion, ...]
    unchecked: tuple[Occasion, ...]
    conclusion: Conclusion
    coverage: Coverage
    notes: tuple[str, ...] = ()

    @property
    def num_unchecked(self) -> int:
        """Candidates that were not compared with frames."""
        return max(0, self.coverage.candidates - self.coverage.checked)


def findings_of(asked: Asked, result: SearchResult, footage: Mapping[str, Footage]) -> Findings:
    """The occasions of a search result. footage: every video with a hit, by its id."""
    found = [piece for moment in result.moments for piece in _pieces(moment, footage)]
    pieces = [piece for piece in found if footage[piece.video_id].holds(piece.span)]
    verified, unsure, unchecked = (
        tuple(occasions(piece for piece in pieces if piece.answer == answer))
        for answer in ("verified", "unsure", "unchecked")
    )
    notes = (*result.notes, *_outside(len(found) - len(pieces)))
    conclusion = _conclusion(asked, result, pieces)
    return Findings(asked, verified, unsure, unchecked, conclusion, result.coverage, notes)


@dataclass(slots=True)
class CitationList:
    """Citations in the order in which sentences use them, each with one number."""

    citations: list[Citation] = field(default_factory=list)

    def add(self, *those: Occasion) -> tuple[int, ...]:
        """The numbers of these occasions; new ones follow the last."""
        return tuple(self._number(one) for occasion in those for one in occasion.citations)

    def _number(self, citation: Citation) -> int:
        for known in self.citations:
            if replace(known, number=0) == replace(citation, number=0):
                return known.number
        number = len(self.citations) + 1
        self.citations.append(replace(citation, number=number))
        return number


def _pieces(moment: Moment, footage: Mapping[str, Footage]) -> list[Citation]:
    """Where the verdict puts the moment, and the files in which the same event goes on."""
    verdict, lead = moment.verdict, moment.hits[0].event
    ids = tuple(
        hit.event.event_id
        for hit in moment.hits
        if hit.event.event_id is not None and hit.event.video_id == moment.video_id
    )
    here = [
        replace(
            cited(replace(lead, span=span), footage[moment.video_id]),
            text=moment.text,
            event_ids=ids,
        )
        for span in (verdict.span, *verdict.also)
    ]
    there = [
        cited(hit.event, footage[hit.event.video_id])
        for hit in moment.hits
        if hit.event.video_id != moment.video_id
    ]
    return [replace(one, answer=verdict.answer, score=verdict.score) for one in here + there]


def _outside(count: int) -> list[str]:
    """Frames may put a moment elsewhere than its caption did: out of the hours asked about."""
    note = f"left out, as the frames put it outside of what was asked about: {count:,}"
    return [note] if count else []


def _conclusion(asked: Asked, result: SearchResult, pieces: Sequence[Citation]) -> Conclusion:
    """That of the search, of the pieces that are in what was asked about."""
    looks, coverage = result.conclusion.looks, result.coverage
    if coverage.duration_s <= 0:
        within = asked.where_and_when
        why = f"no recordings in {within}" if within else "the library is empty"
        if coverage.undated:
            why += f"; {coverage.undated:,} files of unknown recording time were left out"
        looks = replace(looks, why_none=why)
    channels = {piece.channel for piece in pieces}
    return conclude(asked.looked_for, [piece.answer for piece in pieces], looks, channels)
