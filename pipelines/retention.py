"""Select the videos of a retention rule: those whose files are gone, and those that are old.

Erases nothing: what is found is shown first, then removed by its ids.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipelines.cameras import wall_clock_of
from store.library import Library
from vidindex.core.formatting.terminal import format_wall
from vidindex.types import Location


@dataclass(frozen=True, slots=True)
class Prunable:
    """A video that a rule meets. why: by what; kept: why it must stay all the same, or ""."""

    video_id: str
    name: str
    why: str
    kept: str = ""


def missing(library: Library) -> list[Prunable]:
    """Videos that are nowhere any more: an ingest missed each of their files, and none is back.

    A folder that is not there, or empty, is taken for a disk that is not connected: its videos
    are kept.
    """
    found = []
    for video in library.videos.all():
        locations = library.videos.locations(video.video_id)
        if all(
            location.status == "missing" and not location.path.exists() for location in locations
        ):
            name = library.videos.name(video.video_id)
            gone = "missing: " + (
                ", ".join(str(location.path) for location in locations) or "no place known"
            )
            kept = _held(library, video.video_id) or _disconnected(locations)
            found.append(Prunable(video.video_id, name, gone, kept))
    return found


def older_than(library: Library, age: timedelta, now: datetime) -> list[Prunable]:
    """Videos whose recording ended longer ago than `age`; those of unknown age are kept.

    By the wall clock of the recording, its camera's clock set right; where no one knows it, by
    when the file was changed last, the youngest of its copies. now: aware.
    """
    found = []
    for video in library.videos.all():
        ended, clock = _ended(library, video.video_id, video.duration_s)
        name = library.videos.name(video.video_id)
        if ended is None:
            kept = _held(library, video.video_id) or clock
            found.append(Prunable(video.video_id, name, "of unknown age", kept))
        elif ended < now - age:
            why = f"{clock} {format_wall(ended)}"
            found.append(Prunable(video.video_id, name, why, _held(library, video.video_id)))
    return found


def _ended(library: Library, video_id: str, duration_s: float) -> tuple[datetime | None, str]:
    """When the recording ended, and which clock says so."""
    if wall_clock := wall_clock_of(library, video_id):
        return wall_clock.at(duration_s), "recorded until"
    changed_ns = max(
        (location.mtime_ns for location in library.videos.locations(video_id)), default=0
    )
    if not changed_ns:
        return None, "neither a clock nor a file says when it was recorded"
    changed = datetime.fromtimestamp(changed_ns / 1e9, UTC).astimezone()
    return changed, "recorded at an unknown time, file changed"


def _held(library: Library, video_id: str) -> str:
    hold = library.holds.get(video_id)
    return str(hold) if hold else ""


def _disconnected(locations: list[Location]) -> str:
    absent = next(filter(_is_absent, _folders(locations)), None)
    if absent is None:
        return ""
    return f"{absent} is not there or empty: connect its disk, or, if it is gone, use: remove"


def _folders(locations: list[Location]) -> Iterator[Path]:
    for location in locations:
        yield location.root if location.root != location.path else location.root.parent


def _is_absent(folder: Path) -> bool:
    try:
        return not any(folder.iterdir())
    except OSError:
        return True
