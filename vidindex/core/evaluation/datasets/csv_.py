"""Read a user's own CSV table (UTF-8) of queries and spans.

    query,file,start,end,search_in,modality,duration,format
    a dog runs,cam1/0412.mp4,01:30,01:42.5,,vision,,phrase
    a purple elephant,,,,cam1/*,,,

`query`, `file`, `start` and `end` must be there. Several rows with the same query are its
several spans; a row without file, start and end says that the query is absent: it does not
occur. `search_in` is the glob of the files searched, empty for all of them; the same words
with another `search_in` are another query. The rest are its groups: `duration` may be the
length of the video. A table of marks (`vidindex mark export`) has a column `answer`: its rows
are truths where that says keep, or nothing.
"""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from vidindex.core.evaluation.datasets.truth import duration_group
from vidindex.core.evaluation.predictions import write_predictions
from vidindex.core.evaluation.text_input import read_text
from vidindex.core.evaluation.values import EvalQuery, Gold, GroundTruth
from vidindex.core.formatting.time_format import parse_time
from vidindex.errors import InputError
from vidindex.types import Span

NEEDED = ("query", "file", "start", "end")
GROUPS = ("modality", "duration", "format")
COLUMNS = (*NEEDED, "search_in", *GROUPS, "answer")

write = write_predictions


def read(path: Path) -> GroundTruth:
    """The queries, numbered from 1 in their order. Raises InputError."""
    table = csv.DictReader(io.StringIO(read_text(path), newline=""), restkey="", restval="")
    columns = [(name or "").strip().lower() for name in table.fieldnames or ()]
    _check_columns(columns, path)
    table.fieldnames = columns
    queries: dict[tuple[str, str], EvalQuery] = {}
    others = sum(name not in COLUMNS for name in columns)
    counts = Counter({"columns not used": others} if others else {})
    try:
        for row in table:
            location = f"{path}:{table.line_num}"
            if row.get("") and "" not in columns:
                raise InputError(f"{location}: more cells than columns", "quote cells with a comma")
            if (row.get("answer") or "").strip() in ("reject", "note"):
                counts["marks that are no truth"] += 1
                continue
            new = _query({name: (row[name] or "").strip() for name in columns if name}, location)
            old = queries.get(new.key)
            number = old.query_id if old else str(len(queries) + 1)
            queries[new.key] = replace(_joined(old, new, location) if old else new, query_id=number)
    except csv.Error as error:
        raise InputError(f"{path}:{table.line_num}: not CSV: {error}", "save it again") from error
    if not queries:
        raise InputError(f"{path} holds no query", "write one a line")
    return GroundTruth("csv", tuple(queries.values()), False, many_videos=True, counts=counts)


def _check_columns(columns: Sequence[str], path: Path) -> None:
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        separated = any(mark in name for name in columns for mark in ";\t")
        hint = "separate the columns by commas" if separated else f"the first line is {NEEDED}"
        raise InputError(f"{path}:1: missing column {missing[0]!r}", hint)


def _query(row: dict[str, str], location: str) -> EvalQuery:
    """One row as a query with no number yet."""
    if not row["query"]:
        raise InputError(f"{location}: missing query", "write what is looked for")
    gold = _gold(row, location)
    search_in = row.get("search_in", "")
    duration_s = _duration_s(row.get("duration", ""))
    return EvalQuery(
        query_id="",
        text=row["query"],
        search_in=search_in,
        video=gold[0].video if gold else search_in,
        gold=gold,
        modality=row.get("modality", ""),
        duration=row.get("duration", "") if duration_s is None else duration_group(duration_s),
        format=row.get("format", ""),
        duration_s=duration_s,
    )


def _gold(row: dict[str, str], location: str) -> tuple[Gold, ...]:
    file, start, end = (row[name] for name in ("file", "start", "end"))
    if not (file or start or end):
        return ()
    if not (file and start and end):
        raise InputError(
            f"{location}: file {file!r}, start {start!r}, end {end!r}",
            "a row needs all three, or none of them: the query is absent",
        )
    try:
        start_s, end_s = parse_time(start), parse_time(end)
    except InputError as error:
        raise InputError(f"{location}: {error.message}", error.hint) from error
    if not start_s < end_s:
        raise InputError(
            f"{location}: {start} to {end} is not a span", "the end must follow the start"
        )
    return (Gold(file.replace("\\", "/").removeprefix("./"), Span(start_s, end_s)),)


def _duration_s(cell: str) -> float | None:
    """The length of the video where the cell is a time, None where it is a group's name."""
    try:
        return parse_time(cell)
    except InputError:
        return None


def _joined(old: EvalQuery, new: EvalQuery, location: str) -> EvalQuery:
    """One query of two rows. Raises InputError where they contradict each other."""
    if not (old.gold and new.gold):
        raise InputError(
            f"{location}: {new.text!r} is absent in one row and not in another, or absent twice",
            "keep the rows that are true",
        )
    for name in GROUPS:
        before, again = getattr(old, name), getattr(new, name)
        if again not in ("", before) and name != "duration":  # its files may differ in length
            raise InputError(
                f"{location}: {name} {again!r}, but {before!r} above", "make them equal"
            )
    return replace(old, gold=old.gold + new.gold)
