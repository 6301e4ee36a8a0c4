"""Create marks on hits, and write and read them as a CSV table that `eval` reads, too.

    query,file,start,end,answer,note,set

`eval` and `calibrate` take every row for a truth: give them a table of what was kept only.
File names and words that hide characters are written as `escaping.escape` writes them.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, TextIO, get_args

from pipelines.search.hit_refs import resolve
from store.library import Library
from vidindex.core.evaluation.text_input import read_text
from vidindex.core.formatting.escaping import escape, unescape
from vidindex.core.formatting.time_format import format_time
from vidindex.errors import InputError
from vidindex.types import Mark, Span

MarkAnswer = Literal["keep", "reject", "note"]
NEEDED = ("query", "file", "start", "end")
COLUMNS = (*NEEDED, "answer", "note", "set")


def mark_hits(
    library: Library,
    words: Sequence[str],
    answer: MarkAnswer,
    *,
    note: str = "",
    label_set: str = "",
    query: str | None = None,
) -> list[Mark]:
    """Mark what the words name (`core.retrieval.hit_refs`): all, or nothing where one is wrong.

    Raises InputError for a hit without a query and for a note that says nothing.
    """
    if answer == "note" and not note.strip():
        raise InputError("the note says nothing", "write it: --note TEXT")
    marks = []
    for hit in resolve(library, words):
        asked = hit.query.text if query is None else query
        if not asked.strip():
            name = library.videos.name(hit.video_id)
            raise InputError(f"what is {name} marked for?", "say what it answers: --query WORDS")
        marks.append(Mark(asked, hit.video_id, hit.span, answer, note, label_set))
    with library.transaction():
        return [library.marks.add(mark) for mark in marks]


def put_mark(library: Library, mark: Mark) -> Mark:
    """Store one mark; with its id and time.

    Raises InputError for no query, a note that says nothing, and what is not in the library.
    """
    if mark.answer == "note" and not mark.note.strip():
        raise InputError("the note says nothing", "write it")
    if not mark.query.strip():
        raise InputError("the mark says nothing of what it answers", "give the query")
    video = library.videos.get(mark.video_id)
    if video is None:
        raise InputError(f"no video {mark.video_id!r} in the library", "see: vidindex list")
    span = mark.span.within(Span(0.0, video.duration_s))
    if span is None:
        ends = format_time(video.duration_s)
        raise InputError(f"the mark is outside the video, which ends at {ends}", "move it")
    with library.transaction():
        return library.marks.add(replace(mark, span=span))


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
        cells = (mark.query, name, *times, mark.answer, mark.note, mark.label_set)
        table.writerow(map(escape, cells))


def read_marks(library: Library, path: Path) -> int:
    """Add the marks of a table; their number. All of them or, where one cannot be read, none.

    A table without answers, as `eval` has them, is of hits to keep. Raises InputError, which
    names the line, also for a file that the library lacks or that ends before the mark.
    """
    marks = list(_read(library, path))
    with library.transaction():
        for mark in marks:
            library.marks.add(mark)
    return len(marks)


def _read(library: Library, path: Path) -> Iterator[Mark]:
    table = csv.DictReader(io.StringIO(read_text(path), newline=""), restval="")
    columns = [name.strip().lower() for name in table.fieldnames or ()]
    if missing := [name for name in NEEDED if name not in columns]:
        raise InputError(f"{path} has no column {missing[0]!r}", f"the first line is {COLUMNS}")
    table.fieldnames = columns
    try:
        for row in table:
            if None in row:
                raise InputError("more cells than columns", "quote cells with a comma")
            yield _mark(library, row)
    except InputError as error:
        raise InputError(f"{path}:{table.line_num}: {error.message}", error.hint) from error
    except csv.Error as error:
        raise InputError(f"{path}:{table.line_num}: not CSV: {error}", "save it again") from error


def _mark(library: Library, row: Mapping[str, str]) -> Mark:
    cells = {name: unescape(row.get(name, "")) for name in COLUMNS}
    written = cells["answer"].strip() or "keep"
    answer = next((one for one in get_args(MarkAnswer) if one == written), None)
    if answer is None:
        raise InputError(f"{written!r} is not a mark", "write keep, reject or note")
    if not cells["query"].strip():
        raise InputError("missing query", "write what the hit answers")
    if not all(cells[name] for name in ("file", "start", "end")):
        raise InputError("no file, start or end", "a mark needs all three")
    (hit,) = resolve(library, ["{file}@{start}-{end}".format_map(cells)])
    return Mark(cells["query"], hit.video_id, hit.span, answer, cells["note"], cells["set"])
