"""`vidindex bench ask`: measure answers to questions on a library of known truth."""

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vidindex.cli.options import json_option
from vidindex.cli.output.echo import echo
from vidindex.cli.output.progress import TerminalProgress
from vidindex.cli.output.tables import print_json, print_table

if TYPE_CHECKING:
    from vidindex.bench.ask.score import KindScore


@click.command("ask")
@click.option("--model", default="bundled", show_default=True, help="A model by name or path.")
@click.option("--seed", default=1, show_default=True, help="Which unseen library is drawn.")
@click.option("--reels", default=20, show_default=True, help="Files, of a minute each.")
@click.option("--per-kind", default=20, show_default=True, help="Questions of each kind.")
@click.option("--shuffled", default=5, show_default=True, help="Of each kind, with other frames.")
@click.option("--keep", type=click.Path(path_type=Path), help="Leave footage and library here.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@json_option
def ask_command(
    model: str,
    seed: int,
    reels: int,
    per_kind: int,
    shuffled: int,
    keep: Path | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """How often answers are right, wrong or left open, by kind of question.

    Makes a library of known truth and asks what relates in time and what is answered by looking;
    some again with frames of other times, as a control. The rates hold for generated clips only.
    """
    from vidindex.bench.ask.benchmark import Size, run

    size = Size(num_reels=reels, per_kind=per_kind, num_shuffled=shuffled)
    with ExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        report = run(folder, model, seed, size, TerminalProgress(quiet=quiet))
    if as_json:
        print_json(report)
        return
    echo(
        f"seed {report.seed}: {report.num_files} files, {report.num_events} events; {report.model}"
    )
    _print(report.kinds)
    if report.shuffled:
        echo("with frames of other times of the same file:")
        _print(report.shuffled)
    echo(f"open answers: {report.sentences} sentences shown, {report.unsupported} not true")


def _print(rows: "Sequence[KindScore]") -> None:
    print_table(
        ["question", "n", "right", "95 %", "wrong", "calls"],
        [
            [
                row.kind,
                str(row.n),
                f"{row.right:.1%}",
                f"{row.low:.1%} to {row.high:.1%}",
                f"{row.wrong:.1%}",
                f"{row.calls:.1f}",
            ]
            for row in rows
        ],
    )
