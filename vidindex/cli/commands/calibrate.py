"""`vidindex calibrate`: learn from known searches what a model's scores are worth."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from vidindex.cli.options import backend_option, json_option, library_option, model_option
from vidindex.cli.output.echo import echo
from vidindex.cli.output.progress import TerminalProgress
from vidindex.cli.output.tables import print_json

if TYPE_CHECKING:
    from vidindex.composition import Backend


@click.command("calibrate")
@click.argument("searches", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@library_option
@model_option
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
    searches: Path,
    library: Path,
    model: str,
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
    """
    from vidindex.app import Settings, open_library
    from vidindex.core.evaluation.datasets.csv_ import read

    truth = read(searches)
    with open_library(library, Settings(model=model, backend=backend), edit=True) as app:
        found = app.calibrate(
            app.known_searches(truth),
            max_false_alarms=max_false_alarms,
            second_opinion=second_opinion,
            source=searches.name,
            progress=TerminalProgress(quiet=quiet),
        )
    if as_json:
        print_json(found)
        return
    echo(f"judge: {found.judge}")
    curve = found.curve
    if curve is None:
        echo("curve: none; right and wrong candidates are needed to fit one")
    else:
        echo(f"curve: {curve.method}, fitted on {found.num_pairs} candidates")
        if second_opinion:
            echo(f"its Yes was right {curve(1.0):.0%}, its No wrong {curve(0.0):.0%}")
    depths: tuple[Literal["standard", "thorough"], ...] = ("standard", "thorough")
    for depth in (depth for depth in depths if depth in found.measured):
        told = found.measured[depth]
        line = found.standard(found.measured_at, depth).verified_at
        error = told.expected_error
        echo(
            f"{depth}: verified from a score of {line:.4f}; {told.line(found.measured_at)}"
            + ("" if error is None else f"; ECE {error:.3f}")
        )
