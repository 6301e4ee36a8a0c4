"""Write lines to the terminal: the only way there, past which no control character gets."""

import re

import click

from vidindex.core.formatting.escaping import HIDDEN

_LINE_BREAKS = re.compile(r"[\r\n\x0b\x0c\x85\u2028\u2029]+")
_HIDDEN = re.compile(f"[{HIDDEN}]")


def echo(message: object = "", *, err: bool = False, end: bool = True) -> None:
    """Print one line; what a terminal would obey or reorder is shown as \\uXXXX.

    Names of files, captions and texts that were read are data of others: a line break in them
    is a blank, so that they cannot make a line of their own. end: whether the line ends here.
    """
    click.echo(shown(_LINE_BREAKS.sub(" ", str(message))), err=err, nl=end)


def echo_lines(message: str, *, err: bool = False) -> None:
    """Print text of several lines whose parts are known to hold no line breaks."""
    click.echo(shown(message), err=err)


def shown(text: str) -> str:
    """The text with control, bidirectional and other hidden characters as \\uXXXX.

    JSON stays what it was: in its strings these are escapes of the same characters.
    """
    return _HIDDEN.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
