"""Values of a parsed reply: spans, events, boxes, repairs."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from vidindex.types import Span

Repair = Literal[
    "swapped",
    "clipped",
    "point",
    "outside",
    "denied",
    "duplicate",
    "not_a_number",
    "clock_overflow",
    "frame_clock",
    "unreadable",
    "truncated",
    "reasoning",
    "echo",
    "loop",
]
"""What was done to a reply, or left out of it; one count for each time that it happened.

swapped: the end was written before the start. clipped: part of the span was beyond the
video. point: a moment without length was given one. outside: the span is wholly beyond
the video and was left out. denied: a span that only names where nothing was found, left
out. duplicate: given before in the same words, left out.
not_a_number: a time was infinite or no number, left out. clock_overflow: seconds or
minutes of 60 and more ("00:75"), read as written. frame_clock: three-part clocks that fit
the video only as minutes, seconds and hundredths, read so. unreadable: an object with time
keys whose times cannot be read, left out. truncated: the reply breaks off inside an answer;
what was complete is kept. reasoning: thinking without a final answer, left out. echo: the
prompt's own words or an example, left out. loop: one stuck run of repetitions; identical
ones are merged.
"""

Tally = Counter[Repair]


@dataclass(frozen=True, slots=True)
class SaidTime:
    """One time as a model wrote it.

    seconds: infinite for "the end".
    kind: "clock" (01:23.4), "unit" (12.5 s) or "bare" (12.5).
    unit_s: length of the unit behind a number, so that "5 - 10 minutes" counts both.
    as_frames_s: what a three-part clock means if it is MM:SS:ff, else None.
    overflow: the clock has a field of 60 or more.
    """

    seconds: float
    kind: Literal["clock", "unit", "bare"]
    unit_s: float = 1.0
    as_frames_s: float | None = None
    overflow: bool = False


@dataclass(frozen=True, slots=True)
class SaidSpan:
    """Two times and the words that go with them, before any check."""

    start: SaidTime
    end: SaidTime
    text: str = ""


@dataclass(frozen=True, slots=True)
class SaidEvent:
    """A span within the video, and its words (empty where only times were asked for)."""

    span: Span
    text: str = ""


@dataclass(slots=True)
class Findings:
    """What one reader found in a reply: spans in the order written, whether it denies.

    sentences: texts of records without times, which may say some in words.
    """

    spans: list[SaidSpan] = field(default_factory=list)
    denies: bool = False
    sentences: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ParsedReply:
    """What a reply says. `events, repairs = parse_events(...)` takes the first two.

    events: in the order of the reply. repairs: how often what was repaired. says_absent: the
    reply says that what was asked for does not occur.
    """

    events: tuple[SaidEvent, ...]
    repairs: Mapping[Repair, int]
    says_absent: bool

    def __iter__(self) -> Iterator[Any]:
        yield self.events
        yield self.repairs
