"""`vidindex import`: a library again from its export."""

from pathlib import Path

import click

from vidindex.cli.options import json_option, library_option
from vidindex.cli.output.tables import print_json, print_table
from vidindex.core.formatting.to_json import jsonable


@click.command("import")
@click.argument(
    "archive", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE.jsonl"
)
@library_option
@json_option
def command(archive: Path, library: Path, as_json: bool) -> None:
    """Restore a library from `vidindex export --format jsonl -o FILE.jsonl`.

    All of the file or, where it is cut off or was changed, nothing. Videos that the library
    knows already stay as they are. A video is present where a file with its content is; the
    next ingest finds those that were moved, and asks no model for what was brought.
    """
    from vidindex.app import Settings, open_library
    from vidindex.cli.output.progress import TerminalProgress

    with open_library(library, Settings(model="none", ocr=False)) as app:
        done = app.restore(archive, progress=TerminalProgress())
    if as_json:
        print_json(done)
        return
    counts = jsonable(done)
    print_table(list(counts), [[str(count) for count in counts.values()]])
