"""Record which stage is finished for which video, with which settings.

Write it in the transaction that stores the results: then a killed run never counts work
as done whose results are lost.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlite_utils import Database

from store.sqlite.encoding import dump


class WorkLedger:
    """Finished stages, and finished pieces of stages that are under way.

    key: every setting that would change the results. A stage is done only with the key
    that is asked for; another key means that it is to be done again.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    def done(self, video_id: str, stage: str, key: str) -> bool:
        """Whether the stage is finished for the video, with these settings."""
        row = self._db.execute(
            "SELECT 1 FROM work WHERE video_id = ? AND stage = ? AND key = ?",
            [video_id, stage, key],
        ).fetchone()
        return row is not None

    def finish(
        self, video_id: str, stage: str, key: str, note: Mapping[str, Any] | None = None
    ) -> None:
        """Note that the stage is finished; its pieces are no longer kept. note: JSON-able."""
        with self._db.atomic():
            self._db.execute(
                "INSERT OR REPLACE INTO work (video_id, stage, key, note, finished_at)"
                " VALUES (?, ?, ?, ?, ?)",
                [video_id, stage, key, dump(note or {}), datetime.now(UTC).isoformat()],
            )
            self._db.execute(
                "DELETE FROM work_pieces WHERE video_id = ? AND stage = ?", [video_id, stage]
            )

    def finished_videos(self, stage: str, key: str) -> set[str]:
        """The videos for which the stage is finished, with these settings."""
        rows = self._db.execute(
            "SELECT video_id FROM work WHERE stage = ? AND key = ?", [stage, key]
        )
        return {video_id for (video_id,) in rows}

    def forget(self, video_id: str, stages: Sequence[str] | None = None) -> None:
        """Count these stages of the video as not done, by default all of them."""
        every = self._db.execute("SELECT stage FROM work WHERE video_id = ?", [video_id])
        for stage in [name for (name,) in every] if stages is None else stages:
            self._db.execute("DELETE FROM work WHERE video_id = ? AND stage = ?", [video_id, stage])

    def note(self, video_id: str, stage: str) -> dict[str, Any] | None:
        """The note left with the finished stage, or None where it is not finished."""
        row = self._db.execute(
            "SELECT note FROM work WHERE video_id = ? AND stage = ?", [video_id, stage]
        ).fetchone()
        return None if row is None else dict(json.loads(row[0]))

    def pieces(self, video_id: str, stage: str, key: str) -> set[int]:
        """The pieces of an unfinished stage that are done with these settings."""
        rows = self._db.execute(
            "SELECT piece FROM work_pieces WHERE video_id = ? AND stage = ? AND key = ?",
            [video_id, stage, key],
        )
        return {piece for (piece,) in rows}

    def finish_piece(
        self, video_id: str, stage: str, piece: int, key: str, duration_s: float = 0.0
    ) -> None:
        """Note that one piece (a segment, a chunk) is done; duration_s: the footage it covers."""
        self._db.execute(
            "INSERT OR REPLACE INTO work_pieces (video_id, stage, piece, key, duration_s)"
            " VALUES (?, ?, ?, ?, ?)",
            [video_id, stage, piece, key, duration_s],
        )
