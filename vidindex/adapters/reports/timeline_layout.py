"""Lay a video's events out as bars over its length, in lanes.

Places are percent of the length, so that a strip is as wide as its page. However many
events there are, a lane has at most COLUMNS bars in each of its rows.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from vidindex.core.formatting.time_format import format_time
from vidindex.core.screen_text.clock_notation import written
from vidindex.core.timing.event_timestamps import wall_at
from vidindex.types import ClockTrack, Event, Span, VideoTimeline
from vidindex.types.page import VideoPage

COLUMNS, MAX_ROWS = 400, 4
MAX_TICKS = 8
TITLE_CHARS = 120
_JUST_BEFORE_S = 1e-3

_LANES = {
    "Hits": {"hit"},
    "Marks": {"mark"},
    "Captions": {"caption"},
    "On-screen text": {"screen", "clock", "running"},
    "Subtitles, speech": {"subtitle", "speech"},
}
_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200)


@dataclass(frozen=True, slots=True)
class Bar:
    """One event, or several that are too close to draw apart; left, width in percent.

    kind: its channel, or "hit", or "running" for a clock in the picture. target: the id of
    the line of the list that it leads to, "" for none.
    """

    left: float
    width: float
    row: int
    kind: str
    title: str
    target: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class Lane:
    """Bars of a kind, those that overlap in rows below each other."""

    name: str
    bars: tuple[Bar, ...]

    @property
    def num_rows(self) -> int:
        return 1 + max((bar.row for bar in self.bars), default=0)


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the time axis; `wall` is its wall clock, "" where that is not known."""

    left: float
    label: str
    wall: str


@dataclass(frozen=True, slots=True)
class _Shown:
    """What becomes a bar."""

    span: Span
    kind: str
    title: str
    target: str


def lanes(page: VideoPage, line_id: str) -> list[Lane]:
    """The lanes that hold anything. line_id: what the ids of the list's lines begin with."""
    return _lanes(page, line_id, map(_clock, page.video.clocks), MAX_ROWS)


def overview(page: VideoPage) -> list[Lane]:
    """The same events with one row for each lane."""
    return _lanes(page, "", (), 1)


def _lanes(page: VideoPage, line_id: str, clocks: Iterable[_Shown], max_rows: int) -> list[Lane]:
    shown = [*map(_event, page.behind), *clocks]
    for index, event in enumerate(page.video.events):
        one = _event(event, f"{line_id}{index}")
        shown.append(replace(one, kind=kind_of(event, page)))
    by_name = {
        name: _lane(name, [one for one in shown if one.kind in kinds], page.video, max_rows)
        for name, kinds in _LANES.items()
    }
    return [lane for lane in by_name.values() if lane.bars]


def kind_of(event: Event, page: VideoPage) -> str:
    """The kind of a listed event: its channel, or "hit" for what was picked out."""
    return "hit" if page.are_hits and event.channel != "mark" else event.channel


def outside(page: VideoPage) -> list[tuple[float, float]]:
    """(left, width) in percent of what the page is not of."""
    end_s = page.video.video.duration_s
    found: list[tuple[float, float]] = []
    behind_s = 0.0
    for window in sorted(page.windows):
        if window.start_s > behind_s:
            found.append(_percent(Span(behind_s, window.start_s), end_s))
        behind_s = max(behind_s, window.end_s)
    if page.windows and behind_s < end_s:
        found.append(_percent(Span(behind_s, end_s), end_s))
    return found


def ticks(video: VideoTimeline) -> list[Tick]:
    """Round times, MAX_TICKS at most, from 0 on; none so near the end that it would not fit."""
    length_s = video.video.duration_s
    days_s = 86_400 * math.ceil(length_s / 86_400 / MAX_TICKS)
    step_s = next((s for s in _STEPS_S if length_s / s <= MAX_TICKS), days_s)
    times_s = [float(at) for at in range(0, int(length_s) + 1, step_s) if at <= 0.93 * length_s]
    return [Tick(100 * t / length_s, short(t), _hour(wall_at(video, t))) for t in times_s]


def _lane(name: str, shown: Iterable[_Shown], video: VideoTimeline, max_rows: int) -> Lane:
    """Each in the first row that is free; with none left it joins the bar before it."""
    length_s = video.video.duration_s
    bars: list[Bar] = []
    ends_s: list[float] = []
    last: list[int] = []
    for one in sorted(shown, key=lambda one: one.span):
        end_s = max(one.span.end_s, one.span.start_s + length_s / COLUMNS)
        row = next((i for i, at_s in enumerate(ends_s) if at_s <= one.span.start_s), len(ends_s))
        if row == max_rows:
            row = min(range(max_rows), key=ends_s.__getitem__)
            bars[last[row]] = _joined(bars[last[row]], end_s, length_s)
            ends_s[row] = max(ends_s[row], end_s)
            continue
        ends_s[row : row + 1], last[row : row + 1] = [end_s], [len(bars)]
        index = _percent(Span(one.span.start_s, end_s), length_s)
        bars.append(Bar(*index, row, one.kind, one.title, one.target))
    return Lane(name, tuple(bars))


def _joined(bar: Bar, end_s: float, length_s: float) -> Bar:
    width = max(bar.width, min(100.0, 100 * end_s / length_s) - bar.left)
    return replace(bar, width=width, count=bar.count + 1)


def _percent(span: Span, length_s: float) -> tuple[float, float]:
    left = 100 * span.start_s / length_s
    return left, min(100.0, 100 * span.end_s / length_s) - left


def _event(event: Event, target: str = "") -> _Shown:
    return _Shown(event.span, event.channel, _title(event.span, event.text), target)


def _clock(clock: ClockTrack) -> _Shown:
    return _Shown(clock.span, "running", _title(clock.span, clock_words(clock)), "")


def clock_words(clock: ClockTrack) -> str:
    """`a clock in the picture runs from 00:00 to 00:59`."""
    first, last = (
        written(clock.value_at(at_s), clock.style, clock.resolution_s)
        for at_s in (clock.span.start_s, clock.span.end_s - _JUST_BEFORE_S)
    )
    return f"a clock in the picture runs from {first} to {last}"


def _title(span: Span, text: str) -> str:
    cut = text if len(text) <= TITLE_CHARS else f"{text[:TITLE_CHARS]}…"
    return f"{format_time(span.start_s)} – {format_time(span.end_s)}  {cut}"


def short(time_s: float) -> str:
    """`0:30`, `1:02:00`: whole seconds, as players write them."""
    minutes, seconds = divmod(int(time_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def _hour(at: datetime | None) -> str:
    return f"{at:%H:%M:%S}" if at else ""
