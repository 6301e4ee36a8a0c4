"""Copy stretches out of files without encoding, from a keyframe on.

Decodes no picture: whether the stretch can be decoded is not checked.
"""

import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
from av.container import InputContainer, OutputContainer
from av.packet import Packet

from vidindex.adapters.media.encode_clip import ROUNDING_S
from vidindex.adapters.media.packet_reader import Ascending, packet_times_s, read_packets
from vidindex.adapters.media.verified_open import opened_source
from vidindex.core.formatting.escaping import escape
from vidindex.core.formatting.time_format import format_time
from vidindex.core.timing.timecode import camera_rate
from vidindex.errors import MediaError
from vidindex.types import Span
from vidindex.types.clip import Cut

# What a seek misses is looked for from further back, at last from the start.
_STEPS_BACK_S = (1.0, 15.0, math.inf)


def copy(wanted: Cut, output: Path) -> Span:
    """Write the packets from the keyframe before the stretch to past its end; the span shown.

    Raises MediaError where no keyframe is shown before it, or the format of `output` cannot
    hold them.
    """
    key_s = _key_s(wanted)
    options = {"movflags": "+faststart"} if output.suffix in (".mp4", ".mov", ".m4v") else {}
    with opened_source(wanted.source) as container:
        try:
            with av.open(str(output), "w", options=options) as target:
                target.metadata["title"] = escape(wanted.title)
                target.metadata["comment"] = escape(wanted.comment)
                end_s = _Copying(wanted, key_s, container, target).run()
        except (av.error.FFmpegError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise MediaError(
                f"{wanted.source.path.name} cannot be copied into a {output.suffix}: {reason}",
                "name an .mkv, or cut it exactly",
            ) from error
    return Span(key_s, end_s)


def _key_s(wanted: Cut) -> float:
    """Media time of the last keyframe that is shown at or before the start of the stretch."""
    start_s = wanted.span.start_s + ROUNDING_S
    for back_s in _STEPS_BACK_S:
        with opened_source(wanted.source) as container:
            stream = container.streams[wanted.source.stream_index]
            keys_s = [-math.inf]
            for packet in read_packets(container, [stream], wanted.source, start_s - back_s):
                pts_s, dts_s = packet_times_s(packet, wanted.source)
                if packet.is_keyframe and not packet.is_discard and 0 <= pts_s <= start_s:
                    keys_s.append(pts_s)
                if dts_s > start_s:
                    break
        if (key_s := max(keys_s)) >= 0:
            return key_s
    raise MediaError(
        f"{wanted.source.path.name} shows no keyframe at or before {format_time(start_s, 2)}",
        "cut it exactly",
    )


class _Copying:
    """One copy under way."""

    def __init__(
        self, wanted: Cut, key_s: float, container: InputContainer, target: OutputContainer
    ) -> None:
        self._wanted, self._key_s, self._target = wanted, key_s, target
        self._container = container
        self._video = wanted.source.stream_index
        kept = [container.streams[index] for index in (self._video, *wanted.sound)]
        self._streams = {stream.index: target.add_stream_from_template(stream) for stream in kept}
        self._kept, self._begun = kept, False
        self._last_s = self._end_s = key_s
        self._order = Ascending()

    def run(self) -> float:
        """Copy the packets; the media time at which the last picture ends."""
        source, open_ends = self._wanted.source, set(self._streams)
        for packet in read_packets(self._container, self._kept, source, self._key_s - 1.0):
            index = packet.stream.index
            if index not in open_ends:
                continue
            pts_s, dts_s = packet_times_s(packet, source)
            if self._is_past(index, pts_s, dts_s):
                open_ends.discard(index)
                if not open_ends:
                    break
            elif self._is_wanted(packet, pts_s):
                self._put(packet)
        return self._end_s

    def _is_past(self, index: int, pts_s: float, dts_s: float) -> bool:
        """Frames of the stretch may refer to later ones; with those, all between them are kept."""
        past = dts_s >= self._wanted.span.end_s - ROUNDING_S
        return past and (index != self._video or pts_s > self._last_s)

    def _is_wanted(self, packet: "Packet[Any]", pts_s: float) -> bool:
        """From the keyframe on, but not the frames before it that come after it (open group)."""
        if pts_s < self._key_s - ROUNDING_S:
            return False
        if packet.stream.index != self._video:
            return True
        self._begun = self._begun or packet.is_keyframe
        if self._begun:
            rate = camera_rate(packet.stream) or Fraction(25)
            lasts = float(packet.duration * packet.time_base) if packet.duration else 1 / rate
            self._last_s = max(self._last_s, pts_s)
            self._end_s = max(self._end_s, pts_s + float(lasts))
        return self._begun

    def _put(self, packet: "Packet[Any]") -> None:
        shift = round((self._key_s + self._wanted.source.start_s) / packet.time_base)
        if packet.pts is not None:
            packet.pts -= shift
        if packet.dts is not None:
            packet.dts -= shift
        if self._wanted.source.clock:
            self._order.settle(packet)
        packet.stream = self._streams[packet.stream.index]
        self._target.mux(packet)
