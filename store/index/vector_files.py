"""Combine the sealed vector files with vectors added since.

It proposes events. A file's name says which state of the table of vectors it was made of: the
last id given and the number of deletions so far. What was added since is kept in memory,
exact; what was deleted is still proposed until the next sealing. A file that is missing or
broken costs only time.

exact-N-D.faiss   small libraries: every vector
coded-N-D/        big ones: see `quantized_index`
"""

import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import numpy as np

from store.index.flat_index import FlatIndex, Ids, Vectors
from store.index.quantized_index import QuantizedIndex

State = tuple[int, int]
"""(the last vector id that was given, number of vectors ever deleted)"""

CODED_FROM = 50_000
"""Below, every vector is scored, in about 4 ms of one core for 384 dimensions."""

LAG_SHARE, LAG_AT_LEAST = 0.02, 1_000
"""So much may be added before the files are rebuilt; reading it costs 10 ms for 1,000."""

GONE_SHARE = 0.1
"""So much of what is sealed may be gone before the files are rebuilt."""


class VectorFiles:
    """Proposes ids of near vectors."""

    def __init__(self, folder: Path, big: type[QuantizedIndex] = QuantizedIndex) -> None:
        """big: the form of the files of big libraries."""
        self._folder, self._big = folder, big
        self.forget()

    def forget(self) -> None:
        """Drop what is in memory; the next `open` reads the files."""
        self.newest = 0
        self._sealed: QuantizedIndex | None = None
        self._fresh: FlatIndex | None = None
        self._state: State | None = None  # of the file that was read or written
        self._deletions_before = 0

    def open(self, dim: int, state: State, deletions_before: int) -> int:
        """Read the file unless that was done; the last vector id that the index holds.

        state: the table's, so that no file that is ahead of it is used. deletions_before: what
        was sealed, or is in memory, from before so many deletions is of an earlier space.
        """
        if self._deletions_before != deletions_before:
            self.forget()
        if self._fresh is None:
            self._fresh = FlatIndex.empty(dim)
            self._deletions_before = deletions_before
            self._read(dim, state)
        return self.newest

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Add vectors of events, shape (n, dim); an event that has one already gets another."""
        assert self._fresh is not None
        self._fresh.add(ids, vectors)

    def search(self, vector: Vectors, k: int, among: Ids | None) -> Ids:
        """About the k nearest events, best first, deleted ones too; only `among` where given."""
        assert self._fresh is not None
        ids, scores = self._fresh.search(vector, k, among)
        if self._sealed is None:
            return ids
        more_ids, more_scores = self._sealed.search(vector, k, among)
        order = np.argsort(-np.concatenate([scores, more_scores]), kind="stable")[:k]
        return np.asarray(np.concatenate([ids, more_ids])[order], np.int64)

    def keep_only(self, ids: Ids) -> None:
        """Leave out whatever is not among `ids`."""
        assert self._fresh is not None
        self._fresh.remove(np.setdiff1d(self._fresh.ids, ids))
        if self._sealed is not None:
            self._sealed.leave_out(np.setdiff1d(self._sealed.ids, ids))

    def seal(
        self, batches: Callable[[], Iterable[tuple[Ids, Vectors]]], count: int, state: State
    ) -> None:
        """Rebuild the file where it lags too far behind the table's `count` vectors.

        batches: all of them, events ascending.
        """
        assert self._fresh is not None
        if not self._lags(count, state):
            return
        name = f"{state[0]}-{state[1]}"
        if count >= CODED_FROM and self._fresh.dim % 4 == 0:
            path = self._folder / f"coded-{name}"
            self._sealed = self._big.build(path, batches(), count, self._fresh.dim)
            self._fresh = FlatIndex.empty(self._fresh.dim)
        else:
            path = self._folder / f"exact-{name}.faiss"
            self._sealed, self._fresh = None, FlatIndex.empty(self._fresh.dim)
            for ids, vectors in batches():
                self._fresh.add(ids, vectors)
            self._fresh.write(path)
        self._state = state
        self._discard_all_but(path)

    def discard(self) -> bool:
        """Delete all files; False where one is still there."""
        self.forget()
        self._discard_all_but(None)
        return not self._files()

    def any_ahead(self, state: State) -> bool:
        """Whether a file is newer than a table in this state."""
        return any(_is_ahead(mine, state) for _, mine in self._files())

    def _lags(self, count: int, state: State) -> bool:
        if self._state is None:
            return True
        assert self._fresh is not None
        num_added, num_gone = state[0] - self._state[0], state[1] - self._state[1]
        outgrown = self._sealed is None and count >= CODED_FROM and self._fresh.dim % 4 == 0
        return (
            outgrown
            or num_added > max(LAG_AT_LEAST, LAG_SHARE * count)
            or num_gone > GONE_SHARE * count
        )

    def _read(self, dim: int, state: State) -> None:
        for path, mine in self._files():
            if _is_ahead(mine, state) or mine[1] < self._deletions_before:
                continue
            if path.is_dir():
                self._sealed = self._big.read(path, dim)
            elif flat := FlatIndex.read(path, dim):
                self._fresh = flat
            else:
                continue
            if self._sealed is not None or not path.is_dir():
                self.newest, self._state = mine[0], mine
                return

    def _files(self) -> list[tuple[Path, State]]:
        """Every sealed file or folder with its state."""
        paths = [*self._folder.glob("exact-*-*.faiss"), *self._folder.glob("coded-*-*")]
        named = [(path, path.stem.split("-")[1:]) for path in sorted(paths)]
        return [(path, (int(n), int(d))) for path, (n, d) in named if path.suffix != ".draft"]

    def _discard_all_but(self, kept: Path | None) -> None:
        for path in self._folder.glob("*-*"):  # those of older releases, too
            if path == kept:
                continue
            with suppress(PermissionError):  # open in another process on Windows
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def _is_ahead(mine: State, state: State) -> bool:
    return mine[0] > state[0] or mine[1] > state[1]
