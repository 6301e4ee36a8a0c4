"""`vidindex backup`: copy a library in use."""

from pathlib import Path

import click

from vidindex.cli.options import json_option, library_option
from vidindex.cli.output.echo import echo
from vidindex.cli.output.tables import print_json
from vidindex.core.formatting.counts import counted


@click.command("backup")
@click.argument("folder", type=click.Path(path_type=Path))
@library_option
@json_option
def command(folder: Path, library: Path, as_json: bool) -> None:
    """Copy the library to the new FOLDER, also while it is served and ingested into.

    The copy is of one moment: the index with all replies, verdicts, marks and holds, and the audit
    log. Left out are vectors' files and pictures, which are made again, and tokens. Where it
    fails, nothing is left. Make a library of it again with `vidindex restore`.
    """
    from vidindex.app import Settings, open_library
    from vidindex.cli.output.progress import TerminalProgress

    with open_library(library, Settings(model="none"), write=False) as app:
        made = app.backup(folder, progress=TerminalProgress(quiet=as_json))
    if as_json:
        print_json(made)
    else:
        counts = f"{counted(made.videos, 'video')}, {counted(made.events, 'event')}"
        echo(f"backed up to {made.path}: {counts}, {made.num_bytes:,} bytes")
