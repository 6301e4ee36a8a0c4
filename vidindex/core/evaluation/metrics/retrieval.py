"""Evaluate retrieval: recall@k, IoU, mAP, areas, boundaries, highlights.

All over the queries that occur; one without an answer counts as 0. The area under the share
of queries that reach each threshold from 0 to 1 is the mean of what they reach, and so it is
computed. Boundaries are those of first answers that are right.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from vidindex.core.evaluation.metrics import highlights
from vidindex.core.evaluation.metrics.average_precision import THRESHOLDS, Floats, detection
from vidindex.core.evaluation.metrics.matching import Match
from vidindex.core.evaluation.metrics.measures import Measure
from vidindex.core.evaluation.metrics.statistics import Median, Ratio
from vidindex.core.evaluation.report import NotApplicable

DEPTHS = (1, 5, 10)
IOUS = (0.3, 0.5, 0.7)


def retrieval(matches: Sequence[Match], iou: float) -> Iterator[Measure | NotApplicable]:
    """Spans; not applicable where every query is absent."""
    present = np.array([not match.is_absent for match in matches], float)
    if not present.any():
        yield NotApplicable("recall, IoU, mAP, AUC, boundaries", "no query has a true span")
        return

    def mean(name: str, values: Iterable[float]) -> Measure:
        return Measure(name, "%", Ratio(np.array(list(values)) * present, present))

    for depth in DEPTHS:
        for least in IOUS:
            yield mean(f"recall@{depth}, IoU {least}", (_found(m, depth, least) for m in matches))
    yield mean("mIoU", (match.top_iou for match in matches))
    precisions = np.array([detection(_ious(match)) for match in matches])
    yield mean("mAP", precisions.mean(axis=1))
    for at in (0.5, 0.75):
        yield mean(f"mAP, IoU {at}", precisions[:, THRESHOLDS.index(at)])
    shares = [match.shares for match in matches]
    yield mean("AUC of precision", (one.precision for one in shares))
    yield mean("AUC of recall", (one.recall for one in shares))
    yield mean("AUC of IoU", (one.iou for one in shares))
    yield from _boundaries(matches, iou)


def highlight(matches: Sequence[Match]) -> Iterator[Measure | NotApplicable]:
    """Ratings; queries without predicted ones count as 0."""
    rated = np.array([match.query.saliency is not None for match in matches], float)
    if not rated.any():
        yield NotApplicable("highlights", "the ground truth rates no clips")
        return
    if not any(match.prediction and match.prediction.saliency for match in matches):
        yield NotApplicable("highlights", "no prediction has saliency scores")
        return
    for name, least in highlights.RATINGS.items():
        for metric, of in (("mAP", highlights.average_precision), ("hit@1", highlights.hit_at_1)):
            values = np.array([_highlight(match, least, of) for match in matches])
            yield Measure(f"highlight {metric}, {name}", "%", Ratio(values, rated))


def _found(match: Match, depth: int, least: float) -> float:
    return float(any(one.best_iou >= least for one in match.answers[:depth]))


def _ious(match: Match) -> Floats:
    rows = [one.ious for one in match.answers]
    return np.array(rows, float).reshape(len(rows), len(match.query.gold))


def _boundaries(matches: Sequence[Match], iou: float) -> Iterator[Measure | NotApplicable]:
    errors = np.array([_errors_s(match, iou) for match in matches])
    names = ("start error, median", "end error, median")
    if np.isnan(errors).all():
        reason = f"no first answer reaches an IoU of {iou:g}"
        yield from (NotApplicable(name, reason) for name in names)
        return
    for name, column in zip(names, errors.T, strict=True):
        yield Measure(name, "s", Median(column))


def _errors_s(match: Match, iou: float) -> tuple[float, float]:
    """Of the first answer, to the true span that it meets best; NaN where it meets none."""
    if not match.query.gold or match.top_iou < iou:
        return (np.nan, np.nan)
    top = match.answers[0]
    true = match.query.gold[top.ious.index(top.best_iou)].span
    return (abs(top.window.start_s - true.start_s), abs(top.window.end_s - true.end_s))


def _highlight(match: Match, least: float, of: Callable[..., float]) -> float:
    if match.query.saliency is None or not (match.prediction and match.prediction.saliency):
        return 0.0
    return of(highlights.good_clips(match.query.saliency, least), match.prediction.saliency)
