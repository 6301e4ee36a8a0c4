"""Count faults of input files by name, so that everything left out is reported."""

from collections import Counter
from collections.abc import Iterable, Mapping

from vidindex.core.evaluation.values import EvalQuery, GroundTruth, Prediction, Predictions, Window

BEYOND_S = 1.0
"""Answers that end later than this after their video are reported as beyond it."""

CONSEQUENCES: Mapping[str, str] = {
    "unknown predictions": "for queries that the ground truth does not have; left out",
    "repeated predictions": "for a query that has a later one, which counts",
    "queries without prediction": "count as not answered",
    "queries with empty prediction": "count as not answered",
    "windows not finite": "count as wrong answers",
    "windows reversed": "end before they start; count as wrong answers",
    "windows without length": "count as wrong answers",
    "windows beyond video": f"end over {BEYOND_S:g} s after it; taken as they are",
    "true spans not spans": "do not end after they start; left out",
    "queries without true span left": "left out",
    "columns not used": "of the table of queries",
}
"""What each fault does to the numbers."""


def count_faults(truth: GroundTruth, predictions: Predictions) -> dict[str, int]:
    """Only those that occur. An empty prediction is not a fault where the query is absent."""
    queries = {query.query_id: query for query in truth.queries}
    rows = predictions.by_query()
    counts = {
        **truth.counts,
        "unknown predictions": predictions.unknown,
        "repeated predictions": len(predictions.rows) - len(rows),
        "queries without prediction": len(queries) - len(rows),
        "queries with empty prediction": sum(
            not row.windows and bool(queries[query_id].gold) for query_id, row in rows.items()
        ),
        **_faulty_windows(rows.values(), queries),
    }
    return {name: count for name, count in counts.items() if count}


def _faulty_windows(
    rows: Iterable[Prediction], queries: Mapping[str, EvalQuery]
) -> Mapping[str, int]:
    faults = (_fault(window, queries[row.query_id]) for row in rows for window in row.windows)
    return Counter(fault for fault in faults if fault)


def _fault(window: Window, query: EvalQuery) -> str:
    if not window.is_finite:
        return "windows not finite"
    if window.start_s > window.end_s:
        return "windows reversed"
    if window.start_s == window.end_s:
        return "windows without length"
    if query.duration_s is not None and window.end_s > query.duration_s + BEYOND_S:
        return "windows beyond video"
    return ""
