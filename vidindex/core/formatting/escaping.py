"""Escape characters that hide, reorder or command, reversibly.

A caption, a file name or text read off a screen may hold control characters
(a terminal obeys them), bidirectional controls (what is shown is not what is
stored; CVE-2021-42574), line separators and lone surrogates (no file can hold
them). `escape` writes each as `\\uXXXX`, and a backslash that precedes
something of that form as `\\u005c`; `unescape` gives exactly the old text back.
Joiners that scripts and emoji need stay as they are.
"""

import re

HIDDEN = (
    "\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f"  # controls, but neither tab nor line feed
    "\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069"  # Bidi_Control
    "\\u2028\\u2029\\ufeff\\ufff9-\\ufffb\\ufffe\\uffff\\ud800-\\udfff"
)
"""As the inside of a regular expression's character class; all in the basic plane."""

_LOOKS_ESCAPED = r"\\(?=u[0-9a-f]{4})"
_HIDDEN = re.compile(rf"[{HIDDEN}]|{_LOOKS_ESCAPED}")
_ESCAPED = re.compile(r"\\u([0-9a-f]{4})")


def escape(text: str, also: str = "") -> str:
    """`text` with hidden characters as \\uXXXX.

    also: a regular expression for further single characters of the basic plane.
    """
    pattern = re.compile(rf"{_HIDDEN.pattern}|{also}") if also else _HIDDEN
    return pattern.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def unescape(text: str) -> str:
    """The text that `escape` was given."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
