"""Compile `Filters` into an SQL condition on events.

Hours and days are asked of each video's own clock: the zone, offset and drift of its camera.
"""

import json
import math
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from store.sqlite.encoding import path_text
from store.tables.cameras import Cameras
from store.tables.display_names import named
from vidindex.core.timing.recording_gaps import Stretch, names_wall_clock, stretches_asked
from vidindex.core.timing.wall_clock import WallClock, wall_clock
from vidindex.types import Filters

Condition = tuple[str, list[object]]
Window = tuple[str, float, float]
"""A video and the stretch of it that may be found."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A video whose name and camera pass; clock is None where its hour is unknown."""

    video_id: str
    duration_s: float
    picture_end_s: float
    camera: str | None
    clock: WallClock | None


def condition(db: Database, filters: Filters, number: int, table: str = "events") -> Condition:
    """An SQL condition on `table`, with its values; "1" where all may be found.

    table: `events`, or one with the same `video_id`, `start_s` and `end_s`, to which channels
    do not apply.

    Videos chosen by name, camera or wall clock are written under `number`, that of no other
    live filter, to a temporary table that the condition refers to; see `forget_windows`.
    """
    clauses: list[str] = ["1"]
    values: list[object] = []
    if filters.channels and table == "events":
        clauses.append(f"events.channel IN ({','.join('?' * len(filters.channels))})")
        values += filters.channels
    if filters.start_s is not None:
        clauses.append(f"{table}.end_s > ?")
        values.append(filters.start_s)
    if filters.end_s is not None:
        clauses.append(f"{table}.start_s < ?")
        values.append(filters.end_s)
    if filters.video_ids or filters.globs or filters.cameras or names_wall_clock(filters):
        _write_windows(db, number, windows(filters, chosen(db, filters)))
        clauses.append(f"{table}.video_id IN (SELECT video_id FROM temp.wanted WHERE filter = ?)")
        values.append(number)
        if names_wall_clock(filters):  # else a window is a whole video
            clauses.append(
                "EXISTS (SELECT 1 FROM temp.wanted w WHERE w.filter = ?"
                f" AND w.video_id = {table}.video_id"
                f" AND w.start_s < {table}.end_s AND w.end_s > {table}.start_s)"
            )
            values.append(number)
    return " AND ".join(clauses), values


def windows(filters: Filters, among: Sequence[Chosen]) -> list[Window]:
    """What may be found of each of these videos, channels aside; days can make several windows."""
    zones = {video.clock.zone for video in among if video.clock}
    asked = {zone: stretches_asked(filters, zone) for zone in zones}
    first_s, last_s = max(filters.start_s or 0.0, 0.0), filters.end_s
    found: list[Window] = []
    for video in among:
        end_s = video.duration_s if last_s is None else min(last_s, video.duration_s)
        hours = [(first_s, end_s)]
        if names_wall_clock(filters):
            hours = _in_media_time(asked[video.clock.zone], video.clock) if video.clock else []
        cut = [(max(begin_s, first_s), min(finish_s, end_s)) for begin_s, finish_s in hours]
        found += [(video.video_id, *window) for window in cut if window[0] < window[1]]
    return found


def chosen(db: Database, filters: Filters) -> list[Chosen]:
    """The videos that ids, globs and cameras allow, whenever they were recorded."""
    table = {camera.name: camera for camera in Cameras(db).all()}
    where, values = _who(db, filters)
    rows = db.execute(
        "SELECT v.video_id, duration_s, picture_end_s,"
        " coalesce(v.camera, r.camera) AS who, recorded_at,"
        " json_extract(info, '$.recorded_at_from') FROM videos v"
        " LEFT JOIN recording_files USING (video_id) LEFT JOIN recordings r USING (recording_id)"
        f" WHERE {where}",
        values,
    )
    return [
        Chosen(
            video_id,
            duration_s,
            end_s,
            camera,
            wall_clock(_at(recorded), source, table.get(camera)),
        )
        for video_id, duration_s, end_s, camera, recorded, source in rows.fetchall()
    ]


def _who(db: Database, filters: Filters) -> Condition:
    """The condition on videos that ids, globs and cameras make."""
    clauses, values = ["1"], []
    for sql, wanted in (
        ("v.video_id", filters.video_ids or None),
        ("v.video_id", _named(db, filters.globs)),
        ("who", filters.cameras or None),
    ):
        if wanted is not None:
            clauses.append(f"{sql} IN (SELECT value FROM json_each(?))")
            values.append(json.dumps(list(wanted)))
    return " AND ".join(clauses), [*values]


def _at(recorded: str | None) -> datetime | None:
    return datetime.fromisoformat(recorded) if recorded else None


def _in_media_time(stretches: Sequence[Stretch], clock: WallClock) -> list[tuple[float, float]]:
    return [
        (
            -math.inf if since is None else clock.media_time(since),
            math.inf if until is None else clock.media_time(until),
        )
        for since, until in stretches
    ]


def _named(db: Database, globs: Sequence[str]) -> set[str] | None:
    if not globs:
        return None
    rows = db.execute("SELECT video_id, root, path FROM locations")
    places = [(video_id, path_text(root), path_text(path)) for video_id, root, path in rows]
    return {video_id for glob in globs for video_id in named(places, glob)}


def _write_windows(db: Database, number: int, wanted: Sequence[Window]) -> None:
    db.execute(
        "CREATE TEMP TABLE IF NOT EXISTS wanted (filter INTEGER, video_id TEXT, start_s REAL,"
        " end_s REAL, PRIMARY KEY (filter, video_id, start_s))"
    )
    with db.atomic():
        db.conn.executemany(
            "INSERT OR IGNORE INTO temp.wanted VALUES (?, ?, ?, ?)",
            [(number, *window) for window in wanted],
        )


def forget_windows(db: Database, number: int) -> None:
    """Drop what the condition of this number named, if it named anything."""
    with suppress(sqlite3.Error):  # no such table, or closed: then it is gone
        db.execute("DELETE FROM temp.wanted WHERE filter = ?", [number])
