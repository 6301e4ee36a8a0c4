"""Convert filters to words and to options."""

import re
import shlex
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta, tzinfo

from vidindex.core.formatting.counts import counted
from vidindex.core.formatting.terminal import LOCAL_CHARACTERS, format_wall, one_line
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


def where_and_when(
    filters: Filters, zones: Sequence[tzinfo | None], guessed: date | None = None
) -> str:
    """`camera cam3, 2024-03-01 00:00 – 24:00+01:00`; "" without filters.

    zones: of the cameras asked for, by which days and hours without an offset are read.
    guessed: the day of hours that were asked for without one.
    """
    return ", ".join(_narrowings(filters, zones, guessed))


def _narrowings(
    filters: Filters, zones: Sequence[tzinfo | None], guessed: date | None
) -> Iterator[str]:
    yield from _which(filters)
    for first, last in _runs(filters.days):
        yield _whole_days(first, last, zones)
    unsaid = " (no day was said)" if guessed else ""
    if filters.since and filters.until:
        yield _stretch(filters.since, filters.until) + unsaid
    elif filters.since or filters.until:
        at = filters.since or filters.until
        assert at
        yield f"{'from' if filters.since else 'until'} {_local(at)}{_offset(at)}{unsaid}"
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
        yield counted(count, "video")


def _runs(days: Sequence[date]) -> list[tuple[date, date]]:
    """Days that follow each other as (first, last)."""
    runs: list[tuple[date, date]] = []
    for day in sorted(set(days)):
        if runs and day - runs[-1][1] == timedelta(days=1):
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def _whole_days(first: date, last: date, zones: Sequence[tzinfo | None]) -> str:
    """`2024-03-01 00:00 – 24:00+01:00`; of several days, `2024-03-01 – 2024-03-03, whole days`."""
    begin, end = (datetime.combine(day, time()) for day in (first, last + timedelta(days=1)))
    if len(zones) == 1:
        begin, end = (at.replace(tzinfo=zones[0]).astimezone(zones[0]) for at in (begin, end))
    if first == last:
        return _stretch(begin, end)
    offsets = " to ".join(dict.fromkeys(map(_offset, (begin, end))))
    return f"{first} – {last}, whole days, {offsets.strip()}"


def _stretch(since: datetime, until: datetime) -> str:
    """`2024-03-01 14:00 – 15:00+01:00`; the end of the same day is its 24:00."""
    begin, end = _local(since), _local(until)
    if since.utcoffset() != until.utcoffset():
        begin += _offset(since)
    if until.date() == since.date():
        end = end.partition(" ")[2]
    elif (until - timedelta(microseconds=1)).date() == since.date():
        end = "24:00"
    return f"{begin} – {end}{_offset(until)}"


def _local(at: datetime) -> str:
    """`2024-03-01 14:00`, with the seconds where they are not zero."""
    return format_wall(at)[:LOCAL_CHARACTERS].removesuffix("" if at.second else ":00")


def _offset(at: datetime) -> str:
    """`+01:00`; without one, that every camera goes by its own."""
    return format_wall(at)[LOCAL_CHARACTERS:] or " by each camera's clock"
