"""Hostile text made harmless for each text format, and back; writes no file.

Captions and on-screen text come from pictures that anyone can hold into a camera.
Every guard here can be undone: `csv_cell` by `from_csv_cell`, `srt_cue` by
`from_srt_cue`, `vtt_cue` by `from_vtt_cue`, and `line` by `visible.recover`, blanks
aside; JSON needs no undoing (`as_json.json_text`).
"""

import html
import re

from vidindex.core.formatting.escaping import protect, recover

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
    """One line that no spreadsheet runs: a leading ' stands before = + - @ and tab."""
    shown = protect(text, also=r"\n")
    return f"'{shown}" if _FORMULA.match(shown) else shown


def from_csv_cell(cell: str) -> str:
    guarded = cell.startswith("'") and _FORMULA.match(cell)
    return recover(cell[1:] if guarded else cell)


def srt_cue(text: str) -> str:
    """Text of a SubRip cue: no tag, no arrow, no empty line; single line breaks stay."""
    return protect(text, also=_SRT_CUE)


def from_srt_cue(cue: str) -> str:
    return recover(cue)


def vtt_cue(text: str) -> str:
    """Text of a WebVTT cue (W3C): & < > as entities, so neither tags nor arrows; no empty line."""
    return html.escape(protect(text, also=_CUE), quote=False)


def from_vtt_cue(cue: str) -> str:
    return recover(html.unescape(cue))


def line(text: str, also: str = "") -> str:
    """One line, for formats without line breaks: every run of blanks is one space.

    `visible.recover` undoes all but that. also: a regular expression for further
    characters, to which the format gives a meaning.
    """
    return protect(_BLANKS.sub(" ", text).strip(), also)
