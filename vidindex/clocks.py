"""Wall clocks of media: when a second of a video happened; reads no file and no file name.

`VideoInfo.recorded_at` is what the camera's clock showed at media time 0; a
`Camera` says how far that clock was off. Sums are made in UTC: adding seconds
to a local time would be an hour wrong across a change to or from summer time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from vidindex.errors import InputError
from vidindex.types import Camera

_NEVER_SET = tuple(datetime(year, 1, 1, tzinfo=UTC) for year in (1904, 1970, 1980, 2000, 2001))
"""Where the clocks of containers, Unix, FAT, cameras and Apple begin: never set, not a date."""

_AGREES_WITHIN_S = 2.0


@dataclass(frozen=True, slots=True)
class RecordedAt:
    """When media time 0 was, by which clock, and why that one; `at` is None where none is known."""

    at: datetime | None
    source: str | None
    reason: str


def zone_named(name: str) -> tzinfo:
    """The time zone of an IANA name such as Europe/Berlin. Raises InputError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(
            f"{name!r} is not a time zone", "use an IANA name such as Europe/Berlin or UTC"
        ) from None


def at_zone(local: datetime, zone: tzinfo | None) -> datetime:
    """A local time with its fixed UTC offset; `zone` None is this machine's zone.

    Raises ValueError for a time that a change to or from summer time skips or repeats.
    """
    readings = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    offsets = {reading.astimezone(zone).utcoffset() for reading in readings}
    offset = offsets.pop()
    if offsets or offset is None:
        raise ValueError(f"{local} is skipped or repeated in this zone")
    return local.replace(tzinfo=timezone(offset))


def choose_start(
    *,
    user: datetime | None,
    file_name: datetime | None,
    container: datetime | None,
    duration_s: float,
    now: datetime,
) -> RecordedAt:
    """The wall clock of media time 0: the user's word, else the file name, else the container.

    All times are aware. A container often notes the end of the recording, or a
    clock that was never set; the reason tells what it said.
    """
    refusal = _refusal(container, now)
    if user is not None:
        return RecordedAt(user, "user", "given by the user")
    if file_name is not None:
        other = f"; {refusal}" if refusal else _compare(file_name, container, duration_s)
        return RecordedAt(file_name, "file name", f"file name{other}")
    if container is not None and not refusal:
        return RecordedAt(container, "container", "container, which may note the recording's end")
    return RecordedAt(None, None, refusal or "neither the file name nor the container says")


def _refusal(container: datetime | None, now: datetime) -> str:
    """Why the container's time cannot be meant, or nothing."""
    if container is None:
        return ""
    if container.year < 1990 or any(
        timedelta(0) <= container - epoch < timedelta(days=1) for epoch in _NEVER_SET
    ):
        return f"container says {container.isoformat()}, a clock that was never set"
    if container > now + timedelta(days=1):
        return f"container says {container.isoformat()}, which is yet to come"
    return ""


def _compare(start: datetime, container: datetime | None, duration_s: float) -> str:
    if container is None:
        return ""
    later_s = (container - start).total_seconds()
    if abs(later_s) <= _AGREES_WITHIN_S:
        return ", and the container agrees"
    if abs(later_s - duration_s) <= _AGREES_WITHIN_S:
        return ", and the container notes the end"
    return f"; the container is {abs(later_s):.0f} s {'later' if later_s > 0 else 'earlier'}"


def wall_time(recorded_at: datetime, time_s: float, camera: Camera | None = None) -> datetime:
    """When media time `time_s` was, in the zone of `recorded_at`.

    Pass the camera only where `recorded_at` is what its clock showed, not where
    the user gave the true time. Raises InputError where its drift has no beginning.
    """
    shown = recorded_at.astimezone(UTC) + timedelta(seconds=time_s)
    return (shown + _correction(shown, camera)).astimezone(recorded_at.tzinfo)


def media_time(recorded_at: datetime, at: datetime, camera: Camera | None = None) -> float:
    """The media time in seconds at which it was `at`; the inverse of `wall_time`."""
    shown = at.astimezone(UTC)
    if camera is not None:
        shown -= timedelta(seconds=camera.offset_s)
        if camera.drift:
            begin = _drift_from(camera)
            shown = begin + (shown - begin) / (1 + camera.drift)
    return (shown - recorded_at.astimezone(UTC)).total_seconds()


def _correction(shown: datetime, camera: Camera | None) -> timedelta:
    if camera is None:
        return timedelta(0)
    drifted = (shown - _drift_from(camera)) * camera.drift if camera.drift else timedelta(0)
    return timedelta(seconds=camera.offset_s) + drifted


def _drift_from(camera: Camera) -> datetime:
    if camera.drift_from is None:
        raise InputError(
            f"camera {camera.name!r} has a drift of {camera.drift} but no time it counts from",
            "say when its clock was last set (drift_from)",
        )
    return camera.drift_from.astimezone(UTC)


def days_of(starts_at: datetime, duration_s: float, zone: tzinfo | None = None) -> Iterator[date]:
    """Every local day that [starts_at, starts_at + duration_s) touches, in order."""
    last_at = starts_at.astimezone(UTC) + timedelta(seconds=duration_s) - datetime.resolution
    day, last = starts_at.astimezone(zone).date(), last_at.astimezone(zone).date()
    while day <= last:
        yield day
        day += timedelta(days=1)
