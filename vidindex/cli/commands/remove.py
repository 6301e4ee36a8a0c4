"""`vidindex remove`: erase videos from a library."""

from pathlib import Path

import click

from vidindex.cli.confirm import confirmed, require_yes
from vidindex.cli.main import EXIT_DECLINED, EXIT_DONE
from vidindex.cli.options import json_option, library_option
from vidindex.cli.output.echo import echo
from vidindex.cli.output.tables import print_json
from vidindex.core.formatting.counts import counted


@click.command("remove")
@click.argument("videos", nargs=-1, required=True)
@library_option
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@json_option
def command(videos: tuple[str, ...], library: Path, yes: bool, as_json: bool) -> int:
    """Erase VIDEOS (paths, file names, globs or ids) from the library with all their traces.

    Events, texts, vectors, replies and thumbnails go; the footage itself is not touched. Where
    one of them is held (`vidindex hold`), none is erased. The end of input is a no: exit code 1.
    """
    from vidindex.app import open_library
    from vidindex.core.formatting.terminal import one_line

    with open_library(library) as app:
        names = app.find(videos)
        question = f"Erase {counted(len(names), 'video')} from {library}?"
        require_yes(yes=yes, as_json=as_json)
        if not (yes or confirmed(question)):
            return EXIT_DECLINED
        removed = app.remove(list(names))
    if as_json:
        print_json(removed)
        return EXIT_DONE
    for removal in removed:
        trace = "" if removal.clean else " (old pages go with the next removal)"
        name = one_line(names[removal.video_id])
        echo(f"removed {name}: {counted(removal.num_events, 'event')}{trace}")
    return EXIT_DONE
