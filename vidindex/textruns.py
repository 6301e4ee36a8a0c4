"""On-screen text over time: from single readings to events with spans, and clock tracks.

Text that stays is one event, text that runs like a clock is a track, whatever a
reader misread in between. Pure functions over readings; reads no picture.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import groupby

from vidindex.clockfit import Fit, fit_clocks
from vidindex.clockwords import Number, numbers, words
from vidindex.types import ClockTrack, Event, Span, TextReading, VideoInfo

SIMILAR = 0.6
"""Lines at one place that share this much are the same line, misread."""

MIN_OVERLAP = 0.3
MAX_MISSED_LOOKS = 1
"""A line that is not read once and then again was there all along."""

MIN_CHARACTERS = 2


@dataclass(slots=True)
class _Line:
    """One line of text, as it was read at one place again and again."""

    readings: list[TextReading] = field(default_factory=list)
    end_s: float = 0.0
    missed: int = 0

    @property
    def last(self) -> TextReading:
        return self.readings[-1]


def build(
    readings: Sequence[TextReading], video: VideoInfo, source: str
) -> tuple[list[Event], list[ClockTrack]]:
    """Events of channel "screen" and clock tracks of one whole video.

    readings: in order of time; what was read at one time stands until the next time that
    is among them, an empty text says that nothing stood there. source: the reader's name.
    """
    events: list[Event] = []
    clocks: list[ClockTrack] = []
    for line in _lines(readings, video.duration_s):
        found = _clocks(line, video, source)
        clocks += found
        text = _beside_clocks(found) if found else _usual(line.readings)
        if len(text) >= MIN_CHARACTERS:
            span = Span(line.readings[0].time_s, min(line.end_s, video.duration_s))
            events.append(Event(video.video_id, span, text, "screen", source))
    events.sort(key=lambda event: (event.span, event.text))
    clocks.sort(key=lambda clock: (clock.span, clock.template))
    return events, clocks


def _lines(readings: Sequence[TextReading], duration_s: float) -> list[_Line]:
    """Readings of one place and one text, joined over time."""
    looks = [(t, list(group)) for t, group in groupby(readings, key=lambda r: r.time_s)]
    ends_s = [*(time_s for time_s, _ in looks[1:]), duration_s]
    open_lines: list[_Line] = []
    closed: list[_Line] = []
    for (_, seen), end_s in zip(looks, ends_s, strict=True):
        rest = [reading for reading in seen if reading.text]
        for line in open_lines:
            line.missed += 1
            match = _match(line, rest)
            if match is not None:
                rest.remove(match)
                line.readings.append(match)
                line.end_s, line.missed = end_s, 0
        closed += [line for line in open_lines if line.missed > MAX_MISSED_LOOKS]
        open_lines = [line for line in open_lines if line.missed <= MAX_MISSED_LOOKS]
        open_lines += [_Line([reading], end_s) for reading in rest]
    return [line for line in closed + open_lines if line.end_s > line.readings[0].time_s]


def _match(line: _Line, seen: Sequence[TextReading]) -> TextReading | None:
    """The reading that continues the line: at its place, with nearly its text."""
    here = [reading for reading in seen if _overlap(line.last.box, reading.box) >= MIN_OVERLAP]
    likely = max(here, key=lambda reading: _likeness(line.last.text, reading.text), default=None)
    if likely is not None and _likeness(line.last.text, likely.text) >= SIMILAR:
        return likely
    return None


def _likeness(one: str, other: str) -> float:
    """1 for the same text up to its digits, which may run."""
    masked = _masked(one), _masked(other)
    if masked[0] == masked[1]:
        return 1.0 if "#" not in masked[0] or one == other else 0.99
    return SequenceMatcher(None, *masked, autojunk=False).ratio()


def _masked(text: str) -> str:
    return "".join("#" if character.isdigit() else character for character in text)


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """Shared area as a part of the smaller box: a longer text widens its box."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    smaller = min((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return width * height / smaller if smaller else 0.0


def _usual(readings: Sequence[TextReading]) -> str:
    """The text that was read most often; of equals the one that was read most surely."""
    counts = Counter(reading.text for reading in readings)
    sure = {reading.text: reading.score for reading in sorted(readings, key=lambda r: r.score)}
    return max(counts, key=lambda text: (counts[text], sure[text], text))


def _clocks(line: _Line, video: VideoInfo, source: str) -> list[ClockTrack]:
    """A track for each number of the line that runs."""
    shapes = Counter(tuple(n.style for n in numbers(reading.text)) for reading in line.readings)
    shape, _ = shapes.most_common(1)[0]
    read = [(r, found) for r in line.readings if _shape(found := numbers(r.text)) == shape]
    return [
        track
        for place in range(len(shape))
        for track in _tracks(place, read, line.end_s, video, source)
    ]


def _shape(found: Sequence[Number]) -> tuple[str, ...]:
    return tuple(number.style for number in found)


def _tracks(
    place: int,
    read: Sequence[tuple[TextReading, list[Number]]],
    end_s: float,
    video: VideoInfo,
    source: str,
) -> Iterator[ClockTrack]:
    """The clocks in the number at `place` of a line."""
    column = [found[place] for _, found in read]
    fps = max(1, round(video.average_fps))
    step = column[0].resolution or 1 / fps
    times_s = [reading.time_s for reading, _ in read]
    for fit in fit_clocks(times_s, [n.value + n.frames / fps for n in column], step):
        ends_s = times_s[fit.last + 1] if fit.last + 1 < len(read) else end_s
        span = Span(times_s[fit.first], min(ends_s, video.duration_s))
        template = _template(read[fit.first : fit.last + 1], place)
        yield _track(fit, span, step, column[0].style, template, video.video_id, source)


def _track(
    fit: Fit, span: Span, step: float, style: str, template: str, video_id: str, source: str
) -> ClockTrack:
    return ClockTrack(
        video_id=video_id,
        span=span,
        value_at_start_s=fit.offset + fit.rate * span.start_s,
        rate=fit.rate,
        style=style,
        template=template,
        resolution_s=step,
        source=source,
    )


def _template(read: Sequence[tuple[TextReading, list[Number]]], place: int) -> str:
    """The line with `{}` for the running number, as it was read most often."""
    forms: Counter[str] = Counter()
    for reading, found in read:
        head, tail = reading.text[: found[place].start], reading.text[found[place].end :]
        forms[f"{head}{{}}{tail}".strip()] += 1
    return forms.most_common(1)[0][0]


def _beside_clocks(tracks: Sequence[ClockTrack]) -> str:
    """What a line says beside its clock ("CAM 3 {}"); nothing where that is no word."""
    text = " ".join(tracks[0].template.replace("{}", " ").split())
    return text if words(text) else ""
