"""Share checks among ground truth readers: sound spans, groups by duration, whole files."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from vidindex.core.evaluation.values import EvalQuery, Gold, GroundTruth
from vidindex.errors import InputError
from vidindex.types import Span

NOT_SPANS = "true spans not spans"
NO_SPAN_LEFT = "queries without true span left"

_DURATIONS = ((60, "ultra-short"), (600, "short"), (1800, "medium"), (3600, "long"))


def duration_group(duration_s: float) -> str:
    """Under 1, 10, 30 and 60 minutes, and longer: the groups of VUE-TR."""
    return next((name for below_s, name in _DURATIONS if duration_s < below_s), "ultra-long")


def to_gold(
    video: str, pairs: Iterable[tuple[float, float]], counts: Counter[str]
) -> tuple[Gold, ...]:
    """Spans of one video; invalid ones are left out and counted."""
    gold = []
    for start_s, end_s in pairs:
        if start_s < end_s:
            gold.append(Gold(video, Span(start_s, end_s)))
        else:
            counts[NOT_SPANS] += 1
    return tuple(gold)


def ground_truth(
    dataset: str, path: Path, queries: Sequence[EvalQuery], counts: Counter[str], own_ids: bool
) -> GroundTruth:
    """Raises InputError without queries, or where two have the same id."""
    if not queries:
        raise InputError(f"{path} holds no query", f"give the ground truth of {dataset}")
    twice = [one for one, count in Counter(q.query_id for q in queries).items() if count > 1]
    if twice:
        raise InputError(f"{path}: query {twice[0]} occurs twice", "keep one of them")
    return GroundTruth(dataset, tuple(queries), own_ids, counts=dict(counts))
