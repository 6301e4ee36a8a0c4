"""Store frame plans as JSON."""

import json
from dataclasses import asdict
from typing import Any

from sqlite_utils import Database

from store.sqlite.encoding import dump
from vidindex.types import Chunk, FramePlan, Span


class FramePlans:
    """The plan of each video."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, plan: FramePlan) -> None:
        """Store a plan, in place of the video's last one."""
        self._db.execute(
            "INSERT OR REPLACE INTO plans (video_id, plan) VALUES (?, ?)",
            [plan.video_id, dump(asdict(plan))],
        )

    def get(self, video_id: str) -> FramePlan | None:
        """The plan of the video, or None where none was made."""
        row = self._db.execute("SELECT plan FROM plans WHERE video_id = ?", [video_id]).fetchone()
        return None if row is None else _plan(json.loads(row[0]))


def _plan(fields: dict[str, Any]) -> FramePlan:
    return FramePlan(**fields | {"chunks": tuple(_chunk(chunk) for chunk in fields["chunks"])})


def _chunk(fields: dict[str, Any]) -> Chunk:
    return Chunk(**fields | {"span": Span(**fields["span"]), "times_s": tuple(fields["times_s"])})
