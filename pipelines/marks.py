"""Marks on hits: made, written as a table and read from one; the table is `eval`'s own, and more.

    query,file,start,end,answer,note,set

`eval` and `calibrate` take every row for a truth: give them a table of what was kept only.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, TextIO, get_args

from pipelines.hits import resolve
from store.library import Library
from vidindex.errors import InputError
from vidindex.times import parse_time
from vidindex.types import Mark, Span

MarkAnswer = Literal["keep", "reject", "note"]
COLUMNS = ("query", "file", "start", "end", "answer", "note", "set")


def mark_hits(
    library: Library,
    words: Sequence[str],
    answer: MarkAnswer,
    *,
    note: str = "",
    label_set: str = "",
    query: str | None = None,
) -> list[Mark]:
    """Mark what the words name (`vidindex.hits`). Raises InputError for a hit without a query."""
    marks = []
    for hit in resolve(library, words):
        asked = hit.query.text if query is None else query
        if not asked:
            name = library.videos.name(hit.video_id)
            raise InputError(f"what is {name} marked for?", "say what it answers: --query WORDS")
        marks.append(Mark(asked, hit.video_id, hit.span, answer, note, label_set))
    with library.transaction():
        ids = [library.marks.add(mark) for mark in marks]
    return [replace(mark, mark_id=mark_id) for mark, mark_id in zip(marks, ids, strict=True)]


def write_marks(
    library: Library, stream: TextIO, label_set: str | None = None, only: MarkAnswer | None = None
) -> None:
    """Write marks as CSV: those of a set, those of one answer, or all."""
    table = csv.writer(stream, lineterminator="\n")
    table.writerow(COLUMNS)
    for mark in library.marks.all(label_set):
        if only not in (None, mark.answer):
            continue
        name = library.videos.name(mark.video_id)
        times = (f"{mark.span.start_s:.3f}", f"{mark.span.end_s:.3f}")
        table.writerow([mark.query, name, *times, mark.answer, mark.note, mark.label_set])


def read_marks(library: Library, path: Path) -> int:
    """Add the marks of a table; all of them or, where one cannot be read, none. Their number."""
    with path.open(encoding="utf-8-sig", newline="") as stream, library.transaction():
        marks = list(_read(library, path, stream))
        for mark in marks:
            library.marks.add(mark)
    return len(marks)


def _read(library: Library, path: Path, stream: TextIO) -> Iterator[Mark]:
    table = csv.DictReader(stream)
    missing = [name for name in COLUMNS if name not in (table.fieldnames or ())]
    if missing:
        raise InputError(f"{path} has no column {missing[0]!r}", f"its columns are {COLUMNS}")
    for row in table:
        place = f"{path}:{table.line_num}"
        answer = next((one for one in get_args(MarkAnswer) if one == row["answer"]), None)
        if answer is None:
            raise InputError(f"{place}: {row['answer']!r} is no mark", "keep, reject or note")
        start_s, end_s = parse_time(row["start"]), parse_time(row["end"])
        if not start_s < end_s:
            raise InputError(f"{place}: it ends before it starts", "write the earlier time first")
        (video_id, *_) = library.videos.find([row["file"]])
        span = Span(start_s, end_s)
        yield Mark(row["query"], video_id, span, answer, row["note"], row["set"])
