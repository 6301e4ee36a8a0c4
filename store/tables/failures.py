"""Store files that could not be used, so that each is tried once and always counted."""

from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from store.sqlite.encoding import from_path, storable, to_path
from vidindex.types import Location


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a file could not be used in one stage, and how the file looked then."""

    location: Location
    stage: str
    message: str


class Failures:
    """One row per file and stage that failed."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, location: Location, stage: str, message: str) -> None:
        """Note that the file, as it is now, failed in this stage."""
        self._db.execute(
            "INSERT OR REPLACE INTO failures (path, stage, root, mtime_ns, size_bytes, message)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [
                from_path(location.path),
                stage,
                from_path(location.root),
                location.mtime_ns,
                location.size_bytes,
                storable(message),
            ],
        )

    def unchanged(self, location: Location, stage: str) -> str | None:
        """The stage's failure on this very file (same size and time), or None: try it."""
        row = self._db.execute(
            "SELECT message FROM failures"
            " WHERE path = ? AND stage = ? AND mtime_ns = ? AND size_bytes = ?",
            [from_path(location.path), stage, location.mtime_ns, location.size_bytes],
        ).fetchone()
        return None if row is None else str(row[0])

    def clear(self, path: Path, stage: str | None = None) -> None:
        """Forget that the file failed, in this stage or in any."""
        self._db.execute(
            "DELETE FROM failures WHERE path = ? AND (? IS NULL OR stage = ?)",
            [from_path(path), stage, stage],
        )

    def all(self) -> list[Failure]:
        """Every failure, by path."""
        rows = self._db.execute(
            "SELECT root, path, mtime_ns, size_bytes, stage, message FROM failures"
            " ORDER BY path, stage"
        )
        return [
            Failure(Location(to_path(root), to_path(path), mtime_ns, size_bytes), stage, message)
            for root, path, mtime_ns, size_bytes, stage, message in rows
        ]
