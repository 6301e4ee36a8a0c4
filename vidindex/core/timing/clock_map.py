"""Map the times that a file gives its packets to media time, where its clock jumps.

Media time runs on over the pictures that exist. `clock_jumps` makes the map.
"""

from bisect import insort
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any, Protocol, TypeVar

from vidindex.types import ClockMap, ClockPiece

SAME_PLACE_S = 2.0
"""What begins or ends within this of the pictures does so at the same place."""

USUALLY_REORDERED = 4
"""How many frames encoders hold back for B-frames."""


class TimedPacket(Protocol):
    """A packet whose times can be changed, as PyAV has them."""

    pts: int | None
    dts: int | None
    stream: Any

    @property
    def pos(self) -> int | None: ...
    @property
    def time_base(self) -> Fraction: ...


P = TypeVar("P", bound=TimedPacket)


def retimed(packets: Iterable[P], clock: ClockMap | None, start_s: float) -> Iterator[P]:
    """The packets, their times as they were if the clock had never jumped.

    start_s: of the container. Times are changed in place, before a packet is decoded.
    """
    if clock is None:
        yield from packets
        return
    byte, order = 0, _DecodeOrder()
    for packet in packets:
        byte = packet.pos if packet.pos is not None and packet.pos >= 0 else byte
        packet.pts = _retimed(packet.pts, packet.time_base, clock, start_s, byte)
        if clock.entries:
            packet.dts = _retimed(packet.dts, packet.time_base, clock, start_s, byte)
        else:
            packet.dts = order.time_of(packet)
        yield packet


class _DecodeOrder:
    """Decoding times made of presentation times, as FFmpeg makes them for Matroska.

    Its own are out of order behind a jump back.
    """

    def __init__(self) -> None:
        self._shown: dict[int, list[int]] = {}

    def time_of(self, packet: TimedPacket) -> int | None:
        if packet.pts is None:
            return None
        shown = self._shown.setdefault(packet.stream.index, [])
        insort(shown, packet.pts)
        if len(shown) > (USUALLY_REORDERED if _reorders(packet) else 0) + 1:
            shown.pop(0)
        return shown[0]


def _reorders(packet: TimedPacket) -> bool:
    return bool(getattr(packet.stream.codec_context, "has_b_frames", False))


def _retimed(
    stamp: int | None, unit: Fraction, clock: ClockMap, start_s: float, byte: int
) -> int | None:
    if stamp is None:
        return None
    shift_s = piece_of(clock, float(stamp * unit) - start_s, byte).shift_s
    return stamp + round(shift_s / unit)


def piece_of(clock: ClockMap, time_s: float, byte: int) -> ClockPiece:
    """The piece to which a packet belongs: by its own time, and where several have that, its place.

    time_s: the packet's own time. byte: where it is in the file.
    """
    fitting = [
        piece
        for piece in clock.pieces
        if piece.from_s - SAME_PLACE_S <= time_s <= piece.to_s + SAME_PLACE_S
    ] or clock.pieces
    behind = [piece for piece in fitting if piece.from_byte <= byte]
    return behind[-1] if behind else fitting[0]


def own_time(clock: ClockMap | None, media_s: float) -> float:
    """The file's own time of a moment in media time."""
    if clock is None:
        return media_s
    begun = [piece for piece in clock.pieces if piece.from_s + piece.shift_s <= media_s]
    return media_s - (begun[-1] if begun else clock.pieces[0]).shift_s


def entry_byte(clock: ClockMap, media_s: float) -> int | None:
    """Where reading may begin so that it comes by the moment; None in formats sought by time."""
    before = [byte for byte, at_s in clock.entries if at_s <= media_s]
    return max(before, default=0) if clock.entries else None
