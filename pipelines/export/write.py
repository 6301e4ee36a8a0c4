"""Write timelines to files, one for all videos or one for each, with their media paths."""

import os
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath, PureWindowsPath

from pipelines.atomic_write import write_whole
from vidindex.core.formatting.path_maps import PathMap, as_path, map_path
from vidindex.core.formatting.safe_filenames import path_key, safe_path, unique_path
from vidindex.ports import Exporter
from vidindex.types import Timeline, VideoTimeline


@dataclass(frozen=True, slots=True)
class MediaCount:
    """How many media files an export names below one root, and how many of them are there.

    root: the target of a path map; None for files at the places that the library knows.
    found: None where this machine cannot look, as the paths are of another system.
    """

    root: PurePath | None
    named: int
    found: int | None

    def __str__(self) -> str:
        where = f"under {self.root}" if self.root else "where the library has them"
        if self.found is None:
            return f"media: {self.named} named {where}, where this machine cannot look"
        return f"media: {self.found} of {self.named} files exist {where}"


def mapped(timeline: Timeline, maps: Sequence[PathMap]) -> tuple[Timeline, list[MediaCount]]:
    """The timeline with its media where another machine has them, and what is there of them."""
    videos = list(timeline.videos)
    below: dict[PurePath | None, set[PurePath]] = {one.target: set() for one in maps}
    for index, video in enumerate(videos):
        if video.path is not None:
            path, used = map_path(as_path(video.path), maps)
            below.setdefault(used.target if used else None, set()).add(path)
            videos[index] = replace(video, path=str(path))
    counts = [MediaCount(root, len(paths), _found(paths)) for root, paths in below.items()]
    return replace(timeline, videos=tuple(videos)), counts


def _found(paths: set[PurePath]) -> int | None:
    if any(isinstance(path, PureWindowsPath) != (os.name == "nt") for path in paths):
        return None
    return sum(Path(path).exists() for path in paths)


def export(timeline: Timeline, exporter: Exporter, output: Path | None) -> list[Path]:
    """Write a timeline; returns the files written.

    output: a file, a folder (there or named with a trailing slash: one file per video),
    or None for standard output. A file appears whole or not at all.
    """
    if output is None:
        exporter.write(timeline, sys.stdout)
        return []
    if is_folder(output):
        by_name: dict[str, list[VideoTimeline]] = defaultdict(list)
        for video in timeline.videos:
            by_name[video.name].append(replace(video, begins_s=None))
        used: set[str] = set()
        return [
            _export_one(name, videos, exporter, output, used) for name, videos in by_name.items()
        ]
    write_whole(output, lambda stream: exporter.write(timeline, stream))
    return [output]


def is_folder(output: Path | None) -> bool:
    """Whether an export goes there file by file."""
    return output is not None and (output.is_dir() or not output.suffix)


def _export_one(
    name: str,
    videos: Sequence[VideoTimeline],
    exporter: Exporter,
    folder: Path,
    used: set[str],
) -> Path:
    """`cam3/0412.mp4` becomes `cam3/0412.mp4.srt` below the folder, or a name much like it.

    used: the keys of the paths that are taken; extended. A name that no file system would take
    whole is shortened.
    """
    short = unique_path(safe_path(f"{name}{exporter.SUFFIX}"), used)
    used.add(path_key(short))
    path = folder / short
    path.parent.mkdir(parents=True, exist_ok=True)
    timeline = Timeline(name, tuple(videos))
    write_whole(path, lambda stream: exporter.write(timeline, stream))
    return path
