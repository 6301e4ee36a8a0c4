"""Labeled searches, and how candidates compare with their ground truth."""

from collections.abc import Sequence
from dataclasses import dataclass

from store.library import Library
from vidindex.core.evaluation.values import GroundTruth
from vidindex.core.retrieval.verification import verdict_from_yes_no
from vidindex.types import Filters, Moment, Span, Standard
from vidindex.types.search import Answer

RIGHT_IOU = 0.5
NO_FILTERS = Filters()


@dataclass(frozen=True, slots=True)
class LabeledSearch:
    """A search whose answer people know. gold: (video_id, span); empty: it is absent."""

    text: str
    filters: Filters = NO_FILTERS
    gold: tuple[tuple[str, Span], ...] = ()


@dataclass(frozen=True, slots=True)
class JudgedSearch:
    """A search that was run: its candidates in order, and which of them are right."""

    search: LabeledSearch
    moments: tuple[Moment, ...]
    right: tuple[bool, ...]

    def pairs(self, depth: int) -> list[tuple[float, bool]]:
        """(score, right) of the candidates that the model judged, among the first `depth`."""
        pairs = zip(self.moments[:depth], self.right[:depth], strict=True)
        return [(s, right) for m, right in pairs if (s := model_score(m)) is not None]

    def best(self, depth: int) -> float:
        """The best score of any candidate; 0 where none was judged."""
        return max((score for score, _ in self.pairs(depth)), default=0.0)


def answer_of(moment: Moment, standard: Standard) -> Answer:
    """What a search with these lines would say of the candidate."""
    verdict = moment.verdict
    if model_score(moment) is None:
        return verdict.answer
    return verdict_from_yes_no(verdict.score, verdict.mass, standard)


def model_score(moment: Moment) -> float | None:
    """The score that the model gave; None where a text reader or no model judged."""
    return moment.verdict.score if moment.verdict.mass is not None else None


def is_right(moment: Moment, gold: Sequence[tuple[str, Span]]) -> bool:
    """Whether the candidate, where the frames put it, is one of the true ones."""
    return any(
        video_id == moment.video_id and span.iou(moment.verdict.span) >= RIGHT_IOU
        for video_id, span in gold
    )


def labeled_searches(truth: GroundTruth, library: Library) -> list[LabeledSearch]:
    """People's own table of queries, for this library. Raises InputError for a file it lacks."""
    ids: dict[str, str] = {}
    for gold in (gold for query in truth.queries for gold in query.gold):
        if gold.video not in ids:
            ids[gold.video] = library.videos.find([gold.video])[0]
    return [
        LabeledSearch(
            text=query.text,
            filters=Filters((query.search_in,)) if query.search_in else NO_FILTERS,
            gold=tuple((ids[gold.video], gold.span) for gold in query.gold),
        )
        for query in truth.queries
    ]
