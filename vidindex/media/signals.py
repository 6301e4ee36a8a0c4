"""Cheap signals of a video for planning: packets, and a glance at some keyframes (PyAV).

One demux pass; of the keyframes at most one a second is decoded, alone, into a tiny
grey picture. Decides nothing about sampling.
"""

from itertools import pairwise

import av
import numpy as np
import numpy.typing as npt
from av.codec.context import ThreadType
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from vidindex.errors import DecodeError
from vidindex.types import Signals, Source

MIN_LOOK_GAP_S = 1.0
LOOK_WIDTH, LOOK_HEIGHT = 64, 36

_Look = tuple[float, npt.NDArray[np.float32]]


def read_signals(source: Source) -> Signals:
    """Packets and looks of the source's video stream, in media time, in presentation order.

    Raises DecodeError where the file cannot be opened or holds no packet of the stream.
    """
    try:
        with av.open(str(source.path)) as container:
            return _read(container, source)
    except (av.FFmpegError, OSError) as error:
        raise DecodeError(
            f"{source.path.name}: its packets cannot be read ({error})",
            "check that the file is whole; ffmpeg may be able to repair it",
        ) from error


def _read(container: InputContainer, source: Source) -> Signals:
    stream = container.streams[source.stream_index]
    assert isinstance(stream, VideoStream)
    stream.codec_context.skip_frame = "NONKEY"
    stream.codec_context.thread_type = ThreadType.SLICE
    packets: list[tuple[float, int, bool]] = []
    glance = _Glance(stream, source.start_s)
    for packet in container.demux(stream):
        stamp = packet.pts if packet.pts is not None else packet.dts
        if stamp is None or packet.time_base is None:
            continue
        time_s = float(stamp * packet.time_base) - source.start_s
        packets.append((time_s, packet.size, packet.is_keyframe))
        if packet.is_keyframe:
            glance.offer(packet, time_s)
    if not packets:
        raise DecodeError(
            f"{source.path.name}: stream {source.stream_index} holds no packet",
            "check that the file is whole",
        )
    packets.sort()
    times_s, sizes, keys = zip(*packets, strict=True)
    return glance.signals(np.array(times_s), np.array(sizes), np.array(keys))


class _Glance:
    """Decodes keyframes by themselves and compares each with the one before."""

    def __init__(self, stream: VideoStream, start_s: float) -> None:
        self._stream = stream
        self._start_s = start_s
        self._last_s = -MIN_LOOK_GAP_S
        self._looks: list[_Look] = []
        self._num_failed = 0

    def offer(self, packet: "Packet[VideoStream]", time_s: float) -> None:
        """Decode this keyframe unless one less than a second before it was taken."""
        if time_s - self._last_s < MIN_LOOK_GAP_S:
            return
        self._last_s = time_s
        self._decode(packet)

    def _decode(self, packet: "Packet[VideoStream] | None") -> None:
        try:
            frames = self._stream.codec_context.decode(packet)
        except av.FFmpegError:
            self._num_failed += 1
            return
        self._looks += [self._look(frame) for frame in frames if frame.pts is not None]

    def _look(self, frame: VideoFrame) -> _Look:
        assert frame.pts is not None
        assert self._stream.time_base is not None
        grey = frame.reformat(LOOK_WIDTH, LOOK_HEIGHT, format="gray", interpolation="AREA")
        time_s = float(frame.pts * self._stream.time_base) - self._start_s
        return time_s, grey.to_ndarray().astype(np.float32) / np.float32(255)

    def signals(
        self,
        times_s: npt.NDArray[np.float64],
        sizes: npt.NDArray[np.int64],
        keys: npt.NDArray[np.bool_],
    ) -> Signals:
        """All that was seen, once the last packet was offered."""
        self._decode(None)
        looks = sorted(self._looks, key=lambda look: look[0])
        changes = [np.abs(now - before) for (_, before), (_, now) in pairwise(looks)]
        first = [0.0] if looks else []
        return Signals(
            packet_times_s=times_s,
            packet_sizes=sizes,
            packet_is_key=keys,
            look_times_s=np.array([time_s for time_s, _ in looks]),
            look_differences=np.array([*first, *(float(change.mean()) for change in changes)]),
            look_peaks=np.array([*first, *(float(change.max()) for change in changes)]),
            num_failed_looks=self._num_failed,
        )
