"""Parse the recording time and camera from a file name.

`PATTERNS` is a table: first the makers whose names need their own reading (UTC,
folders, start and end, twelve-hour clocks), then the spellings most of them share.
The first pattern that fits decides. A date that cannot be, a local time that the
change to or from summer time skips or repeats, two dates that contradict each
other, a two-digit year, month and day in the American order: all give nothing.
GoPro, Sony, Canon and most action cameras write no time into their names.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import PurePath

from vidindex.core.timing.wall_clock import at_zone

_DATE = r"(?P<year>(?:199|20\d)\d)(?P<d>[-_.]?)(?P<month>\d\d)(?P=d)(?P<day>\d\d)"
_TIME = r"(?P<hour>\d\d)(?P<t>[-_.:]?)(?P<minute>\d\d)(?P=t)(?P<second>\d\d)"
_FRACTION = r"(?P<fraction>(?<=\d{6})\d{3}|\.\d{3}|\.\d{6})?"
_ZONE = r"(?:[ _]?(?P<zone>Z|UTC|GMT|[+-](?:0\d|1[0-4])[:_]?(?:00|15|30|45))(?![A-Za-z0-9]))?"
_NO_OTHER_ZONE = r"(?![ _]?(?:[AP]\.?M|GMT|[ECMP][SD]T|CES?T|BST|[IJK]ST)(?![A-Za-z]))(?!\+\d)"
_STAMP = rf"{_DATE}(?P<join>[ _-]{{0,3}}|T|\.| at ){_TIME}{_FRACTION}{_ZONE}(?!\d){_NO_OTHER_ZONE}"
_END = (
    r"(?P<end_date>(?:199|20\d)\d[-_.]?\d\d[-_.]?\d\d)[ _T-]{0,3}"
    r"(?P<end_time>\d\d[-_.:]?\d\d[-_.:]?\d\d)(?!\d)"
)
_CAMERA = r"(?P<camera>(?:[^/]*[^/\d])?)"
_EPOCH = r"(?P<epoch>1[1-9]\d{8})"  # 2004-11 to 2033-05: other ten digits are dates or serials


@dataclass(frozen=True, slots=True)
class NamePattern:
    """One way to write a time; `form` is searched in the path, from a folder's or name's start."""

    name: str
    form: re.Pattern[str]
    utc: bool = False


@dataclass(frozen=True, slots=True)
class NameClock:
    """What a name says. Times carry a fixed offset, so that adding seconds is true time."""

    starts_at: datetime
    ends_at: datetime | None
    camera: str | None
    pattern: str


def _pattern(name: str, form: str, utc: bool = False) -> NamePattern:
    return NamePattern(name, re.compile(rf"(?:^|/){form}$"), utc)


PATTERNS = (
    _pattern("pixel", rf"PXL_{_STAMP}(?:[.~][^/]*)?", utc=True),
    _pattern("zoom", rf"GMT{_STAMP}(?:_[^/]*)?", utc=True),
    # Frigate names folders in UTC since 0.12.
    _pattern(
        "frigate",
        rf"{_DATE}/(?P<hour>\d\d)/(?P<camera>[^/]+)/(?P<minute>\d\d)\.(?P<second>\d\d)",
        utc=True,
    ),
    _pattern("frigate-clip", rf"(?P<camera>[^/]+)-{_EPOCH}\.\d{{1,6}}(?:-[0-9a-z]{{6}})?"),
    _pattern(
        "dahua-card",
        rf"{_DATE}/(?P<channel>[^/]+)/(?:dav/)?(?:\d\d/)?"
        rf"{_TIME}-(?P<end_time>\d\d\.\d\d\.\d\d)(?:\[[^/]*)?",
    ),
    _pattern("day-folder", rf"(?:(?P<camera>[^/]+)/)?{_DATE}/{_TIME}"),
    _pattern("wyze", rf"{_DATE}/(?P<hour>\d\d)/(?P<minute>\d\d)"),
    _pattern("xiaomi", rf"\d\dM\d\dS_{_EPOCH}"),
    _pattern("tapo", rf"{_EPOCH}-(?P<end_epoch>1[1-9]\d{{8}})"),
    _pattern("synology", rf"{_CAMERA}\d{{8}}-\d{{6}}-{_EPOCH}(?P<millis>\d{{3}})?(?:-\d+)?"),
    _pattern("reolink-card", rf"Rec\w\d\d_(?:DST)?{_STAMP}_(?P<end_time>\d{{6}})(?:_[^/]*)?"),
    _pattern(
        "start-end",
        rf"(?:(?P<camera>[^/]*)[-_ ])?S?{_STAMP}(?:[-_ ]E?|_to_| - ){_END}(?:[-_ .][^/]*)?",
    ),
    _pattern("axis-card", rf"{_STAMP}_[0-9A-F]{{4}}_(?P<camera>[0-9A-F]{{12}})"),
    _pattern("tesla", rf"{_STAMP}-(?P<camera>front|back|(?:left|right)_(?:repeater|pillar))"),
    _pattern("blackvue", rf"{_STAMP}_[A-Z](?P<camera>[FRIO])[LS]?"),
    _pattern(
        "viofo",
        r"(?P<year>20\d\d)_(?P<month>\d\d)(?P<day>\d\d)_"
        r"(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)_\d{3,6}P?(?P<camera>[FRIT])?",
    ),
    _pattern("viofo", rf"{_STAMP}_\d{{3,6}}P?(?P<camera>[FRIT])"),
    _pattern(
        "macos",
        rf"Screen Recording {_DATE} at (?P<hour>\d\d?)\.(?P<minute>\d\d)\.(?P<second>\d\d)"
        r"\s(?P<half>[AP]M)",
    ),
    _pattern("date-time", rf"{_CAMERA}{_STAMP}(?P<rest>[^/]*)"),
    _pattern(
        "unix-time",
        rf"(?P<camera>(?:(?i:cam|ch|door)[^/]*[-_ .])?){_EPOCH}(?P<millis>\d{{3}})?",
    ),
)

_ANOTHER_STAMP = re.compile(
    r"(?:199|20\d)\d[-_.]?\d\d[-_.]?\d\d[ _T-]{0,3}\d\d[-_.:]?\d\d[-_.:]?\d\d"
)
_NOT_A_CAMERA = re.compile(
    r"^(?:(?:VID|MOV|IMG|REC|DJI|WIN|clip|signal|video|movie|[NXD]VR|RingVideo|Recording"
    r"|Screen[-_ ]?Record(?:ing|er)?)(?:[-_ .]+|$))+|(?:[-_ .]+(?:main|sub))+$",
    re.IGNORECASE,
)
_HAS_A_NAME = re.compile(r"[^\W\d_]|\d+(?:\.\d+){3}")  # a letter, or the address of a camera


def read_name(path: PurePath | str, zone: tzinfo | None = None) -> NameClock | None:
    """What the path says, or None. `zone` is that of names without one (None: this machine's)."""
    location = PurePath(path)
    has_extension = any(character.isalpha() for character in location.suffix)
    written = (location.with_suffix("") if has_extension else location).as_posix()
    for pattern in PATTERNS:
        if match := pattern.form.search(written):
            try:
                return _clock(pattern, match.groupdict(default=""), zone)
            except ValueError:
                return None
    return None


def _clock(pattern: NamePattern, parts: Mapping[str, str], zone: tzinfo | None) -> NameClock:
    """Raises ValueError where the name contradicts itself or says no one instant."""
    if any(_ANOTHER_STAMP.search(parts.get(part, "")) for part in ("camera", "rest")):
        raise ValueError("two dates")
    if parts.get("epoch"):
        starts_at, ends_at = _from_epoch(parts)
    else:
        zone = UTC if pattern.utc else _spoken_zone(parts) or zone
        local = _local_start(parts)
        starts_at, ends_at = at_zone(local, zone), _local_end(parts, local, zone)
    if ends_at is not None and ends_at <= starts_at:
        raise ValueError("ends before it starts")
    camera = parts.get("channel") or _camera(parts.get("camera", ""))
    return NameClock(starts_at, ends_at, camera, pattern.name)


def _from_epoch(parts: Mapping[str, str]) -> tuple[datetime, datetime | None]:
    starts_at = datetime.fromtimestamp(int(parts["epoch"]), UTC)
    end_epoch = parts.get("end_epoch")
    return (
        starts_at + timedelta(milliseconds=int(parts.get("millis") or 0)),
        datetime.fromtimestamp(int(end_epoch), UTC) if end_epoch else None,
    )


def _local_start(parts: Mapping[str, str]) -> datetime:
    hour, half = int(parts["hour"]), parts.get("half")
    if half:
        if not 1 <= hour <= 12:
            raise ValueError("no twelve-hour clock shows this")
        hour = hour % 12 + (12 if half == "PM" else 0)
    fraction = parts.get("fraction", "").lstrip(".").ljust(6, "0")
    return datetime(
        int(parts["year"]), int(parts["month"]), int(parts["day"]),
        hour, int(parts["minute"]), int(parts.get("second") or 0), int(fraction),
    )  # fmt: skip


def _local_end(parts: Mapping[str, str], start: datetime, zone: tzinfo | None) -> datetime | None:
    """The end that the name gives; without a date it is the next time the clock shows it."""
    if not parts.get("end_time"):
        return None
    day = re.sub(r"\D", "", parts.get("end_date", "")) or f"{start:%Y%m%d}"
    end = datetime.strptime(day + re.sub(r"\D", "", parts["end_time"]), "%Y%m%d%H%M%S")
    if not parts.get("end_date") and end <= start:
        end += timedelta(days=1)
    return at_zone(end, zone)


def _spoken_zone(parts: Mapping[str, str]) -> tzinfo | None:
    written = parts.get("zone", "")
    if not written:
        return None
    if written in ("Z", "UTC", "GMT"):
        return UTC
    if written[0] == "-" and parts["join"] != "T":
        raise ValueError("-0500 may be a zone or a running number")
    digits = re.sub(r"\D", "", written)
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if written[0] == "-" else offset)


def _camera(written: str) -> str | None:
    name = _NOT_A_CAMERA.sub("", written.strip("-_ .")).strip("-_ .")
    return name if _HAS_A_NAME.search(name) else None
