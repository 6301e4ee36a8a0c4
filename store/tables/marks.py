"""Store marks on hits; they go with the video they are about."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlite_utils import Database

from store.sqlite.encoding import storable
from vidindex.types import Mark, Span

COLUMNS = "query, video_id, start_s, end_s, answer, note, label_set, made_at, mark_id"
SAME_S = 0.001
"""Times this close are one: tables of marks write milliseconds."""

_SAME = (
    "query = ? AND video_id = ? AND label_set = ?"
    f" AND abs(start_s - ?) < {SAME_S} AND abs(end_s - ?) < {SAME_S}"
)


class Marks:
    """Keep, reject or note, per query and span; a set is a selection, a case, a list of labels."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, mark: Mark) -> Mark:
        """Store a mark in place of an earlier one on the same hit in the same set; with its id."""
        made_at = mark.made_at or datetime.now(UTC)
        which = (
            storable(mark.query),
            mark.video_id,
            storable(mark.label_set),
            mark.span.start_s,
            mark.span.end_s,
        )
        with self._db.atomic():
            self._db.execute(f"DELETE FROM marks WHERE {_SAME}", list(which))
            row = self._db.execute(
                "INSERT INTO marks (query, video_id, label_set, start_s, end_s, answer, note,"
                " made_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [*which, mark.answer, storable(mark.note), made_at.isoformat()],
            )
        return replace(mark, made_at=made_at, mark_id=row.lastrowid)

    def all(self, label_set: str | None = None) -> list[Mark]:
        """Every mark, or those of one set, in the order they were made."""
        rows = self._db.execute(
            f"SELECT {COLUMNS} FROM marks WHERE ? IS NULL OR label_set = ? ORDER BY mark_id",
            [label_set, label_set],
        )
        return [_mark(row) for row in rows.fetchall()]

    def remove(self, mark_id: int) -> bool:
        """Forget a mark; False for an unknown id."""
        row = self._db.execute("DELETE FROM marks WHERE mark_id = ?", [mark_id])
        return row.rowcount > 0


def _mark(row: tuple[Any, ...]) -> Mark:
    query, video_id, start_s, end_s, answer, note, label_set, made_at, mark_id = row
    return Mark(
        query=query,
        video_id=video_id,
        span=Span(start_s, end_s),
        answer=answer,
        note=note,
        label_set=label_set,
        made_at=datetime.fromisoformat(made_at),
        mark_id=mark_id,
    )
