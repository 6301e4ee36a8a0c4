"""Measure searches by vectors of frames in libraries of any size, and their recall.

Frames follow one another in runs of near neighbours, as those of a shot do: shots come back to
the same places, pictures drift within a shot, and every frame has noise of its own. Questions
are pictures near a frame, and texts, which are far from all pictures and rank them by a little.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from store.library import Library
from vidindex.bench.speed.generated_library import video_of
from vidindex.types import EmbeddingSpace, Filters, FrameVector, Span

Vectors = npt.NDArray[np.float32]

DIM = 768
FRAMES_PER_FILE = 3_600
RECALL_AT = 50
NUM_QUESTIONS = 50
NUM_PLACES = 2_000
NUM_CAMERAS = 10
SPACE = EmbeddingSpace("generated", "1", DIM)


@dataclass(frozen=True, slots=True)
class FrameRow:
    """One library. mb_on_disk: database and index. p50_cpu_ms: seconds of CPU, which a busy
    machine does not change. one_camera: of the frames of one camera in ten alone.

    recall: of the 50 nearest by exact inner products, the share that is found, by kind of
    question.
    """

    num_frames: int
    fill_s: float
    mb_on_disk: float
    open_ms: float
    p50_ms: float
    p99_ms: float
    p50_cpu_ms: float
    one_camera_p50_ms: float
    one_camera_p50_cpu_ms: float
    recall: dict[str, float]


class FrameWorld:
    """Vectors of frames and of questions, drawn from a seed."""

    def __init__(self, seed: int) -> None:
        self._draw = np.random.default_rng(seed)
        self._pictures = self._units(1)[0]  # all pictures are near one direction, texts another
        self._texts = self._units(1)[0]
        self._places = self._units(NUM_PLACES)

    def frames(self, count: int) -> Vectors:
        """Unit vectors of consecutive frames, shape (count, DIM); neighbours are at about 0.97."""
        shots: list[Vectors] = []
        num_frames = 0
        while num_frames < count:
            shots.append(self._shot(int(self._draw.integers(4, 60))))
            num_frames += len(shots[-1])
        return _unit(np.concatenate(shots)[:count])

    def questions(self, frames: Vectors) -> dict[str, Vectors]:
        """Pictures near some of these frames, and texts about them."""
        picked = frames[self._draw.integers(len(frames), size=(2, NUM_QUESTIONS))]
        pictures = picked[0] + 0.4 * self._units(NUM_QUESTIONS)
        about = _unit(picked[1] - 0.75 * self._pictures)
        texts = 0.9 * self._texts + 0.25 * about + 0.35 * self._units(NUM_QUESTIONS)
        return {"picture": _unit(pictures), "text": _unit(texts)}

    def _shot(self, count: int) -> Vectors:
        place = self._places[self._draw.integers(NUM_PLACES)]
        scene = 0.55 * place + 0.45 * self._units(1)[0]
        drift = 0.06 * np.cumsum(self._noise(count), axis=0)
        made = 0.75 * self._pictures + 0.65 * scene + drift + 0.15 * self._noise(count)
        return np.asarray(made, np.float32)

    def _noise(self, count: int) -> Vectors:
        return self._draw.standard_normal((count, DIM), np.float32) / np.float32(DIM**0.5)

    def _units(self, count: int) -> Vectors:
        return _unit(self._noise(count))


def measure(sizes: Sequence[int], seed: int, say: Callable[[str], None]) -> list[FrameRow]:
    """A row for each size; a million frames need 4 GB of disk."""
    rows = []
    for size in sizes:
        say(f"{size:,} frames")
        with tempfile.TemporaryDirectory() as folder:
            rows.append(_one(Path(folder) / "library", size, seed))
    return rows


def _one(path: Path, size: int, seed: int) -> FrameRow:
    world = FrameWorld(seed)
    started_s = time.perf_counter()
    with Library.open(path, create=True) as library:
        questions = _fill(library, world, size)
    filled_s = time.perf_counter() - started_s
    asked = [vector for rows in questions.values() for vector in rows]
    started_s = time.perf_counter()
    with Library.open(path) as library:
        library.frame_vectors.search(asked[0], Filters(), RECALL_AT)
        opened_s = time.perf_counter() - started_s
        spent = _latencies(library, asked, Filters())
        of_camera = _latencies(library, asked, Filters(cameras=("cam1",)))
        recall = {kind: _recall(library, rows) for kind, rows in questions.items()}
    return FrameRow(
        size,
        filled_s,
        sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) / 1e6,
        1000 * opened_s,
        float(np.percentile(spent[0], 50)),
        float(np.percentile(spent[0], 99)),
        float(np.percentile(spent[1], 50)),
        float(np.percentile(of_camera[0], 50)),
        float(np.percentile(of_camera[1], 50)),
        recall,
    )


def _fill(library: Library, world: FrameWorld, size: int) -> dict[str, Vectors]:
    """Files of an hour each at a frame a second, of ten cameras; the questions about them."""
    library.frame_vectors.require(SPACE)
    sample: list[Vectors] = []
    for number, first in enumerate(range(0, size, FRAMES_PER_FILE)):
        vectors = world.frames(min(FRAMES_PER_FILE, size - first))
        video = replace(video_of(number), camera=f"cam{number % NUM_CAMERAS}")
        rows = [FrameVector(video.video_id, Span(i, i + 1), row) for i, row in enumerate(vectors)]
        with library.transaction():
            library.videos.put(video)
            library.frame_vectors.replace(video.video_id, rows)
        sample.append(vectors[:: max(1, len(vectors) // 20)])
    library.frame_vectors.refresh()
    return world.questions(np.concatenate(sample))


def _latencies(
    library: Library, asked: Sequence[Vectors], filters: Filters
) -> tuple[list[float], list[float]]:
    """Milliseconds of each question: by the clock, and of CPU."""
    wall_ms, cpu_ms = [], []
    for vector in asked:
        started_s, cpu_s = time.perf_counter(), time.process_time()
        library.frame_vectors.search(vector, filters, RECALL_AT)
        wall_ms.append(1000 * (time.perf_counter() - started_s))
        cpu_ms.append(1000 * (time.process_time() - cpu_s))
    return wall_ms, cpu_ms


def _recall(library: Library, questions: Vectors) -> float:
    best = np.full((len(questions), RECALL_AT), -np.inf, np.float32)
    ids = np.zeros((len(questions), RECALL_AT), np.int64)
    for frame_ids, vectors in library.frame_vectors.batches():
        scores = np.concatenate([best, questions @ vectors.T], axis=1)
        known = np.concatenate([ids, np.tile(frame_ids, (len(questions), 1))], axis=1)
        top = np.argpartition(-scores, RECALL_AT, axis=1)[:, :RECALL_AT]
        best = np.take_along_axis(scores, top, axis=1)
        ids = np.take_along_axis(known, top, axis=1)
    found = [library.frame_vectors.search(one, Filters(), RECALL_AT) for one in questions]
    shared = [
        len({hit.frame_id for hit in hits}.intersection(row.tolist()))
        for hits, row in zip(found, ids, strict=True)
    ]
    return float(np.mean(shared)) / RECALL_AT


def _unit(rows: Vectors) -> Vectors:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / lengths, np.float32)
