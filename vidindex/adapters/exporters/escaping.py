"""Escape hostile text for each text format, so that it can be recovered.

Captions and on-screen text come from pictures that anyone can hold into a camera. Every
escape can be undone by `core.formatting.escaping.unescape`, after the format's own quoting;
`line` also folds blanks. JSON needs no escape (`core.formatting.to_json`).
"""

import html
import re

from vidindex.core.formatting.escaping import escape

_BLANKS = re.compile(r"[ \t\r\n]+")
_FORMULA = re.compile(r"'*[=+\-@\t＝＋－＠]")
_TIMES_ON_ONE_LINE = r"(?:(?<=:\d)|(?<=:\d\d))[.,](?=\d.*:\d{1,2}[.,]\d)"
_CUE = "|".join(
    (
        r"\A\s|\s\Z",  # readers strip both ends
        # An empty line ends the cue; a lone number is taken for that of the next.
        # Possessive (*+), so that a long run of blanks is read once.
        r"\n(?=[^\S\n]*+\d*+[^\S\n]*+(?:\n|\Z))",
        r"\\(?=[Nnh])|\{",  # line breaks and styles of Advanced SubStation readers
        _TIMES_ON_ONE_LINE,  # two times are taken for a timing line
    )
)
_SRT_CUE = rf"{_CUE}|<(?=\s*[/!?A-Za-z])|(?<=--)>"


def csv_cell(text: str) -> str:
    """Escape one CSV cell so that no spreadsheet runs it: a ' goes before = + - @ and tab."""
    shown = escape(text, also=r"\n")
    return f"'{shown}" if _FORMULA.match(shown) else shown


def srt_cue(text: str) -> str:
    """Text of a SubRip cue: no tag, no arrow, no empty line; single line breaks stay."""
    return escape(text, also=_SRT_CUE)


def vtt_cue(text: str) -> str:
    """Text of a WebVTT cue (W3C): & < > as entities, so neither tags nor arrows; no empty line."""
    return html.escape(escape(text, also=_CUE), quote=False)


def line(text: str, also: str = "") -> str:
    """One line, for formats without line breaks: every run of blanks is one space.

    `unescape` undoes all but that. also: a regular expression for further
    characters, to which the format gives a meaning.
    """
    return escape(_BLANKS.sub(" ", text).strip(), also)
