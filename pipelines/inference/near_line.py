"""Measure from which score on an event is near a query, by queries for absent things."""

import hashlib
import math

import numpy as np
import numpy.typing as npt

from store.library import Library
from vidindex.core.retrieval.null_queries import NULL_QUERIES
from vidindex.core.retrieval.null_scores import MIN_MAXIMA, NearLine, near_line
from vidindex.core.retrieval.query_rewrite import as_caption
from vidindex.ports import Embedder
from vidindex.types import EmbeddingSpace, Filters

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


def line_of(library: Library, embedder: Embedder) -> NearLine:
    """From which score on an event is near; measured here where it never was."""
    return library.near_lines.get(embedder.space) or _measure(library, embedder, None)


def refresh_near_line(library: Library, embedder: Embedder) -> None:
    """Measure again what has changed enough; for a library that is open for writing."""
    kept, count = library.near_lines.get(embedder.space), library.vectors.count()
    if count and (kept is None or kept.queries != DIGEST or not _fits(kept.num_vectors, count)):
        _measure(library, embedder, kept)


def _fits(measured: int, count: int) -> bool:
    return measured == count or (count > SMALL and count / GROWTH <= measured <= count * GROWTH)


def _measure(library: Library, embedder: Embedder, kept: NearLine | None) -> NearLine:
    vectors = kept.query_vectors if kept and kept.queries == DIGEST else _vectors(embedder)
    best = [library.vectors.search(vector, Filters(), 1) for vector in vectors]
    maxima = np.array([score for ((_, score),) in best if score is not None] if all(best) else [])
    # A model that cannot read the null queries measures nothing, and cuts nothing off.
    line, median = (
        (near_line(maxima), near_line(maxima, 0.5))
        if len(maxima) >= MIN_MAXIMA
        else (-math.inf, -math.inf)
    )
    found = NearLine(embedder.space, DIGEST, vectors, line, median, library.vectors.count())
    if found.num_vectors:
        library.near_lines.put(found)
    return found


def _vectors(embedder: Embedder) -> Rows:
    if embedder.space not in _embedded:
        readable = embedder.can_read(QUERIES)
        texts = [text for text, known in zip(QUERIES, readable, strict=True) if known]
        _embedded[embedder.space] = embedder.embed_queries(texts)
    return _embedded[embedder.space]
