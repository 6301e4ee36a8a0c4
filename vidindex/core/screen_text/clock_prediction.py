"""Predict running clocks, so that they need not be read at every look.

What a clock shows follows from what it showed, but for moments near its next step, which tell
its phase; those are read, and every few seconds one more, in which a jump would be seen.
"""

from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import floor

from vidindex.core.screen_text.boxes import SAME_PLACE, iou
from vidindex.core.screen_text.clock_fit import MIN_VALUES, fit_clocks
from vidindex.core.screen_text.clock_notation import Number, normal, numbers
from vidindex.core.screen_text.likeness import masked
from vidindex.types import Box, TextReading

MIN_READ = 8
"""Readings of a line before any of it is predicted."""

MAX_READ = 40
"""The last readings from which it is predicted."""

MAX_UNREAD_S = 5.7
"""Most seconds between two readings: the gap in which a jump there and back goes unseen."""

MARGIN = 0.02
"""Of a step, by which a moment must be away from the next one."""


@dataclass(slots=True)
class _Shown:
    """What was read in one place, in order of time."""

    box: Box
    readings: list[tuple[float, str]] = field(default_factory=list)


class ClockWatch:
    """Remembers the lines of a stretch of video, and which of them run."""

    def __init__(self) -> None:
        self._lines: list[_Shown] = []

    def note(self, lines: Sequence[TextReading]) -> None:
        """Take what was read."""
        for line in lines:
            shown = self._at(line.box)
            if shown is None:
                shown = _Shown(line.box)
                self._lines.append(shown)
            insort(shown.readings, (line.time_s, line.text))

    def can_tell(self, line: TextReading, time_s: float) -> bool:
        """Whether the line is a clock of which it is known what it shows at that time."""
        shown = self._at(line.box)
        if shown is None or time_s - shown.readings[-1][0] > MAX_UNREAD_S:
            return False
        readings = shown.readings[-MAX_READ:]
        if len(readings) < MIN_READ or len({masked(text) for _, text in readings}) > 1:
            return False
        times_s = [read_s for read_s, _ in readings]
        columns = zip(*(numbers(normal(text)) for _, text in readings), strict=True)
        running = [column for column in columns if len({_value(one) for one in column}) > 1]
        return bool(running) and all(_is_sure(times_s, column, time_s) for column in running)

    def _at(self, box: Box) -> _Shown | None:
        return next((one for one in self._lines if iou(one.box, box) >= SAME_PLACE), None)


def _value(number: Number) -> tuple[float, int]:
    return number.value, number.frames


def _is_sure(times_s: Sequence[float], column: Sequence[Number], time_s: float) -> bool:
    """Whether all offsets that the readings allow give one value at `time_s`."""
    step, values = column[0].resolution, [number.value for number in column]
    if step == 0 or len({number.kind for number in column}) > 1:
        return False
    fits = fit_clocks(times_s, values, step, min_values=MIN_VALUES)
    if not fits or fits[-1].last != len(values) - 1:
        return False
    rate, members = fits[-1].rate, slice(fits[-1].first, None)
    before = [v - rate * t for t, v in zip(times_s[members], values[members], strict=True)]
    latest, earliest = max(before), min(before) + step
    first = floor((latest + rate * time_s) / step - MARGIN)
    return latest < earliest and first == floor((earliest + rate * time_s) / step + MARGIN)
