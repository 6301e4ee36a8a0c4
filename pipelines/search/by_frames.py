"""Find candidates by the vectors of frames: the vector to search for, and segments as hits."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipelines.inference.near_line import frame_line_of
from pipelines.inference.nearest_segments import FoundSegment, nearest_segments
from pipelines.services import Services
from store.library import Library
from vidindex.core.formatting.time_format import format_time
from vidindex.core.retrieval.calibration import Curve
from vidindex.core.retrieval.frame_segments import BEST_FRAMES
from vidindex.core.retrieval.query_rewrite import as_caption
from vidindex.core.screen_text.clock_notation import is_only_times
from vidindex.errors import InputError, ModelNotFound
from vidindex.ports import FrameEmbedder
from vidindex.types import (
    Embedding,
    EmbeddingSpace,
    Event,
    Filters,
    Hit,
    Moment,
    Query,
    Standard,
)

FRAMES = "frames"
"""The ranked list of segments by their frames' vectors."""


def frame_judge(space: EmbeddingSpace) -> str:
    """Who judges where no vision model does: other weights give scores that mean something else."""
    return f"frames of {space.model}@{space.revision}, mean of {BEST_FRAMES}"


def as_score(nearness: float) -> float:
    """An inner product, -1 to 1, as a score, 0 to 1, as calibrations take it."""
    return (1 + nearness) / 2


def as_nearness(score: float) -> float:
    return 2 * score - 1


@dataclass(frozen=True, slots=True)
class FrameAim:
    """A vector to search frames for, in their space.

    line: from this score on a segment is near enough to be shown unchecked; median: from this
    one on it is worth a look. Both are -inf where how near an absent thing comes is not known.
    curve: the probability that a segment of a score is right, if it was measured.
    """

    vector: Embedding
    line: float = -math.inf
    median: float = -math.inf
    curve: Curve | None = None

    def calibrated(self, standard: Standard, curve: Curve | None) -> "FrameAim":
        """With the line that a calibration drew, for searches without a vision model."""
        line = as_nearness(standard.verified_at)
        return replace(self, line=line, median=line, curve=curve)

    def probability(self, moment: Moment) -> float | None:
        """That a moment of frames is right; None where that was not measured."""
        nearness = moment.hits[0].nearness
        return None if self.curve is None or nearness is None else self.curve(as_score(nearness))


def has_frames(library: Library) -> bool:
    """Whether there is anything to compare a picture or a text with."""
    return library.frame_vectors.space is not None and library.frame_vectors.count() > 0


def finds_frames(filters: Filters) -> bool:
    """Whether what only the pictures show may be found."""
    return not filters.channels or "frame" in filters.channels


def aim_at(
    library: Library, services: Services, query: Query, like: Sequence[Embedding] = ()
) -> FrameAim | None:
    """What frames are searched for: `like`, the vectors of `query.like`, or what its words say."""
    if query.like:
        return example_aim(library, services, query, like)
    return text_aim(library, services, query)


def missing_note(library: Library, services: Services, query: Query) -> tuple[str, ...]:
    """A note where frames have vectors that nothing here can compare the question with."""
    if not finds_frames(query.filters) or not has_frames(library) or query.like:
        return ()
    if services.frame_embedder:
        return _unread_note(services.frame_embedder, query)
    space = library.frame_vectors.space
    model = space.model if space else ""
    return (f"frames were not searched: their picture model ({model}) is not here",)


def _unread_note(embedder: FrameEmbedder, query: Query) -> tuple[str, ...]:
    if not _has_picture(query) or _can_read(embedder, query):
        return ()
    return (
        f"frames were not searched: their picture model ({embedder.space.model}) never learned a "
        "word of this question",
    )


def _has_picture(query: Query) -> bool:
    """Whether it says anything that could be seen: times are read off clocks."""
    return bool(query.text.strip()) and not is_only_times(query.text)


def _can_read(embedder: FrameEmbedder, query: Query) -> bool:
    return bool(embedder.can_read([as_caption(query.text)])[0])


def text_aim(library: Library, services: Services, query: Query) -> FrameAim | None:
    """What to search frames for by these words; None where there is nothing to compare.

    Without frame vectors no picture model is loaded. Raises LibraryMismatch where the model is
    of another space than the frames.
    """
    embedder = services.frame_embedder
    if embedder is None or not _has_picture(query):
        return None
    if not finds_frames(query.filters) or not has_frames(library):
        return None
    library.frame_vectors.require(embedder.space)
    if not _can_read(embedder, query):
        return None
    lines = frame_line_of(library, embedder)
    return FrameAim(_of_text(embedder, query.text), lines.line, lines.median)


def example_aim(
    library: Library, services: Services, query: Query, vectors: Sequence[Embedding]
) -> FrameAim:
    """What to search frames for by examples, with words that say how it differs from them.

    vectors: of `query.like`, in its order. The vectors of examples and words are added by their
    weights. Raises ModelNotFound without a picture model, InputError without frame vectors, or
    where what is added up cancels out.
    """
    embedder = require_embedder(library, services)
    total = np.sum(
        [one.weight * vector for one, vector in zip(query.like, vectors, strict=True)], axis=0
    )
    if query.text.strip():
        total = total + query.words_weight * _of_text(embedder, query.text)
    length = float(np.linalg.norm(total))
    if not length > 1e-6:
        raise InputError("the examples cancel out", "give them other weights")
    return FrameAim(np.asarray(total / length, np.float32))


def require_embedder(library: Library, services: Services) -> FrameEmbedder:
    """The picture model of this library's frames.

    Raises InputError where no frame has a vector, ModelNotFound without the model,
    LibraryMismatch where it is another one than that of the frames.
    """
    if not has_frames(library):
        raise InputError(
            "no frame of this library has a vector to compare a picture with",
            "run: vidindex ingest --frames auto",
        )
    if services.frame_embedder is None:
        space = library.frame_vectors.space
        raise ModelNotFound(
            f"the picture model of this library is not here: {space.model if space else ''}",
            "see: vidindex models",
        )
    library.frame_vectors.require(services.frame_embedder.space)
    return services.frame_embedder


def segments(library: Library, aim: FrameAim, filters: Filters, count: int) -> list[Hit]:
    """Up to `count` segments as hits, the nearest first, each worth a look at least.

    Below the line they are found as "nearest": not shown without a look.
    """
    found = _nearest(library, aim, filters, count)
    space = library.frame_vectors.space
    source = f"{space.model}@{space.revision}" if space else ""
    return [
        _hit(one, (FRAMES,) if one.score >= aim.line else ("nearest",), source)
        for one in found
        if one.score >= aim.median
    ]


def however_far(library: Library, aim: FrameAim, filters: Filters, count: int) -> list[Hit]:
    """The nearest segments as "nearest" hits, however far away they are."""
    return [_hit(one, ("nearest",), "") for one in _nearest(library, aim, filters, count)]


def _nearest(library: Library, aim: FrameAim, filters: Filters, count: int) -> list[FoundSegment]:
    return nearest_segments(library, aim.vector, replace(filters, channels=()), count)


def _hit(found: FoundSegment, why: tuple[str, ...], source: str) -> Hit:
    text = f"frames like this at {format_time(found.frames_s[0])}"
    event = Event(found.video_id, found.span, text, "frame", source)
    return Hit(event, 0.0, why, nearness=found.score, frames_s=found.frames_s)


def _of_text(embedder: FrameEmbedder, text: str) -> Embedding:
    vector: Embedding = embedder.embed_texts([as_caption(text)])[0]
    return vector
