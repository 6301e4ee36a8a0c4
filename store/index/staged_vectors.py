"""Make the vectors of another embedding space beside those in use, then swap them.

The vectors in use serve every search until the last staged one is stored. What is staged is
committed batch by batch, so a run that was killed continues where it stopped.
"""

from collections.abc import Sequence

import numpy as np
from sqlite_utils import Database

from store.index.flat_index import Vectors as Rows
from store.tables.events import COLUMNS, event_of
from vidindex.types import EmbeddingSpace, Event

_STAGING_TABLE = """
    CREATE TABLE staged_vectors (
        vector_id INTEGER PRIMARY KEY AUTOINCREMENT,
        event_id INTEGER NOT NULL UNIQUE REFERENCES events ON DELETE CASCADE,
        vector BLOB NOT NULL
    )
"""
_TRIGGERS = (
    """
    CREATE TRIGGER vector_added AFTER INSERT ON vectors BEGIN
        DELETE FROM events_without_vector WHERE event_id = new.event_id;
    END
    """,
    """
    CREATE TRIGGER vector_deleted AFTER DELETE ON vectors BEGIN
        UPDATE vector_deletions SET count = count + 1;
        INSERT INTO events_without_vector
            SELECT event_id FROM events WHERE event_id = old.event_id;
    END
    """,
)
# Events are staged in order of their ids, and newer events have higher ones.
_LATER = (
    "event_id > (SELECT max(coalesce((SELECT max(event_id) FROM staged_vectors), 0),"
    " coalesce((SELECT max(event_id) FROM staged_unreadable), 0)))"
)


class StagedVectors:
    """Vectors of the space that a library is being re-embedded in."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @property
    def space(self) -> EmbeddingSpace | None:
        """The space that is being made; None where no re-embedding is under way."""
        row = self._db.execute("SELECT model, revision, dim, metric FROM staged_space").fetchone()
        return None if row is None else EmbeddingSpace(*row)

    def begin(self, space: EmbeddingSpace) -> None:
        """Go on with this space; vectors that were staged for another one are dropped."""
        if self.space == space:
            return
        with self._db.atomic():
            self._db.execute("DELETE FROM staged_vectors")
            self._db.execute("DELETE FROM staged_unreadable")
            self._db.execute(
                "INSERT OR REPLACE INTO staged_space VALUES (1, ?, ?, ?, ?)",
                [space.model, space.revision, space.dim, space.metric],
            )

    def count_missing(self) -> int:
        """How many events have no staged vector yet."""
        (count,) = self._db.execute(f"SELECT count(*) FROM events WHERE {_LATER}").fetchone()
        return int(count)

    def missing(self, limit: int) -> list[Event]:
        """Up to `limit` events that have no staged vector yet, the oldest first."""
        rows = self._db.execute(
            f"SELECT {COLUMNS} FROM events WHERE {_LATER} ORDER BY event_id LIMIT ?", [limit]
        )
        return [event_of(row) for row in rows]

    def put(
        self, event_ids: Sequence[int], vectors: Rows, unreadable_ids: Sequence[int] = ()
    ) -> None:
        """Stage a whole batch of `missing`: vectors, shape (n, dim), and who gets none."""
        blobs = [row.tobytes() for row in np.ascontiguousarray(vectors, "<f4")]
        with self._db.atomic():
            self._db.conn.executemany(
                "INSERT INTO staged_vectors (event_id, vector) VALUES (?, ?)",
                zip(event_ids, blobs, strict=True),
            )
            self._db.conn.executemany(
                "INSERT INTO staged_unreadable VALUES (?)", [(one,) for one in unreadable_ids]
            )

    def promote(self) -> None:
        """Put the staged vectors in place of those in use, at once, and drop the old ones."""
        db = self._db
        with db.atomic():
            db.execute("UPDATE vector_deletions SET count = count + 1")
            db.execute("DROP TABLE vectors")
            db.execute("ALTER TABLE staged_vectors RENAME TO vectors")
            for statement in (*_TRIGGERS, _STAGING_TABLE):
                db.execute(statement)
            db.execute("DELETE FROM events_unreadable")
            db.execute("INSERT INTO events_unreadable SELECT event_id FROM staged_unreadable")
            db.execute("DELETE FROM staged_unreadable")
            db.execute("DELETE FROM events_without_vector")
            db.execute(
                "INSERT INTO events_without_vector"
                " SELECT event_id FROM events EXCEPT SELECT event_id FROM vectors"
                " EXCEPT SELECT event_id FROM events_unreadable"
            )
            db.execute("DELETE FROM vector_space")
            db.execute(
                "INSERT INTO vector_space SELECT 1, model, revision, dim, metric, count"
                " FROM staged_space, vector_deletions"
            )
            db.execute("DELETE FROM staged_space")
