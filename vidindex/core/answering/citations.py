"""Tie answers to citations of events, and group citations into occasions.

Pieces of one line of time that touch are one occasion: within a file, and across the files
of one camera where their wall clock is known.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from vidindex.core.formatting.terminal import MARKS, format_wall, one_line
from vidindex.core.formatting.time_format import format_time
from vidindex.core.timing.wall_clock import WallClock
from vidindex.types import Channel, Event, Span
from vidindex.types.search import Answer

ADJACENT_S = 2.0
"""The largest gap between files of one recording, and between parts of one occasion."""


@dataclass(frozen=True, slots=True)
class Footage:
    """A video as people know it: its name, its camera, its clock; None where that is not known.

    windows: the stretches of it that are asked about.
    """

    name: str
    camera: str | None
    clock: WallClock | None
    windows: tuple[Span, ...]

    def holds(self, span: Span) -> bool:
        """Whether any of the span is in the window that is asked about."""
        return any(window.overlap(span) > 0 for window in self.windows)


@dataclass(frozen=True, slots=True)
class Citation:
    """A stretch of one file that a sentence rests on, as [number].

    name: how people call the file. starts_at: the wall clock of the span's start, None where
    no one knows it. text: of its events; answer, score: the result of checking it on fresh frames.
    """

    number: int
    video_id: str
    name: str
    camera: str | None
    span: Span
    starts_at: datetime | None
    text: str
    channel: Channel
    event_ids: tuple[int, ...]
    answer: Answer = "unchecked"
    score: float | None = None


def cited(event: Event, footage: Footage) -> Citation:
    """An event, to be cited; nothing of it is checked, and it has no number yet."""
    clock = footage.clock
    return Citation(
        number=0,
        video_id=event.video_id,
        name=footage.name,
        camera=footage.camera,
        span=event.span,
        starts_at=clock.at(event.span.start_s) if clock else None,
        text=event.text,
        channel=event.channel,
        event_ids=() if event.event_id is None else (event.event_id,),
    )


@dataclass(frozen=True, slots=True)
class Sentence:
    """One statement, and the numbers of the citations that it rests on."""

    text: str
    cites: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Occasion:
    """One time that something happened: citations in order of time, and how long it lasted."""

    citations: tuple[Citation, ...]
    duration_s: float

    @property
    def first(self) -> Citation:
        return self.citations[0]

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(one.number for one in self.citations)


def occasions(pieces: Iterable[Citation]) -> list[Occasion]:
    """The occasions that pieces make together, in order of time; what has no clock comes last.

    Pieces join only where frames gave the same verdict on them: a verified stretch does not vouch
    for the next.
    """
    running: list[_Running] = []
    for line, begin_s, piece in sorted(map(_placed, pieces), key=lambda one: one[:2]):
        if running and running[-1].holds(line, begin_s):
            running[-1].add(begin_s, piece)
        else:
            running.append(_Running(line, begin_s, piece))
    return sorted((Occasion(tuple(one.pieces), one.lasted_s) for one in running), key=_order)


def numbered(those: Sequence[Occasion], first: int = 1) -> list[Occasion]:
    """The same, with their citations numbered in order from `first`."""
    done = []
    for occasion in those:
        citations = [replace(one, number=first + i) for i, one in enumerate(occasion.citations)]
        done.append(replace(occasion, citations=tuple(citations)))
        first += len(citations)
    return done


def citation_line(citation: Citation) -> str:
    """`[1] ✓ 0.93  cam3/0412.mp4  00:02:15.2 – 00:02:45.0  2024-03-01 14:02:15  a man opens …`."""
    score = "" if citation.score is None else f" {citation.score:.2f}"
    span = citation.span
    parts = [
        f"[{citation.number}] {MARKS[citation.answer]}{score}",
        one_line(citation.name),
        f"{format_time(span.start_s)} – {format_time(span.end_s)}",
        *([format_wall(citation.starts_at)] if citation.starts_at else []),
        one_line(citation.text),
    ]
    return "  ".join(parts)


def with_cites(sentence: Sentence, most: int = 12) -> str:
    """`A red circle was seen twice. [1][2]`; of many numbers the first, and how many more."""
    shown = "".join(f"[{number}]" for number in sentence.cites[:most])
    more = len(sentence.cites) - most
    text = one_line(sentence.text)
    return f"{text} {shown}{f' and {more} more' if more > 0 else ''}" if shown else text


def how_often(count: int) -> str:
    """`once`, `twice`, `3 times`."""
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")


_Line = tuple[str, str, str]


class _Running:
    """An occasion that may go on; its end is a place on its line of time."""

    def __init__(self, line: _Line, begin_s: float, piece: Citation) -> None:
        self.line = line
        self.end_s = begin_s + piece.span.duration_s
        self.lasted_s = piece.span.duration_s
        self.pieces = [piece]

    def holds(self, line: _Line, begin_s: float) -> bool:
        return line == self.line and begin_s - self.end_s <= ADJACENT_S

    def add(self, begin_s: float, piece: Citation) -> None:
        end_s = begin_s + piece.span.duration_s
        self.lasted_s += max(0.0, end_s - max(begin_s, self.end_s))
        self.end_s = max(self.end_s, end_s)
        self.pieces.append(piece)


def _placed(piece: Citation) -> tuple[_Line, float, Citation]:
    """Its line of time and where on it: by the wall clock of its camera, or within the file."""
    if piece.starts_at is not None and piece.camera is not None:
        return ("camera", piece.camera, piece.answer), piece.starts_at.timestamp(), piece
    return ("file", piece.video_id, piece.answer), piece.span.start_s, piece


def _order(occasion: Occasion) -> tuple[float, str, Span]:
    first = occasion.first
    at_s = first.starts_at.timestamp() if first.starts_at else float("inf")
    return at_s, first.name, first.span
