"""Fingerprints of erased videos, so that an ingest does not take them in again."""

from collections.abc import Iterable

from sqlite_utils import Database


class Tombstones:
    """The ids of videos that were erased on purpose, and nothing else about them.

    An id is the fingerprint of a file's content: a new recording at the same path has another.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, video_ids: Iterable[str]) -> None:
        """Remember that these videos were erased."""
        self._db.conn.executemany(
            "INSERT OR IGNORE INTO tombstones VALUES (?)", [(video_id,) for video_id in video_ids]
        )

    def discard(self, video_id: str) -> None:
        """Let the video be taken in again."""
        self._db.execute("DELETE FROM tombstones WHERE video_id = ?", [video_id])

    def has(self, video_id: str) -> bool:
        """Whether the video was erased, and not taken in again since."""
        found = self._db.execute("SELECT 1 FROM tombstones WHERE video_id = ?", [video_id])
        return found.fetchone() is not None

    def all(self) -> list[str]:
        """Every id, in order."""
        rows = self._db.execute("SELECT video_id FROM tombstones ORDER BY video_id")
        return [video_id for (video_id,) in rows.fetchall()]
