"""Full text search over the words of events (FTS5, BM25); knows no meaning and no vectors."""

from sqlite_utils import Database

from store.selection import condition
from store.text import query_terms
from vidindex.types import Filters

# BM25 looks at every event that has a word, about a microsecond each. A word that is in more
# events than this says next to nothing, and is left out where a rarer one stands beside it.
_COMMON_SHARE = 0.1
_COMMON_AT_LEAST = 50
_MAX_TERMS = 64


class Words:
    """The words of all events."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def search(self, text: str, filters: Filters, limit: int) -> list[tuple[int, float]]:
        """The ids of events that share a word with `text`, with their BM25, the best first.

        Whatever stands in `text` is a word, never an operator; case and accents do not
        count. Of a longer text the 64 rarest words are looked for.
        """
        terms = self._telling(query_terms(text))
        if not terms or limit < 1:
            return []
        where, values = condition(self._db, filters)
        # CROSS JOIN: the words lead, and events are looked up by id, never the other way round.
        rows = self._db.execute(
            "SELECT event_words.rowid, -bm25(event_words) AS score FROM event_words"
            " CROSS JOIN events ON events.event_id = event_words.rowid"
            f" WHERE event_words MATCH ? AND {where} ORDER BY score DESC, event_id LIMIT ?",
            [" OR ".join(terms), *values, limit],
        )
        return [(event_id, score) for event_id, score in rows]

    def purge(self) -> None:
        """Merge the word index into one piece, so that deleted words are really gone."""
        self._db.execute("INSERT INTO event_words (event_words) VALUES ('optimize')")

    def _telling(self, terms: list[str]) -> list[str]:
        """The words that occur, without those too common to tell events apart."""
        (num_events,) = self._db.execute("SELECT count(*) FROM events").fetchone()
        common = max(_COMMON_AT_LEAST, int(num_events * _COMMON_SHARE))
        counts = {term: self._count(term, common + 1) for term in terms}
        found = sorted((term for term in terms if counts[term]), key=counts.__getitem__)
        rare = [term for term in found if counts[term] <= common]
        return (rare or found)[:_MAX_TERMS]

    def _count(self, term: str, at_most: int) -> int:
        row = self._db.execute(
            "SELECT count(*) FROM (SELECT 1 FROM event_words WHERE event_words MATCH ? LIMIT ?)",
            [term, at_most],
        ).fetchone()
        return int(row[0])
