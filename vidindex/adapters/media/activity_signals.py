"""Read activity signals of a video: packet sizes, and thumbnails of some keyframes (PyAV).

One demux pass; of the keyframes at most one a second is decoded, alone, into a tiny
grey picture, and where it is wanted also into a picture for a model. Decides nothing about
sampling.
"""

from collections.abc import Iterator
from itertools import pairwise

import av
import numpy as np
import numpy.typing as npt
from av.codec.context import ThreadType
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from av.video.stream import VideoStream

from vidindex.adapters.decoders.pyav import upright
from vidindex.adapters.media.container import is_cover
from vidindex.adapters.media.verified_open import held
from vidindex.core.timing.clock_map import retimed
from vidindex.errors import DecodeError
from vidindex.types import Frame, Picture, Signals, Source

MIN_LOOK_GAP_S = 1.0
# Fine enough that what a model could still make out moves a block by itself.
LOOK_WIDTH, LOOK_HEIGHT = 64, 36

_Picture = npt.NDArray[np.uint8]


def read_signals(source: Source) -> Signals:
    """Packets and looks of the source's video stream, in media time, in presentation order.

    What comes before a break in the file is kept. Raises DecodeError where the file
    cannot be opened or not one packet of the stream can be read.
    """
    (signals,) = [one for one in stream_signals(source, None) if isinstance(one, Signals)]
    return signals


def stream_signals(source: Source, size: tuple[int, int] | None) -> Iterator[Frame | Signals]:
    """The keyframes that are looked at, as they are decoded, then the signals of the source.

    size: (width, height) of the keyframes' pictures, upright RGB; None for no pictures.
    """
    try:
        with (
            held(source) as file,
            av.open(
                f"file:{file.path}",
                format=source.container or None,
                options={"protocol_whitelist": "file"},
                metadata_errors="replace",
            ) as container,
        ):
            yield from _read(container, source, size)
    except (av.FFmpegError, OSError) as error:
        raise DecodeError(
            f"{source.path.name}: its packets cannot be read ({error})",
            "check that the file is whole; ffmpeg may be able to repair it",
        ) from error


def _read(
    container: InputContainer, source: Source, size: tuple[int, int] | None
) -> Iterator[Frame | Signals]:
    stream = container.streams[source.stream_index]
    assert isinstance(stream, VideoStream)
    packets: list[tuple[float, int, bool]] = []
    glance = _Glance(stream, source, size)
    for packet in _packets(container, stream, source):
        stamp = packet.pts if packet.pts is not None else packet.dts
        if stamp is None and is_cover(stream):
            stamp = round(source.start_s / packet.time_base)
        # A discarded packet comes before an edit list's start: it is never shown.
        if stamp is None or packet.time_base is None or packet.is_discard:
            continue
        time_s = float(stamp * packet.time_base) - source.start_s
        packets.append((time_s, packet.size, packet.is_keyframe))
        if packet.is_keyframe:
            yield from glance.offer(packet, time_s)
    if not packets:
        raise DecodeError(
            f"{source.path.name}: not one packet of stream {source.stream_index} can be read",
            "check that the file is whole",
        )
    packets.sort()
    times_s, sizes, keys = zip(*packets, strict=True)
    yield from glance.decode(None)
    yield glance.signals(np.array(times_s), np.array(sizes), np.array(keys))


def _packets(
    container: InputContainer, stream: VideoStream, source: Source
) -> "Iterator[Packet[VideoStream]]":
    """All packets that can be read; where reading breaks, probing has already reported it."""
    try:
        yield from retimed(container.demux(stream), source.clock, source.start_s)
    except av.FFmpegError:
        return


class _Glance:
    """Decodes keyframes by themselves and compares each with the one before."""

    def __init__(self, stream: VideoStream, source: Source, size: tuple[int, int] | None) -> None:
        stream.codec_context.skip_frame = "NONKEY"
        # Keyframes do not depend on each other, so that each core decodes one of its own: 1.4
        # times as fast on two cores as slices, of which most files have one a picture. Pictures
        # come later for it, which does not matter before `signals`.
        stream.codec_context.thread_type = ThreadType.FRAME
        self._resizer = VideoReformatter()  # making a new one takes longer than resizing
        self._stream = stream
        self._source, self._size = source, size
        self._upright = VideoReformatter()
        self._last_s = -np.inf
        self._looks: list[tuple[float, _Picture]] = []
        self._num_failed = 0

    def offer(self, packet: "Packet[VideoStream]", time_s: float) -> Iterator[Frame]:
        """Decode this keyframe unless one less than a second before it was taken."""
        if time_s - self._last_s >= MIN_LOOK_GAP_S:
            self._last_s = time_s
            yield from self.decode(packet)

    def decode(self, packet: "Packet[VideoStream] | None") -> Iterator[Frame]:
        """Keep the looks of what is ready now, of all that is left for None; yields pictures."""
        try:
            frames = self._stream.codec_context.decode(packet)
        except av.FFmpegError:
            self._num_failed += 1
            return
        for frame in frames:
            if frame.pts is not None:
                time_s, look = self._look(frame)
                self._looks.append((time_s, look))
                if self._size:
                    yield Frame(time_s, time_s, self._picture(frame, *self._size))

    def _look(self, frame: VideoFrame) -> tuple[float, _Picture]:
        assert frame.pts is not None
        assert self._stream.time_base is not None
        grey = self._resizer.reformat(
            frame, LOOK_WIDTH, LOOK_HEIGHT, "gray", interpolation=Interpolation.AREA
        )
        time_s = float(frame.pts * self._stream.time_base) - self._source.start_s
        return time_s, np.asarray(grey.to_ndarray(), dtype=np.uint8)

    def _picture(self, frame: VideoFrame, width: int, height: int) -> Picture:
        return upright(self._upright, frame, width, height, self._source.rotation_deg)

    def signals(
        self,
        times_s: npt.NDArray[np.float64],
        sizes: npt.NDArray[np.int64],
        keys: npt.NDArray[np.bool_],
    ) -> Signals:
        """All that was seen, once the last packet was offered and all was decoded."""
        looks = sorted(self._looks, key=lambda look: look[0])
        pictures = [picture for _, picture in looks]
        changes = [
            float(np.abs(now.astype(np.int16) - before).mean()) / 255
            for before, now in pairwise(pictures)
        ]
        return Signals(
            packet_times_s=times_s,
            packet_sizes=sizes,
            packet_is_key=keys,
            look_times_s=np.array([time_s for time_s, _ in looks]),
            looks=np.array(pictures, np.uint8).reshape(-1, LOOK_HEIGHT, LOOK_WIDTH),
            look_differences=np.array([*([0.0] if looks else []), *changes]),
            num_failed_looks=self._num_failed,
        )
