"""Map the times of a file whose clock jumps to media time, which runs on over its pictures.

A file's own time is a packet's presentation timestamp minus the container's start. Recorders
that restart, cameras whose clock is set and joined files make it jump. `find_jumps` tells a
jump from a picture that stands still:

- Backwards by more than MAX_BACK_S is a jump: time does not run back. Less is how encoders
  reorder frames and how muxers round.
- Forwards, nothing for MIN_FORWARD_S or less is a picture that stands (slides, lost packets).
- Sound decides about more. Where it goes on between the pictures, or is heard somewhere in
  between, time went by and the picture stood. Where it stops and resumes at the same places
  as the pictures, what jumped is the clock, since a recorder of sound never holds its breath.
- Without sound, MPEG streams and FLV jump: MPEG-2 wants a timestamp every 0.7 s (ISO/IEC
  13818-1, 2.7.4), and FFmpeg, too, takes more than 10 s in these formats for a jump. Files
  with an index (Matroska, MP4) may hold one picture for an hour, as screen recordings do;
  there only more than MAX_STILL_S is a jump.
- Pictures that always come that rarely (time-lapse) are no jump, however far apart.

Clocks of 33 bits (MPEG) and 32 bits (FLV) overflow; FFmpeg adds a turn when one steps back.
The map undoes both alike; `Jump.step_s` is the step without such turns.
"""

import math
from bisect import insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Protocol, TypeVar

from vidindex.core.formatting.time_format import format_duration, format_time
from vidindex.types import ClockMap, ClockPiece

MAX_BACK_S = 1.0
MIN_FORWARD_S = 10.0
MAX_STILL_S = 86_400.0

SAME_PLACE_S = 2.0
"""Sound that stops or resumes within this of the pictures does so at the same place."""

RARE = 10
"""A step of fewer usual distances between pictures than this is the recording's own pace."""

TAIL_S = 0.1
"""Sound comes in packets: what it outlasts the pictures by may be this long and mean nothing."""

SEEK_STEP_S = 30.0
"""Keyframes to begin reading at are kept this far apart."""

MAX_REORDERED = 16
USUALLY_REORDERED = 4
_TURNS_S = {"mpegts": 2**33 / 90_000, "mpeg": 2**33 / 90_000, "flv": 2**32 / 1000}
BYTE_SEEKS = frozenset({"mpegts", "flv"})
"""Formats that can be read from any packet on; in the others FFmpeg seeks by time."""
WITHOUT_DECODE_TIMES = frozenset({"matroska"})


@dataclass(slots=True)
class Run:
    """Packets of one stream whose times follow each other, in seconds of the file's own time.

    first_s: when its first picture is shown. end_s: when the last one ends. steps_back: whether
    it begins before the run before it ended. entries: (byte, time) of some keyframes.
    """

    first_s: float
    from_s: float
    end_s: float
    from_byte: int
    last_byte: int
    steps_back: bool = False
    num: int = 0
    entries: list[tuple[int, float]] = field(default_factory=list)

    @property
    def usual_s(self) -> float:
        """The mean distance of its packets."""
        return (self.end_s - self.from_s) / max(1, self.num)


@dataclass(slots=True)
class RunTracker:
    """Splits the packets of one stream where its clock steps.

    max_gap_s: how far it may step forwards. has_decode_times: whether the format has them;
    FFmpeg makes them up for the others, and gets them wrong behind a jump and at low rates.
    """

    max_gap_s: float
    has_decode_times: bool = True
    runs: list[Run] = field(default_factory=list)
    _decoded_s: float = -math.inf
    _recent_s: list[float] = field(default_factory=list)

    def take(
        self, shown_s: float, decoded_s: float, lasts_s: float, byte: int, *, is_key: bool
    ) -> None:
        """Add a packet: its presentation and decoding time, duration, place and kind."""
        run = self._run_of(shown_s)
        if run is None:
            run = Run(shown_s, shown_s, shown_s, byte, byte, self._is_back(shown_s))
            self.runs.append(run)
            self._recent_s.clear()
        elif run.num < MAX_REORDERED and not run.entries:
            run.first_s = min(run.first_s, shown_s)
        if is_key and (not run.entries or shown_s >= run.entries[-1][1] + SEEK_STEP_S):
            run.entries.append((byte, shown_s))
        self._decoded_s = min(shown_s, decoded_s if self.has_decode_times else self._least(shown_s))
        run.from_s = min(run.from_s, shown_s)
        run.end_s = max(run.end_s, shown_s + lasts_s)
        run.last_byte = max(run.last_byte, byte)
        run.num += 1

    def _run_of(self, shown_s: float) -> Run | None:
        """The run that the packet goes on with; None where it begins another."""
        if not self.runs:
            return None
        last = self.runs[-1]
        # Packets of the old side may come behind the first of the new one.
        if len(self.runs) > 1 and last.num < MAX_REORDERED and not self._fits(last, shown_s):
            before = self.runs[-2]
            if self._fits(before, shown_s):
                return before
        return None if shown_s > last.end_s + self.max_gap_s or self._is_back(shown_s) else last

    def _least(self, shown_s: float) -> float:
        """The least of the latest presentation times, as far back as encoders reorder."""
        insort(self._recent_s, shown_s)
        if len(self._recent_s) > MAX_REORDERED:
            self._recent_s.pop(0)
        return self._recent_s[0]

    def _is_back(self, shown_s: float) -> bool:
        return shown_s < self._decoded_s - MAX_BACK_S

    def _fits(self, run: Run, shown_s: float) -> bool:
        return run.from_s - MAX_BACK_S <= shown_s <= run.end_s + self.max_gap_s


@dataclass(frozen=True, slots=True)
class Jump:
    """Where, in media time, the clock jumps, and by how much: forwards or (negative) back."""

    at_s: float
    step_s: float


def find_jumps(
    pictures: Sequence[Run], sounds: Sequence[Run], texts: Sequence[Run], container: str
) -> tuple[ClockMap | None, tuple[Jump, ...]]:
    """The map of a file, or None where its clock does not jump; and its jumps.

    pictures, sounds, texts: the runs of its video, audio and subtitle streams, in the order of
    the file. container: FFmpeg's name of the format.
    """
    pieces: list[ClockPiece] = []
    entries: list[tuple[int, float]] = []
    jumps: list[Jump] = []
    before: Run | None = None
    for run in pictures:
        if before is None:
            pieces.append(ClockPiece(run.from_s, run.end_s, 0, 0.0))
        elif not _is_jump(before, run, sounds, texts, container):
            old = pieces[-1]
            pieces[-1] = ClockPiece(old.from_s, run.end_s, old.from_byte, old.shift_s)
        else:
            end_s = _end_s(before, run, sounds)
            at_s = end_s + pieces[-1].shift_s
            step_s = _without_turns(run.first_s - end_s, container)
            if abs(step_s) > MAX_BACK_S:
                jumps.append(Jump(at_s, step_s))
            begin = _first_byte(before, run, sounds)
            pieces.append(ClockPiece(run.from_s, run.end_s, begin, at_s - run.first_s))
        entries += [(byte, at_s + pieces[-1].shift_s) for byte, at_s in run.entries]
        before = run
    if len(pieces) < 2:
        return None, ()
    seeks = tuple(sorted(entries)) if container in BYTE_SEEKS else ()
    return ClockMap(tuple(pieces), seeks), tuple(jumps)


def _is_jump(
    before: Run, run: Run, sounds: Sequence[Run], texts: Sequence[Run], container: str
) -> bool:
    if run.steps_back:
        return True
    near = [one for one in sounds if _lies_between(one, before, run)]
    # What is heard at the edges of the gap narrows it.
    since_s = max([before.end_s, *(one.end_s for one in near if _holds(one, before.end_s))])
    until_s = min([run.first_s, *(one.from_s for one in near if _holds(one, run.first_s))])
    step_s = until_s - since_s
    if step_s <= max(MIN_FORWARD_S, RARE * before.usual_s, RARE * run.usual_s):
        return False
    written = [one for one in texts if _lies_between(one, before, run)]
    if any(since_s < one.from_s < until_s for one in (*near, *written)):
        return False
    stops = any(abs(one.end_s - since_s) <= SAME_PLACE_S for one in near)
    resumes = any(abs(one.from_s - until_s) <= SAME_PLACE_S for one in near)
    return (stops and resumes) or container in _TURNS_S or step_s > MAX_STILL_S


def _lies_between(one: Run, before: Run, run: Run) -> bool:
    """Whether it is in the part of the file that two runs of pictures take."""
    return one.from_byte <= run.last_byte and one.last_byte >= before.from_byte


def _holds(run: Run, time_s: float) -> bool:
    return run.from_s - SAME_PLACE_S <= time_s <= run.end_s + SAME_PLACE_S


def _end_s(run: Run, following: Run, sounds: Sequence[Run]) -> float:
    """The end of a run's pictures, or of the sound that goes on after the last of them."""
    heard = (
        one.end_s
        for one in sounds
        if _holds(one, run.end_s) and one.last_byte < following.from_byte
    )
    last_s = max(heard, default=run.end_s)
    return last_s if last_s > run.end_s + TAIL_S else run.end_s


def _first_byte(before: Run, run: Run, sounds: Sequence[Run]) -> int:
    """Where the packets of the new piece begin: sound may come before the first picture."""
    beginning = (
        one.from_byte
        for one in sounds
        if abs(one.from_s - run.first_s) <= SAME_PLACE_S and before.last_byte < one.from_byte
    )
    return min([run.from_byte, *beginning])


def _without_turns(step_s: float, container: str) -> float:
    turn_s = _TURNS_S.get(container)
    return step_s - turn_s * round(step_s / turn_s) if turn_s else step_s


def note_of(jumps: Sequence[Jump]) -> str:
    """One line for people about where the clock jumps; "" where it does not."""
    if not jumps:
        return ""
    shown = ", ".join(
        f"{'forward' if jump.step_s > 0 else 'back'} by {format_duration(abs(jump.step_s))}"
        f" at {format_time(jump.at_s)}"
        for jump in jumps[:3]
    )
    more = f" and {len(jumps) - 3} more" if len(jumps) > 3 else ""
    return f"its clock jumps {shown}{more}; times are counted on over its pictures"


# From the file's own times to media time


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
