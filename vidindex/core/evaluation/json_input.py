"""Read JSON and JSON Lines files as entries with their positions.

Every complaint names the file and the line (or the entry of a list), the value seen and
what to do.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from vidindex.core.evaluation.text_input import read_text
from vidindex.errors import InputError


@dataclass(frozen=True, slots=True)
class Entry:
    """One JSON object of a file; `location` is `file:line` or `file, entry n`."""

    fields: dict[str, Any]
    location: str

    def fail(self, problem: str, hint: str) -> NoReturn:
        raise InputError(f"{self.location}: {problem}", hint)

    def first(self, *names: str) -> Any:
        """The value of the first of these fields that is there; None if none is."""
        return next((self.fields[name] for name in names if name in self.fields), None)

    def text(self, *names: str) -> str:
        """A text or a whole number, as text; "" where the field is absent. Raises InputError."""
        value = self.first(*names)
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int):
            self.fail(f"{names[0]} is {shown(value)}", "write a text or a whole number")
        return str(value)

    def needed_text(self, *names: str) -> str:
        """As `text`, but it must be there. Raises InputError."""
        text = self.text(*names)
        if not text:
            self.fail(f"missing {names[0]}", f"add {' or '.join(names)}")
        return text

    def items(self, *names: str) -> list[Any] | None:
        """A list; None where the field is absent. Raises InputError."""
        value = self.first(*names)
        if value is not None and not isinstance(value, list):
            self.fail(f"{names[0]} is {shown(value)}", "write a list")
        return value

    def needed_items(self, *names: str) -> list[Any]:
        """As `items`, but it must be there. Raises InputError."""
        items = self.items(*names)
        if items is None:
            self.fail(f"missing {names[0]}", f"add {' or '.join(names)}, [] if it is empty")
        return items

    def number(self, value: Any, name: str) -> float:
        """A number, perhaps not a finite one. Raises InputError."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fail(f"{shown(value)} in {name} is not a number", "write seconds as 12.5")
        try:
            return float(value)
        except OverflowError:
            return math.inf

    def seconds(self, value: Any, name: str) -> float:
        """A finite number of seconds. Raises InputError."""
        number = self.number(value, name)
        if not math.isfinite(number):
            self.fail(f"{number} in {name} is not a time", "write seconds as 12.5")
        return number

    def pairs(self, *names: str) -> list[tuple[float, float]]:
        """A list of [start, end] in finite seconds, in any order. Raises InputError."""
        pairs = []
        for item in self.needed_items(*names):
            if not isinstance(item, list) or len(item) != 2:
                self.fail(f"{shown(item)} in {names[0]} is not a span", "write [start, end]")
            pairs.append((self.seconds(item[0], names[0]), self.seconds(item[1], names[0])))
        return pairs


def read_entries(path: Path) -> Iterator[Entry]:
    """The objects of a JSON list, or of JSON Lines. Raises InputError."""
    text = read_text(path)
    if text.lstrip().startswith("["):
        for number, item in enumerate(_parsed(text, path), start=1):
            yield _entry(item, f"{path}, entry {number}")
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield _entry(_parsed(line, path, number), f"{path}:{number}")


def read_object(path: Path) -> Entry:
    """The one JSON object that the file holds. Raises InputError."""
    return _entry(_parsed(read_text(path), path), str(path))


def shown(value: Any) -> str:
    """A value of a file, short enough for a message."""
    written = json.dumps(value, ensure_ascii=False)
    return written if len(written) <= 60 else f"{written[:57]}..."


def _parsed(text: str, path: Path, line: int | None = None) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        line, problem = line or error.lineno, f"{error.msg} at column {error.colno}"
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, deep nesting
        line, problem = line or 1, str(error)
    raise InputError(
        f"{path}:{line}: not JSON: {problem}", "write one JSON object a line, or one list of them"
    )


def _entry(value: Any, location: str) -> Entry:
    if not isinstance(value, dict):
        raise InputError(
            f"{location}: {shown(value)} is not a JSON object", 'write {"name": value, ...}'
        )
    return Entry(value, location)
