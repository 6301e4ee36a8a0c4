"""Calibrate without a table: shipped queries for absent things, and the marks of people.

Shipped queries that do occur in the library have to be named, or each of them that the model
finds counts as a false alarm. Marks say what is right: those on half of the marked queries
are fitted on, the kept hits of the other half show how often a search misses.
"""

from collections.abc import Collection, Sequence

import numpy as np

from pipelines.evaluate.calibrate import Calibrate, Parts, learn, three_parts
from pipelines.evaluate.labeled_searches import LabeledSearch
from pipelines.search.run import BUDGET
from vidindex.core.retrieval.calibration import Calibration
from vidindex.core.retrieval.null_queries import NULL_QUERIES
from vidindex.errors import InputError
from vidindex.types import Mark

SOURCE = "shipped queries and marks"


def absent_queries(occurring: Collection[str]) -> list[str]:
    """The shipped queries without those that occur. Raises InputError for an unknown one."""
    known = {query.casefold(): query for query in NULL_QUERIES}
    if unknown := [one for one in occurring if one.casefold() not in known]:
        raise InputError(
            f"{unknown[0]!r} is not one of the {len(known)} shipped queries",
            "see them: vidindex calibrate --queries",
        )
    gone = {one.casefold() for one in occurring}
    return [query for key, query in known.items() if key not in gone]


def auto_calibrate(
    run: Calibrate, absent: Sequence[str], marks: Sequence[Mark], max_false_alarms: float
) -> Calibration:
    """Learn from queries for absent things and from marks.

    The curve is None without both kept and rejected candidates, and misses are not known with
    fewer than 50 kept queries held out. Raises InputError for too few absent queries.
    """
    nothing_there = [LabeledSearch(text) for text in absent]
    fitted, drawn, held = three_parts(nothing_there, run.seed, min_present=0)
    to_fit, kept = _halves(marks, run.seed)
    parts = Parts(
        tuple(run.check(fitted, BUDGET) + run.check_marks(to_fit)),
        tuple(run.check(drawn)),
        tuple(run.check([*held, *kept])),
    )
    return learn(parts, run.judge, max_false_alarms, SOURCE, partly_labeled=True)


def _halves(marks: Sequence[Mark], seed: int) -> tuple[list[Mark], list[LabeledSearch]]:
    """The marks on every other marked query, and the kept hits of the rest as searches."""
    queries = sorted({mark.query for mark in marks if mark.answer != "note" and mark.query})
    order = np.random.default_rng(seed).permutation(len(queries))
    first = {queries[int(place)] for place in order[::2]}
    gold: dict[str, list[Mark]] = {}
    for mark in marks:
        if mark.answer == "keep" and mark.query and mark.query not in first:
            gold.setdefault(mark.query, []).append(mark)
    held = [
        LabeledSearch(query, gold=tuple((one.video_id, one.span) for one in those))
        for query, those in gold.items()
    ]
    return [mark for mark in marks if mark.query in first], held
