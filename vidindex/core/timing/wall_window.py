"""Resolve the hours that people ask for: one rule of zones for every command and interface.

A wall clock with an offset is that instant. One without is read by the clocks of the cameras
asked for: in their zone where they have one, else in this machine's. Where these clocks make
several instants of it, it stays without an offset, and is read for each camera as days are.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, tzinfo

from vidindex.core.timing.wall_clock import at_zone
from vidindex.errors import InputError

Hour = datetime | time | None
"""A wall clock, an hour of a day that is given elsewhere, or nothing: that end is open."""

Window = tuple[datetime | None, datetime | None]


def wall_window(
    since: Hour,
    until: Hour,
    zones: Collection[tzinfo | None],
    days: Sequence[date] = (),
    now: datetime | None = None,
) -> Window:
    """The window [since, until) of wall clock, for cameras of these zones (None: this machine's).

    An hour is of the one day of `days`, else of today. Raises InputError where that is no
    stretch of time, and for a time that one of the zones skips or shows twice.
    """
    zones = zones or (None,)
    now = now or datetime.now().astimezone()
    begin, end = (_local(at, zones, days, now) for at in (since, until))
    for zone in zones:
        first, last = (None if at is None else instant(at, zone) for at in (begin, end))
        if first and last and first >= last:
            raise InputError(f"--until {until} is not after --since {since}", "write the days, too")
    return _together(begin, zones), _together(end, zones)


def instant(at: datetime, zone: tzinfo | None = None) -> datetime:
    """`at` with its UTC offset: its own, else that of `zone` (None: this machine's).

    Raises InputError for a time that this zone skips or shows twice.
    """
    if at.tzinfo is not None:
        return at
    try:
        return at_zone(at, zone)
    except ValueError as error:
        raise InputError(str(error), f"write its offset, e.g. {at:%Y-%m-%d %H:%M}+02:00") from error


def _local(
    at: Hour, zones: Collection[tzinfo | None], days: Sequence[date], now: datetime
) -> datetime | None:
    """An hour with its day."""
    if not isinstance(at, time):
        return at
    if len(days) > 1:
        raise InputError(f"{at} could be of several days", "write the day, too: 2024-03-01 14:00")
    today = {now.astimezone(zone).date() for zone in zones}
    here = now.astimezone().date()
    return datetime.combine(days[0] if days else today.pop() if len(today) == 1 else here, at)


def _together(at: datetime | None, zones: Collection[tzinfo | None]) -> datetime | None:
    """With its offset, where the zones agree on the instant."""
    if at is None:
        return None
    instants = [instant(at, zone) for zone in zones]
    return instants[0] if len(set(instants)) == 1 else at
