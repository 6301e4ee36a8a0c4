"""Store vectors of the texts of events in SQLite, and find the nearest events."""

from collections.abc import Sequence
from pathlib import Path

from sqlite_utils import Database

from store.index.event_filter import EventFilter
from store.index.flat_index import Vectors as Rows
from store.index.vector_files import VectorFiles
from store.index.vector_table import VectorColumns, VectorTable
from store.tables.events import COLUMNS, event_of
from vidindex.types import Embedding, Event, Filters

_COLUMNS = VectorColumns(
    table="vectors",
    row_id="event_id",
    number="vector_id",
    filtered="events",
    space="vector_space",
    deletions="vector_deletions",
    dtype="<f4",
    model="text model",
    change_model="vidindex ingest --re-embed",
)


class Vectors(VectorTable):
    """One vector for each event that the text model can read, all of one embedding space."""

    def __init__(self, db: Database, folder: Path, write: bool) -> None:
        super().__init__(db, _COLUMNS, VectorFiles(folder), write)

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
        with self._db.atomic():
            self._db.conn.executemany("DELETE FROM vectors WHERE event_id = ?", ids)
            self._db.conn.executemany(
                "INSERT INTO vectors (event_id, vector) VALUES (?, ?)",
                zip(event_ids, self.blobs(vectors), strict=True),
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

    def search(
        self, vector: Embedding, filters: Filters | EventFilter, limit: int
    ) -> list[tuple[int, float]]:
        """The ids of the nearest events and their inner products, the best first.

        filters: see `Library.filter_events`.
        """
        return self.nearest(vector, filters, limit)
