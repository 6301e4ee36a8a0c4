"""Read one video stream forward: packets in, decoded frames with media times out (PyAV).

Knows which packets need no decoding, and how to begin anywhere; chooses no times and
converts no pixels.

- Every packet up to the moment asked for is read before any is decoded. So the frame
  that is wanted is known by its timestamp, a group of pictures that ends before it is
  passed over whole, and of the others frames that none refers to are not decoded.
- A jump of more than JUMP_S is a seek. Where nothing can be shown after it (an open
  group, gradual refresh, a wrong index), it begins further back, at last at the start.
- AVI has no presentation times: FFmpeg makes them up, and with B-frames in the wrong
  order. There the decode time of a frame's arrival counts, as in the ffmpeg command; but
  not for codecs that have none, such as Motion JPEG.
- A packet that cannot be decoded is passed over, as players do; the picture before it
  stays on screen. More than MAX_LOST_S of that is an error.
- Where the file's clock jumps, packets are retimed as they are read.
"""

import math
import os
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import av
import av.error
from av.codec.context import ThreadType
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from vidindex.adapters.media.verified_open import held
from vidindex.core.timing.clock_map import entry_byte, own_time, retimed
from vidindex.core.timing.timecode import camera_rate
from vidindex.errors import DecodeError
from vidindex.types import Source

JUMP_S = 15.0
MAX_LOST_S = 1.0
# A time computed as i / fps may fall short of the timestamp it means by a rounding error.
EPSILON_S = 1e-5
MAX_THREADS = 4
FIRST_STEP_BACK_S = 2.0
# MPEG program streams time some frames only; after a seek FFmpeg miscounts the others.
_GUESSES_AFTER_SEEK = {"mpeg"}
_KNOWS_UNREFERENCED = {"h264", "hevc"}


@dataclass(frozen=True, slots=True)
class Decoded:
    """A frame and when it is on screen, in media time."""

    pts_s: float
    end_s: float
    frame: VideoFrame


class VideoFile:
    """The frames of `source`, for ascending times; a context manager."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._error = ""
        self._keys_are_sound = True
        self._begin()

    def __enter__(self) -> "VideoFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._container.close()

    def at(self, time_s: float) -> Decoded:
        """The frame on screen at `time_s`: the last one that began; before all, the first.

        Raises DecodeError where that frame cannot be had.
        """
        if self._can_seek and time_s > self._read_s + JUMP_S:
            self._seek(time_s)
        wanted_s = self._advance(time_s, pass_over=self._keys_are_sound)
        back_s = FIRST_STEP_BACK_S
        while self._none_since_jump and not self._from_start:
            self._seek(time_s - back_s)
            wanted_s = self._advance(time_s, pass_over=False)
            back_s *= 4
        return self._checked(time_s, wanted_s)

    def _checked(self, time_s: float, wanted_s: float) -> Decoded:
        shown = self._shown or (self._ahead[0] if self._ahead else None)
        name, why = self._source.path.name, f" ({self._error})" if self._error else ""
        if shown is None:
            message = f"{name}: no picture can be decoded{why}"
            raise DecodeError(message, "play the file to see whether it is damaged")
        is_cut = shown.end_s + MAX_LOST_S <= time_s < self._source.picture_end_s
        if self._drained and is_cut and not self._source.is_still:
            raise pictures_end(self._source, shown.end_s, time_s, why)
        if wanted_s > shown.pts_s + MAX_LOST_S:
            message = f"{name}: no picture from {shown.end_s:.1f} to {wanted_s:.1f} s{why}"
            raise DecodeError(message, "the file is damaged there; copy it again from its source")
        return shown

    # Places

    @property
    def _can_seek(self) -> bool:
        return self._keys_are_sound and self._container.format.name not in _GUESSES_AFTER_SEEK

    def _begin(self) -> None:
        """Open at the very start. Seeking there would lose the first frames of MPEG files."""
        try:
            self._container = open_file(self._source)
            stream = self._container.streams[self._source.stream_index]
        except (av.error.FFmpegError, OSError, IndexError) as error:
            message = f"{self._source.path.name} cannot be opened: {error}"
            raise DecodeError(message, "check that the file is there and whole") from error
        if not isinstance(stream, VideoStream):
            message = f"{self._source.path.name}: stream {stream.index} is not a video"
            raise DecodeError(message, "the file has changed; ingest it again")
        self._stream = stream
        self._codec = stream.codec_context
        self._codec.thread_type = ThreadType.AUTO
        self._codec.thread_count = min(MAX_THREADS, os.cpu_count() or 1)
        self._unit = stream.time_base or Fraction(1, av.time_base)
        self._usual_s = float(1 / (camera_rate(stream) or 25))
        self._by_dts = self._container.format.name == "avi" and self._codec.codec.reorder
        self._reset(from_start=True)

    def _seek(self, time_s: float) -> None:
        """Go to a keyframe before `time_s`, or to the start."""
        if time_s > 0 and self._can_seek:
            try:
                if self._go_to(time_s):
                    self._reset(from_start=False)
                    return
            except av.error.FFmpegError as error:
                self._error = str(error.strerror)
        self._container.close()
        self._begin()

    def _go_to(self, time_s: float) -> bool:
        """Seek; False where that is the start."""
        clock = self._source.clock
        byte = entry_byte(clock, time_s) if clock else None
        if byte is None:
            target = int((own_time(clock, time_s) + self._source.start_s) / self._unit)
            self._container.seek(target, stream=self._stream)
        elif byte:
            self._container.seek(byte, stream=self._stream, unsupported_byte_offset=True)
        return byte != 0

    def _reset(self, *, from_start: bool) -> None:
        self._from_start = from_start
        self._waiting: deque[Packet[VideoStream]] = deque()
        self._due_s: list[float] = []  # timestamps of packets read whose frames are not out yet
        self._ahead: deque[Decoded] = deque()
        self._shown: Decoded | None = None
        self._last_s: float | None = None
        self._packets = self._demuxed()
        self._read_s = 0.0 if from_start else -math.inf
        self._drained = False
        self._jumped(-math.inf if from_start else None)

    def _jumped(self, key_s: float | None) -> None:
        """Frames before the keyframe decoded from here on are wrong; None: it is still sought."""
        self._none_since_jump = True
        self._not_before_s = key_s
        self._key_s = None if key_s == -math.inf else key_s

    # Packets

    def _demuxed(self) -> "Iterator[Packet[VideoStream]]":
        source, packets = self._source, self._container.demux(self._stream)
        try:
            yield from retimed((p for p in packets if p.size), source.clock, source.start_s)
        except (av.error.FFmpegError, OSError) as error:
            self._error = str(error.strerror)

    def _read(self) -> "Packet[VideoStream] | None":
        """The next packet; after a jump, from a keyframe on."""
        for packet in self._packets:
            if self._not_before_s is None:
                if not packet.is_keyframe:
                    continue
                self._jumped(self._packet_s(packet))
            # Decode times ascend: once they are past a moment, so are all timestamps.
            stamp = packet.dts if packet.dts is not None else packet.pts
            if stamp is not None:
                late_s = 0.0 if packet.dts is not None else MAX_LOST_S
                self._read_s = max(self._read_s, self._media_s(stamp) - late_s)
            if not packet.is_discard:
                self._due_s.append(self._packet_s(packet))
            return packet
        return None

    def _read_until(self, time_s: float, *, pass_over: bool) -> None:
        while self._read_s <= time_s + EPSILON_S and (packet := self._read()):
            packet_s = self._packet_s(packet)
            if pass_over and packet.is_keyframe and self._waiting and not self._by_dts:
                shown_s = self._shown.pts_s if self._shown else -math.inf
                if shown_s < packet_s <= time_s + EPSILON_S:
                    self._pass_over(packet_s)
                    self._due_s.append(packet_s)
            self._waiting.append(packet)

    def _pass_over(self, key_s: float) -> None:
        """Nothing before this keyframe is wanted."""
        self._due_s.clear()
        self._waiting.clear()
        self._ahead.clear()
        self._codec.flush_buffers()
        self._jumped(key_s)
        self._from_start = False

    # Frames

    def _advance(self, time_s: float, *, pass_over: bool) -> float:
        """Decode up to the frame on screen; returns the timestamp that frame should have."""
        while self._ahead and self._ahead[0].pts_s <= time_s + EPSILON_S:
            self._shown = self._ahead.popleft()
        self._read_until(time_s, pass_over=pass_over)
        wanted_s = self._wanted_s(time_s)
        while not (self._drained or self._ahead or self._is_shown(wanted_s)):
            for frame in self._decode(wanted_s):
                self._put(self._timed(frame), time_s)
            if not (self._keys_are_sound or self._from_start):
                break
        return -math.inf if self._by_dts else wanted_s

    def _wanted_s(self, time_s: float) -> float:
        """The timestamp of the frame on screen: -inf where it is out already, inf if unknown."""
        if self._by_dts:
            return math.inf
        out_s = self._shown.pts_s if self._shown else -math.inf
        self._due_s = [at for at in self._due_s if at > out_s + EPSILON_S]
        return max((at for at in self._due_s if at <= time_s + EPSILON_S), default=-math.inf)

    def _is_shown(self, wanted_s: float) -> bool:
        return self._shown is not None and self._shown.pts_s >= wanted_s - EPSILON_S

    def _decode(self, wanted_s: float) -> list[VideoFrame]:
        packet = self._waiting.popleft() if self._waiting else self._read()
        self._drained = packet is None
        if packet and self._codec.codec.canonical_name in _KNOWS_UNREFERENCED:
            needless = self._packet_s(packet) < wanted_s - EPSILON_S and not self._by_dts
            self._codec.skip_frame = "NONREF" if needless else "DEFAULT"
        try:
            return self._codec.decode(packet)
        except av.error.FFmpegError as error:
            self._error = str(error.strerror)
            return []

    def _timed(self, frame: VideoFrame) -> Decoded:
        stamp = frame.dts if self._by_dts else frame.pts
        last_s = self._last_s if self._last_s is not None else -self._usual_s
        pts_s = self._media_s(stamp) if stamp is not None else last_s + self._usual_s
        self._last_s = pts_s
        lasts_s = float(frame.duration * self._unit) if frame.duration else self._usual_s
        return Decoded(pts_s, pts_s + lasts_s, frame)

    def _put(self, decoded: Decoded, time_s: float) -> None:
        key_s = self._not_before_s if self._not_before_s is not None else -math.inf
        if decoded.pts_s < key_s - EPSILON_S or not self._confirms(decoded):
            return
        if decoded.pts_s > time_s + EPSILON_S:
            self._ahead.append(decoded)
            return
        self._shown = decoded
        self._none_since_jump = False

    def _confirms(self, decoded: Decoded) -> bool:
        """A "keyframe" whose own picture does not come out first is not one (gradual refresh)."""
        if self._key_s is not None and not self._by_dts:
            self._keys_are_sound = decoded.pts_s <= self._key_s + EPSILON_S
        self._key_s = None
        return self._keys_are_sound or self._from_start

    def _packet_s(self, packet: "Packet[VideoStream]") -> float:
        stamp = packet.dts if self._by_dts or packet.pts is None else packet.pts
        return self._media_s(stamp) if stamp is not None else math.inf

    def _media_s(self, stamp: int) -> float:
        # Rounded: the container's start is known to a microsecond only. No minus zero.
        stamp_s = stamp * self._unit.numerator / self._unit.denominator
        return round(stamp_s - self._source.start_s, 6) + 0.0


def pictures_end(source: Source, end_s: float, time_s: float, why: str = "") -> DecodeError:
    """A time within the video without a picture."""
    return DecodeError(
        f"{source.path.name}: pictures end at {end_s:.1f} s, none for {time_s:.1f} s{why}",
        "the file is cut short; copy it again from its source",
    )


def ascending(times_s: Sequence[float]) -> None:
    """Raise ValueError where times run backwards: decoders read forward only."""
    for before_s, time_s in pairwise(times_s):
        if time_s < before_s:
            raise ValueError(f"times must ascend, got {time_s} after {before_s}")


def open_file(source: Source) -> InputContainer:
    """Only local files: a playlist cannot make the decoder read elsewhere."""
    with held(source) as file:
        return av.open(
            f"file:{file.path}",
            format=source.container or None,
            options={"protocol_whitelist": "file"},
            metadata_errors="replace",
        )
