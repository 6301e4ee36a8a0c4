"""Evaluate search filters as sets of ids of events or frames.

Filters come before the best are taken. Narrow ones are applied first, to all events. Wide
ones would name most of a library: there, the best are taken one part after another and held
against the filters until enough of them pass, with the same result.
"""

import itertools
import json
import weakref
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlite_utils import Database

from store.tables.filter_sql import condition, forget_windows
from vidindex.types import Filters

EventIds = npt.NDArray[np.int64]

NARROW = 100_000
"""Number of allowed events up to which filters count as narrow: 20 ms to list."""

_PART = 2_500
_numbers = itertools.count()


class EventFilter:
    """Filters on the events of one library, for one question: what is found out of them is kept.

    table, row_id: what else they are applied to, e.g. frames; see `filter_sql.condition`.

    Its condition names rows of a temporary table, which go with it; several can be in use.
    """

    def __init__(
        self, db: Database, filters: Filters, table: str = "events", row_id: str = "event_id"
    ) -> None:
        self._db, self._table, self._row_id = db, table, row_id
        self.is_unfiltered = filters == Filters()
        number = next(_numbers)
        self.where, self.values = condition(db, filters, number, table)
        weakref.finalize(self, forget_windows, db, number).atexit = False

    @cached_property
    def few_ids(self) -> EventIds | None:
        """All that pass, ascending; None where these are more than `NARROW`."""
        ids = self._first(NARROW + 1)
        return ids if len(ids) <= NARROW else None

    @cached_property
    def all_ids(self) -> EventIds:
        """All that pass, ascending, however many."""
        return self._first(-1)

    def top_allowed(self, ranked: EventIds, k: int) -> EventIds | None:
        """The first k of `ranked` that pass; None where there are fewer."""
        kept = ranked[:0]
        for start in range(0, len(ranked), _PART):
            part = ranked[start : start + _PART]
            kept = np.concatenate([kept, part[np.isin(part, self._of(part))]])
            if len(kept) >= k:
                return kept[:k]
        return None

    def _first(self, at_most: int) -> EventIds:
        rows = f"SELECT {self._row_id} FROM {self._table} WHERE {self.where} LIMIT ?"
        return np.sort(id_list(self._db, rows, [*self.values, at_most]))

    def _of(self, event_ids: EventIds) -> EventIds:
        rows = (
            f"SELECT {self._row_id} FROM json_each(?) AS one CROSS JOIN {self._table}"
            f" ON {self._table}.{self._row_id} = one.value WHERE {self.where}"
        )
        return id_list(self._db, rows, [json.dumps(event_ids.tolist()), *self.values])


def id_list(db: Database, query: str, values: Sequence[Any]) -> EventIds:
    """The ids that a query gives in its one column.

    One text of all of them: a row for each would take ten times as long to make.
    """
    (ids,) = db.execute(
        f"WITH found (id) AS ({query}) SELECT group_concat(id) FROM found", values
    ).fetchone()
    return np.fromstring(ids or "", np.int64, sep=",")
