"""Copy whole originals into a folder, each once, with their content checked."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pipelines.evidence.file_copy import PART, Copied, copy_whole
from pipelines.progress import Progress
from store.library import Library
from vidindex.core.evidence.manifest import SUMS
from vidindex.core.formatting.safe_filenames import path_key, safe_path, unique_path
from vidindex.errors import InputError, MediaError
from vidindex.types import Location, VideoInfo
from vidindex.types.package import Original, PackedFile

FOLDER = "originals"
MARGIN_BYTES = 64_000_000
"""Room for pictures, the sheet, and what a disk needs for itself."""

_MB = 1e6


@dataclass(frozen=True, slots=True)
class Originals:
    """Copies videos of one library.

    open_original: opens the file at a place, which is, by its content, that video.
    """

    library: Library
    open_original: Callable[[VideoInfo, Location], BinaryIO]
    progress: Progress

    def copy(self, video_ids: Sequence[str], folder: Path) -> list[Original]:
        """Every original with its copy below `folder`, or with the problem that it has none.

        Raises InputError where the folder holds anything else, or its disk has no room.
        """
        videos = [self._video(video_id) for video_id in video_ids]
        named = self._named(videos)
        _check_folder(folder, set(named))
        _check_space(folder, named)
        # Every byte is read twice: from the source, and from the copy.
        total = sum(2 * video.size_bytes for video in videos)
        self.progress.start("copy", total / _MB, "MB")
        copied = [self._copied(video, folder, path) for path, video in named.items()]
        self.progress.finish()
        return copied

    def _video(self, video_id: str) -> VideoInfo:
        video = self.library.videos.get(video_id)
        if video is None:
            raise InputError(f"no video {video_id!r} in the library", "see: vidindex list")
        return video

    def _named(self, videos: Sequence[VideoInfo]) -> dict[str, VideoInfo]:
        """The videos by their paths in the package, of which no file system takes two for one."""
        named: dict[str, VideoInfo] = {}
        used: set[str] = set()
        for video in videos:
            path = unique_path(
                f"{FOLDER}/{safe_path(self.library.videos.name(video.video_id))}", used
            )
            used.add(path_key(path))
            named[path] = video
        return named

    def _copied(self, video: VideoInfo, folder: Path, path: str) -> Original:
        """Copied from the first place where the very video can be read."""
        name = self.library.videos.name(video.video_id)
        locations = self.library.videos.locations(video.video_id)
        problems = []
        for location in locations:
            source = location.path
            try:
                copied = self._copied_from(location, folder / path, video)
            except MediaError as error:
                problems.append(str(error))
                continue
            file = PackedFile(path, "original", copied.size_bytes, copied.sha256)
            others = tuple(other.path for other in locations if other.path != source)
            return Original(video, name, source, others, file, copied.mtime_ns)
        problem = "; ".join(problems) or "the library has no location of it"
        self.progress.note(f"not packed: {name}: {problem}")
        return Original(video, name, None, problem=problem)

    def _copied_from(self, location: Location, target: Path, video: VideoInfo) -> Copied:
        if not location.path.is_file():
            raise MediaError(
                f"{location.path} is not there", "connect its disk, or ingest it again"
            )
        with self.open_original(video, location) as source:
            return copy_whole(source, location.path, target, self.progress)


def _check_folder(folder: Path, paths: set[str]) -> None:
    """Raises InputError where the folder holds anything but copies of an unfinished run."""
    if (folder / SUMS).exists():
        raise InputError(f"{folder} holds a package already", "name a new folder")
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is not a folder", "name a new one")
    for file in _files(folder):
        if file.relative_to(folder).as_posix().removesuffix(PART) not in paths:
            raise InputError(f"{folder} holds other files: {file.name}", "name a new folder")


def _files(folder: Path) -> Iterator[Path]:
    """The files of the folder, with all below `FOLDER` in it."""
    for entry in folder.iterdir() if folder.exists() else ():
        if entry.name == FOLDER and entry.is_dir():
            yield from (one for one in entry.rglob("*") if not one.is_dir())
        else:
            yield entry


def _check_space(folder: Path, named: dict[str, VideoInfo]) -> None:
    missing = [video for path, video in named.items() if not (folder / path).exists()]
    needed = sum(video.size_bytes for video in missing) + MARGIN_BYTES
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    free = shutil.disk_usage(there).free
    if needed > free:
        raise InputError(
            f"the originals need {needed / 1e9:.1f} GB, and {there} has {free / 1e9:.1f} GB free",
            "name a folder on another disk, or fewer hits",
        )
