"""Between values and the text that SQLite keeps: paths, JSON, words; knows no table."""

import json
import unicodedata
from itertools import pairwise
from pathlib import Path
from typing import Any

# A file name on Linux may be any bytes; Python shows the odd ones as lone surrogates, which
# SQLite refuses. They are kept as private-use characters and come back as they were.
_SURROGATES = range(0xDC80, 0xDD00)
_KEPT = {code: code - 0xDC80 + 0xF780 for code in _SURROGATES}
_BACK = {kept: code for code, kept in _KEPT.items()}

# Scripts written without spaces between words: Thai, Lao, Tibetan, Burmese, Khmer, kana,
# Chinese characters (with extensions), and Korean, whose words carry their particles.
_UNSPACED = (
    (0x0E00, 0x0FFF),
    (0x1000, 0x109F),
    (0x1780, 0x17FF),
    (0x3005, 0x3007),
    (0x3040, 0x30FF),
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xAC00, 0xD7AF),
    (0xF900, 0xFAFF),
    (0x20000, 0x323AF),
)


def from_path(path: Path) -> str:
    """The path as text that can be stored and compared."""
    return str(path).translate(_KEPT)


def to_path(text: str) -> Path:
    """The path that `from_path` was given."""
    return Path(path_text(text))


def path_text(text: str) -> str:
    """What `to_path` gives, as text."""
    return text if text.isascii() else text.translate(_BACK)


def storable(text: str) -> str:
    """Text of a model or reader without what SQLite refuses (half a surrogate pair)."""
    return text.encode("utf-8", "replace").decode("utf-8")


def dump(value: Any) -> str:
    """JSON as it is stored: short, and readable in every language."""
    return storable(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def is_unspaced(character: str) -> bool:
    """Whether the character belongs to a script that puts no spaces between words."""
    code = ord(character)
    return code >= _UNSPACED[0][0] and any(first <= code <= last for first, last in _UNSPACED)


def index_words(text: str) -> str:
    """Text as the full-text table is given it: characters of unspaced scripts stand alone.

    So any two neighbours can be found as a phrase. Changing this function needs a
    migration that fills the table anew: deleting a row repeats the words it was given.
    """
    normal = unicodedata.normalize("NFKC", text).replace("\0", " ")
    return "".join(f" {c} " if is_unspaced(c) else c for c in normal)


def query_terms(text: str) -> list[str]:
    """The user's words as FTS5 strings, each once; nothing in them is an operator.

    Runs of an unspaced script become overlapping pairs, since nobody marks its words.
    """
    terms: dict[str, None] = {}
    for piece in index_words(_marked(text)).split("\n"):
        letters = piece.split()
        if all(map(is_unspaced, "".join(letters))):
            pairs = [" ".join(pair) for pair in pairwise(letters)]
            terms.update(dict.fromkeys(pairs or letters))
        elif any(map(str.isalnum, piece)):
            terms[piece.strip()] = None
    return ['"' + term.replace('"', '""') + '"' for term in terms]


def _marked(text: str) -> str:
    """One piece a line: split at spaces, and where an unspaced script begins or ends."""
    normal = unicodedata.normalize("NFKC", text)
    pieces: list[str] = []
    for word in normal.split():
        start = 0
        for i in range(1, len(word)):
            if is_unspaced(word[i]) != is_unspaced(word[i - 1]):
                pieces.append(word[start:i])
                start = i
        pieces.append(word[start:])
    return "\n".join(pieces)
