"""Search vectors of frames in sealed files: runs of near neighbours first, then their rows.

Frames follow one another in runs that show nearly the same. Product quantisation loses them:
what distinguishes frames of a shot, and shots of a place, is smaller than its error (recall 0).
So the mean of each run is scored, of eight bits each; the runs that may hold the nearest are
scored row by row. The fewer runs there are, the faster: an hour of one camera has a few hundred.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from store.index.flat_index import Vectors, faiss_module, write_index
from store.index.quantized_index import QuantizedIndex, RowNumbers, blocks, floats

NEAR = 0.9
"""Inner product of two vectors that follow one another above which they are of one run."""

LONGEST = 32
"""Vectors of one run: its mean has to stand for each of them."""

SCORED = 4_000
"""Rows of the nearest runs that are scored beyond those wanted."""

_BLOCK = 10_000
_TRAINED_ON = 50_000


class RunIndex(QuantizedIndex):
    """A sealed folder in which rows are chosen by the means of their runs."""

    @classmethod
    def _propose_from(cls, rows: Any, scales: Vectors, folder: Path) -> None:
        starts = run_starts(rows, scales)
        np.save(folder / "starts.npy", starts)
        write_index(_means(rows, scales, starts), folder / "means.faiss")

    @classmethod
    def _read_proposer(cls, folder: Path) -> "Runs":
        means = faiss_module().read_index(str(folder / "means.faiss"))
        starts = np.load(folder / "starts.npy")
        num_rows = len(np.load(folder / "ids.npy", mmap_mode="r"))
        return Runs(means, starts, num_rows if means.ntotal == len(starts) else -1)

    def _near(self, vector: Vectors, k: int) -> RowNumbers:
        """The rows of the nearest runs, at least k and `SCORED`, in the order on disk."""
        runs: Runs = self._codes
        return runs.rows(vector, max(k, SCORED))


class Runs:
    """The means of runs and where each begins; ntotal, d: as an index of FAISS has them."""

    def __init__(self, means: Any, starts: npt.NDArray[np.int64], num_rows: int) -> None:
        self._means, self._starts = means, starts
        self.ntotal, self.d = num_rows, means.d
        self._lengths = np.diff(np.append(starts, max(num_rows, 0)))

    def rows(self, vector: Vectors, count: int) -> RowNumbers:
        """Row numbers of the runs with the nearest means, until there are `count`; ascending."""
        query = np.ascontiguousarray(vector, np.float32)[None]
        num_runs = len(self._starts)
        wanted = min(num_runs, 1 + 2 * count * num_runs // max(1, self.ntotal))
        while True:
            _, (found,) = self._means.search(query, wanted)
            total = np.cumsum(self._lengths[found])
            if total[-1] >= min(count, self.ntotal):
                break
            wanted = min(num_runs, 2 * wanted)
        runs = np.sort(found[: int(np.searchsorted(total, count)) + 1])
        return expanded(self._starts[runs], self._lengths[runs])


def run_starts(rows: Any, scales: Vectors) -> npt.NDArray[np.int64]:
    """Row numbers at which runs begin, ascending, the first of them 0."""
    begins = np.zeros(len(rows), np.bool_)
    begins[0] = True
    for part in blocks(np.arange(1, len(rows)), _BLOCK):
        some = floats(rows, scales, np.append(part[0] - 1, part))
        begins[part] = np.einsum("ij,ij->i", some[:-1], some[1:]) < NEAR
    places = np.arange(len(rows))
    since = places - np.maximum.accumulate(np.where(begins, places, 0))
    return np.flatnonzero(since % LONGEST == 0)


def expanded(starts: RowNumbers, lengths: RowNumbers) -> RowNumbers:
    """All row numbers of stretches that begin at `starts`, in their order."""
    ends = np.cumsum(lengths)
    offsets = np.repeat(starts - (ends - lengths), lengths)
    return np.asarray(np.arange(len(offsets)) + offsets, np.int64)


def _means(rows: Any, scales: Vectors, starts: npt.NDArray[np.int64]) -> Any:
    """An index of eight bits a dimension of the mean of each run."""
    faiss = faiss_module()
    index = faiss.IndexScalarQuantizer(
        rows.shape[1], faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    )
    means = np.empty((len(starts), rows.shape[1]), np.float32)
    ends = np.append(starts[1:], len(rows))
    for part in blocks(np.arange(len(starts)), _BLOCK // LONGEST):
        first, last = starts[part[0]], ends[part[-1]]
        some = floats(rows, scales, np.arange(first, last))
        sums = np.add.reduceat(some, starts[part] - first, axis=0)
        means[part] = sums / (ends[part] - starts[part])[:, None]
    index.train(means[:: -(-len(means) // _TRAINED_ON)])
    for part in blocks(np.arange(len(means)), _BLOCK):
        index.add(means[part])
    return index
