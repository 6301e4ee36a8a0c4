"""Parse hit references: `3` of the last answer, `1-3`, `all`, or `FILE@01:23-01:40`.

Only parses: looks nothing up in a library.
"""

import re
from dataclasses import dataclass

from vidindex.core.formatting.time_format import parse_time
from vidindex.errors import InputError

POINT_S = 1.0
"""`FILE@01:23` names a moment; a hit lasts, so it is given this length."""

_NUMBERS = re.compile(r"(\d{1,6})(?:-(\d{1,6}))?")


@dataclass(frozen=True, slots=True)
class Ranks:
    """Hits of the last answer, from `first` to `last`, counted from 1; last None: to its end."""

    first: int
    last: int | None


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a file, in seconds of media time; end_s None: a moment."""

    file: str
    start_s: float
    end_s: float | None


def parse_hit(word: str) -> Ranks | Place:
    """What one word names. Raises InputError.

    The last `@` that a time follows parts file and time, so file names may hold an `@`.
    """
    if word == "all":
        return Ranks(1, None)
    if match := _NUMBERS.fullmatch(word):
        first, last = int(match[1]), int(match[2] or match[1])
        if not 1 <= first <= last:
            raise InputError(f"{word!r} does not name a hit", "count them from 1, as in 2-4")
        return Ranks(first, last)
    file, found, times = word.rpartition("@")
    if not found or not file:
        raise InputError(
            f"{word!r} does not name a hit",
            "give its number in the last answer, or FILE@00:01:23-00:01:40",
        )
    start, dash, end = times.partition("-")
    start_s, end_s = parse_time(start), parse_time(end) if dash else None
    if end_s is not None and end_s <= start_s:
        raise InputError(f"{word!r} ends before it starts", "write the earlier time first")
    return Place(file, start_s, end_s)
