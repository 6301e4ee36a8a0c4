"""Store cameras and recordings."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from vidindex.core.timing.wall_clock import check_camera
from vidindex.errors import InputError
from vidindex.types import Camera, Recording

_COLUMNS = "name, pattern, zone, offset_s, drift, drift_from, speech"


class Cameras:
    """The cameras that the user named, with what their clocks are off."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, camera: Camera) -> None:
        """Store a camera, in place of one of the same name.

        Raises InputError for an unknown zone, and for a drift that counts from no time.
        """
        check_camera(camera)
        self._db.execute(
            f"INSERT OR REPLACE INTO cameras ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                camera.name,
                camera.pattern,
                camera.zone,
                camera.offset_s,
                camera.drift,
                camera.drift_from.isoformat() if camera.drift_from else None,
                camera.speech,
            ],
        )

    def get(self, name: str) -> Camera | None:
        """The camera of that name, or None where the user named none so."""
        rows = self._db.execute(f"SELECT {_COLUMNS} FROM cameras WHERE name = ?", [name])
        return next(map(_camera, rows.fetchall()), None)

    def all(self) -> list[Camera]:
        """Every camera that the user named, by name."""
        return [
            _camera(row)
            for row in self._db.execute(f"SELECT {_COLUMNS} FROM cameras ORDER BY name")
        ]

    def remove(self, name: str) -> None:
        """Delete what the user entered for a camera. Raises InputError where that was nothing."""
        if self.get(name) is None:
            raise InputError(f"nothing is known of a camera {name!r}", "see: vidindex cameras")
        self._db.execute("DELETE FROM cameras WHERE name = ?", [name])


def _camera(row: tuple[Any, ...]) -> Camera:
    name, pattern, zone, offset_s, drift, drift_from, speech = row
    begin = datetime.fromisoformat(drift_from) if drift_from else None
    is_heard = None if speech is None else bool(speech)
    return Camera(name, pattern, zone, offset_s, drift, begin, is_heard)


class Recordings:
    """Files whose ends meet, in order. A recording that lost its last file is gone."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def put(
        self,
        video_ids: Sequence[str],
        *,
        camera: str | None = None,
        started_at: datetime | None = None,
        proxy_of: int | None = None,
    ) -> int:
        """Store a recording; its files leave the recording they were in. Returns its id.

        proxy_of: the id of the recording of the same material in full quality.
        """
        with self._db.atomic():
            recording_id = self._db.execute(
                "INSERT INTO recordings (camera, started_at, proxy_of) VALUES (?, ?, ?)",
                [camera, started_at.isoformat() if started_at else None, proxy_of],
            ).lastrowid
            # Not left to OR REPLACE, which fires no trigger: an emptied recording would stay.
            self._db.conn.executemany(
                "DELETE FROM recording_files WHERE video_id = ?", [(one,) for one in video_ids]
            )
            self._db.conn.executemany(
                "INSERT INTO recording_files VALUES (?, ?, ?)",
                [(video_id, recording_id, i) for i, video_id in enumerate(video_ids)],
            )
        return int(recording_id or 0)

    def of_video(self, video_id: str) -> Recording | None:
        """The recording that the video is part of."""
        rows = self._recordings("WHERE f.video_id = ?", [video_id])
        return rows[0] if rows else None

    def forget(self, video_id: str) -> None:
        """Undo the recording that the video is part of: what it was grouped by has changed."""
        self._db.execute(
            "DELETE FROM recordings WHERE recording_id IN"
            " (SELECT recording_id FROM recording_files WHERE video_id = ?)",
            [video_id],
        )

    def all(self) -> list[Recording]:
        """Every recording, in the order they were stored."""
        return self._recordings("ORDER BY recording_id", [])

    def _recordings(self, which: str, values: Sequence[str]) -> list[Recording]:
        rows = self._db.execute(
            "SELECT DISTINCT recording_id, r.camera, started_at, proxy_of FROM recordings r"
            f" JOIN recording_files f USING (recording_id) {which}",
            list(values),
        )
        return [self._recording(row) for row in rows.fetchall()]

    def _recording(self, row: tuple[Any, ...]) -> Recording:
        recording_id, camera, started_at, proxy_of = row
        files = self._db.execute(
            "SELECT video_id FROM recording_files WHERE recording_id = ? ORDER BY position",
            [recording_id],
        )
        return Recording(
            recording_id=recording_id,
            camera=camera,
            video_ids=tuple(video_id for (video_id,) in files),
            started_at=datetime.fromisoformat(started_at) if started_at else None,
            proxy_of=proxy_of,
        )
