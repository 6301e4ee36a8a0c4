"""Reproduce the QVHighlights evaluator (`standalone_eval` of Moment-DETR, Lei et al. 2021).

Its ways, kept as they are: the first 10 windows of a query count; mAP ranks them by score,
R1 takes the first in the file; R1 holds it against the true span that it meets best; a
query without windows is left out; in short, middle and long, true spans of other lengths
are dropped, so that finding one of them is an error; windows that are no spans go through
the same arithmetic as others; numbers are percent with two decimals.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vidindex.core.evaluation.metrics.average_precision import THRESHOLDS, Floats, detection
from vidindex.core.evaluation.metrics.highlights import (
    RATINGS,
    average_precision,
    good_clips,
    hit_at_1,
)
from vidindex.core.evaluation.report import Reference, ReferenceNumber
from vidindex.core.evaluation.values import EvalQuery, GroundTruth, Prediction, Predictions

MAX_WINDOWS = 10

RANGES = {
    "full": (0.0, np.inf),
    "long": (30.0, 150.0),
    "middle": (10.0, 30.0),
    "short": (0.0, 10.0),
}
"""Lengths of true spans in seconds: longer than the first, at most the second."""

_HEADLINES = {f"MR-{name}-mAP" for name in RANGES} | {
    f"MR-full-{name}" for name in ("mAP@0.5", "mAP@0.75", "R1@0.5", "R1@0.7")
}


def reference(truth: GroundTruth, predictions: Predictions) -> Reference:
    """All its numbers, under the names it gives them."""
    queries = {query.query_id: query for query in truth.queries if query.gold}
    rows = [row for row in predictions.rows if row.query_id in queries]
    numbers = [
        number
        for name in RANGES
        for number in _moments(name, _in_range(queries.values(), *RANGES[name]), rows)
    ]
    predicted = {row.query_id: row.saliency for row in rows if row.saliency is not None}
    rated = [query for query in queries.values() if query.saliency] if predicted else []
    if rated:
        for name, least in RATINGS.items():
            numbers += _highlights(name, least, rated, predicted)
    notes = _notes(queries, predictions, rated)
    return Reference("standalone_eval of Moment-DETR", tuple(numbers), notes)


def _in_range(queries: Iterable[EvalQuery], over_s: float, up_to_s: float) -> dict[str, Floats]:
    """The true spans of these lengths, (num_spans, 2), of the queries that have any."""
    spans = {
        query.query_id: [
            (gold.span.start_s, gold.span.end_s)
            for gold in query.gold
            if over_s < gold.span.duration_s <= up_to_s
        ]
        for query in queries
    }
    return {query_id: np.array(of_one) for query_id, of_one in spans.items() if of_one}


def _moments(
    name: str, true: Mapping[str, Floats], rows: Sequence[Prediction]
) -> list[ReferenceNumber]:
    if not true:
        return []
    windows: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    first: dict[str, Floats] = {}
    for row in rows:
        listed = _windows(row)
        if listed and row.query_id in true:
            windows[row.query_id] += listed[:MAX_WINDOWS]
            first[row.query_id] = np.array([listed[0][:2]])
    with np.errstate(divide="ignore", invalid="ignore"):
        precisions = [_precisions(windows[one], true[one]) for one in windows]
        first_ious = np.array([_first_iou(first[one], true[one]) for one in first])
    sums = np.array(precisions).reshape(-1, len(THRESHOLDS)).sum(axis=0)
    number = _Averages(len(true), len(windows)).number
    return [
        number(f"MR-{name}-mAP", sums),
        *(
            number(f"MR-{name}-mAP@{at}", of_one)
            for at, of_one in zip(THRESHOLDS, sums, strict=True)
        ),
        *(number(f"MR-{name}-R1@{at}", np.sum(first_ious >= at)) for at in THRESHOLDS),
    ]


def _windows(row: Prediction) -> list[tuple[float, float, float]]:
    """What the submission of this prediction holds."""
    return [
        (one.start_s, one.end_s, 1 / rank if one.score is None else one.score)
        for rank, one in enumerate(row.answers, start=1)
    ]


def _precisions(windows: Sequence[tuple[float, float, float]], true: Floats) -> Floats:
    by_score = np.array(sorted(windows, key=lambda window: -window[2]))
    return detection(_ious(by_score[:, :2], true))


def _ious(windows: Floats, true: Floats) -> Floats:
    """(num_windows, num_spans); for windows that are no spans, whatever the formula gives."""
    starts = np.maximum(windows[:, None, 0], true[None, :, 0])
    ends = np.minimum(windows[:, None, 1], true[None, :, 1])
    shared = np.clip(ends - starts, 0, None)
    lengths = (windows[:, 1] - windows[:, 0])[:, None] + (true[:, 1] - true[:, 0])[None, :]
    ious: Floats = shared / (lengths - shared)
    return ious


def _first_iou(window: Floats, true: Floats) -> float:
    """With the span that it meets best; the hull replaces the union, as they write it."""
    (start, end), (true_start, true_end) = window[0], true[np.argmax(_ious(window, true)[0])]
    shared = np.maximum(0, np.minimum(end, true_end) - np.maximum(start, true_start))
    hull = np.maximum(end, true_end) - np.minimum(start, true_start)
    return float(shared / hull) if hull else 0.0


def _highlights(
    name: str,
    least: float,
    rated: Sequence[EvalQuery],
    predicted: Mapping[str, Sequence[float]],
) -> list[ReferenceNumber]:
    pairs = [
        (good_clips(query.saliency, least), predicted[query.query_id])
        for query in rated
        if query.saliency and query.query_id in predicted
    ]
    number = _Averages(len(rated), len(pairs)).number
    return [
        number(
            f"HL-min-{name}-{metric}",
            np.sum([measure(good, scores) for good, scores in pairs]),
            headline=True,
        )
        for metric, measure in (("mAP", average_precision), ("Hit1", hit_at_1))
    ]


@dataclass(frozen=True, slots=True)
class _Averages:
    """Means over the queries with a prediction, and over all of them."""

    num_queries: int
    num_predicted: int

    def number(self, name: str, sums: Any, headline: bool = False) -> ReferenceNumber:
        """sums: over the queries; of several, the mean is printed."""
        return ReferenceNumber(
            name,
            _printed(np.mean(sums / self.num_predicted)) if self.num_predicted else None,
            _printed(np.mean(sums / self.num_queries)),
            self.num_queries - self.num_predicted,
            decimals=2,
            headline=headline or name in _HEADLINES,
        )


def _printed(value: Any) -> float:
    return float(f"{100 * value:.2f}")


def _notes(
    queries: Mapping[str, EvalQuery], predictions: Predictions, rated: Sequence[EvalQuery]
) -> tuple[str, ...]:
    notes = ["in short, middle and long, finding a true span of another length is an error"]
    rows = predictions.by_query()
    if predictions.unknown or queries.keys() - rows.keys():
        notes.append(
            "the evaluator refuses predictions whose queries are not exactly those of the ground "
            "truth: its column counts the queries that are in both"
        )
    if any(query_id in rows and not rows[query_id].answers for query_id in queries):
        notes.append(
            "the evaluator breaks off at a query without windows in R1; it is left out here, as "
            "in its mAP"
        )
    for name, least in RATINGS.items():
        hopeless = sum(
            not good_clips(query.saliency, least).any() for query in rated if query.saliency
        )
        if hopeless:
            notes.append(
                f"{hopeless} of {len(rated)} queries have no clip that anyone rates {name}: they "
                f"count as 0 in HL-min-{name}, whatever is predicted"
            )
    return tuple(notes)
