"""Compute gaps: stretches of wall clock without a recording of the camera.

Knows instants only: no file, no media time and no library.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from vidindex.core.timing.wall_clock import at_unix_time
from vidindex.types import Filters, Gap

Stretch = tuple[datetime | None, datetime | None]
"""From one instant until before another; None where that end is open."""

TOLERANCE_S = 5.0
"""Recorders lose up to some seconds from one file to the next, and file names count whole ones."""


def gaps(
    camera: str,
    recorded: Iterable[tuple[float, float]],
    within: Sequence[Stretch] = ((None, None),),
    zone: tzinfo | None = None,
) -> list[Gap]:
    """The gaps longer than TOLERANCE_S in the camera's recordings, in order, in `zone`.

    recorded: start and end of its files in Unix time, in any order; they may overlap. within:
    only there; a stretch that has an end counts up to it, an open one from or to the camera's
    own files.
    """
    in_order = sorted(recorded)
    return [
        Gap(camera, at_unix_time(since_s, zone), at_unix_time(until_s, zone))
        for since, until in within
        for since_s, until_s in _uncovered(in_order, _unix(since), _unix(until))
        if until_s - since_s > TOLERANCE_S
    ]


def _unix(at: datetime | None) -> float | None:
    return at.timestamp() if at else None


def _uncovered(
    recorded: Iterable[tuple[float, float]], since_s: float | None, until_s: float | None
) -> Iterator[tuple[float, float]]:
    covered_to_s = since_s
    for start_s, end_s in recorded:
        if until_s is not None and start_s >= until_s:
            break
        if covered_to_s is not None and start_s > covered_to_s:
            yield covered_to_s, start_s
        covered_to_s = end_s if covered_to_s is None else max(covered_to_s, end_s)
    if covered_to_s is not None and until_s is not None and covered_to_s < until_s:
        yield covered_to_s, until_s


def names_wall_clock(filters: Filters) -> bool:
    """Whether only what was recorded at certain hours or days may be found."""
    return bool(filters.days or filters.since or filters.until)


def stretches_asked(filters: Filters, zone: tzinfo | None) -> list[Stretch]:
    """The stretches of wall clock that the filters allow, in order, for a camera of this zone.

    Days, and hours without an offset, are those of the zone; days that follow each other are
    one stretch.
    """
    since, until = (_in_utc(at, zone) for at in (filters.since, filters.until))
    found: list[Stretch] = []
    for day_begin, day_end in _days_together(filters.days, zone):
        begin = max((at for at in (day_begin, since) if at), default=None)
        end = min((at for at in (day_end, until) if at), default=None)
        if begin is None or end is None or begin < end:
            found.append((begin, end))
    return found


def _in_utc(at: datetime | None, zone: tzinfo | None) -> datetime | None:
    if at is None:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def _days_together(days: Collection[date], zone: tzinfo | None) -> list[Stretch]:
    if not days:
        return [(None, None)]
    found: list[Stretch] = []
    for day in sorted(set(days)):
        begin, end = _midnight(day, zone), _midnight(day + timedelta(days=1), zone)
        if found and found[-1][1] == begin:
            found[-1] = (found[-1][0], end)
        else:
            found.append((begin, end))
    return found


def _midnight(day: date, zone: tzinfo | None) -> datetime:
    """When the day begins; in UTC, where a day of 23 or 25 hours is as long as it was."""
    return datetime.combine(day, time(), zone).astimezone(UTC)
