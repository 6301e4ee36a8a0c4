"""Search the quantized vectors of a large library in sealed files.

Three resolutions of the same rows. Product quantisation codes of four bits for each two
dimensions are scanned whole by FAISS's fast scan (Andre et al., PAMI 2021) and leave a few
thousand; those are scored again by rows of eight bits, which stay on disk and are mapped into
memory; the few hundred that come out are for the caller to score exactly, who has the vectors.
"""

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from store.index.flat_index import Ids, Vectors, faiss_module, sync, write_index
from store.sqlite.file_modes import make_folder, restrict

MOST = 2_048
"""Neighbours that one search can name."""

PAYS_AFTER = 20
"""Searches after which the rows are copied there: for one question it would take longer."""

MAX_BYTES = 2 << 30
"""What may be taken from the GPU, which is there for the model: 2.8 million vectors of 384."""


def on_gpu(batches: Iterable[Vectors], count: int, dim: int) -> Any | None:
    """A FAISS index of these rows on the first GPU; None without a GPU or enough memory."""
    faiss = faiss_module()
    if 2 * count * dim > MAX_BYTES or not faiss.get_num_gpus():
        return None
    try:
        resources, config = faiss.StandardGpuResources(), faiss.GpuIndexFlatConfig()
        config.useFloat16 = True
        index = faiss.GpuIndexFlatIP(resources, dim, config)
        index.reserveMemory(count)
        for vectors in batches:
            index.add(vectors)
    except RuntimeError:  # out of memory, or a GPU that this build of FAISS does not know
        return None
    return index


RowNumbers = npt.NDArray[np.int64]
"""Row numbers."""

SHORTLIST = 2_000
"""Rows that the codes keep beyond those wanted, so that rounding loses none of them."""

SCORED_MOST = 20_000
"""Up to so many allowed rows are all scored; of more, the codes choose."""

_TRAINED_ON = 50_000
_BLOCK = 10_000
_BLAS_ALONE = 512  # rows of one product: of more, BLAS starts threads, which only wait here


class QuantizedIndex:
    """Rows of a sealed folder: never added to, only some of them left out."""

    def __init__(self, ids: Ids, rows: Any, scales: Vectors, codes: Any) -> None:
        """ids ascend; rows: int8, shape (n, dim); scales: what a step of each row is worth."""
        self.ids = ids
        self._rows, self._scales, self._codes = rows, scales, codes
        self._dead: npt.NDArray[np.bool_] | None = None
        self._num_asked = 0
        self._on_gpu: Any = None

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def build(
        cls, folder: Path, batches: Iterable[tuple[Ids, Vectors]], count: int, dim: int
    ) -> Self:
        """Seal `count` vectors, ids ascending, in a new folder, and open it."""
        draft = folder.with_suffix(".draft")
        shutil.rmtree(draft, ignore_errors=True)
        make_folder(draft.parent)
        make_folder(draft)
        make = np.lib.format.open_memmap
        rows = make(draft / "rows.npy", "w+", np.int8, (count, dim))
        ids = make(draft / "ids.npy", "w+", np.int64, (count,))
        scales = make(draft / "scales.npy", "w+", np.float32, (count,))
        first_row = 0
        for some_ids, vectors in batches:
            part = slice(first_row, first_row + len(some_ids))
            ids[part] = some_ids
            scales[part] = steps = np.maximum(np.abs(vectors).max(axis=1), 1e-12) / 127
            rows[part] = np.rint(vectors / steps[:, None])
            first_row += len(some_ids)
        cls._propose_from(rows, scales, draft)
        for array in (rows, ids, scales):
            array.flush()
        for file in draft.iterdir():
            restrict(file)
        for file in (*draft.iterdir(), draft):
            sync(file)
        shutil.rmtree(folder, ignore_errors=True)  # a broken one
        draft.replace(folder)
        sync(folder.parent)
        sealed = cls.read(folder, dim)
        assert sealed is not None
        return sealed

    @classmethod
    def read(cls, folder: Path, dim: int) -> Self | None:
        """Read the folder; None where it is missing, broken or of another size."""
        try:
            rows = np.load(folder / "rows.npy", mmap_mode="r")
            ids, scales = np.load(folder / "ids.npy"), np.load(folder / "scales.npy")
            index = cls(ids, rows, scales, cls._read_proposer(folder))
        except (OSError, ValueError, EOFError, RuntimeError):
            return None
        sizes = {len(rows), len(ids), len(scales), index.num_proposed}
        return index if sizes == {len(ids)} and rows.shape[1] == index.proposed_dim == dim else None

    @classmethod
    def _propose_from(cls, rows: Any, scales: Vectors, folder: Path) -> None:
        """Write what chooses the rows that are scored."""
        write_index(_coded(rows, scales), folder / "codes.faiss")

    @classmethod
    def _read_proposer(cls, folder: Path) -> Any:
        """Read it; raises RuntimeError, OSError or ValueError where it is missing or broken."""
        return faiss_module().read_index(str(folder / "codes.faiss"))

    @property
    def num_proposed(self) -> int:
        """How many rows can be chosen from; all, unless the file is broken."""
        return int(self._codes.ntotal)

    @property
    def proposed_dim(self) -> int:
        """How long the vectors are that rows are chosen by."""
        return int(self._codes.d)

    def leave_out(self, ids: Ids) -> None:
        """Forget the rows of these ids; the folder keeps them until it is rebuilt."""
        if self._dead is None:
            self._dead = np.zeros(len(self.ids), np.bool_)
        self._dead[self._places(ids)] = True

    @property
    def live_ids(self) -> Ids:
        """The ids of all rows that were not left out."""
        return self.ids if self._dead is None else self.ids[~self._dead]

    def search(
        self, vector: Vectors, k: int, among: Ids | None
    ) -> tuple[Ids, npt.NDArray[np.float32]]:
        """About the k nearest ids and their inner products to 0.001, best first."""
        places = self._live(self._candidates(vector, k, among))
        scores = self._scores(places, vector)
        best = np.argsort(-scores, kind="stable")[:k]
        return self.ids[places[best]], scores[best]

    def _candidates(self, vector: Vectors, k: int, among: Ids | None) -> RowNumbers:
        wanted = k + SHORTLIST
        if self._on_gpu is not None and k < MOST < wanted:
            wanted = MOST
        if among is None:
            return self._near(vector, wanted)
        allowed = self._places(among)
        if len(allowed) <= SCORED_MOST:
            return allowed
        chosen = np.zeros(len(self.ids), np.bool_)
        chosen[allowed] = True
        near = self._near(vector, 2 * wanted * len(self.ids) // len(allowed))
        return near[chosen[near]]

    def _near(self, vector: Vectors, k: int) -> RowNumbers:
        """About the k nearest, in the order in which they are on disk."""
        self._num_asked += 1
        if self._num_asked == PAYS_AFTER:
            parts = blocks(np.arange(len(self.ids)), _BLOCK)
            rows = (floats(self._rows, self._scales, part) for part in parts)
            self._on_gpu = on_gpu(rows, len(self.ids), self._codes.d)
        k = min(k, len(self.ids))
        near = self._on_gpu if self._on_gpu is not None and k <= MOST else self._codes
        _, places = near.search(np.ascontiguousarray(vector, np.float32)[None], k)
        return np.asarray(np.sort(places[0][places[0] >= 0]), np.int64)

    def _live(self, places: RowNumbers) -> RowNumbers:
        return places if self._dead is None else places[~self._dead[places]]

    def _places(self, ids: Ids) -> RowNumbers:
        """Row numbers of those of `ids` that are here."""
        at = np.searchsorted(self.ids, ids)
        at[at == len(self.ids)] = 0
        return np.asarray(np.sort(at[self.ids[at] == ids]), np.int64)

    def _scores(self, places: RowNumbers, vector: Vectors) -> npt.NDArray[np.float32]:
        query = np.asarray(vector, np.float32)
        parts = [
            self._rows[part].astype(np.float32) @ query * self._scales[part]
            for part in blocks(places, _BLAS_ALONE)
        ]
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def _coded(rows: Any, scales: Vectors) -> Any:
    """A fast-scan index of these rows."""
    faiss = faiss_module()
    dim = rows.shape[1]
    codes = faiss.IndexPQFastScan(dim, dim // 2, 4, faiss.METRIC_INNER_PRODUCT)
    places = np.arange(len(rows))
    codes.train(floats(rows, scales, places[:: -(-len(rows) // _TRAINED_ON)]))
    for part in blocks(places, _BLOCK):
        codes.add(floats(rows, scales, part))
    return codes


def floats(rows: Any, scales: Vectors, places: RowNumbers) -> Vectors:
    """These rows of eight bits as float32, shape (n, dim)."""
    made: Vectors = rows[places].astype(np.float32) * scales[places][:, None]
    return made


def blocks(places: RowNumbers, size: int) -> Iterator[RowNumbers]:
    """The row numbers, `size` at a time."""
    for start in range(0, len(places), size):
        yield places[start : start + size]
