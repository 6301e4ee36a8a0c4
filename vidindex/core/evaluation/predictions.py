"""Read and write prediction files in one shape for every data set.

JSON Lines (or one JSON list) as in QVHighlights, best window first:

    {"qid": 7, "query": "a dog runs", "vid": "abc", "pred_relevant_windows": [[8, 12.5, 0.9]]}

`query_id`, `video_id` and `answer` (VUE-TR) are read as other names of `qid`, `vid` and
`pred_relevant_windows`; scores may be missing. Data sets without ids of their own are matched
by `query` and `vid`, tables of one's own by `query` and `search_in`. Beside the windows, one
item per window, there may be `pred_files` (where the answers are in several files),
`pred_verdicts` (verified, unsure, rejected, unchecked) and `pred_probabilities` (0 to 1);
`pred_saliency_scores` has one number per clip of two seconds.
"""

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TextIO, get_args

from vidindex.core.evaluation.json_input import Entry, read_entries, shown
from vidindex.core.evaluation.values import GroundTruth, Prediction, Predictions, Window
from vidindex.errors import InputError
from vidindex.types.search import Answer

_WINDOWS = ("pred_relevant_windows", "answer")
_PLACE = ("search_in", "vid", "video_id")
_ID = ("qid", "query_id")


def read_predictions(truth: GroundTruth, path: Path) -> Predictions:
    """The predictions of a file, each for its query; what fits no query is counted.

    Raises InputError where the file cannot be understood, or fits no query at all.
    """
    entries = [(_prediction(entry, truth.many_videos), entry) for entry in read_entries(path)]
    rows = _by_id(truth, entries) if truth.own_ids else _by_text(truth, entries)
    if entries and not rows:
        way = "`qid`" if truth.own_ids else f"`query` and `{_place_field(truth)}`"
        raise InputError(
            f"{path}: none of its {len(entries)} predictions is for a query of the ground truth",
            f"check that both are of {truth.dataset}; predictions name their query by {way}",
        )
    named = {id(entry) for _, entry in rows}
    unknown = sum(id(entry) not in named for _, entry in entries)
    return Predictions(tuple(row for row, _ in rows), unknown)


def write_predictions(predictions: Iterable[Prediction], stream: TextIO) -> None:
    """JSON Lines that `read_predictions` reads back equal, for every data set."""
    for prediction in predictions:
        windows = prediction.windows
        record: dict[str, Any] = {
            "qid": numbered(prediction.query_id),
            "query": prediction.text,
            "search_in": prediction.search_in,
            "pred_relevant_windows": [_written(window) for window in windows],
        }
        if any(window.video for window in windows):
            record["pred_files"] = [window.video for window in windows]
        if any(window.verdict for window in windows):
            record["pred_verdicts"] = [window.verdict for window in windows]
        if any(window.probability is not None for window in windows):
            record["pred_probabilities"] = [window.probability for window in windows]
        if prediction.saliency is not None:
            record["pred_saliency_scores"] = list(prediction.saliency)
        stream.write(json.dumps(record, ensure_ascii=False) + "\n")


def numbered(query_id: str) -> int | str:
    """The id as reference evaluators compare it: a number where it is one."""
    number = int(query_id) if query_id.isdecimal() else None
    return number if number is not None and str(number) == query_id else query_id


_Row = tuple[Prediction, Entry]


def _by_id(truth: GroundTruth, entries: Sequence[_Row]) -> list[_Row]:
    known = {query.query_id for query in truth.queries}
    for row, entry in entries:
        if not row.query_id:
            entry.fail("missing qid", f"queries of {truth.dataset} are known by their number")
    return [(row, entry) for row, entry in entries if row.query_id in known]


def _by_text(truth: GroundTruth, entries: Sequence[_Row]) -> list[_Row]:
    """Each query with the prediction of its text and place, or else of its number.

    The same text and place may be asked, and predicted, several times: first goes to first,
    and a last prediction serves the queries that remain.
    """
    keys = {query.query_id: query.key for query in truth.queries}
    rows_of: dict[tuple[str, str], list[_Row]] = defaultdict(list)
    for row, entry in entries:
        if not (row.text or row.query_id):
            entry.fail("missing query", f"add query and {_place_field(truth)}")
        key = (row.text, row.search_in) if row.text else keys.get(row.query_id)
        if key is not None:
            rows_of[key].append((row, entry))
    asked: dict[tuple[str, str], list[str]] = defaultdict(list)
    for query_id, key in keys.items():
        asked[key].append(query_id)
    return [
        (Prediction(query_id, row.windows, row.saliency, *key), entry)
        for key, query_ids in asked.items()
        if key in rows_of
        for query_id, row, entry in _dealt(query_ids, rows_of[key])
    ]


def _dealt(query_ids: Sequence[str], rows: Sequence[_Row]) -> list[tuple[str, Prediction, Entry]]:
    """Surplus rows go to the last query, where they count as repeated."""
    return [
        (query_ids[min(index, len(query_ids) - 1)], *rows[min(index, len(rows) - 1)])
        for index in range(max(len(query_ids), len(rows)))
    ]


def _place_field(truth: GroundTruth) -> str:
    return "search_in" if truth.many_videos else "vid"


def _prediction(entry: Entry, many_videos: bool) -> Prediction:
    items = [item for item in entry.needed_items(*_WINDOWS) if item != []]
    location = entry.text(*_PLACE).strip()
    windows = [_window(entry, item) for item in items]
    files = _beside(entry, "pred_files", len(windows)) or [""] * len(windows)
    if many_videos and windows and not all(files):
        if not location or set(location) & set("*?["):
            entry.fail("the windows do not say in which file they lie", "add pred_files")
        files = [file or location for file in files]
    verdicts = _beside(entry, "pred_verdicts", len(windows)) or [None] * len(windows)
    chances = _beside(entry, "pred_probabilities", len(windows)) or [None] * len(windows)
    return Prediction(
        entry.text(*_ID),
        tuple(
            Window(*window, _file(entry, file), _verdict(entry, verdict), _chance(entry, chance))
            for window, file, verdict, chance in zip(windows, files, verdicts, chances, strict=True)
        ),
        _saliency(entry),
        entry.text("query").strip(),
        location,
    )


def _window(entry: Entry, item: Any) -> tuple[float, float, float | None]:
    if not isinstance(item, list) or not 2 <= len(item) <= 3:
        entry.fail(f"{shown(item)} is not a window", "write [start, end] or [start, end, score]")
    start_s, end_s, *rest = (entry.number(value, "a window") for value in item)
    score = rest[0] if rest else None
    if score is not None and math.isnan(score):
        entry.fail(f"the score of window {shown(item)} is not a number", "leave it out")
    return start_s, end_s, score


def _beside(entry: Entry, name: str, count: int) -> list[Any] | None:
    items = entry.items(name)
    if items is not None and len(items) != count:
        entry.fail(f"{len(items)} {name} for {count} windows", "write one for each window")
    return items


def _file(entry: Entry, value: Any) -> str:
    if not isinstance(value, str):
        entry.fail(f"{shown(value)} in pred_files is not a file", "write a path")
    return value


def _verdict(entry: Entry, value: Any) -> Answer | None:
    for answer in get_args(Answer):
        if value == answer:
            found: Answer = answer
            return found
    if value is not None:
        choices = ", ".join(get_args(Answer))
        entry.fail(f"{shown(value)} in pred_verdicts is not a verdict", f"choose from {choices}")
    return None


def _chance(entry: Entry, value: Any) -> float | None:
    if value is None:
        return None
    chance = entry.number(value, "pred_probabilities")
    if not 0 <= chance <= 1:
        entry.fail(
            f"{chance:g} in pred_probabilities is not a probability", "write 0 to 1, or null"
        )
    return chance


def _saliency(entry: Entry) -> tuple[float, ...] | None:
    items = entry.items("pred_saliency_scores")
    if items is None:
        return None
    scores = tuple(entry.number(item, "pred_saliency_scores") for item in items)
    if any(math.isnan(score) for score in scores):
        entry.fail("NaN in pred_saliency_scores", "write a number for each clip")
    return scores


def _written(window: Window) -> list[float]:
    span = [window.start_s, window.end_s]
    return span if window.score is None else [*span, window.score]
