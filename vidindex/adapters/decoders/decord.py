"""Decode with decord, which counts frames; refuse files whose times it gets wrong.

decord knows frames by number. Its ways to skip and seek are not used: skipping gives up,
with a line on stderr, when its decoding thread does not answer in 10,000 polls, so on a
busy machine it returns other frames than were asked for; and seeking is wrong in open
groups of pictures. Frames are taken one after another, which is exact, and slow where
few are wanted: it is there to cross-check the usual decoder.

What is left to go wrong is computed from each file before its first picture: the frames
that decord counts must be the packets that are shown, at the same times.
"""

import bisect
import os
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any

import av.error
import numpy as np
import numpy.typing as npt
from av.container import InputContainer

from vidindex.adapters.decoders.pyav_stream import (
    EPSILON_S,
    MAX_LOST_S,
    VideoFile,
    ascending,
    open_file,
    pictures_end,
)
from vidindex.adapters.media.verified_open import held
from vidindex.errors import DecodeError, UnsupportedMedia
from vidindex.types import Frame, Source
from vidindex.types.plan import Picture

TOLERANCE_S = 0.002
# MPEG streams have no index: decord rewinds by searching, and loses the first frames.
_LOSES_THE_START = {"mpeg", "mpegts"}
# At the end of a file decord polls for the last frames, and on a busy machine gives up
# too early by default (10,240). The value holds for seconds, and then it is an error.
_PATIENCE = {"DECORD_EOF_RETRY_MAX": "10000000"}


class DecordDecoder:
    """Implements `vidindex.ports.Decoder`. Keeps the file of the last call open.

    Chunks of one file come in a row: each goes on where the one before ended.
    """

    name = "decord"

    def __init__(self) -> None:
        self._opened: _InOrder | None = None

    def frames(
        self, source: Source, times_s: Sequence[float], size: tuple[int, int] | None = None
    ) -> Iterator[Frame]:
        """One upright RGB frame per time; see `vidindex.ports.Decoder.frames`.

        Raises UnsupportedMedia where decord would give wrong times or pictures.
        """
        ascending(times_s)
        video = self._open(source, size or (source.width, source.height))
        before = -1
        for time_s in times_s:
            index = max(0, bisect.bisect_right(video.times_s, time_s + EPSILON_S) - 1)
            is_cut = video.end_s + MAX_LOST_S <= time_s < source.picture_end_s
            if is_cut and not source.is_still:
                raise pictures_end(source, video.end_s, time_s)
            pts_s = video.times_s[index]
            outside = time_s >= source.picture_end_s or pts_s > time_s + EPSILON_S
            yield Frame(time_s, pts_s, video.picture(index), held=outside or index == before)
            before = index

    def _open(self, source: Source, size: tuple[int, int]) -> "_InOrder":
        try:
            found = source.path.stat()
        except OSError as error:
            message = f"{source.path.name} cannot be opened: {error.strerror}"
            raise DecodeError(message, "check that the file is there") from error
        key = source, size, found.st_mtime_ns, found.st_size
        if self._opened is None or self._opened.key != key:
            self._opened = None  # one file at a time
            self._opened = _InOrder(key, source, size)
        return self._opened


class _InOrder:
    """One file at one picture size, read from its start onwards; going back begins again."""

    def __init__(self, key: tuple[object, ...], source: Source, size: tuple[int, int]) -> None:
        self.key = key
        self._source, self._size = source, size
        self._next = 0
        self._picture: Picture = np.zeros((0, 0, 3), np.uint8)
        packets = _Packets(source)
        if refusal := packets.refusal() or self._begin() or packets.differ(self._stamps()):
            message = f"{source.path.name}: decord is not safe here: {refusal}"
            raise UnsupportedMedia(message, "use the pyav decoder")
        self.times_s = sorted(packets.times_s)
        self.end_s = packets.end_s

    def picture(self, index: int) -> Picture:
        """The frame of that number. Raises DecodeError where decord fails."""
        if index < self._next - 1:
            self._begin()
        try:
            while self._next <= index:
                self._picture = self._reader.next().asnumpy()
                self._next += 1
        except (_decord().DECORDError, StopIteration) as error:
            self._next = len(self.times_s) + 1  # its state is unknown: begin again
            message = f"{self._source.path.name}: decord failed at frame {index}: {_line(error)}"
            raise DecodeError(message, "use the pyav decoder") from error
        return self._picture

    def _begin(self) -> str:
        """Open at the start; returns why that cannot be done, or ""."""
        decord = _decord()
        width, height = self._size
        self._next = 0
        try:
            # fault_tol=0: a frame that cannot be decoded is an error, not a copy of another.
            # One thread: with four, decord stumbles over VP9 (EAGAIN is an error to it).
            with held(self._source) as file:
                self._reader: Any = decord.VideoReader(
                    str(file.path), width=width, height=height, num_threads=1, fault_tol=0
                )
        except (decord.DECORDError, UnicodeEncodeError) as error:
            return f"it cannot be opened ({_line(error)})"
        return ""

    def _stamps(self) -> npt.NDArray[np.float32]:
        stamps: npt.NDArray[np.float32] = self._reader.get_frame_timestamp(range(len(self._reader)))
        return stamps[:, 0]


class _Packets:
    """Timestamps of the packets of one stream, in media time."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.times_s: list[float] = []
        self.end_s = 0.0
        self._num_hidden = 0
        try:
            with open_file(source) as container:
                self._read(container)
            with VideoFile(source) as video:
                self._turns_deg = -video.at(0.0).frame.rotation % 360
        except (av.error.FFmpegError, OSError) as error:
            message = f"{source.path.name} cannot be opened: {error}"
            raise DecodeError(message, "check that the file is there and whole") from error

    def _read(self, container: InputContainer) -> None:
        videos = container.streams.video
        stream = next(one for one in videos if one.index == self._source.stream_index)
        self._container = container.format.name
        self._has_b_frames = bool(stream.codec_context.has_b_frames)
        for packet in container.demux(stream):
            if packet.pts is None or not packet.size:
                continue
            time_s = float(packet.pts * packet.time_base) - self._source.start_s
            self.times_s.append(round(time_s, 6) + 0.0)
            lasts_s = float((packet.duration or 0) * packet.time_base)
            self.end_s = max(self.end_s, time_s + lasts_s)
            self._num_hidden += packet.is_discard

    def refusal(self) -> str:
        """Why decord shows other frames than are meant, or ""."""
        if self._source.clock:
            return "the file's clock jumps"
        if not self.times_s:
            return "no frame has a time"
        if self._container in _LOSES_THE_START:
            return f"it loses the first frames of {self._container}"
        if self._num_hidden:
            return f"an edit list hides {self._num_hidden} frames, decord shows them"
        if self._turns_deg != self._source.rotation_deg:
            return f"it turns the picture by {self._turns_deg} degrees (a mirror to be undone)"
        if self._container == "avi" and self._has_b_frames:
            return "AVI does not say when B-frames are shown"
        return ""

    def differ(self, stamps: npt.NDArray[np.float32]) -> str:
        """Why decord's clock is not the file's, or ""."""
        if len(stamps) != len(self.times_s):
            return f"it counts {len(stamps)} frames, the file holds {len(self.times_s)}"
        times_s = np.sort(self.times_s)
        # decord counts from the video's own first frame, in 32 bit.
        differs_s = np.abs(stamps + times_s[0] - times_s)
        if np.all(differs_s <= TOLERANCE_S + 2e-7 * np.abs(times_s)):
            return ""
        return f"its times are off by up to {differs_s.max():.3g} s"


def _decord() -> ModuleType:
    for name, value in _PATIENCE.items():
        os.environ.setdefault(name, value)
    import decord

    decord.logging.set_level(decord.logging.QUIET)
    return decord  # type: ignore[no-any-return]


def _line(error: Exception) -> str:
    """What matters of decord's messages, which are stack traces."""
    lines = str(error).strip().splitlines()
    return lines[0].split("] ")[-1] if lines else "it has no more frames"
