"""Search exact nearest vectors with FAISS, in memory and as a file.

FAISS is imported when the first index is made or read, so opening a library stays quick.
"""

import errno
import os
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from store.sqlite.file_modes import make_folder, restrict
from vidindex.errors import MissingPackage

Ids = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]


class FlatIndex:
    """Every vector with its id, searched by inner product. Implements `ports.VectorIndex`."""

    def __init__(self, index: Any) -> None:
        self._index = index

    @classmethod
    def empty(cls, dim: int) -> Self:
        """An index without vectors."""
        faiss = faiss_module()
        return cls(faiss.IndexIDMap(faiss.IndexFlatIP(dim)))

    @classmethod
    def read(cls, path: Path, dim: int) -> Self | None:
        """The index in the file, or None where it is missing, broken or of another size."""
        faiss = faiss_module()
        try:
            index = faiss.read_index(str(path))
        except RuntimeError:
            return None
        if type(index) is not faiss.IndexIDMap or index.d != dim:
            return None
        return cls(index)

    def write(self, path: Path) -> None:
        """Write the file whole or not at all: a crash leaves the old one or the new one."""
        make_folder(path.parent)
        draft = path.with_suffix(".draft")
        write_index(self._index, draft)
        restrict(draft)
        sync(draft)
        draft.replace(path)
        if os.name == "posix":  # the new name itself lasts once its folder is on disk
            sync(path.parent)

    @property
    def dim(self) -> int:
        """How long a vector is."""
        return int(self._index.d)

    @property
    def ids(self) -> Ids:
        """The ids of all vectors, in the order they were added."""
        ids: Ids = faiss_module().vector_to_array(self._index.id_map)
        return ids

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Add vectors of shape (n, dim) under these ids, which must be new."""
        self._index.add_with_ids(np.ascontiguousarray(vectors, np.float32), ids)

    def remove(self, ids: Ids) -> None:
        """Drop the vectors of these ids."""
        self._index.remove_ids(ids)

    def search(
        self, vector: Vectors, k: int, among: Ids | None
    ) -> tuple[Ids, npt.NDArray[np.float32]]:
        """The k nearest ids and their inner products, best first; only `among` where given."""
        faiss = faiss_module()
        size = self._index.ntotal if among is None else len(among)
        k = min(k, size, self._index.ntotal)
        if k < 1:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        parameters = None
        if among is not None:
            bits = np.zeros(int(among.max()) // 8 + 1, np.uint8)
            np.bitwise_or.at(bits, among >> 3, np.left_shift(1, among & 7).astype(np.uint8))
            selector = faiss.IDSelectorBitmap(bits)
            parameters = faiss.SearchParameters(sel=selector)
        scores, ids = self._index.search(
            np.ascontiguousarray(vector, np.float32)[None], k, params=parameters
        )
        found = ids[0] >= 0
        return ids[0][found], scores[0][found]


def write_index(index: Any, path: Path) -> None:
    """Write any index of FAISS. Raises OSError where the disk refuses."""
    try:
        faiss_module().write_index(index, str(path))
    except RuntimeError as error:  # FAISS does not say which fault it met
        raise OSError(errno.EIO, "cannot write the vector index", str(path)) from error


def faiss_module() -> Any:
    """FAISS, set up for single queries; MissingPackage where it is not installed."""
    try:
        import faiss
    except ModuleNotFoundError as error:
        raise MissingPackage(
            "faiss is not installed", "run: pip install 'vidindex[cpu]' (or [gpu])"
        ) from error
    faiss.omp_set_num_threads(1)  # more threads make a single query slower, two of them threefold
    return faiss


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on disk."""
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
