"""Search the words of events by full text (FTS5).

Where few events have one of the words, BM25 ranks them. Where many do, an event scores the
sum of its words' weights (their inverse document frequency), which for texts as short as
captions is nearly the same and takes a hundredth of the time.
"""

import numpy as np
import numpy.typing as npt
from sqlite_utils import Database

from store.index.event_filter import EventFilter, EventIds
from store.index.postings import Postings
from vidindex.core.retrieval.tokens import query_terms, wider_terms
from vidindex.types import Filters

# A word that is in more events than this says next to nothing, and is left out where a rarer
# one is beside it.
_COMMON_SHARE = 0.1
_COMMON_AT_LEAST = 50
_MAX_TERMS = 64

RANKED_BY_BM25 = 10_000
"""Events that have one of the words; BM25 takes a microsecond for each."""

_POOL = 10_000  # of the best by their words: so many are held against wide filters


class FullTextIndex:
    """The words of all events."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._postings = Postings(db)

    def search(
        self, text: str, filters: Filters | EventFilter, limit: int
    ) -> list[tuple[int, float]]:
        """The ids of events that share a word with `text`, with their scores, the best first.

        Whatever is in `text` is a word, never an operator; case and accents do not
        count. Of a longer text the 64 rarest words are looked for.
        filters: see `Library.filter_events`.
        """
        postings = self._discriminative(query_terms(text))
        if not postings or limit < 1:
            return []
        event_filter = (
            filters if isinstance(filters, EventFilter) else EventFilter(self._db, filters)
        )
        if sum(map(len, postings.values())) <= RANKED_BY_BM25:
            return self._by_bm25(list(postings), event_filter, limit)
        scores = self._idf_sums(list(postings.values()))
        ids = _ranked(scores, event_filter, limit)
        return list(zip(ids.tolist(), scores[ids].tolist(), strict=True))

    def purge(self) -> None:
        """Merge the word index into one piece, so that deleted words are really gone."""
        self._db.execute("INSERT INTO event_words (event_words) VALUES ('optimize')")

    def _by_bm25(
        self, terms: list[str], event_filter: EventFilter, limit: int
    ) -> list[tuple[int, float]]:
        # CROSS JOIN: the words lead, and events are looked up by id, never the other way round.
        rows = self._db.execute(
            "SELECT event_words.rowid, -bm25(event_words) AS score FROM event_words"
            " CROSS JOIN events ON events.event_id = event_words.rowid"
            f" WHERE event_words MATCH ? AND {event_filter.where}"
            " ORDER BY score DESC, event_id LIMIT ?",
            [" OR ".join(terms), *event_filter.values, limit],
        )
        return [(event_id, score) for event_id, score in rows]

    def _idf_sums(self, postings: list[EventIds]) -> npt.NDArray[np.float64]:
        """The summed inverse document frequency of the query's words in each event, by event id."""
        num_events = self._postings.num_events
        scores = np.zeros(max(int(ids[-1]) for ids in postings) + 1)
        for ids in postings:
            scores[ids] += np.log1p((num_events - len(ids) + 0.5) / (len(ids) + 0.5))
        return scores

    def _discriminative(self, terms: list[str]) -> dict[str, EventIds]:
        """The words that occur, rarest first, without those too common to distinguish events."""
        common = max(_COMMON_AT_LEAST, int(self._postings.num_events * _COMMON_SHARE))
        found = {t: ids for t in terms if (ids := self._postings.of(t, common)) is not None}
        if not any(map(len, found.values())):
            found = {term: self._postings.all(term) for term in terms}
        rarest = sorted((term for term in found if len(found[term])), key=lambda t: len(found[t]))
        chosen = {term: found[term] for term in rarest[:_MAX_TERMS]}
        missing = {term: found[term] for term in found if not len(found[term])}
        return chosen | self._wider(chosen | missing, common)

    def _wider(self, found: dict[str, EventIds], common: int) -> dict[str, EventIds]:
        """Events of other forms of the words that few events have as they are written."""
        rare = [term for term, ids in found.items() if len(ids) < _COMMON_AT_LEAST]
        others = {other for term in rare for other in wider_terms(term)}.difference(found)
        postings = {other: self._postings.of(other, common) for other in sorted(others)}
        return {other: ids for other, ids in postings.items() if ids is not None and len(ids)}


def _ranked(scores: npt.NDArray[np.float64], event_filter: EventFilter, limit: int) -> EventIds:
    """The `limit` best events that pass; of equal ones, those that came first."""
    if event_filter.is_unfiltered:
        return _best(_high(scores, limit), scores, limit)
    if event_filter.few_ids is None:
        pool = _best(_high(scores, _POOL), scores, _POOL)
        best = event_filter.top_allowed(pool, limit)
        if best is not None:
            return best
    allowed = event_filter.all_ids if event_filter.few_ids is None else event_filter.few_ids
    allowed = allowed[allowed < len(scores)]
    return _best(allowed[scores[allowed] > 0], scores, limit)


def _high(scores: npt.NDArray[np.float64], k: int) -> EventIds:
    """The ids that score high, at least k of them where so many score at all."""
    top = scores.max()
    for share in (0.8, 0.6, 0.4, 0.2):
        ids = np.flatnonzero(scores > share * top)
        if len(ids) >= k:
            return ids
    return np.flatnonzero(scores > 0)


def _best(ids: EventIds, scores: npt.NDArray[np.float64], k: int) -> EventIds:
    """The k best of `ids`, which ascend; of equal ones, those that came first."""
    best: EventIds = ids[np.argsort(-scores[ids], kind="stable")[:k]]
    return best
