"""Read VUE-TR (Vidi team, ByteDance, 2025): one JSON list of queries, with their kinds.

Ground truth: `VUE-TR_ground_truth.json`. Submissions: a list of objects with `query_id` and
`answer` [[start, end], ...], which is a set of spans without scores.
"""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from vidindex.core.evaluation.datasets.truth import (
    NO_SPAN_LEFT,
    duration_group,
    ground_truth,
    to_gold,
)
from vidindex.core.evaluation.json_input import Entry, read_entries
from vidindex.core.evaluation.predictions import numbered
from vidindex.core.evaluation.values import EvalQuery, GroundTruth, Prediction


def read(path: Path) -> GroundTruth:
    """The queries. Raises InputError."""
    counts: Counter[str] = Counter()
    queries = []
    for entry in read_entries(path):
        query = _query(entry, counts)
        if entry.first("gt") and not query.gold:
            counts[NO_SPAN_LEFT] += 1
        else:
            queries.append(query)
    return ground_truth("vue-tr", path, queries, counts, own_ids=True)


def write(predictions: Iterable[Prediction], stream: TextIO) -> None:
    """A submission: what was not rejected, in the order of time as the evaluator expects it."""
    records = [
        {
            "query_id": numbered(prediction.query_id),
            "video_id": prediction.search_in,
            "query": prediction.text,
            "answer": sorted([window.start_s, window.end_s] for window in prediction.answers),
        }
        for prediction in predictions
    ]
    stream.write(json.dumps(records, ensure_ascii=False, indent=1) + "\n")


def _query(entry: Entry, counts: Counter[str]) -> EvalQuery:
    video = entry.needed_text("video_id")
    duration_s = entry.seconds(entry.first("duration"), "duration")
    return EvalQuery(
        entry.needed_text("query_id"),
        entry.needed_text("query").strip(),
        search_in=video,
        video=video,
        gold=to_gold(video, entry.pairs("gt"), counts),
        duration_s=duration_s,
        modality=entry.text("query_modality"),
        duration=entry.text("duration_category") or duration_group(duration_s),
        format=entry.text("query_format"),
    )
