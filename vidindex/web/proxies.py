"""Make proxies that any browser plays, with ffmpeg, at first use, one at a time.

They are kept in the library's own folder, are erased with their video, and the longest unused ones
go when they take too much room.
"""

import os
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from store.library import Library
from store.sqlite.file_modes import file_mode, make_folder, restrict
from vidindex.adapters.isolation import Asker, asked_by
from vidindex.adapters.media.proxy import proxy_done_s
from vidindex.errors import MediaError
from vidindex.types import Location, Source, VideoInfo
from vidindex.web.errors import HttpError

MAX_HEIGHT = 720
MAX_BYTES = 20_000_000_000
MAX_WAITING = 20
_DONE, _MAKING, _TOLD, _LOCK = "proxy.mp4", "making.mp4", "making.txt", "making.lock"

MakeProxy = Callable[[Source, Path, int, Path], None]
"""Writes a proxy of a video: (source, output, height, a file that says how far it is)."""


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A video and its present path. kind: the media type, None where it needs a proxy."""

    video: VideoInfo
    location: Location
    kind: str | None


class Proxies:
    """The proxies of one library. make: writes one; max_bytes: of all of them together."""

    def __init__(self, library: Path, make: MakeProxy, max_bytes: int = MAX_BYTES) -> None:
        self._library = library
        self._make_proxy = make
        self._server = Asker()
        self._max_bytes = max_bytes
        self._maker = ThreadPoolExecutor(1)
        self._lock = threading.Lock()
        self._wanted: set[str] = set()
        self._failed: dict[str, Exception] = {}

    def made(self, video_id: str) -> Path | None:
        """The proxy, if it is there; being asked for counts as use."""
        path = self._folder(video_id) / _DONE
        try:
            # Only when it was read: players ask for ranges of what was changed at one time.
            os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))
        except FileNotFoundError:
            return None
        except OSError:
            pass  # a library on a disk that is only read: nothing is ever thrown out of it
        return path

    def make(self, file: MediaFile) -> float:
        """Begin to make a proxy, or go on; how far it is, 0 to 1.

        Raises what kept it from being made (once: the next call tries again), and Refused
        where too many wait.
        """
        video_id = file.video.video_id
        with self._lock:
            if failed := self._failed.pop(video_id, None):
                raise failed
            if video_id not in self._wanted:
                if len(self._wanted) >= MAX_WAITING:
                    raise HttpError(503, "many videos are being prepared", "wait a little")
                self._wanted.add(video_id)
                self._maker.submit(self._work, file)
        done_s = proxy_done_s(self._folder(video_id) / _TOLD)
        return min(1.0, done_s / file.video.duration_s)

    def sweep(self) -> None:
        """Delete proxies of videos that are not in the library: erased while they were made."""
        with Library.open(self._library) as library:
            for folder in self._library.glob("proxies/*"):
                if library.videos.get(folder.name) is None:
                    shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Make no more, and leave the one in hand unfinished."""
        self._maker.shutdown(wait=False, cancel_futures=True)
        self._server.leave()

    def _folder(self, video_id: str) -> Path:
        return self._library / "proxies" / video_id

    def _work(self, file: MediaFile) -> None:
        video_id = file.video.video_id
        try:
            try:
                self._make(file)
            finally:
                self.sweep()
            self._throw_out()
        except Exception as error:  # reported to the next request for the video
            self._failed[video_id] = error
        finally:
            with self._lock:
                self._wanted.discard(video_id)

    def _make(self, file: MediaFile) -> None:
        folder = self._folder(file.video.video_id)
        try:
            make_folder(folder.parent)
            make_folder(folder)
            with FileLock(folder / _LOCK, timeout=0, mode=file_mode(folder)):
                if not (folder / _DONE).exists():
                    self._encode(file, folder)
        except Timeout:
            pass  # another server of this library is at it
        except OSError as error:
            what = f"{file.location.path.name} cannot be prepared for browsers: {error.strerror}"
            raise MediaError(what, f"see {folder}") from error

    def _encode(self, file: MediaFile, folder: Path) -> None:
        making = folder / _MAKING
        height = min(MAX_HEIGHT, file.video.height)
        try:
            source = file.video.source(file.location)
            with asked_by(self._server):
                self._make_proxy(source, making, height, folder / _TOLD)
            restrict(making)
            making.replace(folder / _DONE)
        finally:
            for path in (making, folder / _TOLD):
                path.unlink(missing_ok=True)

    def _throw_out(self) -> None:
        made = sorted(
            (path.stat().st_atime_ns, path.stat().st_size, path)
            for path in self._library.glob(f"proxies/*/{_DONE}")
        )
        total = sum(size for _, size, _ in made)
        for _, size, path in made[:-1]:
            if total <= self._max_bytes:
                break
            shutil.rmtree(path.parent, ignore_errors=True)
            total -= size
