"""Read QVHighlights (Lei et al., NeurIPS 2021): JSON Lines with windows and clip saliency.

Ground truth: `highlight_val_release.jsonl`. Submissions: `qid`, `query`, `vid`,
`pred_relevant_windows` [[start, end, score], ...], `pred_saliency_scores`.
"""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

from vidindex.core.evaluation.datasets.truth import (
    NO_SPAN_LEFT,
    duration_group,
    ground_truth,
    to_gold,
)
from vidindex.core.evaluation.json_input import Entry, read_entries, shown
from vidindex.core.evaluation.predictions import numbered
from vidindex.core.evaluation.values import EvalQuery, GroundTruth, Prediction, Saliency

CLIP_S = 2


def read(path: Path) -> GroundTruth:
    """The queries of a split with public truth. Raises InputError."""
    counts: Counter[str] = Counter()
    queries = []
    for entry in read_entries(path):
        query = _query(entry, counts)
        if entry.first("relevant_windows") and not query.gold:
            counts[NO_SPAN_LEFT] += 1
        else:
            queries.append(query)
    return ground_truth("qvhighlights", path, queries, counts, own_ids=True)


def write(predictions: Iterable[Prediction], stream: TextIO) -> None:
    """A submission: what was not rejected; a window without a score gets one by its rank."""
    for prediction in predictions:
        record: dict[str, Any] = {
            "qid": numbered(prediction.query_id),
            "query": prediction.text,
            "vid": prediction.search_in,
            "pred_relevant_windows": [
                [window.start_s, window.end_s, 1 / rank if window.score is None else window.score]
                for rank, window in enumerate(prediction.answers, start=1)
            ],
        }
        if prediction.saliency is not None:
            record["pred_saliency_scores"] = list(prediction.saliency)
        stream.write(json.dumps(record, ensure_ascii=False) + "\n")


def _query(entry: Entry, counts: Counter[str]) -> EvalQuery:
    video = entry.needed_text("vid")
    duration_s = entry.seconds(entry.first("duration"), "duration")
    return EvalQuery(
        entry.needed_text("qid"),
        entry.needed_text("query").strip(),
        search_in=video,
        video=video,
        gold=to_gold(video, entry.pairs("relevant_windows"), counts),
        duration_s=duration_s,
        duration=duration_group(duration_s),
        saliency=_saliency(entry, int(duration_s / CLIP_S)),
    )


def _saliency(entry: Entry, num_clips: int) -> Saliency | None:
    ids, ratings = entry.items("relevant_clip_ids"), entry.items("saliency_scores")
    if ids is None or ratings is None:
        return None
    if len(ids) != len(ratings):
        entry.fail(f"{len(ids)} relevant_clip_ids, {len(ratings)} saliency_scores", "pair them")
    for one in ids:
        if isinstance(one, bool) or not isinstance(one, int) or not 0 <= one < num_clips:
            entry.fail(
                f"{shown(one)} is not a clip of this video", f"clips are 0 to {num_clips - 1}"
            )
    for rating in ratings:
        if not isinstance(rating, list) or len(rating) != 3:
            entry.fail(
                f"{shown(rating)} is not a rating", "write one number for each of 3 annotators"
            )
    scores = tuple(tuple(entry.number(one, "saliency_scores") for one in row) for row in ratings)
    return Saliency(num_clips, tuple(ids), scores)
