"""`vidindex bench frames`: search by the vectors of frames, on generated films."""

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vidindex.cli.options import json_option
from vidindex.cli.output.echo import echo
from vidindex.cli.output.progress import TerminalProgress
from vidindex.cli.output.tables import print_json, print_table

if TYPE_CHECKING:
    from vidindex.bench.frames.benchmark import Report, Share


@click.command("frames")
@click.option("--frames", default="bundled", show_default=True, help="The picture model.")
@click.option(
    "--model", default="bundled", show_default=True, help="What verifies; none: nothing does."
)
@click.option("--seed", default=1, show_default=True, help="Which unseen films are drawn.")
@click.option("--films", default=60, show_default=True, help="Files of scenes.")
@click.option("--film-seconds", default=120.0, show_default=True, help="Length of each file.")
@click.option("--present", default=60, show_default=True, help="Searches of each kind, shown.")
@click.option("--absent", default=60, show_default=True, help="Searches of each kind, absent.")
@click.option("--keep", type=click.Path(path_type=Path), help="Leave footage and library here.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@json_option
def frames_command(
    frames: str,
    model: str,
    seed: int,
    films: int,
    film_seconds: float,
    present: int,
    absent: int,
    keep: Path | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Recall, first hits before and after verification, false alarms, and controls at chance.

    Films of generated scenes without captions, searched for what an object looks like (colour,
    shape, size) and for what it does (colour, shape, motion), apart, since one frame shows no
    motion. The figures say that the machinery is right; nothing of accuracy on footage.
    """
    from vidindex.bench.frames.benchmark import Size, run

    with ExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        size = Size(films, film_seconds, present, absent)
        report = run(folder, frames, model, seed, size, TerminalProgress(quiet=quiet))
    if as_json:
        print_json(report)
    else:
        _print(report)


def _print(report: "Report") -> None:
    echo(
        f"seed {report.seed}: {report.num_files} files, {report.duration_s / 3600:.2f} h, "
        f"{report.num_scenes:,} scenes, {report.num_vectors:,} vectors of {report.frames}; "
        f"verified by {report.model}; right: IoU of at least 0.5"
    )
    print_table(
        ["system", "kind", "n", "recall@10", "R@1", "R@1 verified", "misses", "false alarms"],
        [
            [
                row.system,
                row.kind,
                str(row.recall.count),
                str(row.recall),
                str(row.first),
                *map(_or_none, (row.verified, row.misses, row.false_alarms)),
            ]
            for row in report.rows
        ],
    )


def _or_none(share: "Share | None") -> str:
    return "" if share is None else str(share)
