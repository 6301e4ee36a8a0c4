"""Match the answers to a query with its true spans.

Temporal IoU of every answer with every true span: 0 where the answer is no span or is in
another video. Answers are ranked by score (equal ones as in the file), or as in the file
where not all have one.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vidindex.core.evaluation.values import EvalQuery, GroundTruth, Prediction, Predictions, Window
from vidindex.types import Span


@dataclass(frozen=True, slots=True)
class Judged:
    """A window with its IoU to each true span of its query."""

    window: Window
    ious: tuple[float, ...]

    @property
    def best_iou(self) -> float:
        return max(self.ious, default=0.0)


@dataclass(frozen=True, slots=True)
class Match:
    """One query. answers: what was not rejected, best first; rejected: the rest.

    prediction: None without one for this query, which counts as no answer.
    """

    query: EvalQuery
    prediction: Prediction | None
    answers: tuple[Judged, ...]
    rejected: tuple[Judged, ...]

    @property
    def judged(self) -> tuple[Judged, ...]:
        """All windows."""
        return self.answers + self.rejected

    @property
    def is_absent(self) -> bool:
        return not self.query.gold

    @property
    def top_iou(self) -> float:
        """Of the first answer with the true span that it meets best; 0 without an answer."""
        return self.answers[0].best_iou if self.answers else 0.0

    @property
    def shares(self) -> "Shares":
        """All answers together, as a set of seconds, against all true spans."""
        return _shares(self.query, [one.window for one in self.answers])


@dataclass(frozen=True, slots=True)
class Shares:
    """Time shares: true seconds of the answered, answered ones of the true, and their IoU.

    All 0 where nothing is answered.
    """

    precision: float
    recall: float
    iou: float


def match_all(truth: GroundTruth, predictions: Predictions) -> tuple[Match, ...]:
    """Every query of the ground truth, in the order of the ids."""
    by_query = predictions.by_query()
    queries = sorted(truth.queries, key=lambda query: query.query_id)
    return tuple(_match(query, by_query.get(query.query_id)) for query in queries)


def ranked(windows: Iterable[Window]) -> list[Window]:
    """Best first."""
    listed = list(windows)
    scores = [window.score for window in listed]
    if None in scores:
        return listed
    return sorted(listed, key=lambda window: -(window.score or 0.0))


def lies_in(video: str, gold_video: str) -> bool:
    """Whether a predicted file is that of the ground truth, which may leave out leading folders."""
    path = video.replace("\\", "/").removeprefix("./")
    return path == gold_video or path.endswith(f"/{gold_video}")


def _match(query: EvalQuery, prediction: Prediction | None) -> Match:
    answers = ranked(prediction.answers) if prediction else []
    windows = prediction.windows if prediction else ()
    return Match(
        query,
        prediction,
        tuple(_judged(query, window) for window in answers),
        tuple(_judged(query, window) for window in windows if not window.is_answer),
    )


def _judged(query: EvalQuery, window: Window) -> Judged:
    if not window.is_sound:
        return Judged(window, (0.0,) * len(query.gold))
    span = Span(window.start_s, window.end_s)
    video = window.video or query.video
    return Judged(
        window,
        tuple(span.iou(gold.span) if lies_in(video, gold.video) else 0.0 for gold in query.gold),
    )


def _shares(query: EvalQuery, windows: Iterable[Window]) -> Shares:
    answered, true = defaultdict(list), defaultdict(list)
    for gold in query.gold:
        true[gold.video].append(gold.span)
    for window in windows:
        if window.is_sound:
            named = window.video or query.video
            video = next((video for video in true if lies_in(named, video)), named)
            answered[video].append(Span(window.start_s, window.end_s))
    answered_s, true_s = _total_s(answered), _total_s(true)
    both_s = _total_s({video: [*answered[video], *true[video]] for video in {*answered, *true}})
    shared_s = answered_s + true_s - both_s
    if not answered_s or not true_s:
        return Shares(0.0, 0.0, 0.0)
    return Shares(*(min(1.0, max(0.0, shared_s / of_s)) for of_s in (answered_s, true_s, both_s)))


def _total_s(spans: Mapping[str, list[Span]]) -> float:
    """Seconds covered in all videos; what spans share counts once."""
    total_s = 0.0
    for of_one_video in spans.values():
        reached_s = float("-inf")
        for span in sorted(of_one_video):
            total_s += max(0.0, span.end_s - max(span.start_s, reached_s))
            reached_s = max(reached_s, span.end_s)
    return total_s
