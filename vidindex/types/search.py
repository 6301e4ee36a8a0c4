"""Values of searching: what is asked, what was found, and what that answer rests on."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from vidindex.types.record import Channel, Event
from vidindex.types.span import Span

Answer = Literal["verified", "unsure", "rejected", "unchecked"]


@dataclass(frozen=True, slots=True)
class Filters:
    """Which events may be found; applied before the best k are taken.

    globs match the path below its root or the file name; start_s/end_s are media time.
    """

    globs: tuple[str, ...] = ()
    start_s: float | None = None
    end_s: float | None = None
    cameras: tuple[str, ...] = ()
    days: tuple[date, ...] = ()
    channels: tuple[Channel, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for, in the user's own words."""

    text: str
    filters: Filters = Filters()
    limit: int = 10


@dataclass(frozen=True, slots=True)
class Hit:
    """One event that matches; `why` names the lists that brought it ("words", "meaning", ...)."""

    event: Event
    score: float
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a verdict rests on: the frames shown, the words used, who answered."""

    frame_times_s: tuple[float, ...]
    prompt: str
    model: str
    reply: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What fresh frames said of a candidate; `span` is where they put it.

    also: further spans of the same look in which they show it too.
    """

    answer: Answer
    score: float | None
    span: Span
    evidence: Evidence | None = None
    also: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Moment:
    """Neighbouring hits of one video, as one answer; `path` is where the file lies now."""

    video_id: str
    path: str
    span: Span
    text: str
    score: float
    hits: tuple[Hit, ...]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Coverage:
    """What an answer rests on; nothing that was left out is silent.

    Seconds count every video once, however often it was copied. `not_heard_s` is
    footage with sound but no transcript or subtitles; `not_seen_s` is footage
    that no model has captioned; `failed` and `missing` count files.
    """

    num_files: int
    duration_s: float
    failed: int = 0
    missing: int = 0
    not_heard_s: float = 0.0
    not_seen_s: float = 0.0
    not_read_s: float = 0.0
    candidates: int = 0
    checked: int = 0


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Moments, best first, candidates that were looked at and rejected, and the coverage.

    notes: what could not be done beside answering, e.g. keeping the verdicts.
    """

    query: Query
    moments: tuple[Moment, ...]
    rejected: tuple[Moment, ...]
    coverage: Coverage
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """What people said of a hit."""

    query: str
    video_id: str
    span: Span
    answer: Literal["keep", "reject", "note"]
    note: str = ""
