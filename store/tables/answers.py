"""Store the hits of the latest answers, so that "the second one" can be resolved."""

from datetime import UTC, datetime
from typing import Any

from sqlite_utils import Database

from store.sqlite.encoding import storable
from vidindex.types import Query, SavedHit, SearchResult, Span

KEPT = 20
"""Older answers are forgotten: they are for pointing at, not a log."""


class SavedAnswers:
    """Answers that were shown, with their hits; hits go with the video they are about."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, result: SearchResult) -> int:
        """Keep an answer's hits, numbered from 1 as they were shown; the answer's id."""
        with self._db.atomic():
            row = self._db.execute(
                "INSERT INTO searches (query, asked_at) VALUES (?, ?)",
                [storable(result.query.title), datetime.now(UTC).isoformat()],
            )
            search_id = int(row.lastrowid or 0)
            self._db.conn.executemany(
                "INSERT INTO search_hits VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        search_id,
                        rank,
                        moment.video_id,
                        moment.verdict.span.start_s,
                        moment.verdict.span.end_s,
                        storable(moment.text),
                        moment.verdict.answer,
                        moment.verdict.score,
                    )
                    for rank, moment in enumerate(result.moments, start=1)
                ],
            )
            self._db.execute("DELETE FROM searches WHERE search_id <= ?", [search_id - KEPT])
        return search_id

    def last(self) -> list[SavedHit] | None:
        """The hits of the latest answer, in the order shown; None where nothing was asked yet."""
        row = self._db.execute("SELECT max(search_id) FROM searches").fetchone()
        if row is None or row[0] is None:
            return None
        rows = self._db.execute(
            "SELECT query, rank, video_id, start_s, end_s, text, answer, score FROM search_hits"
            " JOIN searches USING (search_id) WHERE search_id = ? ORDER BY rank",
            [row[0]],
        )
        return [_hit(one) for one in rows.fetchall()]


def _hit(row: tuple[Any, ...]) -> SavedHit:
    query, rank, video_id, start_s, end_s, text, answer, score = row
    return SavedHit(Query(query), rank, video_id, Span(start_s, end_s), text, answer, score)
