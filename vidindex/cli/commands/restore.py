"""`vidindex restore`: a library again from its backup."""

from pathlib import Path

import click

from vidindex.cli.options import json_option, library_option
from vidindex.cli.output.echo import echo
from vidindex.cli.output.tables import print_json
from vidindex.core.formatting.counts import counted


@click.command("restore")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@library_option
@json_option
def command(folder: Path, library: Path, as_json: bool) -> None:
    """Make the library of FOLDER, which `vidindex backup` wrote, in a new folder (--library).

    All of it is checked first; of half a backup nothing is made. Tokens are added again with
    `vidindex tokens add`. For an export (library.jsonl) see `vidindex import`.
    """
    from vidindex.app import restore_backup
    from vidindex.cli.output.progress import TerminalProgress

    made = restore_backup(folder, library, progress=TerminalProgress(quiet=as_json))
    if as_json:
        print_json(made)
    else:
        at = f"{made.made_at.astimezone():%Y-%m-%d %H:%M}"
        held = f"{counted(made.videos, 'video')}, {counted(made.events, 'event')}"
        echo(f"restored {made.path} as of {at}: {held}")
