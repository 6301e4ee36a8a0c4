"""Probing and reading of files nobody has vouched for, in child processes with limits."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from vidindex.adapters.isolation import WorkerDied, WorkerPool
from vidindex.adapters.media.activity_signals import read_signals
from vidindex.adapters.media.fingerprint import fingerprint
from vidindex.adapters.media.probe import probe
from vidindex.adapters.media.subtitles import read_subtitles
from vidindex.errors import ProbeError
from vidindex.types import Signals, Source, SubtitleEvents, VideoInfo

# Packets and hashes are read at the speed of the disk: a slow network share has a second more
# for each of these many bytes.
SLOWEST_BYTES_PER_S = 5_000_000
ALLOWED_S = 60.0

R = TypeVar("R")


class ReadInChild:
    """The functions of `adapters.media`, each under the pool's limits; errors are theirs."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool

    def fingerprint(self, path: Path, *, full: bool = False) -> str:
        return self._guarded(path, _fingerprint, path, full)

    def probe(self, path: Path, video_id: str) -> VideoInfo:
        return self._guarded(path, probe, path, video_id)

    def signals(self, source: Source) -> Signals:
        return self._guarded(source.path, read_signals, source)

    def subtitles(self, video: VideoInfo, path: Path, sidecars: Sequence[Path]) -> SubtitleEvents:
        return self._guarded(path, read_subtitles, video, path, sidecars)

    def _guarded(self, path: Path, function: Callable[..., R], *args: Any) -> R:
        seconds = ALLOWED_S + path.stat().st_size / SLOWEST_BYTES_PER_S
        try:
            return self._pool.call(function, *args, seconds=seconds)
        except WorkerDied as died:
            raise ProbeError(
                f"{path.name}: reading it {died}",
                "the file may be damaged; convert it, or leave it out",
            ) from died


def _fingerprint(path: Path, full: bool) -> str:
    return fingerprint(path, full=full)
