"""Resolve the camera and the clock of each file from its name and the camera table.

A pattern of the table wins over the file name, and of several patterns that fit the
longest. A camera's zone decides how a name without one is read. Probes no file.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from store.library import Library
from store.tables.display_names import matches
from vidindex.core.timing.wall_clock import WallClock, wall_clock, zone_of
from vidindex.core.timing.wall_window import Hour, wall_window
from vidindex.errors import InputError, MediaError
from vidindex.types import Camera, Filters, Location, Moment, VideoInfo

if TYPE_CHECKING:
    from vidindex.core.timing.filename_dates import NameClock


def wall_clock_of(library: Library, video_id: str) -> WallClock | None:
    """The wall clock of a video; None where its recording time is unknown."""
    video = library.videos.get(video_id)
    if video is None:
        return None
    name = camera_of(library, video_id)
    camera = library.cameras.get(name) if name else None
    return wall_clock(video.recorded_at, video.recorded_at_from, camera)


def camera_of(library: Library, video_id: str) -> str | None:
    """The camera of the video, else that of its recording."""
    video = library.videos.get(video_id)
    recording = library.recordings.of_video(video_id)
    return (video.camera if video else None) or (recording.camera if recording else None)


def known_cameras(library: Library) -> list[Camera]:
    """Every camera that the user or a file names, by name."""
    table = {camera.name: camera for camera in library.cameras.all()}
    names = {*filter(None, library.videos.cameras()), *table}
    return [table.get(name) or Camera(name) for name in sorted(names)]


def has_other_videos(library: Library) -> bool:
    """Whether a video is of no camera."""
    return None in library.videos.cameras()


def as_known(library: Library, filters: Filters, since: Hour = None, until: Hour = None) -> Filters:
    """The filters with cameras as the library names them, and hours by their clocks.

    since, until: in place of those of the filters; an hour without a day is of the one day of
    the filters, else of today. Raises InputError for an unknown camera, which names those that
    there are, and for hours that are no stretch of time.
    """
    if not (filters.cameras or filters.since or filters.until or since or until):
        return filters
    from vidindex.core.answering.camera_phrases import cameras_named

    names = cameras_named(filters.cameras, [camera.name for camera in known_cameras(library)])
    filters = replace(filters, cameras=names)
    begin, end = since or filters.since, until or filters.until
    first, last = wall_window(begin, end, zones_asked(library, filters), filters.days)
    return replace(filters, since=first, until=last)


def zones_asked(library: Library, filters: Filters) -> tuple[tzinfo | None, ...]:
    """The zones of the cameras that the filters name, else of all; None: this machine's."""
    cameras = known_cameras(library)
    about = [camera for camera in cameras if camera.name in filters.cameras]
    zones = dict.fromkeys(map(zone_of, about or cameras))
    if not about and (has_other_videos(library) or not cameras):
        zones[None] = None
    return tuple(zones)


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


@dataclass(frozen=True, slots=True)
class ListedCamera:
    """A camera that the table or a file name names, with what it recorded.

    first_at, last_at: wall clock of its first and last second; undated: files whose hour
    no one knows.
    """

    camera: Camera
    num_files: int = 0
    duration_s: float = 0.0
    first_at: datetime | None = None
    last_at: datetime | None = None
    undated: int = 0


def list_cameras(library: Library) -> list[ListedCamera]:
    """Every camera, by name."""
    listed = {camera.name: ListedCamera(camera) for camera in library.cameras.all()}
    for video in library.videos.all():
        if video.camera:
            before = listed.get(video.camera) or ListedCamera(Camera(video.camera))
            listed[video.camera] = _with_video(library, before, video)
    return [listed[name] for name in sorted(listed)]


def _with_video(library: Library, camera: ListedCamera, video: VideoInfo) -> ListedCamera:
    clock = wall_clock_of(library, video.video_id)
    times = [clock.at(0.0), clock.at(video.duration_s)] if clock else []
    return replace(
        camera,
        num_files=camera.num_files + 1,
        duration_s=camera.duration_s + video.duration_s,
        first_at=min([*times, *_if_any(camera.first_at)], key=datetime.timestamp, default=None),
        last_at=max([*times, *_if_any(camera.last_at)], key=datetime.timestamp, default=None),
        undated=camera.undated + (clock is None),
    )


def _if_any(at: datetime | None) -> list[datetime]:
    return [at] if at else []


def set_camera(library: Library, camera: Camera) -> ListedCamera:
    """Keep what the user says of a camera, and file every video by it.

    Raises InputError where the library has videos, none of this camera, and no pattern says
    which are: the name may be misspelt.
    """
    known = [each.name for each in known_cameras(library)]
    if camera.name not in known and not camera.pattern and library.videos.cameras():
        _refuse_unknown(camera.name, known, "a new camera needs the names of its files: --pattern")
    with library.transaction():
        library.cameras.put(camera)
        _file_all(library)
    return next(one for one in list_cameras(library) if one.camera == camera)


def remove_camera(library: Library, name: str) -> None:
    """Delete what the user entered for a camera; its files are found by their names again."""
    known = [camera.name for camera in library.cameras.all()]
    if name not in known:
        _refuse_unknown(name, known, "see: vidindex cameras", "nothing was said of a camera")
    with library.transaction():
        library.cameras.remove(name)
        _file_all(library)


def _refuse_unknown(
    name: str, known: Sequence[str], hint: str, what: str = "no camera is called"
) -> NoReturn:
    there = f"there are: {', '.join(known)}" if known else "the library has no cameras"
    raise InputError(f"{what} {name!r}; {there}", hint)


def _file_all(library: Library) -> None:
    for video in library.videos.all():
        file_video(library, video.video_id)
    from pipelines.recordings import update_recordings

    update_recordings(library)


def file_video(library: Library, video_id: str, seen: Location | None = None) -> None:
    """Give the video the camera and the start that the table and its places give it.

    seen: the place where it was just found, which counts before the others. A start that the user
    entered stays.
    """
    video = library.videos.get(video_id)
    assert video is not None, f"nothing is stored of the video {video_id}"
    locations = sorted(library.videos.locations(video_id), key=lambda location: location != seen)
    filed = as_filed(video, locations, library.cameras.all())
    if filed != video:
        library.videos.put(filed)
        library.recordings.forget(video_id)


def as_filed(
    video: VideoInfo, locations: Sequence[Location], cameras: Sequence[Camera]
) -> VideoInfo:
    """The video with its camera, and with its start as the zone of that camera has it."""
    camera = _by_pattern(locations, cameras) or _by_name(video, locations, cameras)
    filed = replace(video, camera=camera.name if camera else None)
    zone = zone_of(camera)
    if zone is None or video.recorded_at_from == "user":
        return filed
    return _in_zone(filed, locations, zone)


def _by_pattern(locations: Iterable[Location], cameras: Iterable[Camera]) -> Camera | None:
    for location in locations:
        fitting = [c for c in cameras if c.pattern and matches(location, c.pattern)]
        if fitting:
            return max(fitting, key=lambda camera: len(camera.pattern or ""))
    return None


def _by_name(
    video: VideoInfo, locations: Iterable[Location], cameras: Iterable[Camera]
) -> Camera | None:
    """The camera that a name says; a copy under another name does not change it."""
    clocks = (_read_name(location.path, UTC) for location in locations)
    named = [clock.camera for clock in clocks if clock and clock.camera]
    if not named:
        return None
    name = video.camera if video.camera in named else named[0]
    return next((camera for camera in cameras if camera.name == name), Camera(name))


def _in_zone(video: VideoInfo, locations: Iterable[Location], zone: tzinfo) -> VideoInfo:
    """A name whose local time this zone skips or repeats says no instant: it gives none."""
    speaking = next((location.path for location in locations if _says_start(location, video)), None)
    if speaking is None:
        return video
    clock = _read_name(speaking, zone)
    if clock:
        return replace(video, recorded_at=clock.starts_at, recorded_at_from="file name")
    if video.recorded_at_from == "file name":
        return replace(video, recorded_at=None, recorded_at_from=None)
    return video


def _says_start(location: Location, video: VideoInfo) -> bool:
    """Whether the start was read from this name, in whatever zone, or could be."""
    clock = _read_name(location.path, UTC)
    if clock is None or video.recorded_at is None or video.recorded_at_from != "file name":
        return clock is not None
    return clock.starts_at.replace(tzinfo=None) == video.recorded_at.replace(tzinfo=None)


def _read_name(path: Path, zone: tzinfo) -> "NameClock | None":
    """What a file name says; imported here since a search reads none."""
    from vidindex.core.timing.filename_dates import read_name

    return read_name(path, zone)
