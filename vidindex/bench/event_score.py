"""Score the events of the demo's library against the generated scenes."""

from collections.abc import Sequence
from dataclasses import dataclass

from vidindex.synthetic.clips import ClipEvent
from vidindex.types import Event, Span


@dataclass(frozen=True, slots=True)
class Score:
    """num_true: events shown. mean_iou: of each with the caption event that overlaps it most,
    0 where none does. right: the share whose caption says colour, shape and motion.
    """

    num_true: int
    mean_iou: float
    right: float


def score(truth: Sequence[ClipEvent], found: Sequence[Event]) -> Score:
    """Compare the events of one film."""
    ious, right = [], 0
    for event in truth:
        span = Span(event.start_s, event.end_s)
        best = max(found, key=lambda one: span.iou(one.span), default=None)
        ious.append(span.iou(best.span) if best else 0.0)
        right += best is not None and ious[-1] > 0 and best.text == event.caption
    return Score(len(truth), sum(ious) / len(truth), right / len(truth))


def pooled(scores: Sequence[Score]) -> Score:
    """The scores of several films as one."""
    total = sum(one.num_true for one in scores)
    return Score(
        total,
        sum(one.mean_iou * one.num_true for one in scores) / total,
        sum(one.right * one.num_true for one in scores) / total,
    )
