"""Between values and the text that SQLite keeps: paths and JSON."""

import json
from pathlib import Path
from typing import Any

# A file name on Linux may be any bytes; Python shows the odd ones as lone surrogates, which
# SQLite refuses. They are kept as private-use characters and come back as they were.
_SURROGATES = range(0xDC80, 0xDD00)
_KEPT = {code: code - 0xDC80 + 0xF780 for code in _SURROGATES}
_BACK = {kept: code for code, kept in _KEPT.items()}


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
