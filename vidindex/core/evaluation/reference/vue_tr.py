"""Reproduce the VUE-TR evaluator (`qa_eval.py` of Vidi, ByteDance 2025).

Its ways, kept as they are: answers start and end at whole seconds, floored and ceiled; only
queries that have a prediction count, a repeated one as often as it is there; a query
without a second answered is left out of precision; for precision and recall answers are
not merged, and those that are not in the order of time are partly overlooked. Each number is
the area under the share of queries at or above (for IoU: above) 101 thresholds from 0 to 1,
so that a perfect IoU is 99.5 and a precision or recall of 0 is worth 0.5; percent with one
decimal.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from vidindex.core.evaluation.metrics.average_precision import Floats
from vidindex.core.evaluation.report import Reference, ReferenceNumber
from vidindex.core.evaluation.values import EvalQuery, GroundTruth, Prediction, Predictions

GROUPS = (
    ("duration", ("ultra-short", "short", "medium", "long", "ultra-long")),
    ("format", ("keyword", "phrase", "sentence")),
    ("modality", ("audio", "vision", "vision+audio")),
)

_THRESHOLDS = np.linspace(0, 1, 101)


@dataclass(frozen=True, slots=True)
class _Rates:
    """Of one query; None where the evaluator has no value for it."""

    precision: float | None
    recall: float | None
    iou: float | None


_NOTHING = _Rates(None, None, None)


def reference(truth: GroundTruth, predictions: Predictions) -> Reference:
    """Its three numbers, of all queries and of each kind."""
    queries = {query.query_id: query for query in truth.queries}
    official = [
        (queries[row.query_id], _rates(queries[row.query_id], row)) for row in predictions.rows
    ]
    last = {query.query_id: rates for query, rates in official}
    every = [(query, last.get(query.query_id, _NOTHING)) for query in truth.queries]
    numbers = _numbers("overall", [one for _, one in official], [one for _, one in every])
    for attribute, names in GROUPS:
        for name in names:
            of_kind, all_of_kind = (
                [rates for query, rates in pairs if getattr(query, attribute) == name]
                for pairs in (official, every)
            )
            numbers += _numbers(name, of_kind, all_of_kind) if all_of_kind else []
    return Reference("qa_eval.py of Vidi", tuple(numbers), _notes(predictions))


def _notes(predictions: Predictions) -> tuple[str, ...]:
    notes = (
        "a perfect IoU is worth 99.5; a precision or recall of 0 is worth 0.5, in both columns",
        "answers start and end at whole seconds, floored and ceiled, in both columns",
    )
    if predictions.unknown:
        return (*notes, "the evaluator refuses predictions for unknown queries")
    return notes


def _numbers(
    name: str, official: Sequence[_Rates], every: Sequence[_Rates]
) -> list[ReferenceNumber]:
    return [
        _number(name, "precision", official, every),
        _number(name, "recall", official, every),
        _number(name, "iou", official, every),
    ]


def _number(
    group: str,
    rate: Literal["precision", "recall", "iou"],
    official: Iterable[_Rates],
    every: Iterable[_Rates],
) -> ReferenceNumber:
    known = [value for one in official if (value := getattr(one, rate)) is not None]
    values = [getattr(one, rate) for one in every]
    strict = rate == "iou"
    return ReferenceNumber(
        f"{group} {'IoU' if strict else rate}",
        _area(known, strict) if known else None,
        _area([value or 0.0 for value in values], strict),
        left_out=values.count(None),
        decimals=1,
        headline=group == "overall",
    )


def _area(values: Sequence[float], strict: bool) -> float:
    """Under the share of values at or above (strict: above) each threshold, as printed."""
    one_per_row = np.array(values)[:, None]
    reached = one_per_row > _THRESHOLDS if strict else one_per_row >= _THRESHOLDS
    shares = reached.mean(axis=0)
    area = float(((shares[1:] + shares[:-1]) / 2 * np.diff(_THRESHOLDS)).sum())
    return float(f"{area * 100:.1f}")


def _rates(query: EvalQuery, prediction: Prediction) -> _Rates:
    true = [(gold.span.start_s, gold.span.end_s) for gold in query.gold]
    answer = [
        (float(np.floor(one.start_s)), float(np.ceil(one.end_s))) for one in prediction.answers
    ]
    turned = [(min(pair), max(pair)) for pair in answer]
    shared_s = _shared_on_one_walk(true, turned)
    true_s, answered_s = _length_s(true), _length_s(turned)
    return _Rates(
        shared_s / answered_s if answered_s else None,
        shared_s / true_s if true_s else None,
        _iou(true, answer),
    )


def _length_s(pairs: Iterable[tuple[float, float]]) -> float:
    return sum(end - start for start, end in pairs)


def _shared_on_one_walk(
    true: Sequence[tuple[float, float]], answer: Sequence[tuple[float, float]]
) -> float:
    """Seconds in both, going once through both lists: right only for lists in order of time."""
    shared_s, at_true, at_answer = 0.0, 0, 0
    while at_true < len(true) and at_answer < len(answer):
        (start, end), (answer_start, answer_end) = true[at_true], answer[at_answer]
        if start <= answer_end and answer_start <= end:  # neither is so for what is no number
            shared_s += min(end, answer_end) - max(start, answer_start)
        if end < answer_end:
            at_true += 1
        else:
            at_answer += 1
    return shared_s


def _iou(true: Sequence[tuple[float, float]], answer: Sequence[tuple[float, float]]) -> float:
    """Of merged answers; nothing answered to what has no true span is right."""
    if not true or not answer:
        return float(not true and not answer)
    spans = _merged(answer)
    spans = spans[spans[:, 0] <= spans[:, 1]]
    gold = np.array(true)
    starts = np.maximum(spans[:, None, 0], gold[None, :, 0])
    ends = np.minimum(spans[:, None, 1], gold[None, :, 1])
    with np.errstate(invalid="ignore"):
        shared_s = np.maximum(0.0, ends - starts).sum()
        either_s = np.diff(spans).sum() + np.diff(gold).sum() - shared_s
        return float(np.clip(shared_s / (either_s + 1e-16), 0.0, 1.0))


def _merged(answer: Sequence[tuple[float, float]]) -> Floats:
    """Spans that touch or overlap as one, (num_spans, 2), by start."""
    merged: list[list[float]] = []
    for place in np.argsort([start for start, _ in answer], kind="stable"):
        start, end = answer[place]
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    return np.array(merged)
