"""`vidindex bench pipeline`: measure how busy the model is kept, and memory per hour."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vidindex.cli.options import json_option
from vidindex.cli.output.echo import echo
from vidindex.cli.output.progress import TerminalProgress
from vidindex.cli.output.tables import print_json, print_table

if TYPE_CHECKING:
    from vidindex.bench.speed.pipeline import Overlap, Peak


@click.command("pipeline")
@click.option("--minutes", default=20, show_default=True, help="Length of the film for the time.")
@click.option("--rounds", default=5, show_default=True, help="Rounds, of which the median counts.")
@click.option(
    "--latency",
    type=float,
    help="Seconds that the stand-in takes for a chunk; as long as decoding one by default, which "
    "is the hardest to hide.",
)
@click.option(
    "--memory-minutes",
    multiple=True,
    type=click.IntRange(min=1),
    default=[10, 60],
    show_default=True,
    help="Lengths of the films for the memory.",
)
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@json_option
def pipeline_command(
    minutes: int,
    rounds: int,
    latency: float | None,
    memory_minutes: tuple[int, ...],
    quiet: bool,
    as_json: bool,
) -> None:
    """Wall time of the caption pass against the longer of decoding and model; peak memory.

    The model is a stand-in that takes the same time for every chunk; the films are generated.
    """
    from vidindex.bench.speed.pipeline import measure_memory, measure_overlap

    progress = TerminalProgress(quiet=quiet)
    with tempfile.TemporaryDirectory() as folder:
        overlap = measure_overlap(Path(folder), minutes, rounds, latency, progress)
        peaks = measure_memory(Path(folder), memory_minutes, progress)
    if as_json:
        ratios = [one.ratio for one in overlap.rounds]
        print_json({"overlap": overlap, "ratio": overlap.ratio, "ratios": ratios, "memory": peaks})
    else:
        _print_overlap(overlap)
        _print_memory(peaks)


def _print_overlap(overlap: "Overlap") -> None:
    echo(
        f"{overlap.footage_s / 60:.0f} min, {overlap.num_chunks} chunks, "
        f"{overlap.latency_s:.2f} s of model for each"
    )
    print_table(
        ["round", "decode s", "model s", "wall s", "wall / longer"],
        [
            [
                str(number),
                f"{one.decode_s:.2f}",
                f"{one.model_s:.2f}",
                f"{one.wall_s:.2f}",
                f"{one.ratio:.3f}",
            ]
            for number, one in enumerate(overlap.rounds, start=1)
        ],
    )
    ratios = [one.ratio for one in overlap.rounds]
    echo(f"median {overlap.ratio:.3f}, from {min(ratios):.3f} to {max(ratios):.3f}")


def _print_memory(peaks: "list[Peak]") -> None:
    echo("")
    print_table(
        ["minutes", "peak MB", "of the first"],
        [
            [
                f"{one.footage_s / 60:.0f}",
                f"{one.num_bytes / 1e6:,.0f}",
                f"{one.num_bytes / peaks[0].num_bytes:.3f}",
            ]
            for one in peaks
        ],
    )
