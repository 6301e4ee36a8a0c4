"""Convert values to JSON types, the same for every interface."""

import dataclasses
import json
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

from vidindex.core.formatting.escaping import HIDDEN

_HIDDEN = re.compile(f"[{HIDDEN}]")


def jsonable(value: Any) -> Any:
    """`value` as JSON types; without fields whose metadata say `"json": False`."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        shown = (f.name for f in dataclasses.fields(value) if f.metadata.get("json", True))
        return {name: jsonable(getattr(value, name)) for name in shown}
    if isinstance(value, dict):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [jsonable(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, float):
        return round(value, 3)
    return value


def json_text(value: Any, indent: int | None = None) -> str:
    """`value` as JSON (RFC 8259), exact; hidden characters are JSON's own \\uXXXX escapes.

    Any JSON reader gives the same text back, except that a high and a low surrogate
    side by side are read as the one character they spell. Dates are in ISO 8601.
    """
    plain = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent, default=_iso)
    return _HIDDEN.sub(lambda match: f"\\u{ord(match[0]):04x}", plain)


def _iso(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not JSON")
