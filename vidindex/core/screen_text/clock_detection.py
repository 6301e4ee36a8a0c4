"""Detect running clocks among the numbers of a text line.

Clocks, timecodes, counters and times beside a date are recognized by how they run, not by how
they look: a score, or a time of day that does not change, is text.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from vidindex.core.screen_text.clock_fit import MIN_VALUES, USUAL_RATES, Fit, fit_clocks
from vidindex.core.screen_text.clock_notation import Number, normal, numbers
from vidindex.types import ClockTrack, Span, TextReading, VideoInfo

TIMECODE_RATES = (24, 25, 30, 50, 60)
MIN_COUNTS = 8
"""A number without colon or point must run longer: points and pages go up one by one, too."""

_OF_HOURS = 1 / 60
_OF_HOURS_WITHIN = 0.02


@dataclass(frozen=True, slots=True)
class _Shown:
    """One number of a line at one look."""

    time_s: float
    end_s: float
    text: str
    number: Number

    @property
    def template(self) -> str:
        # Braces of the text itself would be taken for the placeholder.
        head, tail = self.text[: self.number.start], self.text[self.number.end :]
        parts = (part.replace("{", "(").replace("}", ")") for part in (head, tail))
        return "{}".join(parts).strip()


def clock_tracks(
    readings: Sequence[TextReading], ends_s: Sequence[float], video: VideoInfo, source: str
) -> list[ClockTrack]:
    """A track for each number of one line that runs, in order of the columns of the line.

    readings: one line over time; ends_s: until when each of them was shown.
    """
    tracks = []
    for column in _columns(readings, ends_s):
        step, fits = _fits(column, video.average_fps)
        for fit in fits:
            track = _track(column[fit.first : fit.last + 1], fit, step, video.video_id, source)
            tracks.append(_as_hours(track))
    return tracks


def _columns(readings: Sequence[TextReading], ends_s: Sequence[float]) -> list[list[_Shown]]:
    """The numbers at one position of the line: the first time, the second count."""
    columns: dict[tuple[str, int], list[_Shown]] = {}
    for reading, end_s in zip(readings, ends_s, strict=True):
        text = normal(reading.text)
        seen: Counter[str] = Counter()
        for number in numbers(text):
            shown = _Shown(reading.time_s, end_s, text, number)
            columns.setdefault((number.kind, seen[number.kind]), []).append(shown)
            seen[number.kind] += 1
    return list(columns.values())


def _fits(column: Sequence[_Shown], average_fps: float) -> tuple[float, list[Fit]]:
    """The clocks in a column and their step. A timecode does not say how many frames it counts."""
    step = Counter(shown.number.resolution for shown in column).most_common(1)[0][0]
    fps = [average_fps] if average_fps > 0 else []
    if step:
        return step, _fit(column, [shown.number.value for shown in column], step, fps)
    counts = dict.fromkeys([*(round(one) for one in fps), *TIMECODE_RATES])
    most = max(shown.number.frames for shown in column)
    tried = [(1 / count, _timecode_fits(column, count)) for count in counts if count > most]
    return max(tried, key=lambda one: _agreement(one[1]), default=(1.0, []))


def _timecode_fits(column: Sequence[_Shown], count: int) -> list[Fit]:
    values = [shown.number.value + shown.number.frames / count for shown in column]
    return _fit(column, values, 1 / count, ())


def _fit(
    column: Sequence[_Shown], values: Sequence[float], step: float, rates: Sequence[float]
) -> list[Fit]:
    times_s = [one.time_s for one in column]
    min_values = MIN_COUNTS if column[0].number.style == "count" else MIN_VALUES
    return fit_clocks(times_s, values, step, (*USUAL_RATES, *rates), min_values)


def _agreement(fits: Sequence[Fit]) -> tuple[int, float]:
    """How many readings are on a line, and how well these agree."""
    covered = sum(fit.last - fit.first + 1 for fit in fits)
    return covered, -sum(fit.misfit for fit in fits)


def _track(
    column: Sequence[_Shown], fit: Fit, step: float, video_id: str, source: str
) -> ClockTrack:
    styles = Counter(shown.number.style for shown in column)
    templates = Counter(shown.template for shown in column)
    span = Span(column[0].time_s, column[-1].end_s)
    return ClockTrack(
        video_id=video_id,
        span=span,
        value_at_start_s=fit.offset + fit.rate * span.start_s,
        rate=fit.rate,
        style=styles.most_common(1)[0][0],
        template=templates.most_common(1)[0][0],
        resolution_s=step,
        source=source,
    )


def _as_hours(track: ClockTrack) -> ClockTrack:
    """A display such as 14:22 whose last field counts minutes is one of hours and minutes."""
    if track.style != "mm:ss" or abs(abs(track.rate) / _OF_HOURS - 1) > _OF_HOURS_WITHIN:
        return track
    return replace(
        track,
        style="hh:mm",
        value_at_start_s=track.value_at_start_s * 60,
        rate=track.rate * 60,
        resolution_s=track.resolution_s * 60,
    )
