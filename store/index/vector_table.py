"""Search a table of vectors of one embedding space: FAISS proposes, the table decides.

What FAISS makes of the rows (`vector_files`) only proposes: whatever it names is scored again
by the vector in the table, so an index that lags behind can miss nothing that was there when
it was made, and never shows what is gone.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from sqlite_utils import Database

from store.index.event_filter import EventFilter, id_list
from store.index.flat_index import Ids
from store.index.flat_index import Vectors as Rows
from store.index.vector_files import State, VectorFiles
from vidindex.errors import LibraryMismatch
from vidindex.types import Embedding, EmbeddingSpace, Filters

_BATCH = 10_000

_WIDE = 10_000  # so many of the nearest are held against wide filters
_PROPOSED = 4  # for each one wanted, so that none is lost to the rounding of the index


@dataclass(frozen=True, slots=True)
class VectorColumns:
    """Where the vectors of one kind are stored, and what they are vectors of.

    table: has `row_id`, by which a vector is found, `number`, its AUTOINCREMENT key, and
    `vector`, of `dtype`. filtered: the table that filters apply to, which has `row_id` too.
    model, change_model: the kind of model and how to change it, for people.
    """

    table: str
    row_id: str
    number: str
    filtered: str
    space: str
    deletions: str
    dtype: str
    model: str
    change_model: str


class VectorTable:
    """The vectors of one kind, all of one embedding space."""

    def __init__(
        self, db: Database, columns: VectorColumns, near: VectorFiles, write: bool
    ) -> None:
        self._db = db
        self._columns = columns
        self._near = near
        self._write = write

    @property
    def space(self) -> EmbeddingSpace | None:
        """The space of the vectors, or None before the first `require` of a writer."""
        row = self._db.execute(
            f"SELECT model, revision, dim, metric FROM {self._columns.space}"
        ).fetchone()
        return None if row is None else EmbeddingSpace(*row)

    def require(self, space: EmbeddingSpace) -> None:
        """Raise LibraryMismatch unless the vectors are of this space.

        Without vectors, any space will do, and that of a writer is set.
        """
        mine = self.space
        if mine is None and self._write:
            self._db.execute(
                f"INSERT INTO {self._columns.space} (only_row, model, revision, dim, metric)"
                " VALUES (1, ?, ?, ?, ?)",
                [space.model, space.revision, space.dim, space.metric],
            )
        if mine is not None and mine != space:
            raise LibraryMismatch(
                f"this library was embedded with {label(mine)}, not with {label(space)}",
                f"name that {self._columns.model}, or change to this one:"
                f" {self._columns.change_model}",
            )

    def count(self) -> int:
        """How many vectors there are."""
        (count,) = self._db.execute(f"SELECT count(*) FROM {self._columns.table}").fetchone()
        return int(count)

    def nearest(
        self, vector: Embedding, filters: Filters | EventFilter, limit: int
    ) -> list[tuple[int, float]]:
        """The row ids of the nearest vectors and their inner products, the best first."""
        with self._db.atomic():  # one state of the library, though another process may write
            if not self._catch_up() or limit < 1:
                return []
            row_filter = filters if isinstance(filters, EventFilter) else self.filter(filters)
            proposed = self._proposed(vector, row_filter, _PROPOSED * limit)
            found = self._scored(vector, proposed)
            if len(found) < min(
                limit, len(np.unique(proposed))
            ):  # it proposes too much that is gone
                self._near.keep_only(self._all_ids())
                found = self._scored(vector, self._proposed(vector, row_filter, _PROPOSED * limit))
        return found[:limit]

    def filter(self, filters: Filters) -> EventFilter:
        """These filters on the rows that have vectors, for several searches in turn."""
        return EventFilter(self._db, filters, self._columns.filtered, self._columns.row_id)

    def refresh(self) -> None:
        """Rebuild the index where it lags far behind the table; not within a transaction."""
        if not self._catch_up():
            self.discard_file()
            return
        self._near.seal(self.batches, self.count(), self._table_state())

    def discard_file(self) -> bool:
        """Delete the index; vectors that were removed from the table are gone with it.

        False where it is still there: Windows keeps what another process has open.
        """
        return self._near.discard()

    def discard_file_ahead(self) -> None:
        """Delete a file that is newer than the table, before its ids are given again.

        So it is after a power cut took back the last commits, or a backup was restored.
        """
        if self._near.any_ahead(self._table_state()):
            self.discard_file()

    def _catch_up(self) -> bool:
        """Bring the index to the table as it is now; False where there are no vectors yet."""
        space = self.space
        if space is None:
            return False
        state = self._table_state()
        newest = self._near.open(space.dim, state, self._deletions_before())
        if state[0] > newest:
            for row_ids, vectors in self._newer_than(newest):
                self._near.add(row_ids, vectors)
            self._near.newest = state[0]
        return True

    def _proposed(self, vector: Embedding, row_filter: EventFilter, k: int) -> Ids:
        """The rows whose vectors may be nearest, of those that the filters allow."""
        if row_filter.is_unfiltered:
            return self._near.search(vector, k, None)
        if row_filter.few_ids is None:
            best = row_filter.top_allowed(self._near.search(vector, max(_WIDE, k), None), k)
            if best is not None:
                return best
        return self._near.search(
            vector,
            k,
            row_filter.all_ids if row_filter.few_ids is None else row_filter.few_ids,
        )

    def _scored(self, vector: Embedding, row_ids: Ids) -> list[tuple[int, float]]:
        """Those of these rows that have a vector, with its inner product, best first."""
        names = self._columns
        rows = self._db.execute(
            f"SELECT {names.row_id}, vector FROM {names.table} WHERE {names.row_id} IN"
            " (SELECT value FROM json_each(?))",
            [json.dumps(row_ids.tolist())],
        ).fetchall()
        if not rows:
            return []
        scores = self.floats([blob for _, blob in rows]) @ np.asarray(vector, np.float32)
        order = np.lexsort(([row_id for row_id, _ in rows], -scores))
        return [(rows[i][0], float(scores[i])) for i in order]

    def blobs(self, vectors: Rows) -> list[bytes]:
        """The vectors, shape (n, dim), as they are stored."""
        return [row.tobytes() for row in np.ascontiguousarray(vectors, self._columns.dtype)]

    def floats(self, blobs: Sequence[bytes]) -> Rows:
        """Stored vectors, at least one, as float32 of shape (n, dim)."""
        rows = np.frombuffer(b"".join(blobs), self._columns.dtype).reshape(len(blobs), -1)
        return rows.astype(np.float32, copy=False)

    def _newer_than(self, number: int) -> Iterator[tuple[Ids, Rows]]:
        key = self._columns.number
        return self._batches(f"WHERE {key} > ? ORDER BY {key}", [number])

    def batches(self) -> Iterator[tuple[Ids, Rows]]:
        """All row ids, ascending, and their vectors, some thousand at a time."""
        return self._batches(f"ORDER BY {self._columns.row_id}", [])

    def _batches(self, which: str, values: list[int]) -> Iterator[tuple[Ids, Rows]]:
        names = self._columns
        rows = self._db.execute(f"SELECT {names.row_id}, vector FROM {names.table} {which}", values)
        while batch := rows.fetchmany(_BATCH):
            yield (
                np.array([row_id for row_id, _ in batch], np.int64),
                self.floats([blob for _, blob in batch]),
            )

    def _table_state(self) -> State:
        names = self._columns
        newest = f"SELECT seq FROM sqlite_sequence WHERE name = '{names.table}'"
        row = self._db.execute(f"SELECT ({newest}), count FROM {names.deletions}").fetchone()
        return row[0] or 0, row[1]

    def _deletions_before(self) -> int:
        """The count of deletions at which the present space came into use."""
        (count,) = self._db.execute(
            f"SELECT deletions_before FROM {self._columns.space}"
        ).fetchone()
        return int(count)

    def _all_ids(self) -> Ids:
        return id_list(self._db, f"SELECT {self._columns.row_id} FROM {self._columns.table}", [])


def label(space: EmbeddingSpace) -> str:
    """The space in one phrase, for messages."""
    return f"{space.model} ({space.revision}, {space.dim} dimensions, {space.metric})"
