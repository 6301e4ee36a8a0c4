"""`vidindex bench frames-cost`: what embedding frames costs on this machine."""

from pathlib import Path

import click

from vidindex.cli.options import json_option
from vidindex.cli.output.echo import echo
from vidindex.cli.output.tables import print_json, print_table


@click.command("frames-cost")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--rate", default=1.0, show_default=True, help="Frames a second that are looked at.")
@json_option
def frames_cost_command(paths: tuple[Path, ...], rate: float, as_json: bool) -> None:
    """SigLIP 2 of real size with random weights, on one thread, over the footage in PATHS.

    Seconds of CPU: decoding, telling frames that show the same, and the model.
    """
    from vidindex.bench.speed.frame_cost import measure

    footage, rows = measure(paths, rate, lambda line: echo(line, err=True))
    if as_json:
        print_json({"footage": footage, "models": rows})
        return
    same = footage.num_frames - footage.num_distinct
    echo(
        f"{footage.num_files} files, {footage.duration_s / 60:.1f} min, {footage.num_frames:,} "
        f"frames, of which {same:,} show what the one before shows; {footage.failed} files failed"
    )
    echo(f"decoding {footage.decode_s:.1f} s, comparing {footage.compare_s:.1f} s of CPU")
    print_table(
        ["model", "precision", "ms/frame CPU", "wall", "least cosine", "x realtime", "without"],
        [
            [
                row.model,
                row.dtype,
                f"{row.ms_per_frame:.0f}",
                f"{row.wall_ms_per_frame:.0f}",
                f"{row.cosine:.5f}",
                f"{row.realtime:.1f}",
                f"{row.realtime_all:.1f}",
            ]
            for row in rows
        ],
    )
    echo("x realtime: of one core, all of it together; without: every frame is embedded")
