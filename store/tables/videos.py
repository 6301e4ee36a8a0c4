"""Store videos and their locations; a video is identified by its content."""

import json
import os
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from store.sqlite.encoding import dump, from_path, to_path
from store.tables.display_names import below_root, composed, named
from store.tables.filter_sql import Chosen, chosen, windows
from vidindex.errors import InputError
from vidindex.types import (
    AudioStream,
    ClockMap,
    ClockPiece,
    Filters,
    Location,
    Span,
    SubtitleStream,
    VideoInfo,
)
from vidindex.types.media import FileIdentity

_MIN_PREFIX = 6
_PLACE = "video_id, root, path, mtime_ns, size_bytes, status, identity, linked"
_PRESENT_FIRST = "ORDER BY status = 'missing', path"


class Videos:
    """What is known of each video file, and where its copies are."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, info: VideoInfo) -> None:
        """Store what probing found; a video that is known already is updated."""
        fields = asdict(info)
        recorded_at = info.recorded_at.isoformat() if info.recorded_at else None
        fields["recorded_at"] = recorded_at
        self._db.execute(
            "INSERT INTO videos"
            " (video_id, duration_s, picture_end_s, has_audio, recorded_at, camera, info)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (video_id) DO UPDATE SET"
            " duration_s = excluded.duration_s, picture_end_s = excluded.picture_end_s,"
            " has_audio = excluded.has_audio, recorded_at = excluded.recorded_at,"
            " camera = excluded.camera, info = excluded.info",
            [
                info.video_id,
                info.duration_s,
                info.picture_end_s,
                bool(info.audio),
                recorded_at,
                info.camera,
                dump(fields),
            ],
        )

    def get(self, video_id: str) -> VideoInfo | None:
        """The video of that id, or None."""
        row = self._db.execute("SELECT info FROM videos WHERE video_id = ?", [video_id]).fetchone()
        return None if row is None else _info(row[0])

    def all(self) -> list[VideoInfo]:
        """Every video, in the order of their paths."""
        rows = self._db.execute(
            "SELECT info FROM videos LEFT JOIN locations USING (video_id)"
            " GROUP BY video_id ORDER BY min(path)"
        )
        return [_info(row[0]) for row in rows]

    def all_placed(self) -> list[tuple[VideoInfo, Location]]:
        """Every video that has a place, with the first of `locations`, in the order of places."""
        rows = self._db.execute(
            f"SELECT info, {_PLACE} FROM videos JOIN locations USING (video_id) {_PRESENT_FIRST}"
        )
        first: dict[str, tuple[VideoInfo, Location]] = {}
        for info, *location in rows:
            if location[0] not in first:
                first[location[0]] = _info(info), _location(location)
        return list(first.values())

    def put_location(self, video_id: str, location: Location) -> list[str]:
        """Note a location of the video. Returns the ids of videos that this erased.

        A path holds one video: where its file was edited, the place passes to the new
        content, and the old content, if it is nowhere else, goes with all its events.
        """
        old = self.location_at(location.path)
        with self._db.atomic():
            self._db.execute(
                f"INSERT OR REPLACE INTO locations ({_PLACE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    video_id,
                    from_path(location.root),
                    from_path(location.path),
                    location.mtime_ns,
                    location.size_bytes,
                    location.status,
                    _identity_text(location.identity),
                    location.linked,
                ],
            )
            if old is None or old[0] == video_id or self.locations(old[0]):
                return []
            self.remove(old[0])
            return [old[0]]

    def location_at(self, path: Path) -> tuple[str, Location] | None:
        """Which video was last seen at this path, and how the file looked then."""
        row = self._db.execute(
            f"SELECT {_PLACE} FROM locations WHERE path = ?", [from_path(path)]
        ).fetchone()
        return None if row is None else (row[0], _location(row))

    def locations(self, video_id: str) -> list[Location]:
        """Every place of the video, those that are present first."""
        rows = self._db.execute(
            f"SELECT {_PLACE} FROM locations WHERE video_id = ? {_PRESENT_FIRST}", [video_id]
        )
        return [_location(row) for row in rows]

    def copies(self) -> dict[str, list[Path]]:
        """The places of each video that is present in several, in order of path."""
        locations: dict[str, list[Path]] = {}
        for video_id, path in self._db.execute(
            "SELECT video_id, path FROM locations WHERE status = 'present' AND video_id IN"
            " (SELECT video_id FROM locations WHERE status = 'present'"
            " GROUP BY video_id HAVING count(*) > 1) ORDER BY path"
        ):
            locations.setdefault(video_id, []).append(to_path(path))
        return locations

    def present_location(self, video_id: str) -> Location | None:
        """A place where the video can be read, or None where all are missing."""
        return next((p for p in self.locations(video_id) if p.status == "present"), None)

    def name(self, video_id: str) -> str:
        """What people call the video: its path below the root it was found in, with `/`.

        The id itself where the video has no place.
        """
        locations = self.locations(video_id)
        return below_root(locations[0]) if locations else video_id

    def mark_missing(self, root: Path, seen: Collection[Path]) -> list[Location]:
        """Mark what was below `root`, is not among `seen` and not on disk; the newly missing.

        Looking at the disk keeps a file that was merely skipped in this run.
        """
        texts = {from_path(path) for path in seen}
        rows = self._rows_below(root)
        return self._missing([_location(row) for row in rows if row[2] not in texts])

    def mark_moved(self, video_id: str) -> list[Location]:
        """Mark locations of a video that are off disk as missing, where another one is on disk."""
        locations = [
            location for location in self.locations(video_id) if location.status == "present"
        ]
        gone = [location for location in locations if not _on_disk(location.path)]
        return self._missing(gone) if len(gone) < len(locations) else []

    def present_below(self, root: Path) -> list[Location]:
        """Every place below a folder where a video was when it was last looked at."""
        return [_location(row) for row in self._rows_below(root)]

    def _rows_below(self, root: Path) -> list[tuple[Any, ...]]:
        below = from_path(root).rstrip(os.sep) + os.sep
        return self._db.execute(
            f"SELECT {_PLACE} FROM locations WHERE path >= ? AND path < ? AND status = 'present'",
            [below, below[:-1] + chr(ord(os.sep) + 1)],
        ).fetchall()

    def _missing(self, locations: Sequence[Location]) -> list[Location]:
        """Mark those of the places that are not on disk."""
        gone = [location for location in locations if not _on_disk(location.path)]
        with self._db.atomic():
            self._db.conn.executemany(
                "UPDATE locations SET status = 'missing' WHERE path = ?",
                [(from_path(location.path),) for location in gone],
            )
        return gone

    def lose(self, path: Path) -> None:
        """Mark the video that was known at this path as missing there."""
        self._db.execute(
            "UPDATE locations SET status = 'missing' WHERE path = ?", [from_path(path)]
        )

    def find(self, names: Sequence[str]) -> list[str]:
        """The ids of the videos that people mean, in order, each once.

        A name is a path, a file name, a glob over either, or the first characters (at least
        6) of an id; the first of these that fits counts. Raises InputError where none does.
        """
        locations = [(row[0], _location(row)) for row in self._all_places()]
        found: dict[str, None] = {}
        for name in names:
            ids = _named(name, locations)
            if not ids:
                raise InputError(
                    f"no video in the library is called {name!r}",
                    "give a path, a file name, a glob such as 'cam3/*', or the start of an id",
                )
            found.update(dict.fromkeys(ids))
        return list(found)

    def cameras(self) -> set[str | None]:
        """The names of the cameras that recorded them; None among them where one is of none."""
        rows = self._db.execute(
            "SELECT DISTINCT coalesce(v.camera, r.camera) FROM videos v"
            " LEFT JOIN recording_files USING (video_id)"
            " LEFT JOIN recordings r USING (recording_id)"
        )
        return {name for (name,) in rows.fetchall()}

    def chosen(self, filters: Filters) -> list[Chosen]:
        """The videos that globs and cameras allow, each with its camera and clock."""
        return chosen(self._db, filters)

    def selected(self, filters: Filters) -> dict[str, list[Span]]:
        """The videos that the filters allow, and which stretches of each; channels aside."""
        found: dict[str, list[Span]] = {}
        for video_id, start_s, end_s in windows(filters, chosen(self._db, filters)):
            found.setdefault(video_id, []).append(Span(start_s, end_s))
        return found

    def are_generated(self, filters: Filters) -> bool:
        """Whether vidindex made every video that the filters allow."""
        others = "SELECT 1 FROM videos WHERE NOT coalesce(json_extract(info, '$.is_generated'), 0)"
        if self._db.execute(f"{others} LIMIT 1").fetchone() is None:
            return True
        chosen_ids = json.dumps(list(self.selected(filters)))
        among = f"{others} AND video_id IN (SELECT value FROM json_each(?)) LIMIT 1"
        return self._db.execute(among, [chosen_ids]).fetchone() is None

    def pictured(self, filters: Filters) -> dict[str, list[Span]]:
        """As `selected`, without what is only heard after the last picture."""
        among = chosen(self._db, filters)
        ends_s = {video.video_id: video.picture_end_s for video in among}
        found: dict[str, list[Span]] = {}
        for video_id, start_s, end_s in windows(filters, among):
            if start_s < ends_s[video_id]:
                span = Span(start_s, min(end_s, ends_s[video_id]))
                found.setdefault(video_id, []).append(span)
        return found

    def remove(self, video_id: str) -> None:
        """Forget the video and all that hangs on it. `Library.remove` also cleans the disk."""
        if self.get(video_id) is None:
            raise InputError(f"no video {video_id!r} in the library", "see: vidindex status")
        with self._db.atomic():
            for location in self.locations(video_id):
                self._forget_path(from_path(location.path))
            self._db.execute("DELETE FROM videos WHERE video_id = ?", [video_id])

    def _forget_path(self, path: str) -> None:
        """Failures and the settings of runs name files too."""
        self._db.execute("DELETE FROM failures WHERE path = ?", [path])
        self._db.execute(
            "UPDATE runs SET settings = replace(settings, ?, '\"(removed)\"')", [dump(path)]
        )

    def _all_places(self) -> list[tuple[Any, ...]]:
        return self._db.execute(f"SELECT {_PLACE} FROM locations {_PRESENT_FIRST}").fetchall()


def _named(name: str, locations: Sequence[tuple[str, Location]]) -> list[str]:
    path, plain = composed(str(Path(name).absolute())), composed(name)
    fitting = named(
        [(v, str(location.root), str(location.path)) for v, location in locations], name
    )
    for fits in (
        [v for v, location in locations if composed(str(location.path)) == path],
        [
            v
            for v, location in locations
            if plain in (composed(location.path.name), composed(below_root(location)))
        ],
        [v for v, _ in locations if v in fitting],
        [v for v, _ in locations if len(name) >= _MIN_PREFIX and v.startswith(name.lower())],
    ):
        if fits:
            return fits
    return []


def _on_disk(path: Path) -> bool:
    try:
        path.stat()
    except OSError:
        return False
    return True


def _location(row: Sequence[Any]) -> Location:
    _, root, path, mtime_ns, size_bytes, status, identity, linked = row
    return Location(
        _root(root), to_path(path), mtime_ns, size_bytes, status, _identity(identity), bool(linked)
    )


def _identity_text(identity: FileIdentity | None) -> str | None:
    """Text: inodes may be larger than SQLite's integers."""
    return f"{identity.device} {identity.inode} {identity.changed_ns}" if identity else None


def _identity(text: str | None) -> FileIdentity | None:
    return FileIdentity(*map(int, text.split())) if text else None


@lru_cache(maxsize=64)
def _root(text: str) -> Path:
    """Thousands of files are below one root."""
    return to_path(text)


def _info(text: str) -> VideoInfo:
    fields = json.loads(text)
    recorded_at = fields["recorded_at"]
    fields |= {
        "audio": tuple(AudioStream(**stream) for stream in fields["audio"]),
        "subtitles": tuple(SubtitleStream(**stream) for stream in fields["subtitles"]),
        "recorded_at": datetime.fromisoformat(recorded_at) if recorded_at else None,
        "notes": tuple(fields["notes"]),
        "clock": _clock(fields.get("clock")),
    }
    return VideoInfo(**fields)


def _clock(fields: dict[str, Any] | None) -> ClockMap | None:
    if fields is None:
        return None
    pieces = tuple(ClockPiece(**piece) for piece in fields["pieces"])
    return ClockMap(pieces, tuple((byte, time_s) for byte, time_s in fields["entries"]))
