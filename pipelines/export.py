"""Export: from the library to timelines, one file for all videos or one for each."""

import sys
from collections.abc import Sequence
from pathlib import Path

from pipelines.files import write_whole
from store.library import Library
from vidindex.errors import InputError
from vidindex.ports import Exporter
from vidindex.types import Timeline, VideoTimeline


def timelines(library: Library, names: Sequence[str]) -> list[VideoTimeline]:
    """The timelines of the videos that people mean; of all videos without a name."""
    ids = library.videos.find(names) if names else [v.video_id for v in library.videos.all()]
    if not ids:
        raise InputError("the library holds no video", "ingest a folder first")
    return [_timeline(library, video_id) for video_id in ids]


def export(
    library: Library, exporter: Exporter, names: Sequence[str], output: Path | None
) -> list[Path]:
    """Write timelines; returns the files written.

    output: a file, a folder (there or named with a trailing slash: one file per video),
    or None for standard output. A file appears whole or not at all.
    """
    videos = timelines(library, names)
    if output is None:
        exporter.write(_titled(videos), sys.stdout)
        return []
    if output.is_dir() or not output.suffix:
        return [_export_one(video, exporter, output) for video in videos]
    write_whole(output, lambda stream: exporter.write(_titled(videos), stream))
    return [output]


def _export_one(video: VideoTimeline, exporter: Exporter, folder: Path) -> Path:
    """`cam3/0412.mp4` becomes `cam3/0412.mp4.srt` below the folder: no two files collide."""
    path = folder / f"{video.name}{exporter.SUFFIX}"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, lambda stream: exporter.write(_titled([video]), stream))
    return path


def _titled(videos: Sequence[VideoTimeline]) -> Timeline:
    title = videos[0].name if len(videos) == 1 else f"{len(videos)} videos"
    return Timeline(title, tuple(videos))


def _timeline(library: Library, video_id: str) -> VideoTimeline:
    video = library.videos.get(video_id)
    assert video is not None, f"find gave the id {video_id} of no video"
    return VideoTimeline(
        video=video,
        name=library.videos.name(video_id),
        events=tuple(library.events.of_video(video_id)),
        clocks=tuple(library.clocks.of_video(video_id)),
    )
