"""Measure retrieval speed in libraries of any size, and the recall of its shortcuts.

Words, vectors, fusion and filters, one question after another in one process, held against
the usual way of doing the same: a flat FAISS index with its default threads, and LIKE.
"""

import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import psutil  # type: ignore[import-untyped]

from pipelines.search.retrieval import DEPTH, candidates
from store.library import Library
from vidindex.bench.speed.generated_library import (
    CAPTIONS_AT_LEAST,
    World,
    camera_of,
    day_of,
    fill,
    make_questions,
    make_world,
)
from vidindex.composition import build_embedder
from vidindex.types import EmbeddingSpace, Filters, Query

Vectors = npt.NDArray[np.float32]

EVENTS_PER_FILE = 100
RECALL_AT = 50
NUM_QUESTIONS = 100
UNIFORM_AT_MOST = 1_000_000
_BATCH = 20_000


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds of one question."""

    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Row:
    """One library. memory_mb: what opening it and all questions added, text model apart.

    recall: of the 50 nearest by exact inner products, the share that is found.
    against: p50 in ms of this and of the usual ways, question by question in turn; a flat index
    only where it fits into half of the memory.
    """

    vectors: str
    num_events: int
    num_files: int
    fill_ms_per_event: float
    open_ms: float
    memory_mb: float
    latency: dict[str, Latency]
    recall: float
    against: dict[str, float]


class KnownQuestions:
    """Replaces the text model: vectors of questions that were embedded before the timing begins."""

    def __init__(self, questions: Sequence[str], vectors: Vectors, space: EmbeddingSpace) -> None:
        self.space = space
        self.vectors = dict(zip(questions, vectors, strict=True))

    def can_read(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        return np.ones(len(texts), np.bool_)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self.vectors[text] for text in texts])

    embed_documents = embed_queries


def measure(
    sizes: Sequence[int],
    seed: int,
    say: Callable[[str], None],
    num_captions: int = CAPTIONS_AT_LEAST,
) -> list[Row]:
    """A row for each size with the vectors of captions, and one of uniform random ones.

    The latter is of the greatest size, but of no more than `UNIFORM_AT_MOST` events.
    """
    embedder = build_embedder()
    world = make_world(embedder, seed, num_captions)
    asked = make_questions(world.captions, NUM_QUESTIONS, seed)
    questions = KnownQuestions(asked, embedder.embed_queries(asked), world.space)
    rows = []
    for size in sizes:
        say(f"{size:,} events")
        rows.append(_one("captions", world, size, questions, seed))
    size = min(max(sizes), UNIFORM_AT_MOST)
    say(f"{size:,} events with uniform random vectors")
    draw = np.random.default_rng(seed).standard_normal((len(asked), world.vectors.shape[1]))
    uniform = draw / np.linalg.norm(draw, axis=1, keepdims=True)
    questions = KnownQuestions(asked, uniform.astype(np.float32), world.space)
    rows.append(_one("uniform", replace(world, nearness=0.0), size, questions, seed))
    return rows


def _one(kind: str, world: World, size: int, questions: KnownQuestions, seed: int) -> Row:
    num_files = max(1, size // EVENTS_PER_FILE)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "library"
        started_s = time.perf_counter()
        with Library.open(path, create=True) as library:
            fill(library, world, size, num_files, seed)
        filled_s = time.perf_counter() - started_s
        before = psutil.Process().memory_info().rss
        started_s = time.perf_counter()
        with Library.open(path) as library:
            _ask(library, questions, next(iter(questions.vectors)), Filters())
            opened_s = time.perf_counter() - started_s
            latency = {
                name: _latency(library, questions, filters)
                for name, filters in _filters(num_files).items()
            }
            memory = psutil.Process().memory_info().rss - before
            recall = _recall(library, questions)
            against = _against(library, questions)
    return Row(
        kind,
        size,
        num_files,
        1000 * filled_s / size,
        1000 * opened_s,
        memory / 1e6,
        latency,
        recall,
        against,
    )


def _filters(num_files: int) -> dict[str, Filters]:
    """All; one camera on one day; one camera; one hour's file by its name."""
    middle = num_files // 2
    day, camera = day_of(middle), camera_of(middle)
    return {
        "all": Filters(),
        "camera and day": Filters(cameras=(camera,), days=(day.date(),)),
        "camera": Filters(cameras=(camera,)),
        "file": Filters(globs=(f"{camera}/{day:%Y%m%d-%H}*",)),
    }


def _ask(library: Library, questions: KnownQuestions, text: str, filters: Filters) -> None:
    candidates(library, questions, Query(text, filters), DEPTH)


def _latency(library: Library, questions: KnownQuestions, filters: Filters) -> Latency:
    spent = [_timed(partial(_ask, library, questions, one, filters)) for one in questions.vectors]
    return Latency(float(np.percentile(spent, 50)), float(np.percentile(spent, 99)))


def _timed(run: Callable[[], object]) -> float:
    started_s = time.perf_counter()
    run()
    return 1000 * (time.perf_counter() - started_s)


def _recall(library: Library, questions: KnownQuestions) -> float:
    queries = np.stack(list(questions.vectors.values()))
    best = np.full((len(queries), RECALL_AT), -np.inf, np.float32)
    ids = np.zeros((len(queries), RECALL_AT), np.int64)
    for event_ids, vectors in _all(library):
        scores = np.hstack([best, queries @ vectors.T])
        named = np.hstack([ids, np.broadcast_to(event_ids, (len(queries), len(event_ids)))])
        top = np.argpartition(-scores, RECALL_AT - 1, axis=1)[:, :RECALL_AT]
        best, ids = np.take_along_axis(scores, top, 1), np.take_along_axis(named, top, 1)
    found = [
        {event_id for event_id, _ in library.vectors.search(query, Filters(), RECALL_AT)}
        for query in queries
    ]
    shares = [len(one & set(true)) / RECALL_AT for one, true in zip(found, ids, strict=True)]
    return float(np.mean(shares))


def _against(library: Library, questions: KnownQuestions) -> dict[str, float]:
    """p50 of ours, of a flat index with default threads, and of LIKE for two of the words."""
    import faiss

    flat = _flat(library, len(next(iter(questions.vectors.values()))))
    ways = ["vidindex", "LIKE", *(["flat FAISS"] if flat is not None else [])]
    spent: dict[str, list[float]] = {way: [] for way in ways}
    with sqlite3.connect(library.path / "library.db") as db:
        for text, vector in questions.vectors.items():
            spent["vidindex"].append(_timed(partial(_ask, library, questions, text, Filters())))
            spent["LIKE"].append(_timed(partial(_like, db, text.split()[:2])))
            if flat is not None:
                faiss.omp_set_num_threads(psutil.cpu_count() or 1)
                spent["flat FAISS"].append(_timed(partial(flat.search, vector[None], DEPTH)))
                faiss.omp_set_num_threads(1)
    return {name: float(np.median(each)) for name, each in spent.items()}


def _flat(library: Library, dim: int) -> Any | None:
    """All vectors in a flat index, or None where they would not fit."""
    import faiss

    if 4 * dim * library.events.count() > psutil.virtual_memory().total / 2:
        return None
    flat = faiss.IndexFlatIP(dim)
    for _, vectors in _all(library):
        flat.add(vectors)
    return flat


def _like(db: sqlite3.Connection, words: Sequence[str]) -> None:
    sql = "SELECT event_id FROM events WHERE text LIKE ? LIMIT ?"
    db.execute(sql, [f"%{'%'.join(words)}%", DEPTH]).fetchall()


def _all(library: Library) -> Iterator[tuple[npt.NDArray[np.int64], Vectors]]:
    """Every event's id and vector, read from the truth."""
    with sqlite3.connect(library.path / "library.db") as db:
        rows = db.execute("SELECT event_id, vector FROM vectors ORDER BY event_id")
        while batch := rows.fetchmany(_BATCH):
            blobs = b"".join(blob for _, blob in batch)
            ids = np.fromiter((event_id for event_id, _ in batch), np.int64)
            yield ids, np.frombuffer(blobs, "<f4").reshape(len(batch), -1)
