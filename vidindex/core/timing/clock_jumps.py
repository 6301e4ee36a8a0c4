"""Distinguish a jump of a file's clock from a held picture, and make the map to media time.

A file's own time is a packet's presentation timestamp minus the container's start. Recorders
that restart, cameras whose clock is set and joined files make it jump. The rule:

- Backwards by more than MAX_BACK_S is a jump: time does not run back. Less is how encoders
  reorder frames and how muxers round.
- Forwards, MIN_FORWARD_S or less is a held picture (slides, lost packets).
- Sound decides about more. Where it continues between the pictures, or is heard somewhere in
  between, time went by and the picture was held. Where it stops and resumes at the same
  places as the pictures, the clock jumped: a microphone records silence, too.
- Without sound, a step in MPEG streams and FLV is a jump: MPEG-2 demands a timestamp every
  0.7 s (ISO/IEC 13818-1, 2.7.4), and FFmpeg, too, corrects more than 10 s in these formats.
  Files with an index (Matroska, MP4) may hold one picture for an hour, as screen recordings
  do; there only more than MAX_STILL_S is a jump.
- Pictures that always come that rarely (time-lapse) are no jump, however far apart.

Clocks of 33 bits (MPEG) and 32 bits (FLV) overflow, and FFmpeg adds a turn where one steps
back. The map undoes both alike; `Jump.step_s` is the step without such turns.
"""

import math
from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass, field

from vidindex.core.formatting.time_format import format_duration, format_time
from vidindex.core.timing.clock_map import SAME_PLACE_S
from vidindex.types import ClockMap, ClockPiece

MAX_BACK_S = 1.0
MIN_FORWARD_S = 10.0
MAX_STILL_S = 86_400.0

RARE = 10
"""A step of fewer usual distances between pictures than this is the recording's own pace."""

TAIL_S = 0.1
"""Sound comes in packets: what it outlasts the pictures by may be this long and mean nothing."""

SEEK_STEP_S = 30.0
"""Keyframes to begin reading at are kept this far apart."""

MAX_REORDERED = 16
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

    def add(self, shown_s: float, end_s: float, byte: int) -> None:
        """Take in a packet."""
        self.from_s = min(self.from_s, shown_s)
        self.end_s = max(self.end_s, end_s)
        self.last_byte = max(self.last_byte, byte)
        self.num += 1

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
        if not self.has_decode_times:
            decoded_s = self._least(shown_s)
        self._decoded_s = decoded_s if decoded_s < shown_s else shown_s
        run.add(shown_s, shown_s + lasts_s, byte)

    def _run_of(self, shown_s: float) -> Run | None:
        """The run that the packet continues; None where it begins another."""
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
    near = [one for one in sounds if _is_between(one, before, run)]
    # What is heard at the edges of the gap narrows it.
    since_s = max([before.end_s, *(one.end_s for one in near if _holds(one, before.end_s))])
    until_s = min([run.first_s, *(one.from_s for one in near if _holds(one, run.first_s))])
    step_s = until_s - since_s
    if step_s <= max(MIN_FORWARD_S, RARE * before.usual_s, RARE * run.usual_s):
        return False
    written = [one for one in texts if _is_between(one, before, run)]
    if any(since_s < one.from_s < until_s for one in (*near, *written)):
        return False
    stops = any(abs(one.end_s - since_s) <= SAME_PLACE_S for one in near)
    resumes = any(abs(one.from_s - until_s) <= SAME_PLACE_S for one in near)
    return (stops and resumes) or container in _TURNS_S or step_s > MAX_STILL_S


def _is_between(one: Run, before: Run, run: Run) -> bool:
    """Whether it is in the part of the file that two runs of pictures take."""
    return one.from_byte <= run.last_byte and one.last_byte >= before.from_byte


def _holds(run: Run, time_s: float) -> bool:
    return run.from_s - SAME_PLACE_S <= time_s <= run.end_s + SAME_PLACE_S


def _end_s(run: Run, following: Run, sounds: Sequence[Run]) -> float:
    """The end of a run's pictures, or of the sound that continues after the last of them."""
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
