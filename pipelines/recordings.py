"""Group contiguous files of one camera into recordings, and link events across file edges.

A recording of proxies names the recording of their originals: the proxy may be what was
looked at, the original is what exports name.
"""

from collections.abc import Mapping
from itertools import pairwise

from store.library import Library
from vidindex.core.replies.stitching import continuations
from vidindex.core.timing.recordings import FiledVideo, group, mark_proxies, pair_proxies
from vidindex.types import Recording


def update_recordings(library: Library) -> None:
    """Regroup the library's videos, and store the recordings that have changed."""
    filed = [FiledVideo(video, location.path) for video, location in library.videos.all_placed()]
    known = {recording.video_ids for recording in library.recordings.all()}
    groups, pairs = list(group(filed)), pair_proxies(filed)
    with library.transaction():
        for found in groups:
            if found.video_ids not in known:
                library.recordings.put(
                    found.video_ids, camera=found.camera, started_at=found.started_at
                )
        _mark_proxies(library, pairs)


def _mark_proxies(library: Library, pairs: Mapping[str, str]) -> None:
    """Twice: a recording that is marked again gets a new id, which another may have to name."""
    for _ in range(2):
        before = library.recordings.all()
        for was, now in zip(before, mark_proxies(before, pairs), strict=True):
            if was.proxy_of != now.proxy_of:
                library.recordings.put(
                    now.video_ids,
                    camera=now.camera,
                    started_at=now.started_at,
                    proxy_of=now.proxy_of,
                )


def originals(library: Library) -> dict[str, str]:
    """The video ids of proxies, each with that of its original."""
    recordings = {recording.recording_id: recording for recording in library.recordings.all()}
    return {
        proxy: original
        for recording in recordings.values()
        if recording.proxy_of in recordings
        for proxy, original in zip(
            recording.video_ids, recordings[recording.proxy_of].video_ids, strict=True
        )
    }


def link_events(library: Library) -> None:
    """Note which caption at the end of a file continues at the beginning of the next one."""
    for recording in library.recordings.all():
        if len(recording.video_ids) > 1:
            _link_one(library, recording)


def _link_one(library: Library, recording: Recording) -> None:
    for earlier, later in pairwise(recording.video_ids):
        video = library.videos.get(earlier)
        assert video is not None, f"recording of the unknown video {earlier}"
        before = library.events.of_video(earlier, ["caption"])
        after = library.events.of_video(later, ["caption"])
        links = list(continuations(before, video.picture_end_s, after))
        with library.transaction():
            for event, next_event in links:
                assert event.event_id is not None
                assert next_event.event_id is not None
                library.events.link(event.event_id, next_event.event_id)
