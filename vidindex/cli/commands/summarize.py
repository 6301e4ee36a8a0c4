"""`vidindex summarize`: what happened in a file, by a camera or on a day."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vidindex.cli.main import EXIT_DONE, EXIT_NOTHING_FOUND
from vidindex.cli.options import (
    backend_option,
    filter_options,
    json_option,
    library_option,
    model_option,
    read_filters,
)
from vidindex.cli.output.echo import echo
from vidindex.cli.output.tables import print_json
from vidindex.core.formatting.counts import counted

if TYPE_CHECKING:
    from vidindex.core.answering.summaries import Part, Summary
    from vidindex.settings import Backend

MAX_CITED = 3


@click.command("summarize")
@click.argument("files", metavar="[FILE]...", nargs=-1)
@filter_options
@click.option(
    "-k",
    "--limit",
    default=12,
    show_default=True,
    help="At most this many lines for each hour, the most frequent; the others are counted.",
)
@click.option("--rephrase", is_flag=True, help="Let the model put the lines into its own words.")
@library_option
@model_option
@backend_option
@json_option
def command(
    files: tuple[str, ...],
    library: Path,
    model: str,
    backend: "Backend",
    limit: int,
    rephrase: bool,
    as_json: bool,
    **filters: Any,
) -> int:
    """Summarize what happened in FILEs, or in all footage that the options allow.

    Events in the same words are one line, counted, hour by hour where the hour is known; each
    line names where it happened [1]. Captions are a model's statements: nothing is verified
    here, which is what `vidindex ask` does.
    """
    from vidindex.app import Settings, open_library
    from vidindex.cli.output.audit import log

    with open_library(library, Settings(model=model, backend=backend), write=False) as app:
        given = read_filters(app, **filters)
        log(app, "summarize", filters=given, files=len(files))
        summary = app.summarize(*files, filters=given, most=limit, rephrase=rephrase)
    if as_json:
        print_json(summary)
    else:
        _print(summary)
    return EXIT_DONE if summary.parts else EXIT_NOTHING_FOUND


def _print(summary: "Summary") -> None:
    from vidindex.cli.output.answer import print_citations, print_rephrased

    echo(f"{summary.title}: {counted(summary.num_events, 'event')}")
    for part in summary.parts:
        _print_part(part)
    for line in summary.quiet:
        echo(line)
    print_citations(summary.citations, summary.sentences, MAX_CITED)
    print_rephrased(summary.rephrased)
    if summary.caution:
        echo(summary.caution)
    echo(summary.basis)


def _print_part(part: "Part") -> None:
    from vidindex.core.answering.citations import with_cites

    echo(f"{part.title}, {part.kind}")
    for line in part.lines:
        echo(f"  {with_cites(line, MAX_CITED)}")
    lines, times = part.left_out
    if lines:
        echo(f"  left out: {counted(lines, 'line')} of {counted(times, 'occasion')}; see --limit")
