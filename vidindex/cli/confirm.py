"""Ask before something is erased; only a yes is one."""

import sys

import click

from vidindex.cli.output.echo import echo, shown


def confirmed(question: str) -> bool:
    """Whether the user answers yes; anything else, and the end of input, is printed as a no."""
    click.echo(shown(f"{question} [y/N]: "), err=True, nl=False)
    answer = sys.stdin.readline() if sys.stdin else ""
    if not answer.endswith("\n"):
        click.echo(err=True)
    if answer.strip().casefold() in ("y", "yes"):
        return True
    echo("answered no: nothing was erased (--yes does not ask)", err=True)
    return False
