"""Vectors of events: SQLite holds them, a FAISS file is a copy that makes search quick.

The file's name says which state of the table it was made of: the last id given and the
number of deletions so far. Whatever happened since is caught up in memory; a file that is
missing or broken costs only the time to read all vectors anew.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from sqlite_utils import Database

from store.events import COLUMNS, event_of
from store.flat_index import FlatIndex, Ids
from store.flat_index import Vectors as Rows
from store.selection import condition
from vidindex.errors import LibraryMismatch
from vidindex.types import Embedding, EmbeddingSpace, Event, Filters

_BATCH = 10_000
State = tuple[int, int]
"""(the last id that was given, number of vectors ever deleted)"""


class Vectors:
    """One vector for each event, all of one embedding space."""

    def __init__(self, db: Database, folder: Path, write: bool) -> None:
        self._db = db
        self._write = write
        self._folder = folder
        self._index: FlatIndex | None = None
        self._state: State = (0, 0)
        self._file_state: State | None = None  # of the file, if it is there and good

    @property
    def space(self) -> EmbeddingSpace | None:
        """The space of the vectors, or None before the first `require` of a writer."""
        row = self._db.execute("SELECT model, revision, dim, metric FROM vector_space").fetchone()
        return None if row is None else EmbeddingSpace(*row)

    def require(self, space: EmbeddingSpace) -> None:
        """Raise LibraryMismatch unless the vectors are of this space.

        Where there are none yet, any space will do, and that of a writer is set.
        """
        mine = self.space
        if mine is None and self._write:
            self._db.execute(
                "INSERT INTO vector_space VALUES (1, ?, ?, ?, ?)",
                [space.model, space.revision, space.dim, space.metric],
            )
        if mine is not None and mine != space:
            raise LibraryMismatch(
                f"this library was embedded with {_label(mine)}, not with {_label(space)}",
                "name that embedder, or embed all events anew with: vidindex ingest --re-embed",
            )

    def count_missing(self) -> int:
        """How many events have no vector yet."""
        (count,) = self._db.execute("SELECT count(*) FROM events_without_vector").fetchone()
        return int(count)

    def missing(self, limit: int) -> list[Event]:
        """Up to `limit` events that have no vector yet, the oldest first."""
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

    def reset(self) -> None:
        """Forget all vectors and their space, so that another embedder can be used."""
        with self._db.atomic():
            self._db.execute("DELETE FROM vectors")
            self._db.execute("DELETE FROM vector_space")
        self._index = self._file_state = None

    def search(self, vector: Embedding, filters: Filters, limit: int) -> list[tuple[int, float]]:
        """The ids of the nearest events and their inner products, the best first."""
        with self._db.atomic():  # one state of the library, though another process may write
            index = self._caught_up()
            if index is None:
                return []
            ids, scores = index.search(vector, limit, self._allowed(filters))
            events = self._events_of(ids)
        return [(events[i], score) for i, score in zip(ids.tolist(), scores.tolist(), strict=True)]

    def refresh(self) -> None:
        """Write the FAISS file anew where it lags behind the table; not within a transaction."""
        index = self._caught_up()
        if index is None:
            self.discard_file()
            return
        path = self._folder / f"flat-{self._state[0]}-{self._state[1]}.faiss"
        if self._file_state != self._state:
            index.write(path)
            self._file_state = self._state
        self._discard(keep=path)

    def discard_file(self) -> bool:
        """Delete the FAISS file; vectors that were removed from the table are gone with it.

        False where it is still there: Windows keeps what another process has open.
        """
        self._discard(keep=None)
        self._index = self._file_state = None
        return not any(self._folder.glob("flat-*"))

    def discard_file_ahead(self) -> None:
        """Delete a file that knows more than the table, before its ids are given anew.

        So it is after a power cut took back the last commits, or a backup was restored.
        """
        if any(self._is_ahead(state) for _, state in self._files()):
            self.discard_file()

    def _discard(self, keep: Path | None) -> None:
        for path in self._folder.glob("flat-*"):
            if path != keep:
                with suppress(PermissionError):  # open in another process on Windows
                    path.unlink()

    def _caught_up(self) -> FlatIndex | None:
        """The index as the table is now: read or begun empty, then brought up to date."""
        space = self.space
        if space is None:
            return None
        if self._index is None:
            self._index, self._state = self._from_file(space.dim)
        newest, num_deleted = self._table_state()
        if num_deleted != self._state[1]:
            kept = self._db.execute("SELECT vector_id FROM vectors").fetchall()
            self._index.remove(np.setdiff1d(self._index.ids, _ids(kept)))
        if newest > self._state[0]:
            self._add_newer_than(self._state[0], self._index, space.dim)
        self._state = (newest, num_deleted)
        return self._index

    def _from_file(self, dim: int) -> tuple[FlatIndex, State]:
        """What the file holds and its state; an empty index where there is no good file."""
        for path, state in self._files():
            index = None if self._is_ahead(state) else FlatIndex.read(path, dim)
            if index is not None:
                self._file_state = state
                return index, state
        return FlatIndex.empty(dim), (0, 0)

    def _files(self) -> list[tuple[Path, State]]:
        paths = sorted(self._folder.glob("flat-*-*.faiss"))
        return [(p, (int(p.stem.split("-")[1]), int(p.stem.split("-")[2]))) for p in paths]

    def _is_ahead(self, state: State) -> bool:
        newest, num_deleted = self._table_state()
        return state[0] > newest or state[1] > num_deleted

    def _add_newer_than(self, vector_id: int, index: FlatIndex, dim: int) -> None:
        rows = self._db.execute(
            "SELECT vector_id, vector FROM vectors WHERE vector_id > ? ORDER BY vector_id",
            [vector_id],
        )
        while batch := rows.fetchmany(_BATCH):
            data = np.frombuffer(b"".join(blob for _, blob in batch), "<f4")
            index.add(_ids(batch), data.reshape(len(batch), dim))

    def _table_state(self) -> State:
        newest = "SELECT seq FROM sqlite_sequence WHERE name = 'vectors'"
        row = self._db.execute(f"SELECT ({newest}), count FROM vector_deletions").fetchone()
        return row[0] or 0, row[1]

    def _allowed(self, filters: Filters) -> Ids | None:
        if filters == Filters():
            return None
        where, values = condition(self._db, filters)
        rows = self._db.execute(
            f"SELECT vector_id FROM events JOIN vectors USING (event_id) WHERE {where}", values
        )
        return _ids(rows.fetchall())

    def _events_of(self, ids: Ids) -> dict[int, int]:
        rows = self._db.execute(
            "SELECT vector_id, event_id FROM vectors WHERE vector_id IN"
            " (SELECT value FROM json_each(?))",
            [json.dumps(ids.tolist())],
        )
        return dict(rows.fetchall())


def _ids(rows: Sequence[tuple[int, ...]]) -> Ids:
    return np.fromiter((row[0] for row in rows), np.int64, len(rows))


def _label(space: EmbeddingSpace) -> str:
    return f"{space.model} ({space.revision}, {space.dim} dimensions, {space.metric})"
