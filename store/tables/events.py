"""Store events (texts with spans) and index their words."""

import json
from collections.abc import Sequence
from typing import Any

from sqlite_utils import Database

from store.sqlite.encoding import storable
from vidindex.types import Channel, Event, Span

COLUMNS = "event_id, video_id, start_s, end_s, text, channel, source, continued_by"


class Events:
    """The index itself. Ids are given once and never again."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, events: Sequence[Event]) -> list[int]:
        """Store events; their ids, in the same order."""
        with self._db.atomic():
            first = self._next_id()
            rows = [
                (first + i, e.video_id, e.span.start_s, e.span.end_s, storable(e.text),
                 e.channel, e.source, e.continued_by)
                for i, e in enumerate(events)
            ]  # fmt: skip
            self._db.conn.executemany(
                f"INSERT INTO events ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows
            )
        return list(range(first, first + len(events)))

    def replace(
        self, video_id: str, channel: Channel, events: Sequence[Event], source_prefix: str = ""
    ) -> list[int]:
        """Store these in place of the video's events of that channel; their ids, in order.

        source_prefix: replace only what came from a source that begins so.
        """
        with self._db.atomic():
            self._db.execute(
                "DELETE FROM events WHERE video_id = ? AND channel = ?"
                " AND substr(source, 1, length(?)) = ?",
                [video_id, channel, source_prefix, source_prefix],
            )
            return self.add(events)

    def remove(self, event_ids: Sequence[int]) -> None:
        """Erase events, with all that is derived from them."""
        self._db.execute(
            "DELETE FROM events WHERE event_id IN (SELECT value FROM json_each(?))",
            [json.dumps(list(event_ids))],
        )

    def link(self, event_id: int, next_id: int) -> None:
        """Note that an event continues as another one in the next file of its recording."""
        self._db.execute(
            "UPDATE events SET continued_by = ? WHERE event_id = ?", [next_id, event_id]
        )

    def by_ids(self, event_ids: Sequence[int]) -> list[Event]:
        """The events of these ids, in this order; ids that are gone are left out."""
        rows = self._db.execute(
            f"SELECT {COLUMNS} FROM events WHERE event_id IN (SELECT value FROM json_each(?))",
            [json.dumps(list(event_ids))],
        )
        found = {row[0]: event_of(row) for row in rows}
        return [found[event_id] for event_id in event_ids if event_id in found]

    def of_video(self, video_id: str, channels: Sequence[Channel] = ()) -> list[Event]:
        """The events of one video in order of time, of these channels or of all."""
        marks = ",".join("?" * len(channels))
        which = f"AND channel IN ({marks})" if channels else ""
        rows = self._db.execute(
            f"SELECT {COLUMNS} FROM events WHERE video_id = ? {which}"
            " ORDER BY start_s, end_s, event_id",
            [video_id, *channels],
        )
        return [event_of(row) for row in rows]

    def thinned(
        self,
        video_id: str,
        channels: Sequence[Channel],
        start_s: float,
        end_s: float,
        most: int,
    ) -> tuple[list[Event], dict[str, int]]:
        """At most `most` events that touch [start_s, end_s), and how many of each channel do.

        Where there are more, each channel has an equal share of `most`, taken evenly in order of
        time; a channel with fewer has all its events.
        """
        rows = self._db.execute(
            "SELECT channel, event_id FROM events"
            " WHERE video_id = ? AND start_s < ? AND end_s > ? ORDER BY channel, start_s",
            [video_id, end_s, start_s],
        )
        lanes: dict[str, list[int]] = {}
        for channel, event_id in rows:
            if not channels or channel in channels:
                lanes.setdefault(channel, []).append(event_id)
        counts = {channel: len(ids) for channel, ids in lanes.items()}
        share = most if sum(counts.values()) <= most else most // len(counts)
        kept = [one for ids in lanes.values() for one in _evenly(ids, share)]
        return sorted(self.by_ids(kept), key=lambda e: (e.span.start_s, e.event_id)), counts

    def count(self, video_id: str | None = None) -> int:
        """How many events there are, of one video or of all."""
        (count,) = self._db.execute(
            "SELECT count(*) FROM events" + ("" if video_id is None else " WHERE video_id = ?"),
            [] if video_id is None else [video_id],
        ).fetchone()
        return int(count)

    def count_by_channel(self) -> dict[str, int]:
        """How many events each channel has."""
        rows = self._db.execute("SELECT channel, count(*) FROM events GROUP BY channel")
        return dict(rows.fetchall())

    def _next_id(self) -> int:
        row = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
        return 1 if row is None else int(row[0]) + 1


def _evenly(ids: Sequence[int], most: int) -> Sequence[int]:
    return ids if len(ids) <= most else [ids[i * len(ids) // most] for i in range(most)]


def event_of(row: tuple[Any, ...]) -> Event:
    """The event in a row of the columns above."""
    event_id, video_id, start_s, end_s, text, channel, source, continued_by = row
    return Event(video_id, Span(start_s, end_s), text, channel, source, event_id, continued_by)
