"""Turns `Filters` into a condition on events that SQLite applies before the best are taken."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlite_utils import Database

from store.naming import matches
from store.text import to_path
from vidindex.types import Filters, Location

Condition = tuple[str, list[object]]
Window = tuple[str, float, float]
"""A video and the stretch of it that may be found."""


def condition(db: Database, filters: Filters) -> Condition:
    """An SQL condition on the table `events`, with its values; "1" where all may be found.

    Videos chosen by name, camera or day are written to a temporary table that the
    condition refers to, so it holds until the next call.
    """
    clauses: list[str] = ["1"]
    values: list[object] = []
    if filters.channels:
        clauses.append(f"events.channel IN ({','.join('?' * len(filters.channels))})")
        values += filters.channels
    if filters.start_s is not None:
        clauses.append("events.end_s > ?")
        values.append(filters.start_s)
    if filters.end_s is not None:
        clauses.append("events.start_s < ?")
        values.append(filters.end_s)
    if filters.globs or filters.cameras or filters.days:
        _write_windows(db, windows(db, filters))
        clauses.append(
            "events.video_id IN (SELECT video_id FROM temp.wanted) AND EXISTS (SELECT 1 FROM"
            " temp.wanted w WHERE w.video_id = events.video_id"
            " AND w.start_s < events.end_s AND w.end_s > events.start_s)"
        )
    return " AND ".join(clauses), values


def windows(db: Database, filters: Filters) -> list[Window]:
    """What may be found of each video, channels aside; several days make several windows."""
    first_s, last_s = filters.start_s or 0.0, filters.end_s
    named = _named(db, filters.globs)
    zones = dict(db.execute("SELECT name, zone FROM cameras").fetchall())
    rows = db.execute(
        "SELECT video_id, duration_s, recorded_at, coalesce(r.camera, v.camera) FROM videos v"
        " LEFT JOIN recording_files USING (video_id) LEFT JOIN recordings r USING (recording_id)"
    )
    found: list[Window] = []
    for video_id, duration_s, recorded_at, camera in rows.fetchall():
        if named is not None and video_id not in named:
            continue
        if filters.cameras and camera not in filters.cameras:
            continue
        end_s = duration_s if last_s is None else min(last_s, duration_s)
        days = [(first_s, end_s)]
        if filters.days:
            days = _on_days(_local(recorded_at, zones.get(camera)), filters.days)
        cut = [(max(begin_s, first_s), min(finish_s, end_s)) for begin_s, finish_s in days]
        found += [(video_id, *window) for window in cut if window[0] < window[1]]
    return found


def _named(db: Database, globs: Sequence[str]) -> set[str] | None:
    if not globs:
        return None
    rows = db.execute("SELECT video_id, root, path FROM locations")
    return {
        video_id
        for video_id, root, path in rows
        if any(matches(Location(to_path(root), to_path(path), 0, 0), glob) for glob in globs)
    }


def _local(recorded_at: str | None, zone: str | None) -> datetime | None:
    """The start on the camera's own clock; as it was written where no zone is known."""
    start = datetime.fromisoformat(recorded_at) if recorded_at else None
    return start.astimezone(ZoneInfo(zone)) if start and start.tzinfo and zone else start


def _on_days(start: datetime | None, days: Sequence[date]) -> list[tuple[float, float]]:
    """The media times that fall on these days, for a film that began at `start`."""
    if start is None:
        return []
    found: list[tuple[float, float]] = []
    for day in days:
        edges = [datetime.combine(d, time(), start.tzinfo) for d in (day, day + timedelta(days=1))]
        # Across a change of summer time only UTC tells how many seconds really passed.
        begin_s, end_s = ((_absolute(edge) - _absolute(start)).total_seconds() for edge in edges)
        found.append((begin_s, end_s))
    return found


def _absolute(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment


def _write_windows(db: Database, wanted: Sequence[Window]) -> None:
    db.execute(
        "CREATE TEMP TABLE IF NOT EXISTS wanted"
        " (video_id TEXT, start_s REAL, end_s REAL, PRIMARY KEY (video_id, start_s))"
    )
    with db.atomic():
        db.execute("DELETE FROM temp.wanted")
        db.conn.executemany("INSERT OR IGNORE INTO temp.wanted VALUES (?, ?, ?)", wanted)
