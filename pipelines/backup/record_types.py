"""Define the records of a dump that are not rows of the store as they are."""

from dataclasses import dataclass
from typing import Literal

from store.tables.records import KeptWord
from vidindex.types import Channel


@dataclass(frozen=True, slots=True)
class ErasedRecord:
    video_id: str


@dataclass(frozen=True, slots=True)
class PlaceRecord:
    root: str
    path: str
    mtime_ns: int
    size_bytes: int
    status: Literal["present", "missing"] = "present"
    video_id: str = ""
    stage: str = ""
    message: str = ""
    linked: bool = False


@dataclass(frozen=True, slots=True)
class EventRecord:
    video_id: str
    event_id: int
    start_s: float
    end_s: float
    channel: Channel
    source: str
    text: str
    continued_by: int | None


@dataclass(frozen=True, slots=True)
class WordsRecord:
    video_id: str
    event_id: int
    words: tuple[KeptWord, ...]


@dataclass(frozen=True, slots=True)
class ClockRecord:
    video_id: str
    start_s: float
    end_s: float
    value_at_start_s: float
    rate: float
    style: str
    template: str
    resolution_s: float
    source: str


@dataclass(frozen=True, slots=True)
class SpaceRecord:
    model: str
    revision: str
    dim: int
    metric: str


@dataclass(frozen=True, slots=True)
class FramesRecord:
    """Some frames of a video: spans (n, 2) in seconds, vectors float16 (n, dim) in base64."""

    video_id: str
    space: SpaceRecord
    spans: tuple[tuple[float, float], ...]
    vectors: str
