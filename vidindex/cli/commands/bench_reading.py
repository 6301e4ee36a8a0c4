"""`vidindex bench reading`: measure reading of on-screen text beside that of release 0.1."""

from pathlib import Path

import click

from vidindex.cli.options import json_option
from vidindex.cli.output.echo import echo
from vidindex.cli.output.tables import print_json, print_table


@click.command("reading")
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
@json_option
def reading_command(folder: Path, as_json: bool) -> None:
    """Read the text in all films below FOLDER twice: as ingest does, and as release 0.1 did.

    Both take turns every two minutes of footage, so that other work on the machine slows both.
    """
    from vidindex.bench.reading.benchmark import measure

    figures = measure(folder, lambda text: echo(text, err=True))
    if as_json:
        print_json(figures)
        return
    rows = []
    for name, spent in (
        ("release 0.1, onnxruntime", figures.before),
        (f"now, {figures.engine}", figures.now),
    ):
        rows.append(
            [
                name,
                f"{spent.wall_s:.1f}",
                f"{spent.cpu_s:.1f}",
                f"{figures.footage_s / spent.wall_s:.1f}",
            ]
        )
    print_table(["reader", "wall s", "CPU s", "x realtime"], rows)
    echo(f"{figures.wall_ratio:.2f} times as fast in wall, {figures.cpu_ratio:.2f} in CPU seconds")
    echo(f"{figures.films} films of {figures.footage_s / 60:.1f} min in all")
    for line in figures.unreadable:
        echo(f"not read: {line}")
    one = figures.agreement
    echo("")
    print_table(
        ["of release 0.1's", "number", "the same now"],
        [
            ["events", str(one.events), str(one.found)],
            ["events of 1.9 s and more", str(one.lasting), str(one.lasting_found)],
            ["clocks", str(one.clocks), str(one.clocks_found)],
        ],
    )
    if figures.differences:
        echo("")
        print_table(
            ["of 1.9 s and more", "file", "text", "from", "to", "now"],
            [
                [d.kind, d.file, d.text, f"{d.start_s:.2f}", f"{d.end_s:.2f}", d.instead]
                for d in figures.differences
            ],
        )
