"""Measures where a video's frames lie by reading every packet's timestamps; decodes nothing.

The rule for the duration: the end of the last frame that is shown, that is, the
largest of timestamp + duration over all packets that an edit list does not cut away.
A packet without a duration lasts as long as a frame does on average. Headers are not
trusted, since they lie (live recordings, cut-off files, streams of unlike lengths);
where they differ by more than a second, a note says so. Demuxing runs at some
thousand times real time; it is the price of an end that is right.
"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from vidindex.adapters.media.container import best_video, opened
from vidindex.errors import ProbeError

# Beyond this, timestamps that run backwards are two recordings in one file.
MAX_STEP_BACK_S = 1.0
TOLERANCE_S = 1.0


@dataclass(frozen=True, slots=True)
class Extent:
    """Frames of one stream in media time; notes are what a person should know."""

    num_frames: int
    end_s: float
    notes: tuple[str, ...]


def measure(path: Path) -> Extent:
    """Read the file's best video stream to its end.

    Raises ProbeError where its times cannot be used.
    """
    # Opened anew: seeking back to the start loses the first frames of MPEG files.
    with opened(path) as container:
        if (stream := best_video(container)) is None:
            raise ProbeError(f"{path.name} has no video", "leave it out")
        return _measure(path, container, stream)


def _measure(path: Path, container: InputContainer, stream: VideoStream) -> Extent:
    start_s = (container.start_time or 0) / av.time_base
    reader = _Reader(path, stream, start_s)
    broken = ""
    try:
        for packet in container.demux(stream):
            if packet.size:
                reader.take(packet)
    except av.error.FFmpegError as error:
        broken = f"reading stops at {reader.end_s:.1f} s ({error.strerror})"
    reader.check()
    notes = [broken, _against_header(path, container, stream, reader.end_s)]
    return Extent(reader.num_frames, reader.end_s, tuple(note for note in notes if note))


class _Reader:
    """Takes packets one after another."""

    def __init__(self, path: Path, stream: VideoStream, start_s: float) -> None:
        self._path, self._start_s = path, start_s
        self._unit = stream.time_base or Fraction(1, av.time_base)
        rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        self._usual = int(1 / (rate * self._unit))
        self._last_dts: int | None = None
        self._without_time = 0
        self.num_frames = 0
        self.end_s = 0.0

    def take(self, packet: "Packet[VideoStream]") -> None:
        self._check_order(packet.dts)
        if packet.is_discard:
            return
        self.num_frames += 1
        if packet.pts is None:
            self._without_time += 1
            return
        end = (packet.pts + (packet.duration or self._usual)) * self._unit
        self.end_s = max(self.end_s, float(end) - self._start_s)

    def _check_order(self, dts: int | None) -> None:
        if dts is None:
            return
        before, self._last_dts = self._last_dts, dts
        if before is not None and (before - dts) * self._unit > MAX_STEP_BACK_S:
            was_s, is_s = (float(at * self._unit) - self._start_s for at in (before, dts))
            raise ProbeError(
                f"{self._path.name}: its clock jumps back from {was_s:.1f} s to {is_s:.1f} s",
                "it is several recordings in one; remux it: ffmpeg -i IN -c copy OUT.mkv",
            )

    def check(self) -> None:
        name = self._path.name
        if self.num_frames == 0:
            raise ProbeError(
                f"{name} holds no frame: its video stream is empty", "copy it again from its source"
            )
        if self._without_time == self.num_frames:
            raise ProbeError(
                f"{name} has no duration: none of its {self.num_frames} frames has a time",
                f"put it in a container: ffmpeg -r 25 -i {name} -c copy OUT.mp4 (with its rate)",
            )
        if self.end_s <= 0:
            raise ProbeError(f"{name} has no duration: its frames end at {self.end_s:.2f} s", "")


def _against_header(
    path: Path, container: InputContainer, stream: VideoStream, end_s: float
) -> str:
    """What the header promised and the packets do not hold, as a note; "" where they agree."""
    start_s = (container.start_time or 0) / av.time_base
    promised_s = _promised_s(container, stream)
    # Matroska counts its duration from 0, the others from the start.
    if (
        promised_s is None
        or min(abs(promised_s - end_s - at_s) for at_s in (0, start_s)) <= TOLERANCE_S
    ):
        return ""
    if end_s < promised_s and _last_s(path, start_s) < promised_s - TOLERANCE_S:
        return f"truncated: {end_s:.1f} of {promised_s:.1f} s present"
    return f"header says {promised_s:.1f} s, frames end at {end_s:.1f} s"


def _promised_s(container: InputContainer, stream: VideoStream) -> float | None:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else None


def _last_s(path: Path, start_s: float) -> float:
    """Media time of the last packet of any stream: a film may outlast its pictures."""
    last_s = 0.0
    with opened(path) as container:
        try:
            for packet in container.demux():
                if packet.pts is not None and packet.time_base:
                    last_s = max(last_s, float(packet.pts * packet.time_base) - start_s)
        except av.error.FFmpegError:
            return last_s  # where reading stops is what was asked
    return last_s
