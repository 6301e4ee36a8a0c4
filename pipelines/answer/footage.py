"""Describe videos for answers: name, camera, clock, and the window that is asked about."""

from collections.abc import Iterable

from pipelines.cameras import camera_of, wall_clock_of
from store.library import Library
from vidindex.core.answering.citations import Footage
from vidindex.types import Filters


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
