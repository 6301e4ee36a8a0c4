"""When moments truly were, by the clocks of their cameras; and files that the user dates."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from store.library import Library
from vidindex.core.timing.wall_clock import WallClock, wall_clock
from vidindex.errors import InputError, MediaError
from vidindex.types import Moment


def wall_clock_of(library: Library, video_id: str) -> WallClock | None:
    """The clock of a video; None where nobody knows when it was recorded."""
    video = library.videos.get(video_id)
    if video is None:
        return None
    name = video.camera or _camera_of_recording(library, video_id)
    camera = library.cameras.get(name) if name else None
    return wall_clock(video.recorded_at, video.recorded_at_from, camera)


def _camera_of_recording(library: Library, video_id: str) -> str | None:
    recording = library.recordings.of_video(video_id)
    return recording.camera if recording else None


def dated(library: Library, moments: Iterable[Moment]) -> list[Moment]:
    """The moments, each with the wall clock of where its verdict begins."""
    return [_dated(moment, wall_clock_of(library, moment.video_id)) for moment in moments]


def _dated(moment: Moment, clock: WallClock | None) -> Moment:
    return replace(moment, starts_at=clock.at(moment.verdict.span.start_s)) if clock else moment


def date_known(
    library: Library, fingerprint: Callable[[Path], str], paths: Sequence[Path], at: datetime
) -> None:
    """Date the one file that is named, if its content is known; a new one is dated when probed.

    Raises InputError where `paths` is not one file, or `at` not an instant.
    """
    if at.tzinfo is None:
        raise InputError(f"the recording time {at} has no UTC offset", "give it a tzinfo")
    if len(paths) != 1 or paths[0].is_dir():
        raise InputError(
            "a recording time is of one file",
            "name that file; a whole camera is set right by: vidindex cameras set",
        )
    try:
        video = library.videos.get(fingerprint(paths[0]))
    except (MediaError, OSError):
        return  # the scan will meet it again, and note it
    if video:
        with library.transaction():
            library.videos.put(replace(video, recorded_at=at, recorded_at_from="user"))
            library.recordings.forget(video.video_id)
