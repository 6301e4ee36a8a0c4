"""Track on-screen text over time, from readings to events and clock tracks.

Text that stays is one event, whatever a reader misread in between. Pure functions over
readings; reads no picture. `clock_detection` separates clocks from text.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from vidindex.core.screen_text.boxes import overlap
from vidindex.core.screen_text.clock_detection import clock_tracks
from vidindex.core.screen_text.clock_notation import normal, words
from vidindex.core.screen_text.likeness import MIN_OVERLAP, SAME_LINE, likeness, masked
from vidindex.types import ClockTrack, Event, Span, TextReading, VideoInfo

SAME_TEXT = 0.8
"""Texts that share this much, with the same digits, are one text, misread."""

FLICKER_S = 2.0
"""A line that is not read for less than this and then again was there all along."""

MISREAD_S = 3.0
MISREAD_OVERLAP = 0.5
MIN_MOVED_CHARACTERS = 4
_ALIKE = str.maketrans("oil|zsb", "0111258")
_FIRST_EAST_ASIAN = "\u2e80"


@dataclass(slots=True)
class _Line:
    """One line of text, as it was read at one place again and again."""

    readings: list[TextReading] = field(default_factory=list)
    ends_s: list[float] = field(default_factory=list)

    @property
    def last(self) -> TextReading:
        return self.readings[-1]

    def take(self, reading: TextReading, end_s: float) -> None:
        self.readings.append(reading)
        self.ends_s.append(end_s)


def build(
    readings: Sequence[TextReading], video: VideoInfo, source: str
) -> tuple[list[Event], list[ClockTrack]]:
    """Events of channel "screen" and clock tracks of one whole video, in order of time.

    readings: in order of time; what was read at one time stays until the next time that
    is among them, an empty text says that nothing was there. source: the reader's name.
    Not an event is a text of one character (but an East Asian one that stays), nor a
    brief one where a clock runs: that is the clock, misread.
    """
    lines = _lines(readings, video.picture_end_s)
    clocks = [(line, clock_tracks(line.readings, line.ends_s, video, source)) for line in lines]
    tracks = [track for _, found in clocks for track in found]
    running = [(line, found) for line, found in clocks if found]
    events = [
        Event(video.video_id, span, text, "screen", source)
        for line, found in clocks
        for text, span in (*_beside(found), *_texts(line, [track.span for track in found]))
        if _says_something(text, span) and not _is_misread_clock(line, span, running)
    ]
    events.sort(key=lambda event: (event.span, event.text))
    tracks.sort(key=lambda track: (track.span, track.template))
    return events, tracks


# Readings to lines


def _lines(readings: Sequence[TextReading], until_s: float) -> list[_Line]:
    """Readings of one place and nearly one text, joined over time."""
    inside = [reading for reading in readings if reading.time_s < until_s]
    looks = [(t, list(group)) for t, group in groupby(inside, key=lambda r: r.time_s)]
    ends_s = [time_s for time_s, _ in looks[1:]] + [until_s] * bool(looks)
    lines: list[_Line] = []
    current: list[_Line] = []
    for (time_s, seen), end_s in zip(looks, ends_s, strict=True):
        rest = [reading for reading in seen if reading.text]
        current = [line for line in current if time_s - line.ends_s[-1] < FLICKER_S]
        for line, reading in _pairs(current, rest):
            line.take(reading, end_s)
            rest.remove(reading)
        new = [_Line([reading], [end_s]) for reading in rest]
        current += new
        lines += new
    return lines


def _pairs(lines: Sequence[_Line], seen: Sequence[TextReading]) -> list[tuple[_Line, TextReading]]:
    """Which reading continues which line, the likeliest first, each at most once."""
    likely = {
        (i, j): score
        for i, line in enumerate(lines)
        for j, reading in enumerate(seen)
        if (score := _continues(line.last, reading))
    }
    chosen: dict[int, int] = {}
    for i, j in sorted(likely, key=lambda pair: (-likely[pair], pair)):
        if i not in chosen and j not in chosen.values():
            chosen[i] = j
    return [(lines[i], seen[j]) for i, j in chosen.items()]


def _continues(line: TextReading, reading: TextReading) -> float:
    """How likely this is the same line: at its place with nearly its text, or moved."""
    if overlap(line.box, reading.box) >= MIN_OVERLAP:
        shared = likeness(masked(line.text), masked(reading.text))
        return 1.0 + shared if shared >= SAME_LINE else 0.0
    return float(line.text == reading.text and len(line.text) >= MIN_MOVED_CHARACTERS)


# Lines to texts


def _texts(line: _Line, clocks: Sequence[Span]) -> Iterator[tuple[str, Span]]:
    """What the line showed and when, outside the spans in which it ran like a clock."""
    runs: list[_Line] = []
    for reading, end_s in zip(line.readings, line.ends_s, strict=True):
        if any(span.contains(reading.time_s) for span in clocks):
            continue
        if runs and _continues_text(runs[-1], reading):
            runs[-1].take(reading, end_s)
        else:
            runs.append(_Line([reading], [end_s]))
    for run in _without_flicker(runs):
        yield _usual(run.readings), Span(run.readings[0].time_s, run.ends_s[-1])


def _continues_text(run: _Line, reading: TextReading) -> bool:
    return reading.time_s - run.ends_s[-1] < FLICKER_S and _same(run.last.text, reading.text)


def _without_flicker(runs: Sequence[_Line]) -> list[_Line]:
    """Runs, with a single misreading between two of the same text given to these."""
    kept: list[_Line] = []
    for run in runs:
        kept.append(run)
        if len(kept) < 3:
            continue
        before, between, after = kept[-3:]
        lasts_s = after.readings[0].time_s - before.ends_s[-1]
        if (
            lasts_s < FLICKER_S
            and len(between.readings) == 1
            and _same(before.last.text, after.last.text)
        ):
            kept[-3:] = [_Line(before.readings + after.readings, before.ends_s + after.ends_s)]
    return kept


def _same(one: str, other: str) -> bool:
    """Whether two readings are one text: equal in their digits, nearly so in their letters."""
    folded = _folded(one), _folded(other)
    if folded[0] == folded[1]:
        return True
    digits = [re.sub(r"\D", "", normal(text)) for text in (one, other)]
    return digits[0] == digits[1] and likeness(*folded) >= SAME_TEXT


def _folded(text: str) -> str:
    """Without case and spaces, and with one character for those that readers mix up."""
    return "".join(normal(text).casefold().split()).translate(_ALIKE)


def _usual(readings: Sequence[TextReading]) -> str:
    """The text that was read most often; of equals the one that was read most surely."""
    counts = Counter(reading.text for reading in readings)
    sure = {reading.text: reading.score for reading in sorted(readings, key=lambda r: r.score)}
    return max(counts, key=lambda text: (counts[text], sure[text], text))


def _says_something(text: str, span: Span) -> bool:
    return len(text) > 1 or (text >= _FIRST_EAST_ASIAN and span.duration_s >= FLICKER_S)


# Beside clocks


def _beside(tracks: Sequence[ClockTrack]) -> Iterator[tuple[str, Span]]:
    """What a line says beside its clocks ("CAM 3 {}"), where that is a word."""
    for span, found in groupby(tracks, key=lambda track: track.span):
        text = " ".join(next(found).template.replace("{}", " ").split())
        if words(text):
            yield text, span


def _is_misread_clock(
    line: _Line, span: Span, running: Sequence[tuple[_Line, Sequence[ClockTrack]]]
) -> bool:
    """Whether this was shown only briefly where the clock of another line ran all the time."""
    return span.duration_s < MISREAD_S and any(
        other is not line
        and overlap(line.last.box, other.last.box) >= MISREAD_OVERLAP
        and any(track.span.hull(span) == track.span for track in found)
        for other, found in running
    )
