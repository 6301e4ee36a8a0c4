"""Export and import the rows of a video as plain records.

Everything that was paid for: plans, finished work, readings, replies and verdicts. Words and
vectors are not here, since they are derived from events.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from store.sqlite.encoding import dump, storable
from store.tables.events import COLUMNS
from store.tables.holds import Hold
from vidindex.types import Box, Event, FramePlan, Reply, Verdict


@dataclass(frozen=True, slots=True)
class KeptPlan:
    video_id: str
    plan: FramePlan


@dataclass(frozen=True, slots=True)
class KeptWork:
    """A finished stage; see `store.tables.work_ledger`."""

    video_id: str
    stage: str
    key: str
    note: dict[str, Any]
    finished_at: datetime


@dataclass(frozen=True, slots=True)
class KeptPiece:
    """A finished piece of a stage that is under way."""

    video_id: str
    stage: str
    piece: int
    key: str
    duration_s: float


@dataclass(frozen=True, slots=True)
class KeptReading:
    """What was read in one segment; rows: time_s, text, score and box."""

    video_id: str
    segment: int
    key: str
    rows: tuple[tuple[float, str, float, Box], ...]


KeptWord = tuple[float, float, str, float, str] | tuple[float, float, str, float, str, bool]
"""The fields of a `Word`; the last one came with release 0.2."""


@dataclass(frozen=True, slots=True)
class KeptTranscript:
    """What was heard in one piece of sound; words: as `Word`, dropped: texts by reason."""

    video_id: str
    piece: int
    key: str
    words: tuple[KeptWord, ...]
    dropped: dict[str, int]


@dataclass(frozen=True, slots=True)
class KeptReply:
    """A reply with what was asked; kind: what for."""

    key: str
    video_id: str
    kind: str
    prompt: str
    model: str
    frame_times_s: tuple[float, ...]
    reply: Reply


@dataclass(frozen=True, slots=True)
class KeptVerdict:
    key: str
    video_id: str
    query: str
    verdict: Verdict


Kept = KeptPlan | KeptWork | KeptPiece | KeptReading | KeptTranscript | KeptReply | KeptVerdict

# The table of each, and which of its columns hold JSON.
_TABLES: Mapping[type[Kept], tuple[str, frozenset[str]]] = {
    KeptPlan: ("plans", frozenset({"plan"})),
    KeptWork: ("work", frozenset({"note"})),
    KeptPiece: ("work_pieces", frozenset()),
    KeptReading: ("readings", frozenset({"rows"})),
    KeptTranscript: ("transcript_pieces", frozenset({"words", "dropped"})),
    KeptReply: ("replies", frozenset({"frame_times_s", "reply"})),
    KeptVerdict: ("verdicts", frozenset({"verdict"})),
}


class Records:
    """Rows read as they are, and put into a library that does not have them."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def of_video(self, video_id: str) -> Iterator[tuple[type[Kept], dict[str, Any]]]:
        """What is kept of a video, in the order it came: its type, and its fields as JSON."""
        for kind, (table, nested) in _TABLES.items():
            names = [field.name for field in fields(kind)]
            rows = self._db.execute(
                f"SELECT {', '.join(names)} FROM {table} WHERE video_id = ?"
                f" ORDER BY {'piece' if kind is KeptTranscript else 'rowid'}",
                [video_id],
            )
            for row in rows:
                values = zip(names, row, strict=True)
                yield kind, {name: json.loads(v) if name in nested else v for name, v in values}

    def put(self, kept: Kept) -> None:
        """Store one row. Raises sqlite3.IntegrityError where there is one of this key."""
        table, nested = _TABLES[type(kept)]
        values = asdict(kept)
        self._db.execute(
            f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})",
            [dump(v) if name in nested else _plain(v) for name, v in values.items()],
        )

    def last_event_id(self) -> int:
        """The highest id that any event was ever given; 0 before the first."""
        row = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
        return 0 if row is None else int(row[0])

    def put_events(self, events: Sequence[Event]) -> None:
        """Store events under the ids that they bring, which must never have been given."""
        self._db.conn.executemany(
            f"INSERT INTO events ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (e.event_id, e.video_id, e.span.start_s, e.span.end_s, storable(e.text),
                 e.channel, e.source, e.continued_by)
                for e in events
            ],
        )  # fmt: skip

    def put_hold(self, hold: Hold) -> None:
        """Hold a video since when it was held, unless it is held already."""
        self._db.execute(
            "INSERT OR IGNORE INTO holds (video_id, reason, held_at, held_by) VALUES (?, ?, ?, ?)",
            [hold.video_id, storable(hold.reason), hold.held_at.isoformat(), hold.held_by],
        )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return storable(value) if isinstance(value, str) else value
