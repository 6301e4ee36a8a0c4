"""Read Charades-STA (Gao et al., ICCV 2017): `charades_sta_test.txt`, one sentence a line.

    3MSZA 24.3 30.4##person turn a light on.

There are no ids: queries are numbered by line, and predictions name sentence and video. Nor
is there a reference format for predictions.
"""

import math
from collections import Counter
from pathlib import Path

from vidindex.core.evaluation.datasets.truth import NO_SPAN_LEFT, ground_truth, to_gold
from vidindex.core.evaluation.predictions import write_predictions
from vidindex.core.evaluation.text_input import read_text
from vidindex.core.evaluation.values import EvalQuery, GroundTruth
from vidindex.errors import InputError

write = write_predictions


def read(path: Path) -> GroundTruth:
    """The queries of one split. Raises InputError."""
    counts: Counter[str] = Counter()
    queries = []
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        video, span, text = _parts(line, f"{path}:{number}")
        gold = to_gold(video, [span], counts)
        if gold:
            queries.append(EvalQuery(str(number), text, video, video, gold))
        else:
            counts[NO_SPAN_LEFT] += 1
    return ground_truth("charades-sta", path, queries, counts, own_ids=False)


def _parts(line: str, location: str) -> tuple[str, tuple[float, float], str]:
    head, mark, text = line.partition("##")
    try:
        video, start, end = head.split()
        span = (float(start), float(end))
        if not (mark and text.strip() and math.isfinite(span[0] + span[1])):
            raise ValueError
    except ValueError:
        raise InputError(
            f"{location}: {line.strip()[:60]!r} is not a query", "write VIDEO START END##SENTENCE"
        ) from None
    return video, span, text.strip()
