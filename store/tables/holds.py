"""Store holds: videos that must not be erased until they are released."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlite_utils import Database

from store.sqlite.encoding import storable
from vidindex.core.formatting.terminal import format_wall

_COLUMNS = "video_id, reason, held_at, held_by"


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a video is kept whatever happens, since when (aware), and by whose word."""

    video_id: str
    reason: str
    held_at: datetime
    held_by: str

    def __str__(self) -> str:
        by = f" by {self.held_by}" if self.held_by else ""
        since = format_wall(self.held_at.astimezone())
        return f"held since {since}{by}: {self.reason or 'no reason given'}"


class Holds:
    """At most one hold a video. The database itself refuses to delete a video that has one."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, video_id: str, reason: str, by: str) -> Hold:
        """Hold a video from now on; an earlier hold keeps its beginning and gets this reason."""
        self._db.execute(
            f"INSERT INTO holds ({_COLUMNS}) VALUES (?, ?, ?, ?) ON CONFLICT (video_id)"
            " DO UPDATE SET reason = excluded.reason, held_by = excluded.held_by",
            [video_id, storable(reason), datetime.now(UTC).isoformat(), storable(by)],
        )
        hold = self.get(video_id)
        assert hold is not None
        return hold

    def release(self, video_id: str) -> bool:
        """Release a video; False where it was not held."""
        return self._db.execute("DELETE FROM holds WHERE video_id = ?", [video_id]).rowcount > 0

    def get(self, video_id: str) -> Hold | None:
        """The hold on this video, or None where it is free."""
        row = self._db.execute(
            f"SELECT {_COLUMNS} FROM holds WHERE video_id = ?", [video_id]
        ).fetchone()
        return None if row is None else _hold(row)

    def of(self, video_ids: Iterable[str]) -> list[Hold]:
        """The holds on these videos, in their order."""
        return [hold for video_id in video_ids if (hold := self.get(video_id))]

    def all(self) -> list[Hold]:
        """Every hold, the oldest first."""
        rows = self._db.execute(f"SELECT {_COLUMNS} FROM holds ORDER BY held_at, video_id")
        return [_hold(row) for row in rows.fetchall()]


def _hold(row: tuple[Any, ...]) -> Hold:
    video_id, reason, held_at, held_by = row
    return Hold(video_id, reason, datetime.fromisoformat(held_at), held_by)
