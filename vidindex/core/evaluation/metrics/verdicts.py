"""Evaluate verdicts: false alarms of the absent, misses of the present.

A false alarm: at least one verified window for an absent query. A miss: no verified window
that meets a true span. Misses are not retrieved where no window of any verdict does, rejected
where one was checked and found rejected or unsure, else not checked.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from vidindex.core.evaluation.metrics.average_precision import Floats
from vidindex.core.evaluation.metrics.matching import Match
from vidindex.core.evaluation.metrics.measures import Measure
from vidindex.core.evaluation.metrics.statistics import Ratio
from vidindex.core.evaluation.report import NotApplicable

FALSE_ALARMS, MISSES = "false alarms", "misses"
KINDS = ("not retrieved", "rejected", "not checked")


def verdicts(matches: Sequence[Match], iou: float) -> Iterator[Measure | NotApplicable]:
    """Rates in %; not applicable to systems that do not verify."""
    if not any(one.window.verdict for match in matches for one in match.judged):
        yield NotApplicable(FALSE_ALARMS, "no prediction has verdicts")
        yield NotApplicable(MISSES, "no prediction has verdicts")
        return
    absent = np.array([match.is_absent for match in matches], float)
    if absent.any():
        alarms = np.array([_says_verified(match) for match in matches], float)
        yield Measure(FALSE_ALARMS, "%", Ratio(alarms * absent, absent))
    else:
        yield NotApplicable(FALSE_ALARMS, "no query of the ground truth is absent")
    if absent.all():
        yield NotApplicable(MISSES, "no query has a true span")
    else:
        yield from _misses(matches, 1 - absent, iou)


def _says_verified(match: Match) -> bool:
    return any(one.window.verdict == "verified" for one in match.answers)


def _misses(matches: Sequence[Match], present: Floats, iou: float) -> Iterator[Measure]:
    missed = np.array([_miss(match, iou) for match in matches])
    yield Measure(MISSES, "%", Ratio((missed != "") * present, present))
    for kind in KINDS:
        yield Measure(f"{MISSES}: {kind}", "%", Ratio((missed == kind) * present, present))


def _miss(match: Match, iou: float) -> str:
    """Which kind of miss, "" where the query was answered rightly."""
    answers = {one.window.verdict for one in match.judged if one.best_iou >= iou}
    if "verified" in answers:
        return ""
    if not answers:
        return "not retrieved"
    return "rejected" if answers & {"rejected", "unsure"} else "not checked"
