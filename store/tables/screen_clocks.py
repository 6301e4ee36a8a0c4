"""Store clocks read on screen."""

from collections.abc import Sequence
from typing import Any

from sqlite_utils import Database

from store.sqlite.encoding import storable
from vidindex.types import ClockTrack, Span

_COLUMNS = "video_id, start_s, end_s, value_at_start_s, rate, style, template, resolution_s, source"


class ScreenClocks:
    """The clock tracks of each video."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def replace(self, video_id: str, tracks: Sequence[ClockTrack]) -> None:
        """Store these in place of all clock tracks of the video."""
        rows = [
            (video_id, t.span.start_s, t.span.end_s, t.value_at_start_s, t.rate, t.style,
             storable(t.template), t.resolution_s, t.source)
            for t in tracks
        ]  # fmt: skip
        with self._db.atomic():
            self._db.execute("DELETE FROM clocks WHERE video_id = ?", [video_id])
            self._db.conn.executemany(
                f"INSERT INTO clocks ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows
            )

    def of_video(self, video_id: str) -> list[ClockTrack]:
        """The clock tracks of one video, in order of time."""
        return self._tracks("WHERE video_id = ?", [video_id])

    def all(self) -> list[ClockTrack]:
        """Every clock track, video by video, in order of time."""
        return self._tracks("", [])

    def _tracks(self, which: str, values: Sequence[str]) -> list[ClockTrack]:
        rows = self._db.execute(
            f"SELECT {_COLUMNS}, track_id FROM clocks {which} ORDER BY video_id, start_s, track_id",
            list(values),
        )
        return [_track(row) for row in rows]


def _track(row: tuple[Any, ...]) -> ClockTrack:
    video_id, start_s, end_s, *rest = row
    return ClockTrack(video_id, Span(start_s, end_s), *rest)
