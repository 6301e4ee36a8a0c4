"""Read packets from a keyframe on, in media time, and stream them to ffmpeg as NUT.

Where a file's clock jumps, ffmpeg would seek and cut by times that mean nothing. It is given
the packets with their times mapped instead, through a pipe.
"""

import math
from collections.abc import Iterator, Sequence
from typing import IO, Any

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream

from vidindex.adapters.media.verified_open import opened_source
from vidindex.core.timing.clock_map import entry_byte, own_time, retimed
from vidindex.types import Source

LEAD_S = 10.0
"""What stream time is ahead of media time: packets before a film's beginning have times, too."""

# MPEG program streams time some frames only; after a seek FFmpeg miscounts the others.
_NO_SEEK = {"mpeg"}
# Streams are interleaved: what is shown by a moment may be stored a little after it.
_LATE_S = 1.0
# As fine as the coarsest of the formats that packets are copied into.
_LEAST_STEP_S = 0.001


def read_packets(
    container: InputContainer, streams: Sequence[Stream], source: Source, from_s: float
) -> Iterator["Packet[Any]"]:
    """Packets of these streams as they are stored, from a keyframe before `from_s` on."""
    clock = source.clock
    byte = entry_byte(clock, from_s) if clock else None
    # Seeking to the very start would lose the first frames of MPEG files.
    if from_s > 0 and byte != 0 and container.format.name not in _NO_SEEK:
        if byte:
            container.seek(byte, unsupported_byte_offset=True)
        else:
            container.seek(round((own_time(clock, from_s) + source.start_s) * av.time_base))
    packets = (packet for packet in container.demux(list(streams)) if packet.size)
    yield from retimed(packets, clock, source.start_s)


def packet_times_s(packet: "Packet[Any]", source: Source) -> tuple[float, float]:
    """(presentation, decoding) time of a packet, as media time; NaN where it has neither."""
    dts = packet.dts if packet.dts is not None else packet.pts
    pts = packet.pts if packet.pts is not None else packet.dts
    if pts is None or dts is None or packet.time_base is None:
        return math.nan, math.nan
    # As decoders round it: the container's start is known to a microsecond only.
    shown, decoded = (
        round(float(at * packet.time_base) - source.start_s, 6) + 0.0 for at in (pts, dts)
    )
    return shown, decoded


class Ascending:
    """Keeps the decoding times of each stream ascending, as every format wants them.

    Where a clock jumped, the first packets of a piece may overlap the last ones before it.
    """

    def __init__(self) -> None:
        self._last: dict[int, int] = {}

    def settle(self, packet: "Packet[Any]") -> None:
        """Put the packet a millisecond behind the one before it, where it is not behind it."""
        if packet.dts is None:
            return
        index = packet.stream.index
        if packet.dts <= (last := self._last.get(index, packet.dts - 1)):
            packet.dts = last + math.ceil(_LEAST_STEP_S / packet.time_base)
            packet.pts = None if packet.pts is None else max(packet.pts, packet.dts)
        self._last[index] = packet.dts


def stream_packets(
    source: Source, sound: Sequence[int] | None, from_s: float, until_s: float, pipe: IO[bytes]
) -> None:
    """Write a video to `pipe` as NUT, from a keyframe before `from_s` until `until_s`.

    sound: the audio streams to keep, None for all. Times are media time + LEAD_S. Ends early
    where the reader has closed the pipe.
    Raises ProbeError where the file cannot be read.
    """
    target_pipe = _Pipe(pipe)
    with opened_source(source) as container, av.open(target_pipe, "w", format="nut") as target:
        every = [one.index for one in container.streams.audio if one.codec_context is not None]
        indexes = [source.stream_index, *(every if sound is None else sound)]
        kept = [container.streams[index] for index in indexes]
        made = {stream.index: target.add_stream_from_template(stream) for stream in kept}
        waiting, order = set(made), Ascending()
        for packet in read_packets(container, kept, source, from_s):
            index, (pts_s, dts_s) = packet.stream.index, packet_times_s(packet, source)
            if dts_s > until_s + _LATE_S:
                waiting.discard(index)
            if target_pipe.is_broken or not waiting:
                break
            if index in waiting and not math.isnan(pts_s):
                _lead(packet, source)
                order.settle(packet)
                packet.stream = made[index]
                target.mux(packet)


def _lead(packet: "Packet[Any]", source: Source) -> None:
    shift = round((LEAD_S - source.start_s) / packet.time_base)
    packet.pts = packet.pts if packet.pts is None else packet.pts + shift
    packet.dts = packet.dts if packet.dts is None else packet.dts + shift


class _Pipe:
    """A pipe that says that it is broken, instead of raising from within the muxer."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self.is_broken = False

    def write(self, data: bytes) -> int:
        try:
            self._pipe.write(data)
        except BrokenPipeError:
            self.is_broken = True
        return len(data)
