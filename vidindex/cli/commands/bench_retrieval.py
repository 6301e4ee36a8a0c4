"""`vidindex bench retrieval`: how quick search is in libraries of any size."""

from typing import TYPE_CHECKING

import click

from vidindex.cli.options import json_option
from vidindex.cli.output.echo import echo
from vidindex.cli.output.tables import print_json, print_table

if TYPE_CHECKING:
    from vidindex.bench.speed.retrieval import Row


@click.command("retrieval")
@click.option(
    "--events",
    multiple=True,
    type=click.IntRange(min=1000),
    default=[10_000, 100_000, 1_000_000],
    show_default=True,
    help="Sizes of the libraries that are made; a million needs 4 GB of disk, ten need 40.",
)
@click.option(
    "--frames",
    multiple=True,
    type=click.IntRange(min=1000),
    help="Search vectors of so many frames instead, runs of near neighbours; can be repeated. A "
    "million needs 4 GB of disk.",
)
@click.option("--seed", default=1, show_default=True, help="What is drawn.")
@json_option
def retrieval_command(
    events: tuple[int, ...], frames: tuple[int, ...], seed: int, as_json: bool
) -> None:
    """Words, vectors, fusion and filters, on made libraries; no model looks at any frame.

    Beside them, in the same process, the usual way: flat FAISS with its default threads, and LIKE.
    """
    if frames:
        _frames(frames, seed, as_json=as_json)
        return
    from vidindex.bench.speed.retrieval import measure

    rows = measure(events, seed, lambda text: echo(text, err=True))
    if as_json:
        print_json(rows)
    else:
        _print(rows)


def _frames(sizes: tuple[int, ...], seed: int, *, as_json: bool) -> None:
    from vidindex.bench.speed.frame_retrieval import RECALL_AT, measure

    rows = measure(sizes, seed, lambda text: echo(text, err=True))
    if as_json:
        print_json(rows)
        return
    kinds = list(rows[0].recall)
    print_table(
        ["frames", "fill s", "MB on disk", "open ms", "p50/p99 ms", "CPU p50"]
        + ["one camera p50 ms", "CPU p50"]
        + [f"{kind} recall@{RECALL_AT}" for kind in kinds],
        [
            [
                f"{row.num_frames:,}",
                f"{row.fill_s:.0f}",
                f"{row.mb_on_disk:,.0f}",
                f"{row.open_ms:.0f}",
                f"{row.p50_ms:.1f}/{row.p99_ms:.1f}",
                f"{row.p50_cpu_ms:.1f}",
                f"{row.one_camera_p50_ms:.1f}",
                f"{row.one_camera_p50_cpu_ms:.1f}",
                *(f"{row.recall[kind]:.3f}" for kind in kinds),
            ]
            for row in rows
        ],
    )


def _print(rows: "list[Row]") -> None:
    filters = list(rows[0].latency)
    ways = list(dict.fromkeys(way for row in rows for way in row.against))
    print_table(
        ["vectors", "events", "files", "ms/event", "open ms", "MB", "recall@50"]
        + [f"{name} p50/p99 ms" for name in filters]
        + [f"{name} p50 ms" for name in ways],
        [
            [
                row.vectors,
                f"{row.num_events:,}",
                f"{row.num_files:,}",
                f"{row.fill_ms_per_event:.2f}",
                f"{row.open_ms:.0f}",
                f"{row.memory_mb:.0f}",
                f"{row.recall:.3f}",
                *(f"{one.p50_ms:.1f}/{one.p99_ms:.1f}" for one in row.latency.values()),
                *(f"{row.against[way]:.1f}" if way in row.against else "-" for way in ways),
            ]
            for row in rows
        ],
    )
