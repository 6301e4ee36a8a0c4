"""The ports and functions that pipelines use, as one value.

Pipelines receive this and never construct an adapter; a tool that is None is not
available, and what it would have done is counted as not done.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vidindex.core.prompts import QWEN25_VL, PromptProfile
from vidindex.ports import Decoder, Embedder, FrameEmbedder, SegmentReader, TextReader, VisionModel
from vidindex.types import (
    FoundFile,
    FoundLink,
    FoundProblem,
    Location,
    Signals,
    Source,
    SubtitleEvents,
    VideoInfo,
)


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that touches a file or a model."""

    discover: Callable[[Sequence[Path]], Iterable[FoundFile | FoundProblem | FoundLink]]
    fingerprint: Callable[[Path | Location], str]
    probe: Callable[[Path | Location, str], VideoInfo]
    read_signals: Callable[[Source], Signals]
    find_sidecars: Callable[[Path], Sequence[Path]]
    read_subtitles: Callable[[VideoInfo, Location, Sequence[Path]], SubtitleEvents]
    decoder: Decoder
    embedder: Embedder
    frame_embedder: FrameEmbedder | None = None
    reader: TextReader | None = None
    segment_reader: SegmentReader | None = None
    model: VisionModel | None = None
    profile: PromptProfile = QWEN25_VL


def is_of_bundled(source: str) -> bool:
    """Whether the model of this identity is the bundled one, which knows generated clips only."""
    return source.startswith("bundled@")
