"""Probe a video and decide when it was recorded, and by which camera."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from vidindex.core.timing.filename_dates import read_name
from vidindex.core.timing.wall_clock import choose_start, zone_named
from vidindex.types import Location, VideoInfo


def probe_with_clock(
    file: Path | Location,
    video_id: str,
    *,
    probe: Callable[[Path | Location, str], VideoInfo],
    recorded_at: datetime | None = None,
    zone: str | None = None,
) -> VideoInfo:
    """What probing says, and when and by which camera it was recorded, as its name has it.

    recorded_at, zone: see `composition.Settings`. A container that says another time is noted.
    """
    info = probe(file, video_id)
    path = file.path if isinstance(file, Location) else file
    named = read_name(path, zone_named(zone) if zone else None)
    start = choose_start(
        user=recorded_at,
        file_name=named.starts_at if named else None,
        container=info.recorded_at,
        duration_s=info.duration_s,
        now=datetime.now(UTC),
    )
    camera = info.camera or (named.camera if named else None)
    other = info.recorded_at if start.source != "container" else None
    return replace(
        info,
        recorded_at=start.at,
        recorded_at_from=start.source,
        camera=camera,
        notes=info.notes + ((f"the container says {other.isoformat()}",) if other else ()),
    )
