"""Convert media time to wall-clock time.

`VideoInfo.recorded_at` is what the camera's clock showed at media time 0; a
`Camera` says how far that clock was off. Sums are made in UTC: adding seconds
to a local time would be an hour wrong across a change to or from summer time.
A zone of None is this machine's.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from vidindex.errors import InputError
from vidindex.types import Camera

_NEVER_SET = tuple(datetime(year, 1, 1, tzinfo=UTC) for year in (1904, 1970, 1980, 2000, 2001))
"""Where the clocks of containers, Unix, FAT, cameras and Apple begin: never set, not a date."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AGREES_WITHIN_S = 2.0


@dataclass(frozen=True, slots=True)
class RecordedAt:
    """The wall-clock time of media time 0, its clock and reason; `at` is None where unknown."""

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
    """A local time with its fixed UTC offset.

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
    clock that was never set; the reason says what it showed.
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
    return at_unix_time(unix_time(recorded_at, time_s, camera), recorded_at.tzinfo)


def media_time(recorded_at: datetime, at: datetime, camera: Camera | None = None) -> float:
    """The media time in seconds at which it was `at`; the inverse of `wall_time`."""
    shown_s = at.timestamp()
    if camera is not None:
        shown_s -= camera.offset_s
        if camera.drift:
            begin_s = _drift_from(camera).timestamp()
            shown_s = begin_s + (shown_s - begin_s) / (1 + camera.drift)
    return shown_s - recorded_at.timestamp()


def unix_time(recorded_at: datetime, time_s: float, camera: Camera | None = None) -> float:
    """`wall_time` in seconds since 1970, which are quick to compare where files are many."""
    shown_s = recorded_at.timestamp() + time_s
    if camera is None:
        return shown_s
    drifted_s = shown_s - _drift_from(camera).timestamp() if camera.drift else 0.0
    return shown_s + camera.offset_s + camera.drift * drifted_s


def at_unix_time(unix_s: float, zone: tzinfo | None) -> datetime:
    """The wall clock of `zone`; also of times before 1970, which not every system converts."""
    return (_EPOCH + timedelta(seconds=unix_s)).astimezone(zone)


def _drift_from(camera: Camera) -> datetime:
    if camera.drift_from is None:
        raise InputError(
            f"camera {camera.name!r} drifts {camera.drift * 86_400:g} s a day, but since when?",
            "say at what time its offset was right (drift_from, --drift-from)",
        )
    return camera.drift_from


@dataclass(frozen=True, slots=True)
class WallClock:
    """When the media times of one video truly were, in the zone that people read them in.

    camera: whose clock showed `recorded_at`; None where that is true as it is.
    """

    recorded_at: datetime
    camera: Camera | None = None
    zone: tzinfo | None = None

    def at(self, time_s: float) -> datetime:
        """The wall clock of a media time."""
        return at_unix_time(self.unix_time(time_s), self.zone)

    def unix_time(self, time_s: float) -> float:
        """The same in seconds since 1970."""
        return unix_time(self.recorded_at, time_s, self.camera)

    def media_time(self, at: datetime) -> float:
        """The media time in seconds of a wall clock; outside of the video where it was not yet."""
        return media_time(self.recorded_at, at, self.camera)


def wall_clock(
    recorded_at: datetime | None, source: str | None, camera: Camera | None
) -> WallClock | None:
    """The clock of a video that this camera recorded; None where its time is unknown.

    source: where `recorded_at` is (`VideoInfo.recorded_at_from`). What the user entered is
    true; everything else was written by the camera, as its clock had it.
    """
    if recorded_at is None:
        return None
    shown_by = None if source == "user" else camera
    return WallClock(recorded_at, shown_by, zone_of(camera))


def check_camera(camera: Camera) -> None:
    """Raises InputError for an invalid zone, or a drift without a reference time."""
    zone_of(camera)
    if camera.drift:
        _drift_from(camera)


def zone_of(camera: Camera | None) -> tzinfo | None:
    """The zone that the user gave the camera. Raises InputError where no zone is called so."""
    return zone_named(camera.zone) if camera and camera.zone else None
