"""Fits a clock to numbers that were read off the screen: rate and phase, despite misreadings.

A clock that shows floor(v) at time t with v = value + rate * t bounds v from both
sides with every reading; together the readings give its phase far below its step.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

MIN_READINGS = 4
MIN_SHARE = 0.7
MIN_RATE = 0.05
NICE_RATES = (0.5, 1.0, 2.0, 10.0, 12.0, 15.0, 23.976, 24.0, 25.0, 29.97, 30.0, 50.0, 59.94, 60.0)
_MAX_PAIRS = 400
_SNAP = 0.02

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fit:
    """value = offset + rate * time over the readings first..last (inclusive)."""

    first: int
    last: int
    offset: float
    rate: float


def fit_clocks(times_s: Sequence[float], values: Sequence[float], step: float) -> list[Fit]:
    """The clocks in one series of readings, in order; a jump of the clock begins a new one.

    step: how far apart two values are that the display can tell. Empty where the
    numbers do not run: a score, a time of day that stands still, noise.
    """
    times, shown = np.asarray(times_s), np.asarray(values)
    return _fit(times, shown, step, 0, len(times))


def _fit(times: Floats, shown: Floats, step: float, start: int, end: int) -> list[Fit]:
    if end - start < MIN_READINGS:
        return []
    best = _best_line(times[start:end], shown[start:end], step)
    if best is None:
        return []
    rate, inside = best
    members = _longest_run(np.flatnonzero(inside)) + start
    first, last = int(members[0]), int(members[-1])
    found: list[Fit] = []
    if _runs(shown[members], first, last, len(members)):
        offset = _phase(times[members], shown[members], rate, step)
        found = [Fit(first, last, offset, rate)]
    before = _fit(times, shown, step, start, first) if first > start else []
    after = _fit(times, shown, step, last + 1, end) if last + 1 < end else []
    return [*before, *found, *after]


def _runs(values: Floats, first: int, last: int, count: int) -> bool:
    """Enough readings, few misreadings between them, and a value that really moves on."""
    share = count / (last - first + 1)
    return count >= MIN_READINGS and share >= MIN_SHARE and len(np.unique(values)) >= MIN_READINGS


def _best_line(
    times: Floats, shown: Floats, step: float
) -> tuple[float, npt.NDArray[np.bool_]] | None:
    """The rate on whose line most readings lie, and which do."""
    rates = {_nice(rate) for rate in _slopes(times, shown)}
    best: tuple[float, npt.NDArray[np.bool_]] | None = None
    usual_first = sorted(rates, key=lambda rate: (abs(rate) not in NICE_RATES, rate))
    for rate in (rate for rate in usual_first if abs(rate) >= MIN_RATE):
        inside = _on_line(shown - rate * times, step)
        if best is None or inside.sum() > best[1].sum():
            best = rate, inside
    return best


def _slopes(times: Floats, shown: Floats) -> list[float]:
    """Slopes between readings, over long distances first: there the rounding matters least."""
    count = len(times)
    pairs = ((i, i + gap) for gap in range(count - 1, 0, -1) for i in range(0, count - gap))
    near = ((i, i + 3) for i in range(0, count - 3, max(1, count // 100)))
    chosen = [*islice(near, _MAX_PAIRS), *islice(pairs, _MAX_PAIRS)]
    return [float((shown[j] - shown[i]) / (times[j] - times[i])) for i, j in chosen]


def _nice(rate: float) -> float:
    """The usual rate that is meant where one is near, else the rate to three digits."""
    nearest = min(NICE_RATES, key=lambda nice: abs(abs(rate) - nice))
    if abs(abs(rate) - nearest) <= _SNAP * nearest:
        return nearest if rate > 0 else -nearest
    # Steps of the display blur a slope over few readings: rates in between are rare.
    return round(rate, 3)


def _on_line(offsets: Floats, step: float) -> npt.NDArray[np.bool_]:
    """Readings whose offsets fit into one step of the display: the fullest such window."""
    order = np.sort(offsets)
    width = step * 1.05 + 1e-6
    ends = np.searchsorted(order, order + width, side="right")
    at = int((ends - np.arange(len(order))).argmax())
    low = order[at]
    inside: npt.NDArray[np.bool_] = (offsets >= low - 1e-9) & (offsets <= low + width)
    return inside


def _longest_run(members: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The largest group of readings without a wide hole: what lies beyond one is another clock."""
    holes = np.flatnonzero(np.diff(members) > MIN_READINGS)
    return max(np.split(members, holes + 1), key=len)


def _phase(times: Floats, shown: Floats, rate: float, step: float) -> float:
    """The middle of what the readings leave open: offset in [max d, min d + step)."""
    offsets = shown - rate * times
    low, high = float(offsets.max()), float(offsets.min()) + step
    return low if high <= low else (low + high) / 2
