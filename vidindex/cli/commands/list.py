"""`vidindex list`: the videos of a library and where they are."""

from pathlib import Path

import click

from vidindex.cli.options import json_option, library_option
from vidindex.cli.output.tables import print_json, print_table
from vidindex.core.formatting.time_format import format_time


@click.command("list")
@library_option
@json_option
def command(library: Path, as_json: bool) -> None:
    """List the videos of a library: id, wall clock, duration, picture, events, every location."""
    from vidindex.app import open_library
    from vidindex.core.formatting.terminal import format_wall

    with open_library(library, write=False) as app:
        entries = app.videos()
    if as_json:
        print_json(entries)
        return
    rows = [
        [
            entry.video.video_id[:10],
            format_wall(entry.starts_at) if entry.starts_at else "",
            format_time(entry.video.duration_s),
            f"{entry.video.width}x{entry.video.height}",
            entry.video.codec,
            str(entry.num_events),
            " = ".join(
                f"{location.path}{' (missing)' if location.status == 'missing' else ''}"
                for location in entry.locations
            ),
        ]
        for entry in entries
    ]
    print_table(["video", "recorded", "duration", "picture", "codec", "events", "where"], rows)
