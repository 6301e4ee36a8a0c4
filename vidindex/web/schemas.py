"""Define the bodies of requests and responses, beside the application's own values."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self, TypeVar

from fastapi import Path
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, model_validator

from store.progress_file import Doing
from store.tables.failures import Failure
from store.tables.runs import Run
from vidindex.core.formatting.time_format import parse_time
from vidindex.core.formatting.to_json import jsonable
from vidindex.types import Coverage, Filters, Location, Query
from vidindex.types.search import MAX_QUERY_CHARACTERS
from vidindex.web.examples import LIKE_PATTERN

SearchChannel = Literal["caption", "screen", "subtitle", "speech", "clock", "frame"]

Words = Annotated[str, Field(min_length=1, max_length=MAX_QUERY_CHARACTERS)]
SomeWords = Annotated[str, Field(max_length=MAX_QUERY_CHARACTERS)]
Like = Annotated[str, Field(max_length=160, pattern=LIKE_PATTERN)]
Name = Annotated[str, Field(max_length=200)]
Names = Annotated[list[Name], Field(max_length=50)]
Days = Annotated[list[date], Field(max_length=100)]
Time = Annotated[str, Field(max_length=20, description="90, 01:30 or 00:01:30.5")]
Seconds = Annotated[float, Field(ge=0, le=1e7, allow_inf_nan=False)]
VideoId = Annotated[str, Path(pattern="^[0-9A-Za-z-]{1,80}$")]


class Filtering(BaseModel):
    """Which events may be found, as `vidindex search` has it."""

    model_config = ConfigDict(extra="ignore")

    camera: Names = []
    day: Days = []
    file: Names = []
    channel: Annotated[list[SearchChannel], Field(max_length=6)] = []
    since: datetime | None = None
    until: datetime | None = None
    start: Time | None = None
    end: Time | None = None

    def filters(self) -> Filters:
        """Raises InputError for invalid media times. Hours are read by the cameras' clocks."""
        return Filters(
            globs=tuple(self.file),
            start_s=parse_time(self.start) if self.start else None,
            end_s=parse_time(self.end) if self.end else None,
            cameras=tuple(self.camera),
            days=tuple(self.day),
            channels=tuple(self.channel),
            since=self.since,
            until=self.until,
        )


S = TypeVar("S", bound="Searching")


class Searching(Filtering):
    """How a search is made. limit: moments shown; verify: check them against fresh frames.

    like: examples, `VIDEO_ID@SECONDS` or `picture:ID` of POST /api/pictures, each with
    `#x,y,width,height` behind it where only a region counts (pictures are sent with theirs); then
    the words say how what is looked for differs from them, and words_weight is that of their
    vector.
    """

    like: Annotated[list[Like], Field(max_length=8)] = []
    words_weight: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] = 1.0
    limit: Annotated[int, Field(ge=1, le=100)] = 10
    thorough: bool = False
    verify: bool = True


class SearchLine(Searching):
    """A search in an address, by words, by examples, or by both."""

    q: SomeWords = ""

    @model_validator(mode="after")
    def says_what(self) -> Self:
        return _says_what(self, self.q)

    def query(self) -> Query:
        return Query(self.q, self.filters(), self.limit, words_weight=self.words_weight)


class SearchBody(Searching):
    """A search in a body, by words, by examples, or by both."""

    text: SomeWords = ""

    @model_validator(mode="after")
    def says_what(self) -> Self:
        return _says_what(self, self.text)

    def query(self) -> Query:
        return Query(self.text, self.filters(), self.limit, words_weight=self.words_weight)


def _says_what(asked: S, words: str) -> S:
    if not words and not asked.like:
        raise ValueError("a search wants words, or an example")
    return asked


class AskBody(Filtering):
    """A question, or several."""

    question: Words
    thorough: bool = False
    calls: Annotated[int, Field(ge=1, le=200)] = 40


class CorrectionBody(BaseModel):
    """What is said in a line, as a person heard it."""

    text: Annotated[str, Field(min_length=1, max_length=2000)]


class MarkBody(BaseModel):
    """What somebody says of a stretch of a video that was found for `query`."""

    query: Words
    video_id: Annotated[str, Field(max_length=80)]
    start_s: Seconds
    end_s: Seconds
    answer: Literal["keep", "reject", "note"]
    note: Annotated[str, Field(max_length=2000)] = ""
    set: Name = ""


@dataclass(frozen=True, slots=True)
class SentPicture:
    """A picture that can be searched by, as `like=picture:ID`, until newer ones take its place."""

    picture: str
    sha256: str


class LoginBody(BaseModel):
    """A token, as `vidindex tokens add` printed it."""

    token: Annotated[str, Field(max_length=200)]


class CalibrateBody(BaseModel):
    """Which shipped queries occur in this library, and the share of false alarms to aim at."""

    occurs: Annotated[list[Words], Field(max_length=500)] = []
    max_false_alarms: Annotated[float, Field(gt=0, lt=1)] = 0.05


class IngestBody(BaseModel):
    """Files and folders below what `--ingest-root` named."""

    paths: Annotated[list[Annotated[str, Field(min_length=1, max_length=4000)]],
                     Field(min_length=1, max_length=100)]  # fmt: skip


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """What the library holds, and what this server can do with it.

    doing: how far the ingest is that runs now. by_example: whether pictures can be searched by.
    ingest_roots: folders below which it may be asked to ingest. has_session: this browser came by
    a session that it can end. scanned_before to picture_model: as `vidindex.app.Status` has them.
    """

    library: str
    version: str
    writable: bool
    model: str | None
    coverage: Coverage
    events: dict[str, int]
    failures: list[Failure]
    last_run: Run | None
    doing: Doing | None
    scanned_before: int
    text_model: str | None
    embedder: str | None
    languages: str | None
    frames: int
    picture_model: str
    needs_token: bool
    has_session: bool
    user: str
    by_example: bool
    ingest_roots: list[str]


@dataclass(frozen=True, slots=True)
class CalibrationStatus:
    """The shipped queries, and how far a calibration with them is.

    occurs: those that somebody said do occur. done, total: queries of the one that runs, or ran
    last; failure: why it ended without a result, else "". measured: what the last one that
    ended measured, in words.
    """

    queries: list[str]
    occurs: list[str]
    running: bool
    done: int
    total: int
    failure: str
    measured: str | None


@dataclass(frozen=True, slots=True)
class CameraFacet:
    """One camera to filter by."""

    name: str
    videos: int
    duration_s: float


@dataclass(frozen=True, slots=True)
class Facets:
    """What can be filtered by. days: of the cameras' wall clocks, in order."""

    cameras: list[CameraFacet]
    days: list[date]
    files: int
    channels: list[str]


@dataclass(frozen=True, slots=True)
class ListedFile:
    """One video. present: it can be read; playable: browsers show it without a proxy."""

    video_id: str
    name: str
    duration_s: float
    width: int
    height: int
    camera: str | None
    starts_at: datetime | None
    num_events: int
    present: bool
    playable: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of videos. total: how many there are in all."""

    total: int
    videos: list[ListedFile]


@dataclass(frozen=True, slots=True)
class FileDetails(ListedFile):
    """One video, with its location."""

    locations: tuple[Location, ...]
    timecode: str | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LaneEvent:
    """One event on the strip. event_id: None for a clock that runs in the picture."""

    event_id: int | None
    start_s: float
    end_s: float
    text: str
    channel: str


@dataclass(frozen=True, slots=True)
class Lanes:
    """Events and clocks of a stretch. total: how many it has; lanes: of each kind; shown: here."""

    total: int
    shown: int
    events: list[LaneEvent]
    lanes: dict[str, int]


@dataclass(frozen=True, slots=True)
class Making:
    """A proxy is being made; ask again. progress: 0 to 1."""

    state: Literal["making"]
    progress: float


@dataclass(frozen=True, slots=True)
class MarkSet:
    """A named set of marks."""

    name: str
    marks: int


@dataclass(frozen=True, slots=True)
class Format:
    """An export format."""

    name: str
    suffix: str
    label: str


@dataclass(frozen=True, slots=True)
class Done:
    """It is done, or has begun."""

    done: bool = True


def answer(value: Any, status: int = 200) -> JSONResponse:
    """A response as `--json` prints it."""
    return JSONResponse(jsonable(value), status)
