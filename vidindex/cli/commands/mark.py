"""`vidindex mark`: keep, reject or note hits, for `calibrate` to learn from."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from vidindex.cli.options import json_option, library_option
from vidindex.cli.output.echo import echo
from vidindex.cli.output.tables import print_json, print_table
from vidindex.core.formatting.counts import counted
from vidindex.core.formatting.time_format import format_time
from vidindex.core.formatting.to_json import jsonable

if TYPE_CHECKING:
    from vidindex.types import Mark

_HITS = """HIT is a number in the last answer (3), some of them (1-3), all, or a stretch of a
file (film.mp4@01:23-01:40)."""


@click.group("mark")
def command() -> None:
    """Keep, reject or note hits, as selects, case files or label sets.

    Marks are exported as timelines or tables, and `calibrate` learns from them.
    """


def _mark_command(name: Literal["keep", "reject", "note"], what: str) -> click.Command:
    """The three ways to mark differ in one word."""

    @click.command(name, help=f"{what}\n\n{_HITS}")
    @click.argument("hits", nargs=-1, required=True, metavar="HIT...")
    @library_option
    @click.option("--note", default="", help="A remark of your own.")
    @click.option("label_set", "--set", default="", help="The set that the marks belong to.")
    @click.option("--query", help="What the hit answers; needed for FILE@TIME.")
    @json_option
    def mark(
        hits: tuple[str, ...],
        library: Path,
        note: str,
        label_set: str,
        query: str | None,
        as_json: bool,
    ) -> None:
        from vidindex.app import open_library

        with open_library(library, edit=True) as app:
            marks = app.mark(hits, name, note=note, label_set=label_set, query=query)
            names = {one.video_id: app.library.videos.name(one.video_id) for one in marks}
        _show(marks, names, as_json=as_json)

    return mark


command.add_command(_mark_command("keep", "These are right: keep them."))
command.add_command(_mark_command("reject", "These are wrong answers to their query."))
command.add_command(_mark_command("note", "Only remember a remark on them (--note)."))


@command.command("list")
@library_option
@click.option("label_set", "--set", help="Only the marks of this set.")
@json_option
def list_(library: Path, label_set: str | None, as_json: bool) -> None:
    """List marks, with the numbers by which they are removed."""
    from vidindex.app import open_library

    with open_library(library, write=False) as app:
        marks = app.marks(label_set)
        names = {one.video_id: app.library.videos.name(one.video_id) for one in marks}
    _show(marks, names, as_json=as_json)


@command.command("remove")
@click.argument("ids", nargs=-1, required=True, type=int, metavar="ID...")
@library_option
def remove(ids: tuple[int, ...], library: Path) -> None:
    """Forget marks, by their numbers in `vidindex mark list`."""
    from vidindex.app import open_library

    with open_library(library, edit=True) as app:
        app.remove_marks(ids)
    echo(f"{len(ids)} removed")


@command.command("export")
@library_option
@click.option("label_set", "--set", help="Only the marks of this set.")
@click.option(
    "--only",
    type=click.Choice(["keep", "reject", "note"]),
    help="Only these; what was kept is a truth that `calibrate` and `eval` read.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A CSV file; else stdout.")
def export(
    library: Path,
    label_set: str | None,
    only: Literal["keep", "reject", "note"] | None,
    output: Path | None,
) -> None:
    """Write marks as a table: query, file, start, end, answer, note, set.

    For an editing program, see `vidindex export --marks`.
    """
    from vidindex.app import open_library

    with open_library(library, write=False) as app:
        app.export_marks(output, label_set, only)


@command.command("import")
@click.argument("table", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@library_option
def import_(table: Path, library: Path) -> None:
    """Read marks from a table that `export` wrote, here or in another library of this footage.

    A table for `eval` will do, too: query, file, start, end; what has no answer is kept.
    """
    from vidindex.app import open_library

    with open_library(library, edit=True) as app:
        count = app.import_marks(table)
    echo(f"{counted(count, 'mark')} read")


def _show(marks: "list[Mark]", names: dict[str, str], *, as_json: bool) -> None:
    if as_json:
        print_json([{"file": names[one.video_id], **jsonable(one)} for one in marks])
        return
    from vidindex.core.formatting.terminal import one_line

    rows = [
        [
            str(mark.mark_id),
            mark.answer,
            mark.label_set or "-",
            one_line(names[mark.video_id]),
            f"{format_time(mark.span.start_s)} – {format_time(mark.span.end_s)}",
            one_line(mark.query),
            one_line(mark.note),
        ]
        for mark in marks
    ]
    print_table(["mark", "answer", "set", "file", "time", "query", "note"], rows)
