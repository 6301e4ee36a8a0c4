"""Score answers against the truth: ranks, spans, and false alarms at equal recall.

Works on what each system would show, however it came to it; runs no search.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vidindex.types import Span

Place = tuple[str, Span]


@dataclass(frozen=True, slots=True)
class Shown:
    """One hit of an answer: where, and how sure the system is of it (any scale)."""

    place: Place
    confidence: float


@dataclass(frozen=True, slots=True)
class Answered:
    """A search's truth, and the hits that a system gives, the one it shows first first."""

    gold: tuple[Place, ...]
    shown: tuple[Shown, ...]

    def above(self, line: float) -> tuple[Shown, ...]:
        return tuple(hit for hit in self.shown if hit.confidence >= line)

    def iou_of_first(self, line: float) -> float:
        """Of the first hit with the truth nearest to it; 0 where nothing is shown."""
        shown = self.above(line)
        return best_iou(shown[0].place, self.gold) if shown else 0.0

    @property
    def best_right(self) -> float:
        """The confidence of the surest right hit; -inf without one."""
        right = (hit.confidence for hit in self.shown if best_iou(hit.place, self.gold) >= 0.5)
        return max(right, default=-np.inf)

    @property
    def best(self) -> float:
        return max((hit.confidence for hit in self.shown), default=-np.inf)


@dataclass(frozen=True, slots=True)
class Score:
    """Rates are 0 to 1. misses: of present searches, with no right hit shown (IoU 0.5);
    false_alarms: of absent ones, with any hit shown; at_equal_recall: the same, the line
    moved to where as many present searches are found as by the system compared with; None
    where no line reaches that. edge_error_s: median of first hits that are right.
    """

    recall_at_5: float
    recall_at_7: float
    mean_iou: float
    misses: float
    false_alarms: float
    at_equal_recall: float | None
    edge_error_s: float


def best_iou(place: Place, gold: Sequence[Place]) -> float:
    """Temporal IoU with the nearest true span of the same video."""
    video, span = place
    return max((span.iou(true) for name, true in gold if name == video), default=0.0)


def score(answers: Sequence[Answered], line: float, equal_recall: float | None = None) -> Score:
    """What a system reaches that shows the hits at or above `line`."""
    present = [one for one in answers if one.gold]
    absent = [one for one in answers if not one.gold]
    ious = np.array([one.iou_of_first(line) for one in present])
    found = np.array([one.best_right for one in present])
    alarms = np.array([one.best for one in absent])
    return Score(
        recall_at_5=float((ious >= 0.5).mean()),
        recall_at_7=float((ious >= 0.7).mean()),
        mean_iou=float(ious.mean()),
        misses=float((found < line).mean()),
        false_alarms=float((alarms >= line).mean()),
        at_equal_recall=_at_recall(found, alarms, equal_recall),
        edge_error_s=_edge_error(present, line),
    )


def _at_recall(
    found: np.ndarray[tuple[int], np.dtype[np.float64]],
    alarms: np.ndarray[tuple[int], np.dtype[np.float64]],
    recall: float | None,
) -> float | None:
    """False alarms at the highest line that finds this share of the present searches."""
    if recall is None:
        return None
    wanted = round(recall * len(found))
    line = np.sort(found)[::-1][wanted - 1] if wanted else np.inf
    return None if line == -np.inf else float((alarms >= line).mean())


def _edge_error(present: Sequence[Answered], line: float) -> float:
    errors: list[float] = []
    for one in present:
        shown = one.above(line)
        if not shown:
            continue
        video, span = shown[0].place
        true = max((true for name, true in one.gold if name == video), key=span.iou, default=None)
        if true is not None and span.iou(true) >= 0.5:
            errors += [abs(span.start_s - true.start_s), abs(span.end_s - true.end_s)]
    return float(np.median(errors)) if errors else float("nan")
