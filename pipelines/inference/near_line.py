"""Measure from which score on an event or a segment is near, by queries for absent things."""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pipelines.inference.nearest_segments import nearest_segments
from store.library import Library
from vidindex.core.retrieval.frame_segments import BEST_FRAMES
from vidindex.core.retrieval.null_queries import NULL_QUERIES
from vidindex.core.retrieval.null_scores import MIN_MAXIMA, NearLine, near_line
from vidindex.core.retrieval.query_rewrite import as_caption
from vidindex.ports import Embedder, FrameEmbedder
from vidindex.types import Embedding, EmbeddingSpace, Filters

Rows = npt.NDArray[np.float32]

GROWTH, SMALL = 1.25, 10_000
"""A library that has grown, or shrunk, by more than this factor is measured again.

Up to so many vectors that takes no time, and any change is measured: what a search finds then
does not depend on how often an ingest was interrupted.
"""

QUERIES = tuple(map(as_caption, NULL_QUERIES[::2]))
DIGEST = hashlib.sha256("\n".join(QUERIES).encode()).hexdigest()[:16]

_embedded: dict[EmbeddingSpace, Rows] = {}
"""Vectors of the null queries by space: each process embeds them at most once."""


@dataclass(frozen=True, slots=True)
class _Vectors:
    """Vectors of one kind in a library. space: under which the line is kept.

    embed: makes vectors of the null queries; best: the best score of one of them.
    """

    library: Library
    space: EmbeddingSpace
    count: int
    embed: Callable[[], Rows]
    best: Callable[[Embedding], float | None]


def line_of(library: Library, embedder: Embedder) -> NearLine:
    """From which score on an event is near; measured here where it never was."""
    return _line(_of_texts(library, embedder))


def refresh_near_line(library: Library, embedder: Embedder) -> None:
    """Measure again what has changed enough; for a library that is open for writing."""
    _refresh(_of_texts(library, embedder))


def frame_line_of(library: Library, embedder: FrameEmbedder) -> NearLine:
    """From which score on a segment of frames is near; measured here where it never was."""
    return _line(_of_frames(library, embedder))


def refresh_frame_line(library: Library, embedder: FrameEmbedder) -> None:
    """The same as `refresh_near_line` for the vectors of frames."""
    _refresh(_of_frames(library, embedder))


def _line(of: _Vectors) -> NearLine:
    return of.library.near_lines.get(of.space) or _measure(of, None)


def _refresh(of: _Vectors) -> None:
    kept = of.library.near_lines.get(of.space)
    if of.count and (kept is None or kept.queries != DIGEST or not _fits(kept, of.count)):
        _measure(of, kept)


def _fits(kept: NearLine, count: int) -> bool:
    measured = kept.num_vectors
    return measured == count or (count > SMALL and count / GROWTH <= measured <= count * GROWTH)


def _measure(of: _Vectors, kept: NearLine | None) -> NearLine:
    vectors = kept.query_vectors if kept and kept.queries == DIGEST else _null_vectors(of)
    best = [of.best(vector) for vector in vectors]
    maxima = np.array(best if None not in best else [], np.float64)
    # A model that cannot read the null queries measures nothing, and cuts nothing off.
    line, median = (
        (near_line(maxima), near_line(maxima, 0.5))
        if len(maxima) >= MIN_MAXIMA
        else (-math.inf, -math.inf)
    )
    found = NearLine(of.space, DIGEST, vectors, line, median, of.count)
    if found.num_vectors:
        of.library.near_lines.put(found)
    return found


def _null_vectors(of: _Vectors) -> Rows:
    if of.space not in _embedded:
        _embedded[of.space] = of.embed()
    return _embedded[of.space]


def _of_texts(library: Library, embedder: Embedder) -> _Vectors:
    def embed() -> Rows:
        readable = embedder.can_read(QUERIES)
        return embedder.embed_queries(
            [t for t, known in zip(QUERIES, readable, strict=True) if known]
        )

    def best(vector: Embedding) -> float | None:
        return next((score for _, score in library.vectors.search(vector, Filters(), 1)), None)

    return _Vectors(library, embedder.space, library.vectors.count(), embed, best)


def _of_frames(library: Library, embedder: FrameEmbedder) -> _Vectors:
    everything = library.filter_frames(Filters())

    def best(vector: Embedding) -> float | None:
        return next((one.score for one in nearest_segments(library, vector, everything, 1)), None)

    def embed() -> Rows:
        readable = embedder.can_read(QUERIES)
        texts = [text for text, known in zip(QUERIES, readable, strict=True) if known]
        return embedder.embed_texts(texts)

    space = embedder.space
    return _Vectors(
        library,
        replace(space, metric=f"{space.metric}, mean of {BEST_FRAMES} frames"),
        library.frame_vectors.count(),
        embed,
        best,
    )
