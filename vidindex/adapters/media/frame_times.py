"""Measure when a video's frames, sound and text end, by reading every packet.

The pictures end where the last frame that is shown ends, that is, at the largest of timestamp
+ duration over all packets that an edit list does not cut away. A packet without a duration
lasts as long as a frame does on average. The video ends where its last frame, sound or line
of text does. Headers are not trusted (live recordings, cut-off files, streams of unlike
lengths); where they differ by more than a second, a note says so. Demuxing runs at some
thousand times real time; it is the price of an end that is right.

Where the file's clock jumps, times are those that `vidindex.core.timing.clock_jumps` makes.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from vidindex.adapters.media.container import is_cover, opened
from vidindex.core.formatting.time_format import format_duration, format_time
from vidindex.core.timing.clock_jumps import (
    MIN_FORWARD_S,
    TAIL_S,
    WITHOUT_DECODE_TIMES,
    Run,
    RunTracker,
    find_jumps,
    note_of,
)
from vidindex.core.timing.clock_map import piece_of, retimed
from vidindex.core.timing.timecode import camera_rate
from vidindex.errors import ProbeError
from vidindex.types import ClockMap

TOLERANCE_S = 1.0
MAX_SOUND_GAP_S = 1.0

MAX_LINE_S = 30.0
"""Subtitle files may show a line (a name, an advertisement) for hours; they are not the film."""

MAX_SILENCE_S = 600.0
"""What comes longer than this after everything else has a wrong time, and makes no hours."""

MAX_READ_ON_S = 600.0
"""Where FFmpeg cannot seek by time, each look would read everything before it."""

MAX_PIECES = 500
"""A clock that jumps more often than this is not one that anything can be mapped from."""


@dataclass(frozen=True, slots=True)
class Extent:
    """Frames of one stream in media time; notes are what a person should know.

    picture_end_s: the end of the last frame. end_s: that of the last frame, sound or text.
    clock: None where the file's clock does not jump.
    """

    num_frames: int
    picture_end_s: float
    end_s: float
    clock: ClockMap | None
    notes: tuple[str, ...]


def measure(path: Path, stream_index: int) -> Extent:
    """Read the file to its end; stream_index: of the video that is shown.

    Raises ProbeError where its times cannot be used.
    """
    # A container of its own: seeking back to the start loses the first frames of MPEG files.
    with opened(path) as container:
        reader = _Reader(path, container, stream_index)
        broken = reader.read()
        extent = reader.extent(broken)
    if extent.clock and not extent.clock.entries:
        _check_seeks(path, stream_index, extent.clock)
    return extent


def _check_seeks(path: Path, stream_index: int, clock: ClockMap) -> None:
    """Raise ProbeError where FFmpeg does not find its way into a piece by time."""
    with opened(path) as container:
        stream = container.streams[stream_index]
        assert isinstance(stream, VideoStream)
        start_s = (container.start_time or 0) / av.time_base
        for piece in clock.pieces[1:]:
            container.seek(round((piece.to_s + start_s) * av.time_base))
            packets = retimed(container.demux(stream), clock, start_s)
            at_s = next((float(one.pts * one.time_base) for one in packets if one.pts), math.inf)
            if abs(piece.to_s + piece.shift_s + start_s - at_s) > MAX_READ_ON_S:
                begins = format_time(piece.from_s + piece.shift_s)
                raise _unusable(path, f"its clock jumps at {begins}, and nothing after is found")


def _unusable(path: Path, what: str) -> ProbeError:
    return ProbeError(
        f"{path.name}: {what}",
        "count its times again: "
        "ffmpeg -i IN -vf setpts=N/FRAME_RATE/TB -af asetpts=N/SR/TB OUT.mkv",
    )


class _Reader:
    """Takes the packets of one file, one after another."""

    def __init__(self, path: Path, container: InputContainer, stream_index: int) -> None:
        self._path, self._container = path, container
        stream = container.streams[stream_index]
        assert isinstance(stream, VideoStream)
        self._stream = stream
        self._start_s = (container.start_time or 0) / av.time_base
        self._usual_s = float(1 / (camera_rate(stream) or 25))
        streams = container.streams
        self._kept = [stream, *streams.audio, *streams.subtitles]
        self._format = container.format.name.split(",")[0]
        timed = self._format not in WITHOUT_DECODE_TIMES
        self._runs: Mapping[int, RunTracker] = {
            one.index: RunTracker(MIN_FORWARD_S if one is stream else MAX_SOUND_GAP_S, timed)
            for one in self._kept
        }
        self._picture, self._is_cover = stream.index, is_cover(stream)
        self._texts = {one.index for one in streams.subtitles}
        units = {one.index: one.time_base or Fraction(1, av.time_base) for one in self._kept}
        self._units = {index: (u.numerator, u.denominator) for index, u in units.items()}
        self._num_frames = self._without_time = self._byte = 0

    def read(self) -> str:
        """Read every packet; why reading broke off, or ""."""
        try:
            for packet in self._container.demux(self._kept):
                if packet.size and not packet.is_discard:
                    self._take(packet)
        except av.error.FFmpegError as error:
            end_s = max((end_s for _, end_s in self._spans(None, "video")), default=0.0)
            return f"reading stops at {end_s:.1f} s ({error.strerror})"
        return ""

    def _take(self, packet: "Packet[Any]") -> None:
        index, shown, decoded = packet.stream_index, packet.pts, packet.dts
        is_picture = index == self._picture
        self._num_frames += is_picture
        # Plain numbers: fractions would take longer than reading the packet.
        ticks, per_s = self._units[index]
        if shown is None and is_picture and self._is_cover:
            shown = round(self._start_s * per_s / ticks)
        if shown is None:
            self._without_time += is_picture
            return
        # Of several frames in one packet of the container, only the first has a place.
        self._byte = packet.pos if packet.pos is not None and packet.pos >= 0 else self._byte
        lasts_s = (packet.duration or 0) * ticks / per_s
        if is_picture:
            lasts_s = lasts_s or self._usual_s
        elif index in self._texts:
            lasts_s = min(lasts_s, MAX_LINE_S)
        self._runs[index].take(
            shown * ticks / per_s - self._start_s,
            -math.inf if decoded is None else decoded * ticks / per_s - self._start_s,
            lasts_s,
            self._byte,
            is_key=is_picture and packet.is_keyframe,
        )

    def _of(self, kind: str) -> list[Run]:
        return [run for one in self._kept if one.type == kind for run in self._runs[one.index].runs]

    def _spans(self, clock: ClockMap | None, *kinds: str) -> list[tuple[float, float]]:
        """Begin and end, in media time, of the runs of streams of these kinds, in order."""
        spans = []
        for run in (run for kind in kinds for run in self._of(kind)):
            shift_s = piece_of(clock, run.end_s, run.last_byte).shift_s if clock else 0.0
            spans.append((run.from_s + shift_s, run.end_s + shift_s))
        return sorted(spans)

    def _last_s(self, pictures_s: float, clock: ClockMap | None) -> tuple[float, str]:
        """The end of everything, and a note on what comes too long after it to be the film."""
        last_s, note = pictures_s, ""
        for begin_s, end_s in self._spans(clock, "audio", "subtitle"):
            if begin_s > last_s + MAX_SILENCE_S:
                begins, lasts = format_time(begin_s), format_duration(begin_s - last_s)
                note = f"sound or text at {begins} is left out: {lasts} before it hold nothing"
                break
            last_s = max(last_s, end_s)
        return (last_s if last_s > pictures_s + TAIL_S else pictures_s), note

    def extent(self, broken: str) -> Extent:
        """What was found. Raises ProbeError where the times cannot be used."""
        self._check()
        clock, jumps = find_jumps(
            self._of("video"), self._of("audio"), self._of("subtitle"), self._format
        )
        if clock and len(clock.pieces) > MAX_PIECES:
            raise _unusable(self._path, f"its clock jumps {len(clock.pieces) - 1} times")
        pictures_s = max((end_s for _, end_s in self._spans(clock, "video")), default=0.0)
        if pictures_s <= 0:
            raise ProbeError(
                f"{self._path.name} has no duration: its frames end at {pictures_s:.2f} s", ""
            )
        last_s, late = self._last_s(pictures_s, clock)
        if self._num_frames == 1:
            pictures_s = last_s  # on screen for as long as there is sound
        header = "" if clock else self._against_header(pictures_s, last_s)
        notes = tuple(note for note in (broken, header, late, note_of(jumps)) if note)
        return Extent(self._num_frames, pictures_s, last_s, clock, notes)

    def _check(self) -> None:
        name = self._path.name
        if self._num_frames == 0:
            raise ProbeError(
                f"{name} holds no frame: its video stream is empty", "copy it again from its source"
            )
        if self._without_time == self._num_frames:
            raise ProbeError(
                f"{name} has no duration: none of its {self._num_frames} frames has a time",
                f"put it in a container: ffmpeg -r 25 -i {name} -c copy OUT.mp4 (with its rate)",
            )

    def _against_header(self, pictures_s: float, last_s: float) -> str:
        """What the header promised and the packets do not hold, as a note; "" where they agree."""
        promised = self._promised_s(pictures_s, last_s)
        tolerance_s = max(TOLERANCE_S, 2 * self._usual_s)
        if not promised or any(abs(at_s - end_s) <= tolerance_s for at_s, end_s in promised):
            return ""
        promised_s, end_s = promised[0]
        if last_s < promised_s - tolerance_s:
            return f"truncated: {end_s:.1f} of {promised_s:.1f} s present"
        return f"header says {promised_s:.1f} s, frames end at {end_s:.1f} s"

    def _promised_s(self, pictures_s: float, last_s: float) -> list[tuple[float, float]]:
        """Ends that the header may mean, each with the one found in the packets."""
        stream, unit = self._stream, self._stream.time_base
        if stream.duration and unit and self._num_frames > 1:
            begin_s = float((stream.start_time or 0) * unit) - self._start_s
            lasts_s = float(stream.duration * unit)
            return [(lasts_s, pictures_s), (begin_s + lasts_s, pictures_s)]
        if not self._container.duration:
            return []
        # Matroska counts its duration from 0, the others from the start.
        lasts_s = self._container.duration / av.time_base
        counted = (lasts_s, lasts_s - self._start_s)
        return [(at_s, end_s) for at_s in counted for end_s in (pictures_s, last_s)]
