"""Fit clocks to numbers read off the screen: rate and phase, despite misreadings and jumps.

A display that shows v at time t says v <= offset + rate * t < v + step. Each reading
cuts a band out of the plane of (offset, rate); the lines that all readings allow are a
convex polygon, and a reading that would leave none of it is a misreading, or a jump.
So the phase of a clock is known far more finely than its step. After O'Rourke, "An on-line
algorithm for fitting straight lines between data ranges", CACM 24(9), 1981.
"""

from collections.abc import Sequence
from dataclasses import dataclass

MIN_VALUES = 5
"""Fewer values on one line are chance: a score, pages that are turned."""

MIN_RATE = 0.01
"""Slower than a display of minutes (1/60), nothing is a clock."""

SLACK = 0.2
"""Of a step, that a reading may miss the line: displays and timestamps are not quite steady."""

USUAL_RATES = (1.0, 0.5, 2.0, 1 / 60)
MIN_SHARE = 0.7
"""Of the readings between the first and last on a line; the others are misread."""

_MAX_GAP = 3
_MAX_MISREAD = 3

Polygon = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Fit:
    """value = offset + rate * time, over the readings first..last (inclusive).

    misfit: by how much the readings contradict any line of this rate; 0 for a steady clock.
    """

    first: int
    last: int
    offset: float
    rate: float
    misfit: float


def fit_clocks(
    times_s: Sequence[float],
    values: Sequence[float],
    step: float,
    rates: Sequence[float] = USUAL_RATES,
    min_values: int = MIN_VALUES,
) -> list[Fit]:
    """The clocks in one series of readings, in order; a jump of the clock begins a new one.

    step: by how much the display runs on at once. rates: of those that the readings allow,
    the first is taken; where they allow none of these, what they allow in the middle.
    min_values: how many different values make a clock. Empty where the numbers do not
    run: a score, a time of day that does not change.
    """
    kept = _ends_of_runs(values)
    readings = [(times_s[i], values[i]) for i in kept]
    fits: list[Fit] = []
    at = 0
    while at + min_values <= len(readings):
        line = _first_line(readings, at, step, min_values)
        if line is None:
            at += _MAX_GAP  # the next window holds all but a few of these readings
            continue
        line.extend()
        rate = line.rate(rates)
        first, last = line.members[0], line.members[-1]
        offset, misfit = line.offset_and_misfit(rate)
        fits.append(Fit(kept[first], kept[last], offset, rate, misfit))
        at = last + 1
    return fits


def _ends_of_runs(values: Sequence[float]) -> list[int]:
    """The first and last of each run of one value: those between add no bound."""
    last = len(values) - 1
    return [
        i
        for i in range(len(values))
        if i in (0, last) or values[i] != values[i - 1] or values[i] != values[i + 1]
    ]


class _Line:
    """The lines that agree with some readings, and which readings these are."""

    def __init__(self, readings: Sequence[tuple[float, float]], seeds: Sequence[int], step: float):
        self._readings = readings
        self._step = step
        self._origin_s = readings[seeds[0]][0]
        self.members: list[int] = []
        value = readings[seeds[0]][1]
        offsets = value - step, value + 2 * step
        steepest = 1e4 * step
        self._allowed: Polygon = [
            (offsets[0], -steepest), (offsets[1], -steepest),
            (offsets[1], steepest), (offsets[0], steepest),
        ]  # fmt: skip
        for seed in seeds:
            self.take(seed)

    def take(self, index: int) -> bool:
        """Make the reading a member, if any line agrees with it and all members."""
        time_s, value = self._readings[index]
        after_s, slack = time_s - self._origin_s, SLACK * self._step
        above = _cut(self._allowed, after_s, value - slack)
        both = _cut(above, -after_s, -(value + self._step + slack), sign=-1.0)
        if both:
            self._allowed = both
            self.members.append(index)
        return bool(both)

    def extend(self) -> None:
        """Take what agrees after the last member, until several in a row do not."""
        self.members.sort()
        misread = 0
        for index in range(self.members[-1] + 1, len(self._readings)):
            misread = 0 if self.take(index) else misread + 1
            if misread > _MAX_MISREAD:
                return

    def num_values(self) -> int:
        return len({self._readings[index][1] for index in self.members})

    def rate(self, rates: Sequence[float]) -> float:
        """The first of the rates, forward or backward, that is allowed, else their middle."""
        allowed = [rate for _, rate in self._allowed]
        slowest, fastest = min(allowed), max(allowed)
        usual = (rate for rate in (*rates, *(-rate for rate in rates)))
        return next((one for one in usual if slowest <= one <= fastest), (slowest + fastest) / 2)

    def offset_and_misfit(self, rate: float) -> tuple[float, float]:
        """The least offset that agrees with all members: as late as the display may change.

        So at the time that is given for a value the display does show it. Where displays
        and timestamps jitter no offset agrees with all, and the middle is taken.
        """
        members = (self._readings[index] for index in self.members)
        missing = [value - rate * time_s for time_s, value in members]
        misfit = max(0.0, max(missing) - min(missing) - self._step)
        return max(missing) - misfit / 2, misfit


def _first_line(
    readings: Sequence[tuple[float, float]], start: int, step: float, min_values: int
) -> _Line | None:
    """The line with most values among the readings right after `start`, if it is a clock."""
    window = range(start, min(start + 2 * min_values + 2, len(readings)))
    best: _Line | None = None
    for i in window:
        for j in range(i + 1, min(i + 1 + _MAX_GAP, window.stop)):
            line = _Line(readings, (i, j), step)
            for k in window:
                if k not in (i, j):
                    line.take(k)
            if best is None or line.num_values() > best.num_values():
                best = line
    return best if best and _is_clock(best, min_values) else None


def _is_clock(line: _Line, min_values: int) -> bool:
    """Enough values, most of those in between, and one that moves on."""
    num_between = max(line.members) - min(line.members) + 1
    is_most = len(line.members) >= MIN_SHARE * num_between
    return line.num_values() >= min_values and is_most and abs(line.rate(())) >= MIN_RATE


def _cut(polygon: Polygon, after_s: float, least: float, sign: float = 1.0) -> Polygon:
    """The part of a convex polygon of (offset, rate) with sign*offset + rate*after_s >= least."""
    inside: Polygon = []
    heights = [sign * offset + rate * after_s - least for offset, rate in polygon]
    for i, here in enumerate(polygon):
        before, height, height_before = polygon[i - 1], heights[i], heights[i - 1]
        if (height >= 0) != (height_before >= 0):
            part = height_before / (height_before - height)
            inside.append(
                (
                    before[0] + part * (here[0] - before[0]),
                    before[1] + part * (here[1] - before[1]),
                )
            )
        if height >= 0:
            inside.append(here)
    return inside
