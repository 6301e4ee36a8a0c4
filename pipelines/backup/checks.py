"""Refuse values of a dump that have the right type and would break what reads them later."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

from vidindex.core.timing.wall_clock import zone_named
from vidindex.errors import InputError
from vidindex.types import Camera, ClockTrack, Span, VideoInfo

FIRST_YEAR, LAST_YEAR = 1900, 2199
MAX_VIDEO_S = 366 * 86_400.0
MAX_SIDE_PX, MAX_FPS = 65_536, 10_000.0
MAX_INT, MAX_FLOAT = 2**63 - 1, 1e15
MAX_CAMERA_OFFSET_S, MAX_DRIFT = 100 * 366 * 86_400.0, 0.5


def check_values(kind: str, value: Any) -> None:
    """Raise InputError where a value of this record is out of its range, and say which."""
    for name, part in _parts(kind, value):
        if problem := _problem(part):
            raise InputError(f"{name}: {problem}", "check where this file comes from")


def _parts(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The value and all values in it, each with its name."""
    yield name, value
    if is_dataclass(value):
        for one in fields(value):
            yield from _parts(f"{name}.{one.name}", getattr(value, one.name))
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _parts(f"{name}.{key}", one)
    elif isinstance(value, tuple | list):
        for one in value:
            yield from _parts(name, one)


def _problem(value: Any) -> str:
    if isinstance(value, float) and not (math.isfinite(value) and abs(value) <= MAX_FLOAT):
        return f"{value} is not a number that can be used"
    if isinstance(value, int) and abs(value) > MAX_INT:
        return f"{value} is too large"
    if isinstance(value, datetime) and not FIRST_YEAR <= value.year <= LAST_YEAR:
        return f"{value} is not between {FIRST_YEAR} and {LAST_YEAR}"
    if isinstance(value, Span) and not 0 <= value.start_s < value.end_s <= MAX_VIDEO_S:
        return f"{value.start_s} to {value.end_s} is not a time span"
    if isinstance(value, VideoInfo):
        return _video_problem(value)
    if isinstance(value, Camera):
        return _camera_problem(value)
    if isinstance(value, ClockTrack) and not value.resolution_s > 0:
        return f"a resolution of {value.resolution_s} s"
    return ""


def _video_problem(video: VideoInfo) -> str:
    if not 0 < video.duration_s <= MAX_VIDEO_S:
        return f"a duration of {video.duration_s} s"
    if not (1 <= video.width <= MAX_SIDE_PX and 1 <= video.height <= MAX_SIDE_PX):
        return f"a picture of {video.width}x{video.height}"
    if not 0 < video.average_fps <= MAX_FPS:
        return f"{video.average_fps} frames per second"
    if video.rotation_deg not in (0, 90, 180, 270):
        return f"a rotation of {video.rotation_deg} degrees"
    if min(video.stream_index, video.num_frames, video.size_bytes) < 0:
        return "a number of frames, bytes or streams below 0"
    return ""


def _camera_problem(camera: Camera) -> str:
    if abs(camera.offset_s) > MAX_CAMERA_OFFSET_S or abs(camera.drift) > MAX_DRIFT:
        return f"a clock that is off by {camera.offset_s} s and drifts by {camera.drift}"
    if camera.zone is not None:
        try:
            zone_named(camera.zone)
        except (InputError, ValueError) as error:
            return str(error)
    return ""
