"""Describe videos for answers: name, camera, clock, and the window that is asked about."""

from collections.abc import Iterable

from pipelines.cameras import wall_clock_of
from store.library import Library
from vidindex.core.answering.citations import Footage
from vidindex.types import Camera, Filters


def footage_of(library: Library, video_ids: Iterable[str], filters: Filters) -> dict[str, Footage]:
    """Each of these videos; one that the filters leave out has no window."""
    selected = library.videos.selected(filters)
    return {
        video_id: Footage(
            name=library.videos.name(video_id),
            camera=camera_of(library, video_id),
            clock=wall_clock_of(library, video_id),
            windows=tuple(selected.get(video_id, ())),
        )
        for video_id in video_ids
    }


def known_cameras(library: Library) -> list[Camera]:
    """Every camera that the user or a file names, by name."""
    table = {camera.name: camera for camera in library.cameras.all()}
    named = {video.camera for video in library.videos.all() if video.camera}
    return [table.get(name) or Camera(name) for name in sorted(named | set(table))]


def camera_of(library: Library, video_id: str) -> str | None:
    """The camera of the video, else that of its recording."""
    video = library.videos.get(video_id)
    recording = library.recordings.of_video(video_id)
    return (video.camera if video else None) or (recording.camera if recording else None)
