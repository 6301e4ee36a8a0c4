"""`vidindex import`: a library again from its export."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from vidindex.cli.options import embedder_option, json_option, library_option
from vidindex.cli.output.tables import print_json, print_table
from vidindex.core.formatting.to_json import jsonable

if TYPE_CHECKING:
    from vidindex.settings import Embedding


@click.command("import")
@click.argument(
    "archive", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE.jsonl"
)
@library_option
@embedder_option
@json_option
def command(archive: Path, library: Path, embedder: "Embedding", as_json: bool) -> None:
    """Restore a library from `vidindex export --format jsonl -o FILE.jsonl`.

    All of the file or, where it is cut off or was changed, nothing. Videos that the library
    knows already stay as they are. A video is present where a file with its content is; the
    next ingest finds those that were moved, and asks no model for what was brought.
    """
    from vidindex.app import Settings, open_library
    from vidindex.cli.output.progress import TerminalProgress

    with open_library(library, Settings(model="none", ocr=False, embedder=embedder)) as app:
        done = app.restore(archive, progress=TerminalProgress())
    if as_json:
        print_json(done)
        return
    counts = jsonable(done)
    print_table(list(counts), [[str(count) for count in counts.values()]])
