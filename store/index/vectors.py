"""Store vectors of events in SQLite, and score neighbours exactly.

What FAISS makes of them (`vector_files`) only proposes: whatever it names is scored again by
the vector in the table, so an index that lags behind can miss nothing that was there when it
was made, and never shows what is gone.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from sqlite_utils import Database

from store.index.event_filter import EventFilter, id_list
from store.index.flat_index import Ids
from store.index.flat_index import Vectors as Rows
from store.index.vector_files import State, VectorFiles
from store.tables.events import COLUMNS, event_of
from vidindex.errors import LibraryMismatch
from vidindex.types import Embedding, EmbeddingSpace, Event, Filters

_BATCH = 10_000

_WIDE = 10_000  # so many of the nearest are held against wide filters
_PROPOSED = 4  # for each one wanted, so that none is lost to the rounding of the index


class Vectors:
    """One vector for each event that the text model can read, all of one embedding space."""

    def __init__(self, db: Database, folder: Path, write: bool) -> None:
        self._db = db
        self._write = write
        self._near = VectorFiles(folder)

    @property
    def space(self) -> EmbeddingSpace | None:
        """The space of the vectors, or None before the first `require` of a writer."""
        row = self._db.execute("SELECT model, revision, dim, metric FROM vector_space").fetchone()
        return None if row is None else EmbeddingSpace(*row)

    def require(self, space: EmbeddingSpace) -> None:
        """Raise LibraryMismatch unless the vectors are of this space.

        Without vectors, any space will do, and that of a writer is set.
        """
        mine = self.space
        if mine is None and self._write:
            self._db.execute(
                "INSERT INTO vector_space (only_row, model, revision, dim, metric)"
                " VALUES (1, ?, ?, ?, ?)",
                [space.model, space.revision, space.dim, space.metric],
            )
        if mine is not None and mine != space:
            raise LibraryMismatch(
                f"this library was embedded with {_label(mine)}, not with {_label(space)}",
                "name that text model, or change to this one: vidindex ingest --re-embed",
            )

    def count_missing(self) -> int:
        """How many events await a vector."""
        (count,) = self._db.execute("SELECT count(*) FROM events_without_vector").fetchone()
        return int(count)

    def missing(self, limit: int) -> list[Event]:
        """Up to `limit` events that await a vector, the oldest first."""
        rows = self._db.execute(
            f"SELECT {COLUMNS} FROM events_without_vector JOIN events USING (event_id)"
            " ORDER BY event_id LIMIT ?",
            [limit],
        )
        return [event_of(row) for row in rows]

    def put(self, event_ids: Sequence[int], vectors: Rows) -> None:
        """Store the vectors, shape (n, dim), of these events, in place of older ones."""
        ids = [(event_id,) for event_id in event_ids]
        blobs = [row.tobytes() for row in np.ascontiguousarray(vectors, "<f4")]
        with self._db.atomic():
            self._db.conn.executemany("DELETE FROM vectors WHERE event_id = ?", ids)
            self._db.conn.executemany(
                "INSERT INTO vectors (event_id, vector) VALUES (?, ?)",
                zip(event_ids, blobs, strict=True),
            )

    def put_unreadable(self, event_ids: Sequence[int]) -> None:
        """Note that the text model cannot read these events: they get no vector."""
        with self._db.atomic():
            self._db.conn.executemany(
                "INSERT INTO events_unreadable VALUES (?)", [(one,) for one in event_ids]
            )

    def count_unreadable(self) -> int:
        """How many events have no vector since the text model cannot read them."""
        (count,) = self._db.execute("SELECT count(*) FROM events_unreadable").fetchone()
        return int(count)

    def count(self) -> int:
        """How many events have a vector."""
        (count,) = self._db.execute("SELECT count(*) FROM vectors").fetchone()
        return int(count)

    def search(
        self, vector: Embedding, filters: Filters | EventFilter, limit: int
    ) -> list[tuple[int, float]]:
        """The ids of the nearest events and their inner products, the best first.

        filters: see `Library.filter_events`.
        """
        with self._db.atomic():  # one state of the library, though another process may write
            if not self._catch_up() or limit < 1:
                return []
            event_filter = (
                filters if isinstance(filters, EventFilter) else EventFilter(self._db, filters)
            )
            proposed = self._proposed(vector, event_filter, _PROPOSED * limit)
            found = self._scored(vector, proposed)
            if len(found) < min(
                limit, len(np.unique(proposed))
            ):  # it proposes too much that is gone
                self._near.keep_only(self._all_ids())
                found = self._scored(
                    vector, self._proposed(vector, event_filter, _PROPOSED * limit)
                )
        return found[:limit]

    def refresh(self) -> None:
        """Rebuild the index where it lags far behind the table; not within a transaction."""
        if not self._catch_up():
            self.discard_file()
            return
        self._near.seal(self._all, self.count(), self._table_state())

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
            for event_ids, vectors in self._newer_than(newest):
                self._near.add(event_ids, vectors)
            self._near.newest = state[0]
        return True

    def _proposed(self, vector: Embedding, event_filter: EventFilter, k: int) -> Ids:
        """The events whose vectors may be nearest, of those that the filters allow."""
        if event_filter.is_unfiltered:
            return self._near.search(vector, k, None)
        if event_filter.few_ids is None:
            best = event_filter.top_allowed(self._near.search(vector, max(_WIDE, k), None), k)
            if best is not None:
                return best
        return self._near.search(
            vector,
            k,
            event_filter.all_ids if event_filter.few_ids is None else event_filter.few_ids,
        )

    def _scored(self, vector: Embedding, event_ids: Ids) -> list[tuple[int, float]]:
        """Those of these events that have a vector, with its inner product, best first."""
        rows = self._db.execute(
            "SELECT event_id, vector FROM vectors WHERE event_id IN"
            " (SELECT value FROM json_each(?))",
            [json.dumps(event_ids.tolist())],
        ).fetchall()
        if not rows:
            return []
        scores = _floats([blob for _, blob in rows]) @ np.asarray(vector, np.float32)
        order = np.lexsort(([event_id for event_id, _ in rows], -scores))
        return [(rows[i][0], float(scores[i])) for i in order]

    def _newer_than(self, vector_id: int) -> Iterator[tuple[Ids, Rows]]:
        return self._batches("WHERE vector_id > ? ORDER BY vector_id", [vector_id])

    def _all(self) -> Iterator[tuple[Ids, Rows]]:
        return self._batches("ORDER BY event_id", [])

    def _batches(self, which: str, values: list[int]) -> Iterator[tuple[Ids, Rows]]:
        rows = self._db.execute(f"SELECT event_id, vector FROM vectors {which}", values)
        while batch := rows.fetchmany(_BATCH):
            yield (
                np.array([event_id for event_id, _ in batch], np.int64),
                _floats([blob for _, blob in batch]),
            )

    def _table_state(self) -> State:
        newest = "SELECT seq FROM sqlite_sequence WHERE name = 'vectors'"
        row = self._db.execute(f"SELECT ({newest}), count FROM vector_deletions").fetchone()
        return row[0] or 0, row[1]

    def _deletions_before(self) -> int:
        """The count of deletions at which the present space came into use."""
        (count,) = self._db.execute("SELECT deletions_before FROM vector_space").fetchone()
        return int(count)

    def _all_ids(self) -> Ids:
        return id_list(self._db, "SELECT event_id FROM vectors", [])


def _floats(blobs: Sequence[bytes]) -> Rows:
    return np.frombuffer(b"".join(blobs), "<f4").reshape(len(blobs), -1)


def _label(space: EmbeddingSpace) -> str:
    return f"{space.model} ({space.revision}, {space.dim} dimensions, {space.metric})"
