"""`vidindex mcp`: tools for agents on standard input and output."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vidindex.cli.options import backend_option, embedder_option, library_option, model_option

if TYPE_CHECKING:
    from vidindex.settings import Backend, Embedding


@click.command("mcp")
@library_option
@model_option
@embedder_option
@backend_option
@click.option(
    "--clips-folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False, writable=True),
    help="Let agents cut clips into this folder; nothing there is overwritten.",
)
def command(
    library: Path, model: str, embedder: "Embedding", backend: "Backend", clips_folder: Path | None
) -> None:
    """Let agents search the library: a server of the Model Context Protocol (stdio).

    An agent starts it itself; in its configuration the command is `vidindex`, the arguments are
    `mcp --library FOLDER`. Tools: search, ask, timeline, frame, videos, and with --clips-folder
    clip. It reads nothing but the library and its videos, and writes nothing but clips, what a
    search keeps and a line for each call in the library's audit.log. Standard output carries
    the protocol alone; messages go to standard error.
    """
    from store.audit_log import AuditLog
    from vidindex.app import Settings, open_library
    from vidindex.mcp_server.server import build_server

    with open_library(
        library, Settings(model=model, embedder=embedder, backend=backend), write=False
    ) as app:
        log = partial(AuditLog(app.library.path).write, "mcp")
        build_server(app, log, clips_folder and clips_folder.resolve()).run("stdio")
