"""`vidindex tokens`: who may use a server that other machines can reach."""

from pathlib import Path

import click

from vidindex.cli.options import json_option, library_option
from vidindex.cli.output.echo import echo
from vidindex.cli.output.tables import print_json


@click.group("tokens")
def command() -> None:
    """Named tokens for `vidindex serve --host …`; kept as hashes in the library's folder."""


@command.command("add")
@click.argument("name")
@library_option
def add(name: str, library: Path) -> None:
    """Make a token for NAME and print it; it is shown this once."""
    from vidindex.web.tokens import Tokens

    echo(Tokens(_checked(library)).add(name))


@command.command("list")
@library_option
@json_option
def list_(library: Path, as_json: bool) -> None:
    """Who has a token, and since when."""
    from vidindex.web.tokens import Tokens

    tokens = Tokens(_checked(library)).all()
    if as_json:
        print_json([{"name": token.name, "made_at": token.made_at} for token in tokens])
        return
    for token in tokens:
        echo(f"{token.name}  {token.made_at}")


@command.command("remove")
@click.argument("name")
@library_option
def remove(name: str, library: Path) -> None:
    """Take the token of NAME back; it holds at once, also for a server that runs."""
    from vidindex.web.tokens import Tokens

    Tokens(_checked(library)).remove(name)


def _checked(library: Path) -> Path:
    """The library's folder; LibraryError without a library."""
    from vidindex.app import open_library

    with open_library(library, write=False) as app:
        return app.library.path
