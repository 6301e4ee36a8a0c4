"""Read and cut untrusted files in child processes with limits."""

import os
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from vidindex.adapters.isolation import WorkerDied, WorkerPool
from vidindex.adapters.media import copy_clip, encode_clip
from vidindex.adapters.media.activity_signals import read_signals, stream_signals
from vidindex.adapters.media.fingerprint import fingerprint
from vidindex.adapters.media.probe import probe
from vidindex.adapters.media.proxy import proxy
from vidindex.adapters.media.sound import read_sound
from vidindex.adapters.media.stills import read_still
from vidindex.adapters.media.subtitles import read_subtitles
from vidindex.adapters.media.verified_open import held, held_as_found, open_indexed
from vidindex.errors import MediaError, ProbeError
from vidindex.types import (
    Frame,
    Location,
    Region,
    Signals,
    Source,
    Span,
    SubtitleEvents,
    VideoInfo,
)
from vidindex.types.clip import Chapter, Cut
from vidindex.types.media import FileIdentity
from vidindex.types.plan import Picture
from vidindex.types.speech import Samples

# Packets and hashes are read at the speed of the disk: a slow network share has a second more
# for each of these many bytes.
SLOWEST_BYTES_PER_S = 5_000_000
# What is encoded has a second more for each of these many pixels, at a usual rate.
SLOWEST_PX_PER_S, USUAL_FPS = 5_000_000, 30
ALLOWED_S = 60.0

R = TypeVar("R")


class ReadInChild:
    """Functions of `adapters.media`, each under the pool's limits; errors are theirs."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool

    def fingerprint(self, file: Path | Location, *, full: bool = False) -> str:
        return self._guarded(_path(file), _fingerprint, file, full)

    def is_video(self, path: Path, video_id: str) -> bool:
        """Whether a file is, by its content, the video of this id."""
        return self.fingerprint(path, full=video_id.startswith("full-")) == video_id

    def identity(self, source: Source) -> FileIdentity:
        """Of the file at its place, which has the content that was indexed. DecodeError if not."""
        return self._guarded(source.path, _identity, source)

    def open_indexed(self, source: Source) -> int:
        """A descriptor of the very file that was indexed, for the caller to close.

        Raises MediaError where a link, or another file, is in its place.
        """
        return open_indexed(source, self._is_same)

    def open_original(self, video: VideoInfo, location: Location) -> BinaryIO:
        """The file at this place, whose content is that of the video. Raises MediaError."""
        unproven = video.source(replace(location, identity=None))
        return os.fdopen(self.open_indexed(unproven), "rb")

    def _is_same(self, descriptor: int, source: Source) -> bool:
        """Its headers are read in a child, which opens it for itself; so both are compared."""
        return self.identity(source) == FileIdentity.of(os.fstat(descriptor))

    def probe(self, file: Path | Location, video_id: str) -> VideoInfo:
        return self._guarded(_path(file), _probe, file, video_id)

    def signals(self, source: Source) -> Signals:
        return self._guarded(source.path, read_signals, source)

    def keyframes(
        self, source: Source, size: tuple[int, int]
    ) -> Generator[Frame | Signals, None, None]:
        """See `activity_signals.stream_signals`; the child decodes ahead of the consumer."""
        try:
            seconds = _reading_s(source.path)
            yield from self._pool.stream(stream_signals, source, size, seconds=seconds)
        except WorkerDied as died:
            raise _stopped(source.path, died) from died

    def subtitles(
        self,
        video: VideoInfo,
        file: Path | Location,
        sidecars: Sequence[Path],
        *,
        follow_links: bool = False,
    ) -> SubtitleEvents:
        read = partial(read_subtitles, follow_links=follow_links)
        return self._guarded(_path(file), read, video, file, sidecars)

    def still(
        self,
        path: Path,
        fit: Callable[[int, int], tuple[int, int]],
        region: Region | None = None,
    ) -> Picture:
        """fit: a function that a child can import, or a `partial` of one."""
        return self._guarded(path, read_still, path, fit, region)

    def sound(
        self, source: Source, end_s: float, track: int = 1, from_s: float = 0.0
    ) -> Generator[Samples, None, None]:
        """A sound track in media time, piece by piece, each within the guard's time."""
        try:
            yield from self._pool.stream(
                read_sound, source, end_s, track, from_s, seconds=_reading_s(source.path)
            )
        except WorkerDied as stopped:
            raise _stopped(source.path, stopped) from stopped

    def _guarded(self, path: Path, function: Callable[..., R], *args: Any) -> R:
        try:
            return self._pool.call(function, *args, seconds=_reading_s(path))
        except WorkerDied as died:
            raise _stopped(path, died) from died


class CutInChild:
    """`encode_clip`, `copy_clip` and proxies under the pool's limits; errors are theirs."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool

    def cut(self, wanted: Cut, output: Path) -> None:
        self._guarded(output, _encoding_s(wanted), encode_clip.cut, wanted, output)

    def cut_piece(self, wanted: Cut, output: Path) -> None:
        self._guarded(output, _encoding_s(wanted), encode_clip.cut_piece, wanted, output)

    def copy(self, wanted: Cut, output: Path) -> Span:
        seconds = ALLOWED_S + wanted.source.path.stat().st_size / SLOWEST_BYTES_PER_S
        return self._guarded(output, seconds, copy_clip.copy, wanted, output)

    def join(
        self,
        pieces: Sequence[Path],
        output: Path,
        chapters: Sequence[Chapter],
        title: str,
        comment: str,
    ) -> None:
        num_bytes = sum(piece.stat().st_size for piece in pieces)
        seconds = ALLOWED_S + num_bytes / SLOWEST_BYTES_PER_S
        args = (tuple(pieces), output, tuple(chapters), title, comment)
        self._guarded(output, seconds, encode_clip.join, *args)

    def proxy(self, source: Source, output: Path, height: int, progress_file: Path) -> None:
        seconds = _pixels_s(source.width, source.height, source.picture_end_s)
        self._guarded(output, seconds, proxy, source, output, height, progress_file)

    def _guarded(self, path: Path, seconds: float, function: Callable[..., R], *args: Any) -> R:
        try:
            return self._pool.call(function, *args, seconds=seconds)
        except WorkerDied as died:
            hint = "the file may be damaged; convert it, or ask for less"
            raise MediaError(f"{path.name}: making it {died}", hint) from died


def _encoding_s(wanted: Cut) -> float:
    source = wanted.source
    return _pixels_s(source.width, source.height, wanted.span.duration_s + encode_clip.PREROLL_S)


def _pixels_s(width: int, height: int, duration_s: float) -> float:
    return ALLOWED_S + width * height * USUAL_FPS * duration_s / SLOWEST_PX_PER_S


def _reading_s(path: Path) -> float:
    return ALLOWED_S + path.stat().st_size / SLOWEST_BYTES_PER_S


def _stopped(path: Path, died: WorkerDied) -> ProbeError:
    hint = "the file may be damaged; convert it, or leave it out"
    return ProbeError(f"{path.name}: reading it {died}", hint)


def _identity(source: Source) -> FileIdentity:
    with held(source) as file:
        return FileIdentity.of(file.path.stat())


def _path(file: Path | Location) -> Path:
    return file.path if isinstance(file, Location) else file


def _fingerprint(file: Path | Location, full: bool) -> str:
    with held_as_found(file) as path:
        return fingerprint(path, full=full)


def _probe(file: Path | Location, video_id: str) -> VideoInfo:
    with held_as_found(file) as path:
        return probe(path, video_id)
