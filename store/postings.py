"""Which events have a word, as arrays that stay in memory within a bound; ranks nothing.

FTS5 needs about a microsecond for the BM25 of one event, and a tenth of that to say that a
word is in it: of words that stand in thousands of events, only the latter can be afforded.
"""

from collections import OrderedDict

import numpy as np
from sqlite_utils import Database

from store.let_in import EventIds

MAX_BYTES = 64 << 20


class Postings:
    """The events of words that were asked for; all is forgotten once anybody writes."""

    def __init__(self, db: Database, max_bytes: int = MAX_BYTES) -> None:
        self._db = db
        self._max_bytes = max_bytes
        self._version: tuple[int, ...] | None = None
        self._kept: OrderedDict[str, EventIds] = OrderedDict()
        self._num_events = 0

    @property
    def num_events(self) -> int:
        """How many events there are."""
        self._forget_what_changed()
        return self._num_events

    def of(self, term: str, at_most: int) -> EventIds:
        """The ids of up to `at_most` events, ascending, that have this FTS5 string in them."""
        self._forget_what_changed()
        key = f"{at_most} {term}"
        if key not in self._kept:
            self._kept[key] = self._read(term, at_most)
            self._make_room()
        self._kept.move_to_end(key)
        return self._kept[key]

    def _read(self, term: str, at_most: int) -> EventIds:
        # One text of all ids: a row for each would take most of the time to make.
        (ids,) = self._db.execute(
            "SELECT group_concat(rowid) FROM"
            " (SELECT rowid FROM event_words WHERE event_words MATCH ? LIMIT ?)",
            [term, at_most],
        ).fetchone()
        return np.fromstring(ids or "", np.int64, sep=",")

    def _forget_what_changed(self) -> None:
        """Begin anew after a commit of another connection, or a change of our own.

        Of our own deletions only those of events with vectors are noticed. Whoever asks leaves
        out events that are gone, so nothing depends on it.
        """
        (version,) = self._db.execute("PRAGMA data_version").fetchone()
        newest = "SELECT seq FROM sqlite_sequence WHERE name = 'events'"
        state = self._db.execute(f"SELECT ({newest}), count FROM vector_deletions").fetchone()
        if (version, *state) != self._version:
            self._version = (version, *state)
            self._kept.clear()
            (self._num_events,) = self._db.execute("SELECT count(*) FROM events").fetchone()

    def _make_room(self) -> None:
        while len(self._kept) > 1 and sum(a.nbytes for a in self._kept.values()) > self._max_bytes:
            self._kept.popitem(last=False)
