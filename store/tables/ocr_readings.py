"""Store text readings segment by segment, so that reading can resume."""

import json
from collections.abc import Sequence
from dataclasses import astuple

from sqlite_utils import Database

from store.sqlite.encoding import dump
from vidindex.types import TextReading


class OcrReadings:
    """One row per segment of a video; key: the reader and every setting of it."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, video_id: str, segment: int, key: str, readings: Sequence[TextReading]) -> None:
        """Store what was read in one segment, which may be nothing; that segment is then done."""
        self._db.execute(
            "INSERT OR REPLACE INTO readings (video_id, segment, key, rows) VALUES (?, ?, ?, ?)",
            [video_id, segment, key, dump([astuple(reading) for reading in readings])],
        )

    def segments(self, video_id: str, key: str) -> set[int]:
        """The segments that were read with these settings."""
        rows = self._db.execute(
            "SELECT segment FROM readings WHERE video_id = ? AND key = ?", [video_id, key]
        )
        return {segment for (segment,) in rows}

    def of_video(self, video_id: str, key: str) -> list[TextReading]:
        """Everything read in the video with these settings, segment after segment."""
        rows = self._db.execute(
            "SELECT rows FROM readings WHERE video_id = ? AND key = ? ORDER BY segment",
            [video_id, key],
        )
        return [
            TextReading(time_s, text, score, (box[0], box[1], box[2], box[3]))
            for (segment,) in rows
            for time_s, text, score, box in json.loads(segment)
        ]

    def clear(self, video_id: str) -> None:
        """Forget what was read, once it has become events."""
        self._db.execute("DELETE FROM readings WHERE video_id = ?", [video_id])
