"""Ask before something is erased; only a yes is one."""

import sys

from vidindex.cli.output.echo import echo
from vidindex.errors import InputError


def require_yes(*, yes: bool, as_json: bool) -> None:
    """Raises InputError for JSON without --yes: a program cannot be asked."""
    if as_json and not yes:
        raise InputError("--json asks nothing before it erases", "give --yes")


def confirmed(question: str) -> bool:
    """Whether the user answers yes; anything else, and the end of input, is printed as a no."""
    echo(f"{question} [y/N]: ", err=True, end=False)
    answer = sys.stdin.readline() if sys.stdin else ""
    if not answer.endswith("\n"):
        echo(err=True)
    if answer.strip().casefold() in ("y", "yes"):
        return True
    echo("answered no: nothing was erased (--yes does not ask)", err=True)
    return False
