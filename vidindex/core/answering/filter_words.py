"""Convert filters to words and to options."""

import re
import shlex
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from vidindex.core.formatting.terminal import format_wall, one_line
from vidindex.core.formatting.time_format import format_time
from vidindex.types import Filters

_UNESCAPED = re.compile(r"\[([\[*?])\]")


def as_options(filters: Filters) -> str:
    """`--camera cam3 --day 2024-03-01`: the same as options of a command."""
    options = [("--file", glob) for glob in filters.globs]
    options += [("--camera", name) for name in filters.cameras]
    options += [("--day", day.isoformat()) for day in filters.days]
    options += [("--since", filters.since.isoformat())] if filters.since else []
    options += [("--until", filters.until.isoformat())] if filters.until else []
    return " ".join(f"{name} {shlex.quote(value)}" for name, value in options)


def where_and_when(filters: Filters, guessed: date | None = None) -> str:
    """`camera cam3, 2024-03-01 00:00 – 24:00`; "" without filters.

    guessed: the day of hours that were asked for without one.
    """
    return ", ".join(_narrowings(filters, guessed))


def _narrowings(filters: Filters, guessed: date | None) -> Iterator[str]:
    yield from _which(filters)
    for first, last in _runs(filters.days):
        yield f"{first} 00:00 – 24:00" if first == last else f"{first} – {last}, whole days"
    unsaid = " (no day was said)" if guessed else ""
    if filters.since and filters.until:
        yield f"{_short(filters.since)} – {_end(filters.since, filters.until)}{unsaid}"
    elif filters.since:
        yield f"from {_short(filters.since)}{unsaid}"
    elif filters.until:
        yield f"until {_short(filters.until)}{unsaid}"
    if filters.start_s is not None:
        yield f"not before {format_time(filters.start_s)} of a file"
    if filters.end_s is not None:
        yield f"not after {format_time(filters.end_s)} of a file"
    if filters.channels:
        yield f"only {', '.join(filters.channels)}"


def _which(filters: Filters) -> Iterator[str]:
    for name in filters.cameras:
        yield f"camera {one_line(name)}"
    for glob in filters.globs:
        yield "file " + one_line(_UNESCAPED.sub(r"\1", glob))
    if filters.video_ids:
        count = len(filters.video_ids)
        yield "1 video" if count == 1 else f"{count:,} videos"


def _runs(days: Sequence[date]) -> list[tuple[date, date]]:
    """Days that follow each other as (first, last)."""
    runs: list[tuple[date, date]] = []
    for day in sorted(set(days)):
        if runs and day - runs[-1][1] == timedelta(days=1):
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def _short(at: datetime) -> str:
    """`2024-03-01 14:00`, with the seconds where they are not zero."""
    return re.sub(r"(?<=\d\d:\d\d):00(?!\d)", "", format_wall(at))


def _end(since: datetime, until: datetime) -> str:
    """The hour where it is of the same day, whose end is 24:00."""
    if until.date() == since.date():
        return _short(until).partition(" ")[2]
    last = until - timedelta(microseconds=1)
    return "24:00" if last.date() == since.date() else _short(until)
