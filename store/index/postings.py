"""Keep postings of words in memory, within a bound.

FTS5 needs about a microsecond for the BM25 of one event, and a tenth of that to say that a
word is in it: of words that are in thousands of events, only the latter can be afforded.
"""

from collections import OrderedDict

from sqlite_utils import Database

from store.index.event_filter import EventIds, id_list

MAX_BYTES = 64 << 20
_NO_BOUND = 1 << 62
_MATCHING = "SELECT rowid FROM event_words WHERE event_words MATCH ? LIMIT ?"
_FEW = 500


class Postings:
    """The events of words that were asked for; all is forgotten once anybody writes."""

    def __init__(self, db: Database, max_bytes: int = MAX_BYTES) -> None:
        self._db = db
        self._max_bytes = max_bytes
        self._version: tuple[int, ...] | None = None
        self._kept: OrderedDict[str, EventIds | None] = OrderedDict()
        self._num_events = 0

    @property
    def num_events(self) -> int:
        """How many events there are."""
        self._forget_what_changed()
        return self._num_events

    def all(self, term: str) -> EventIds:
        """The ids of all events, ascending, that have this FTS5 string in them."""
        ids = self.of(term, _NO_BOUND)
        assert ids is not None
        return ids

    def of(self, term: str, at_most: int) -> EventIds | None:
        """The same, or None where these are more than `at_most`."""
        self._forget_what_changed()
        key = f"{at_most} {term}"
        if key not in self._kept:
            self._kept[key] = self._read(term, at_most)
            self._make_room()
        self._kept.move_to_end(key)
        return self._kept[key]

    def _read(self, term: str, at_most: int) -> EventIds | None:
        # Counting costs half as much as reading, and is for nothing where all is read after it.
        if self._seems_common(term, at_most):
            (count,) = self._db.execute(
                f"SELECT count(*) FROM ({_MATCHING})", [term, at_most + 1]
            ).fetchone()
            if count > at_most:
                return None
        ids = id_list(self._db, _MATCHING, [term, at_most + 1])
        return ids if len(ids) <= at_most else None

    def _seems_common(self, term: str, at_most: int) -> bool:
        """A guess by how far one has to go for the first few."""
        newest, few = self._db.execute(
            f"SELECT max(rowid), count(*) FROM ({_MATCHING})", [term, _FEW]
        ).fetchone()
        return bool(few == _FEW and _FEW * self._num_events > at_most * newest)

    def _forget_what_changed(self) -> None:
        """Reset after a commit of another connection, or a change of our own.

        Of our own deletions only those of events with vectors are noticed. The caller leaves
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
        while len(self._kept) > 1 and self._num_bytes() > self._max_bytes:
            self._kept.popitem(last=False)

    def _num_bytes(self) -> int:
        return sum(len(key) if ids is None else ids.nbytes for key, ids in self._kept.items())
