"""Compare occasions in time: before, after, during, between.

Occasions are compared within a file by media time, else by wall clock. What begins up to half a
second before another thing ends still comes after it: frames do not give edges more exactly.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from vidindex.core.answering.citations import Occasion
from vidindex.core.answering.languages import Order

EDGE_S = 0.5
"""How exactly frames give the start and the end of what they show."""


@dataclass(frozen=True, slots=True)
class Related:
    """An occasion, and the one (of "between" both) that it relates to."""

    occasion: Occasion
    to: tuple[Occasion, ...]


@dataclass(frozen=True, slots=True)
class Spans:
    """Two occasions on one line of time, in seconds."""

    a: tuple[float, float]
    b: tuple[float, float]

    def holds(self, order: Order) -> bool:
        """Whether `a` is before, after or during `b`."""
        (a_start, a_end), (b_start, b_end) = self.a, self.b
        if order == "before":
            return a_end <= b_start + EDGE_S and a_start < b_start
        if order == "after":
            return a_start >= b_end - EDGE_S and a_end > b_end
        shared_s = min(a_end, b_end) - max(a_start, b_start)
        shortest_s = min(a_end - a_start, b_end - b_start)
        return shared_s > min(EDGE_S, shortest_s / 2)

    @property
    def gap_s(self) -> float:
        """Seconds from the end of the earlier one to the start of the later one; negative where
        they overlap.
        """
        return max(self.a[0] - self.b[1], self.b[0] - self.a[1])


def on_one_line(a: Occasion, b: Occasion) -> Spans | None:
    """Both on a common line of time; None where their times cannot be compared."""
    if a.first.video_id == b.first.video_id:
        return Spans(_in_file(a), _in_file(b))
    if a.first.starts_at and b.first.starts_at:
        return Spans(_by_clock(a), _by_clock(b))
    return None


def is_same_recording(a: Occasion, b: Occasion) -> bool:
    """Whether both are of one file, or of one camera whose clock is known."""
    if a.first.video_id == b.first.video_id:
        return True
    has_clocks = a.first.starts_at is not None and b.first.starts_at is not None
    return has_clocks and a.first.camera is not None and a.first.camera == b.first.camera


def related(
    those: Sequence[Occasion], anchors: Sequence[Sequence[Occasion]], order: Order
) -> list[Related]:
    """Each occasion that relates so to an anchor, with the nearest one.

    anchors: the occasions of each anchor; two of them for "between".
    """
    found = []
    for one in those:
        if order == "between":
            to = _between(one, anchors[0], anchors[1])
        else:
            nearest = _nearest(one, anchors[0], order)
            to = (nearest,) if nearest else ()
        if to:
            found.append(Related(one, to))
    return found


def are_comparable(those: Sequence[Occasion], others: Sequence[Occasion]) -> bool:
    """Whether any of them is on a common line of time with any of the others."""
    return any(on_one_line(a, b) for a in those for b in others)


def _between(
    one: Occasion, firsts: Sequence[Occasion], seconds: Sequence[Occasion]
) -> tuple[Occasion, ...]:
    """What it comes after, and what it comes before, whichever of the two is first."""
    for begin, end in ((firsts, seconds), (seconds, firsts)):
        after, before = _nearest(one, begin, "after"), _nearest(one, end, "before")
        if after and before:
            return after, before
    return ()


def _nearest(one: Occasion, others: Sequence[Occasion], order: Order) -> Occasion | None:
    fits = [(spans.gap_s, n) for n, spans in _lines(one, others) if spans.holds(order)]
    return others[min(fits)[1]] if fits else None


def _lines(one: Occasion, others: Sequence[Occasion]) -> Iterator[tuple[int, Spans]]:
    for place, other in enumerate(others):
        if (spans := on_one_line(one, other)) is not None:
            yield place, spans


def _in_file(one: Occasion) -> tuple[float, float]:
    here = [piece.span for piece in one.citations if piece.video_id == one.first.video_id]
    start_s = min(span.start_s for span in here)
    last_s = max(span.end_s for span in here)
    return start_s, max(last_s, start_s + one.duration_s if len(here) < len(one.citations) else 0)


def _by_clock(one: Occasion) -> tuple[float, float]:
    starts = [(piece.starts_at, piece.span.duration_s) for piece in one.citations]
    edges = [
        (at.timestamp(), (at + timedelta(seconds=lasts_s)).timestamp())
        for at, lasts_s in starts
        if at
    ]
    return min(begin for begin, _ in edges), max(end for _, end in edges)
