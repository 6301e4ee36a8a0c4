"""Queries, truth and predictions in few words, for the tests of the evaluation."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vidindex.core.evaluation.datasets import by_name
from vidindex.core.evaluation.report import Report
from vidindex.core.evaluation.score import score
from vidindex.core.evaluation.values import (
    EvalQuery,
    Gold,
    GroundTruth,
    Prediction,
    Predictions,
    Window,
)
from vidindex.types import Span
from vidindex.types.search import Answer


def query(query_id: str, *spans: tuple[float, float], video: str = "v", **fields: Any) -> EvalQuery:
    """One with these true spans; without any, what it asks for is absent."""
    gold = tuple(Gold(video, Span(*span)) for span in spans)
    return EvalQuery(query_id, f"words {query_id}", video, video, gold, **fields)


def truth(*queries: EvalQuery, dataset: str = "charades-sta", **fields: Any) -> GroundTruth:
    return GroundTruth(dataset, queries, **fields)


def windows(*spans: tuple[float, ...], verdict: Answer | None = None) -> tuple[Window, ...]:
    """Of (start, end) or (start, end, score)."""
    parts = ((start_s, end_s, score) for start_s, end_s, *score in spans)
    return tuple(
        Window(start_s, end_s, score[0] if score else None, verdict=verdict)
        for start_s, end_s, score in parts
    )


def said(query_id: str, *spans: tuple[float, ...], verdict: Answer | None = None) -> Prediction:
    return Prediction(query_id, windows(*spans, verdict=verdict))


def scored(
    of: GroundTruth, rows: Sequence[Prediction], iou: float = 0.5, resamples: int = 0, seed: int = 0
) -> Report:
    return score(of, Predictions(tuple(rows)), iou=iou, resamples=resamples, seed=seed)


def value(report: Report, name: str) -> float:
    """Of a metric that there is."""
    found = report.metric(name).value
    assert found is not None
    return found


def reason(report: Report, name: str) -> str:
    """Why a metric is not there."""
    return {one.name: one.reason for one in report.not_applicable}[name]


def text(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


def lines(path: Path, *records: Any) -> Path:
    return text(path, "".join(json.dumps(record) + "\n" for record in records))


def table(path: Path, *rows: str) -> GroundTruth:
    return by_name("csv").read(text(path / "queries.csv", "\n".join(rows) + "\n"))
