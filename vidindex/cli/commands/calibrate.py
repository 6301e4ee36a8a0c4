"""`vidindex calibrate`: learn from known searches what a model's scores are worth."""

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from vidindex.cli.options import (
    backend_option,
    embedder_option,
    json_option,
    library_option,
    model_option,
)
from vidindex.cli.output.echo import echo
from vidindex.cli.output.progress import TerminalProgress
from vidindex.cli.output.tables import print_json
from vidindex.core.formatting.counts import counted
from vidindex.errors import InputError

if TYPE_CHECKING:
    from vidindex.settings import Backend, Embedding


@click.command("calibrate")
@click.argument(
    "searches", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.option(
    "--auto", is_flag=True, help="Use shipped queries for absent things, and marks, instead."
)
@click.option("--queries", is_flag=True, help="Print the shipped queries, one a line, and stop.")
@click.option(
    "--occurs",
    metavar="QUERY",
    multiple=True,
    help="A shipped query for something that this library does show; may be repeated.",
)
@click.option(
    "--occurs-in",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file of such queries: one a line, or the first column of a CSV file.",
)
@library_option
@model_option
@embedder_option
@backend_option
@click.option(
    "--max-false-alarms",
    default=0.05,
    show_default=True,
    help="Of searches for something absent, at most this share may show a verified hit.",
)
@click.option(
    "--second-opinion",
    metavar="MODEL",
    help="Learn what the Yes and No of this reasoning model are worth, instead.",
)
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@json_option
def command(
    searches: Path | None,
    auto: bool,
    queries: bool,
    occurs: tuple[str, ...],
    occurs_in: Path | None,
    library: Path,
    model: str,
    embedder: "Embedding",
    backend: "Backend",
    max_false_alarms: float,
    second_opinion: str | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Learn what the model's scores are worth, from SEARCHES whose answers are known.

    SEARCHES is a CSV file with the columns query, file, start, end and, if a search is limited
    to some files, search_in (a glob). A query without file and times is for something that is
    not there; 200 of these make the error rate worth stating, half of them close to what is
    there. Marks of this library (`vidindex mark`) are learned from, too. Searches then show
    probabilities, and `search --max-false-alarms` keeps its promise.

    With --auto, shipped queries for things that few films show serve as absent things (name
    those that do occur), and marks for what is there. How often a search misses is known from
    50 searches for something present on; then "not there" says it.
    """
    from vidindex.app import Settings, open_library
    from vidindex.core.evaluation.datasets.csv_ import read

    if queries:
        _print_queries()
        return
    if auto == (searches is not None):
        raise InputError(
            "a calibration needs SEARCHES, or --auto, and not both",
            "run: vidindex calibrate SEARCHES.csv, or vidindex calibrate --auto",
        )
    if second_opinion and auto:
        raise InputError("--auto calibrates no second opinion", "give SEARCHES for that")
    with open_library(
        library, Settings(model=model, embedder=embedder, backend=backend), edit=True
    ) as app:
        progress = TerminalProgress(quiet=quiet)
        if searches is None:
            occurring = [*occurs, *(_first_column(occurs_in) if occurs_in else ())]
            found = app.auto_calibrate(
                occurring, max_false_alarms=max_false_alarms, progress=progress
            )
        else:
            found = app.calibrate(
                app.known_searches(read(searches)),
                max_false_alarms=max_false_alarms,
                second_opinion=second_opinion,
                source=searches.name,
                progress=progress,
            )
    if as_json:
        print_json(found)
        return
    echo(f"judge: {found.judge}")
    curve = found.curve
    if curve is None:
        echo("curve: none; right and wrong candidates are needed to fit one")
    else:
        echo(f"curve: {curve.method}, fitted on {counted(found.num_pairs, 'candidate')}")
        if second_opinion:
            echo(f"its Yes was right {curve(1.0):.0%}, its No wrong {curve(0.0):.0%}")
    depths: tuple[Literal["standard", "thorough"], ...] = ("standard", "thorough")
    for depth in (depth for depth in depths if depth in found.measured):
        measured = found.measured[depth]
        line = found.standard(found.measured_at, depth).verified_at
        error = measured.expected_error
        echo(
            f"{depth}: verified from a score of {line:.4f}; {measured.line(found.measured_at)}"
            + ("" if error is None else f"; ECE {error:.3f}")
        )


def _print_queries() -> None:
    from vidindex.core.retrieval.null_queries import NULL_QUERIES

    for query in NULL_QUERIES:
        echo(query)


def _first_column(path: Path) -> list[str]:
    """The queries in a file, one a line; of a CSV file the first column, without its header."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        found = [row[0].strip() for row in csv.reader(lines) if row and row[0].strip()]
    return [query for query in found if query.casefold() != "query"]
