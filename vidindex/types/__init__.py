"""Values that flow through vidindex: frozen, slotted, in seconds of media time.

Media time is the presentation timestamp minus the container's start time; spans
are half-open. Nothing here does I/O or imports anything but the standard
library and numpy.
"""

from vidindex.types.media import (
    AudioStream,
    Camera,
    FoundFile,
    FoundProblem,
    Location,
    Recording,
    Signals,
    Source,
    SubtitleStream,
    VideoInfo,
)
from vidindex.types.model import Ask, Embedding, EmbeddingSpace, ModelLimits, Reply, Usage
from vidindex.types.plan import Chunk, Frame, FrameBatch, FramePlan
from vidindex.types.record import (
    Box,
    Channel,
    ClockTrack,
    Event,
    SubtitleEvents,
    TextReading,
    Timeline,
    VideoTimeline,
)
from vidindex.types.search import (
    Conclusion,
    Coverage,
    Evidence,
    Filters,
    Gap,
    Hit,
    Looks,
    Mark,
    Misses,
    Moment,
    Opinion,
    Query,
    SavedHit,
    SearchResult,
    Standard,
    Verdict,
)
from vidindex.types.span import Span

__all__ = [
    "Ask",
    "AudioStream",
    "Box",
    "Camera",
    "Channel",
    "Chunk",
    "ClockTrack",
    "Conclusion",
    "Coverage",
    "Embedding",
    "EmbeddingSpace",
    "Event",
    "Evidence",
    "Filters",
    "FoundFile",
    "FoundProblem",
    "Frame",
    "FrameBatch",
    "FramePlan",
    "Gap",
    "Hit",
    "Location",
    "Looks",
    "Mark",
    "Misses",
    "ModelLimits",
    "Moment",
    "Opinion",
    "Query",
    "Recording",
    "Reply",
    "SavedHit",
    "SearchResult",
    "Signals",
    "Source",
    "Span",
    "Standard",
    "SubtitleEvents",
    "SubtitleStream",
    "TextReading",
    "Timeline",
    "Usage",
    "Verdict",
    "VideoInfo",
    "VideoTimeline",
]
