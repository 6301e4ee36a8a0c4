"""Read ActivityNet Captions (Krishna et al., ICCV 2017): one JSON object of videos.

    {"v_abc": {"duration": 82.7, "timestamps": [[0.8, 19.9], ...], "sentences": ["...", ...]}}

There are no ids: a query is numbered by its video and place, `v_abc#0`, and predictions name
sentence and video. There is no reference format for predictions of grounding.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from vidindex.core.evaluation.datasets.truth import (
    NO_SPAN_LEFT,
    duration_group,
    ground_truth,
    to_gold,
)
from vidindex.core.evaluation.json_input import Entry, read_object, shown
from vidindex.core.evaluation.predictions import write_predictions
from vidindex.core.evaluation.values import EvalQuery, GroundTruth
from vidindex.errors import InputError

write = write_predictions


def read(path: Path) -> GroundTruth:
    """The queries of one split. Raises InputError."""
    counts: Counter[str] = Counter()
    queries: list[EvalQuery] = []
    for video, fields in read_object(path).fields.items():
        if not isinstance(fields, dict):
            raise InputError(
                f"{path}: {video!r} has {shown(fields)}",
                "give it an object with duration, timestamps and sentences",
            )
        queries += _queries(video, Entry(fields, f"{path}, {video}"), counts)
    return ground_truth("activitynet-captions", path, queries, counts, own_ids=False)


def _queries(video: str, entry: Entry, counts: Counter[str]) -> Iterator[EvalQuery]:
    duration_s = entry.seconds(entry.first("duration"), "duration")
    pairs, sentences = entry.pairs("timestamps"), entry.needed_items("sentences")
    if len(pairs) != len(sentences):
        entry.fail(f"{len(pairs)} timestamps, {len(sentences)} sentences", "pair them")
    for index, (pair, sentence) in enumerate(zip(pairs, sentences, strict=True)):
        if not isinstance(sentence, str):
            entry.fail(f"{shown(sentence)} in sentences is not text", "write a sentence")
        if gold := to_gold(video, [pair], counts):
            yield EvalQuery(
                f"{video}#{index}",
                sentence.strip(),
                search_in=video,
                video=video,
                gold=gold,
                duration_s=duration_s,
                duration=duration_group(duration_s),
            )
        else:
            counts[NO_SPAN_LEFT] += 1
