"""Values of searching: queries, results, and their coverage."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Literal

from vidindex.types.record import Channel, Event
from vidindex.types.span import Span

MAX_QUERY_CHARACTERS = 500
"""Of a search or a question: longer texts are no description of what is looked for."""

Answer = Literal["verified", "unsure", "rejected", "unchecked"]


@dataclass(frozen=True, slots=True)
class Filters:
    """Which events may be found; applied before the best k are taken.

    globs match the path below its root or the file name; start_s/end_s are media time;
    since/until are wall clock, half-open: what was recorded at an unknown time is out. Without
    an offset they are read, as days are, by each camera's clock: in its zone, else in this
    machine's. video_ids: only these videos, whatever they are called.
    """

    globs: tuple[str, ...] = ()
    start_s: float | None = None
    end_s: float | None = None
    cameras: tuple[str, ...] = ()
    days: tuple[date, ...] = ()
    channels: tuple[Channel, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    video_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a picture: its left upper corner and its size.

    in_pixels: of the upright picture; else all four are shares of its width or height.
    """

    x: float
    y: float
    width: float
    height: float
    in_pixels: bool

    def __str__(self) -> str:
        """`0.1,0.2,0.5,0.5`, or `10,20,300,400 px`."""
        sides = (self.x, self.y, self.width, self.height)
        return ",".join(f"{side:g}" for side in sides) + (" px" if self.in_pixels else "")


@dataclass(frozen=True, slots=True)
class Example:
    """A picture that is searched by. label: `FILE@01:23`, or `picture` and how its hash begins.

    region: the part of the picture that counts, None for all of it. sha256: of the file of a
    picture; video_id, at_s: which moment of which video it is otherwise. weight: what its vector
    is multiplied with before it is added to the others.
    """

    label: str
    region: Region | None = None
    sha256: str = ""
    video_id: str = ""
    at_s: float | None = None
    weight: float = 1.0

    def __str__(self) -> str:
        return f"{self.label} ({self.region})" if self.region else self.label


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for, in the user's own words.

    like: pictures to search by; then the words say how what is looked for differs from them, and
    `words_weight` is the weight of their vector.
    """

    text: str
    filters: Filters = Filters()
    limit: int = 10
    like: tuple[Example, ...] = ()
    words_weight: float = 1.0

    @property
    def title(self) -> str:
        """What is looked for, in one line for people: `like cam3.mp4@01:23, at night`."""
        like = f"like {' and '.join(map(str, self.like))}" if self.like else ""
        return ", ".join(filter(None, (like, self.text)))

    @property
    def without_names(self) -> "Query":
        """The query as the audit log has it: examples by id, time and hash, without labels."""
        return replace(self, like=tuple(replace(one, label="") for one in self.like))


@dataclass(frozen=True, slots=True)
class Hit:
    """One event that matches; `why` names the lists that brought it ("words", "meaning", ...).

    ranks: the places, from 1, that its score was made of, by list; of a list that did not bring
    it, that of what the list has at the same time. nearness: where frames brought it, the
    mean inner product of its best frames with what was asked for; frames_s: when these begin.
    """

    event: Event
    score: float
    why: tuple[str, ...]
    ranks: Mapping[str, int] = field(default_factory=dict, hash=False)
    nearness: float | None = None
    frames_s: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a verdict rests on: the frames shown, the words used, who answered.

    size: (width, height) at which the frames were shown; None where a reader saw them as they
    are. grounding: the start and end that the model gave; None where it was not asked.
    """

    frame_times_s: tuple[float, ...]
    prompt: str
    model: str
    reply: str
    size: tuple[int, int] | None = None
    grounding: str | None = None


@dataclass(frozen=True, slots=True)
class Opinion:
    """The opinion of a second, slower model on the same candidate; `reply` is its whole answer.

    probability: that a candidate it answers so is right, once that was measured.
    """

    answer: Answer
    model: str
    reply: str
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of checking a candidate on fresh frames; `span` is where they put it.

    score: the model's own, 0 to 1, good for ranking only; mass: P(Yes) + P(No) behind it.
    probability: that the candidate is right, by a calibration of this very model, prompt
    and frame budget; None until there is one. also: further spans of the same look in which
    they show it too.
    """

    answer: Answer
    score: float | None
    span: Span
    evidence: Evidence | None = None
    also: tuple[Span, ...] = ()
    mass: float | None = None
    probability: float | None = None
    second: Opinion | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """Neighbouring hits of one video, as one answer; `path` is the present path of the file.

    starts_at: the wall clock of the verdict's start in the camera's zone, set right by its
    offset and drift; None where no one knows when the video was recorded.
    """

    video_id: str
    path: str
    span: Span
    text: str
    score: float
    hits: tuple[Hit, ...]
    verdict: Verdict
    starts_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of wall clock between two recordings of one camera in which it has none."""

    camera: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Coverage:
    """What an answer rests on; nothing that was left out is silent.

    Seconds count every video once, however often it was copied. `not_heard_s` is
    footage with sound but no transcript or subtitles, `silent_s` has neither; `not_seen_s` is
    footage that no model has captioned, and `frames_only_s` the part of it whose frames have
    vectors, which rank and never judge; `failed` and `missing` count files, and `undated` those
    that a wall clock or day left out because no one knows when they were recorded.
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
    gaps: tuple[Gap, ...] = ()
    undated: int = 0
    frames_only_s: float = 0.0
    silent_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Standard:
    """From which score on a candidate counts as verified, and below which as rejected.

    max_false_alarms: of searches for something absent, at most this share may show a verified
    hit; None where that was not asked for or never measured, and the lines are a rule of thumb.
    measured: what a calibration found when it tried them on searches it had not seen.
    """

    verified_at: float = 0.6
    rejected_at: float = 0.4
    max_false_alarms: float | None = None
    measured: str = ""


ConclusionKind = Literal[
    "found", "unchecked", "unsure", "not there", "not found", "not looked at", "cannot be told"
]


@dataclass(frozen=True, slots=True)
class Misses:
    """Measured share of searches for something present that found nothing; 95 % interval.

    All from 0 to 1; num_present: how many such searches it was measured on.
    """

    share: float
    low: float
    high: float
    num_present: int


@dataclass(frozen=True, slots=True)
class Looks:
    """What of the filtered footage was looked at for one question.

    looked_at, stretches: looks that were made, and looks that all of it takes (about 30 s
    each). sense: what a look is, "read" and "transcribed" where only texts of these kinds may
    be found. misses: of this model on this library, where that is known and applies to this
    footage. why_none: why nothing was looked at; "" where something was.
    """

    looked_at: int = 0
    stretches: int = 0
    duration_s: float = 0.0
    sense: Literal["looked at", "read", "transcribed"] = "looked at"
    misses: Misses | None = None
    why_none: str = ""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What a search may say, and in one sentence why.

    kind: "found" where fresh frames verified a hit, "unchecked" where hits fit by their text or
    their vectors alone, "unsure" where frames did not settle it. Without hits: "not there" where
    all of the footage was looked at, or where misses are measured; "not found" where a part was
    looked at; "not looked at" where nothing was. "cannot be told" where an open question was
    looked at, and no sentence of an answer held.
    """

    kind: ConclusionKind = "not looked at"
    sentence: str = ""
    looks: Looks = Looks()


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Moments, best first, candidates that were looked at and rejected, and the coverage.

    standard: how scores became answers. conclusion: what follows from it all. notes: what could
    not be done beside answering, e.g. keeping the verdicts.
    """

    query: Query
    moments: tuple[Moment, ...]
    rejected: tuple[Moment, ...]
    coverage: Coverage
    standard: Standard = Standard()
    notes: tuple[str, ...] = ()
    conclusion: Conclusion = Conclusion()


@dataclass(frozen=True, slots=True)
class SavedHit:
    """One line of an answer that was shown: `rank` from 1, as people call it afterwards."""

    query: Query
    rank: int
    video_id: str
    span: Span
    text: str
    answer: Answer
    score: float | None


@dataclass(frozen=True, slots=True)
class Mark:
    """A person's mark on a hit. label_set: the set, case or selection it belongs to."""

    query: str
    video_id: str
    span: Span
    answer: Literal["keep", "reject", "note"]
    note: str = ""
    label_set: str = ""
    made_at: datetime | None = None
    mark_id: int | None = None
