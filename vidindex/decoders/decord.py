"""The second decoder: decord, which counts frames; refuses files whose times it gets wrong.

decord knows frames by number, and finds them by seeking to keyframes. Whether that is
right is computed from each file before its first picture (`_refusal`): the frames it
counts must be the packets that are shown, at the same times, and a keyframe must be a
place to begin. It is measured in tests/test_decoders.py which files that leaves out.
"""

import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from types import ModuleType
from typing import Any

import av.error
import numpy as np
import numpy.typing as npt
from av.container import InputContainer

from vidindex.decoders.stream import (
    EPSILON_S,
    MAX_LOST_S,
    VideoFile,
    ascending,
    open_file,
    pictures_end,
)
from vidindex.errors import DecodeError, UnsupportedMedia
from vidindex.types import Frame, Source
from vidindex.types.plan import Picture

BATCH_FRAMES = 32
TOLERANCE_S = 0.002
# Without an index in the file, FFmpeg seeks by search, and decord takes what it lands on.
_WITHOUT_INDEX = {"mpeg", "mpegts"}


@dataclass(frozen=True, slots=True)
class _Packets:
    """Timestamps of the packets of one stream in media time, in order of decoding.

    num_hidden: how many an edit list cuts away. num_leading: how many follow a keyframe
    and are shown before it (an open group of pictures).
    """

    container: str
    codec: str
    first_s: float
    end_s: float
    times_s: npt.NDArray[np.float64]
    keys_s: npt.NDArray[np.float64]
    num_hidden: int
    num_leading: int
    has_b_frames: bool


@dataclass(frozen=True, slots=True)
class _Opened:
    """A file that was found sound, open at one picture size."""

    key: tuple[object, ...]
    reader: Any
    times_s: list[float]
    end_s: float


class DecordDecoder:
    """Implements `vidindex.ports.Decoder`. Keeps the file of the last call open.

    Opening costs decord a pass over the whole file, and chunks of one file come in a row.
    """

    name = "decord"

    def __init__(self) -> None:
        self._opened: _Opened | None = None

    def frames(
        self, source: Source, times_s: Sequence[float], size: tuple[int, int] | None = None
    ) -> Iterator[Frame]:
        """One upright RGB frame per time; see `vidindex.ports.Decoder.frames`.

        Raises UnsupportedMedia where decord would give wrong times or pictures.
        """
        ascending(times_s)
        opened = self._open(source, size or (source.width, source.height))
        wanted = [_index(opened.times_s, time_s) for time_s in times_s]
        pictures = self._pictures(source, opened.reader, sorted(set(wanted)))
        before, picture = -1, None
        for time_s, index in zip(times_s, wanted, strict=True):
            if opened.end_s + MAX_LOST_S <= time_s < source.duration_s:
                raise pictures_end(source, opened.end_s, time_s)
            if picture is None or index != before:
                picture = next(pictures)
            pts_s = opened.times_s[index]
            outside = time_s >= source.duration_s or pts_s > time_s + EPSILON_S
            yield Frame(time_s, pts_s, picture, held=outside or index == before)
            before = index

    def _pictures(self, source: Source, reader: Any, indices: list[int]) -> Iterator[Picture]:
        rest = iter(indices)
        while batch := list(islice(rest, BATCH_FRAMES)):
            try:
                yield from reader.get_batch(batch).asnumpy()
            except _decord().DECORDError as error:
                self._opened = None  # its state is unknown now
                message = f"{source.path.name}: decord failed: {_last_line(error)}"
                raise DecodeError(message, "try --decoder pyav") from error

    def _open(self, source: Source, size: tuple[int, int]) -> _Opened:
        try:
            found = source.path.stat()
        except OSError as error:
            message = f"{source.path.name} cannot be opened: {error.strerror}"
            raise DecodeError(message, "check that the file is there") from error
        key = source, size, found.st_mtime_ns, found.st_size
        if self._opened is None or self._opened.key != key:
            self._opened = None  # one file at a time
            self._opened = _Opened(key, *_sound_reader(source, size))
        return self._opened


def _index(times_s: list[float], time_s: float) -> int:
    return max(0, bisect.bisect_right(times_s, time_s + EPSILON_S) - 1)


def _sound_reader(source: Source, size: tuple[int, int]) -> tuple[Any, list[float], float]:
    """decord's reader, the media time of each of its frames, and the end of the last."""
    decord, name = _decord(), source.path.name
    packets = _packets(source)
    refusal = _refusal_of_file(source, packets)
    if not refusal:
        try:
            # One thread: with four, decord stumbles over VP9 (EAGAIN is an error to it).
            reader = decord.VideoReader(
                str(source.path), width=size[0], height=size[1], num_threads=1
            )
            refusal = _refusal_of_times(packets, reader.get_frame_timestamp(range(len(reader))))
        except (decord.DECORDError, UnicodeEncodeError) as error:
            refusal = f"decord cannot open it: {_last_line(error)}"
    if refusal:
        raise UnsupportedMedia(f"{name}: decord is not safe here: {refusal}", "use --decoder pyav")
    return reader, sorted(packets.times_s.tolist()), packets.end_s


def _refusal_of_file(source: Source, packets: _Packets) -> str:
    """Why decord's seeking would show other pictures, or ""."""
    reasons = {
        "it holds no frame with a time": not packets.times_s.size,
        f"{packets.container} has no index to seek by": packets.container in _WITHOUT_INDEX,
        f"an edit list hides {packets.num_hidden} frames, decord shows them": packets.num_hidden,
        "AVI does not say when B-frames are shown": packets.container == "avi"
        and packets.has_b_frames,
        f"{packets.num_leading} frames are shown before their keyframe (open groups of pictures)": (
            packets.num_leading
        ),
        "decord cannot seek in HEVC": packets.codec == "hevc" and len(packets.keys_s) > 1,
    }
    if reason := next((reason for reason, holds in reasons.items() if holds), ""):
        return reason
    return "" if _keys_are_sound(source, packets) else "its keyframes need those before (refresh)"


def _keys_are_sound(source: Source, packets: _Packets) -> bool:
    """Whether decoding can begin at a keyframe: tried at the second."""
    if len(packets.keys_s) < 2:
        return True
    with VideoFile(source) as video:
        video.at(max(0.0, packets.first_s))
        video.at(float(packets.keys_s[1]))
        return video.keys_are_sound


def _refusal_of_times(packets: _Packets, stamps: npt.NDArray[np.float32]) -> str:
    """Why decord's clock is not the file's, or ""."""
    if len(stamps) != len(packets.times_s):
        return f"decord counts {len(stamps)} frames, the file holds {len(packets.times_s)}"
    # decord counts from the video's own first frame, in 32 bit.
    differs_s = np.abs(stamps[:, 0] + packets.first_s - np.sort(packets.times_s))
    worst_s = float(np.max(differs_s - TOLERANCE_S - 2e-7 * np.abs(packets.times_s).max()))
    return "" if worst_s <= 0 else f"decord's times are off by up to {differs_s.max():.3g} s"


def _packets(source: Source) -> _Packets:
    try:
        with open_file(source) as container:
            return _read(source, container)
    except (av.error.FFmpegError, OSError) as error:
        message = f"{source.path.name} cannot be opened: {error}"
        raise DecodeError(message, "check that the file is there and whole") from error


def _read(source: Source, container: InputContainer) -> _Packets:
    stream = next(one for one in container.streams.video if one.index == source.stream_index)
    times_s: list[float] = []
    keys_s: list[float] = []
    num_hidden = num_leading = 0
    end_s = 0.0
    for packet in container.demux(stream):
        if packet.pts is None or not packet.size:
            continue
        time_s = round(float(packet.pts * packet.time_base) - source.start_s, 6) + 0.0
        times_s.append(time_s)
        end_s = max(end_s, time_s + float((packet.duration or 0) * packet.time_base))
        num_hidden += packet.is_discard
        if packet.is_keyframe:
            keys_s.append(time_s)
        num_leading += bool(keys_s) and time_s < keys_s[-1]
    return _Packets(
        container.format.name.split(",")[0],
        stream.codec_context.codec.canonical_name,
        min(times_s, default=0.0),
        end_s,
        np.array(times_s),
        np.array(keys_s),
        num_hidden,
        num_leading,
        bool(stream.codec_context.has_b_frames),
    )


def _decord() -> ModuleType:
    import decord

    decord.logging.set_level(decord.logging.QUIET)
    return decord  # type: ignore[no-any-return]


def _last_line(error: Exception) -> str:
    """decord's messages are stack traces that end or begin with what matters."""
    return str(error).strip().splitlines()[0].split("] ")[-1]
