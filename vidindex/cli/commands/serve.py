"""`vidindex serve`: the page and the REST interface of one library."""

import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vidindex.cli.options import backend_option, embedder_option, library_option, model_option
from vidindex.cli.output.echo import echo
from vidindex.errors import InputError

if TYPE_CHECKING:
    from vidindex.settings import Backend, Embedding
    from vidindex.web.state import ServerOptions

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@click.command("serve")
@library_option
@model_option
@embedder_option
@backend_option
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="The address to listen at; where other machines reach it, tokens are needed.",
)
@click.option("--port", default=8765, show_default=True, help="The port; 0: any that is free.")
@click.option(
    "hosts",
    "--allow-host",
    multiple=True,
    help="A further name that this server goes by, such as that of a reverse proxy.",
)
@click.option(
    "proxies",
    "--trust-proxy",
    multiple=True,
    metavar="ADDRESS",
    help="Believe this reverse proxy: X-Forwarded-For, and X-Forwarded-Proto for TLS.",
)
@click.option(
    "--no-like", is_flag=True, help="Refuse to search by pictures, such as that of a person."
)
@click.option("--read-only", is_flag=True, help="Serve read-only: refuse marks and ingests.")
@click.option(
    "ingest_roots",
    "--ingest-root",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Allow ingests of this folder and all below it from the page.",
)
def command(
    library: Path,
    model: str,
    embedder: "Embedding",
    backend: "Backend",
    host: str,
    port: int,
    hosts: tuple[str, ...],
    proxies: tuple[str, ...],
    no_like: bool,
    read_only: bool,
    ingest_roots: tuple[Path, ...],
) -> None:
    """Serve a page to search and look, with a REST interface beside it (/api/openapi.json).

    It listens on this machine only, unless --host says otherwise; then everybody needs a token.
    What is searched and exported is logged in the library's folder (audit.log).
    """
    from vidindex.app import Settings, open_library
    from vidindex.web.state import ServerOptions

    needs_token = host not in LOOPBACK
    with open_library(
        library, Settings(model=model, embedder=embedder, backend=backend), write=False
    ) as app:
        folder = app.library.path
        for note in app.notes():
            echo(f"note: {note}", err=True)
    if needs_token:
        _require_tokens(folder, host)
        hosts += (host, socket.gethostname(), socket.getfqdn())
    roots = tuple(root.resolve() for root in ingest_roots)
    options = ServerOptions(
        folder,
        Settings(model=model, embedder=embedder, backend=backend),
        read_only,
        roots,
        needs_token,
        hosts,
        warm=True,
        proxies=proxies,
        by_example=not no_like,
    )
    _run(options, host, port)


def _require_tokens(library: Path, host: str) -> None:
    from vidindex.web.tokens import Tokens

    if not Tokens(library).all():
        raise InputError(
            f"at {host} other machines can reach this server, and it has no tokens",
            "make one first: vidindex tokens add NAME",
        )


def _run(options: "ServerOptions", host: str, port: int) -> None:
    from vidindex.web.server import listen, server_of

    with listen(host, port) as listening:
        shown = f"[{host}]" if ":" in host else host
        url = f"http://{shown}:{listening.getsockname()[1]}/"
        with suppress(KeyboardInterrupt):  # how it is ended
            server_of(options, lambda: echo(url)).run(sockets=[listening])
