"""Cut a video's frames into segments, and score segments by their best frames.

A segment ends at the largest changes from one frame to the next, at shots, and where frames
are missing. It scores the mean of its best four frames: vectors are never averaged, as that
loses what only some frames show. A row that lasts counts as the frames that it stands for.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vidindex.types import Span

Floats = npt.NDArray[np.float32]
Times = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

BEST_FRAMES = 4
"""Of how many frames a segment's score is the mean, or of all where it has fewer."""

FRAME_S = 1.0
"""A row stands for one frame a second, at least for one."""

USUAL_S, SHORTEST_S, LONGEST_S = 5.0, 2.0, 30.0
"""There is at most one cut for each 5 s of video, none closer than 2 s to another one; what is
longer than 30 s, which is what one look takes in, is cut at its own largest changes."""

CLEAR = 2.0
"""A change counts if it is this many times the usual (median) one of its video."""

NOISE = 1e-3
"""A change below this is the rounding of stored vectors."""

MISSING_S = 0.05
"""Rows further apart than this have frames missing between them."""


@dataclass(frozen=True, slots=True, eq=False)
class FrameSegments:
    """The frames of one video in segments.

    spans: [start, end) of each row in seconds, shape (n, 2), ascending. vectors: unit vectors,
    shape (n, dim). first: the first row of each segment, shape (segments,), ascending from 0.
    """

    spans: Times
    vectors: Floats
    first: Rows

    @classmethod
    def cut(cls, spans: Times, vectors: Floats, shots_s: Sequence[float] = ()) -> "FrameSegments":
        """Segments of a video's rows; shots_s: media times at which a shot begins."""
        return cls(spans, vectors, _first_rows(spans, vectors, shots_s))

    def __len__(self) -> int:
        return len(self.first)

    def span(self, segment: int) -> Span:
        """The stretch from the segment's first frame to the end of its last."""
        rows = self._rows(segment)
        return Span(float(self.spans[rows.start, 0]), float(self.spans[rows.stop - 1, 1]))

    def at(self, times_s: Sequence[float]) -> Rows:
        """The segment that each time is in, or the one before it where frames are missing."""
        rows = np.searchsorted(self.spans[:, 0], times_s, side="right") - 1
        found: Rows = np.searchsorted(self.first, np.maximum(rows, 0), side="right") - 1
        return found

    def scores(self, query: Floats) -> Floats:
        """The mean inner product of each segment's best four frames, shape (segments,).

        query: shape (dim,).
        """
        if not len(self):
            return np.zeros(0, np.float32)
        scores = np.asarray(self.vectors @ query, np.float32)
        order, weights = self._best(scores)
        total = np.add.reduceat(weights, self.first)
        found = np.add.reduceat(weights * scores[order], self.first) / total
        return np.asarray(found, np.float32)

    def best_frames(self, segment: int, query: Floats) -> tuple[float, ...]:
        """The times at which the frames begin that make the segment's score, best first."""
        rows = self._rows(segment)
        part = FrameSegments(self.spans[rows], self.vectors[rows], np.zeros(1, np.intp))
        scores = np.asarray(part.vectors @ query, np.float32)
        order, weights = part._best(scores)
        return tuple(float(part.spans[row, 0]) for row in order[weights > 0])

    def _rows(self, segment: int) -> slice:
        start = int(self.first[segment])
        is_last = segment == len(self.first) - 1
        return slice(start, len(self.spans) if is_last else int(self.first[segment + 1]))

    def _best(self, scores: Floats) -> tuple[Rows, Floats]:
        """(rows by segment, best first, how many of the four frames each of these gives)."""
        lengths = np.diff([*self.first, len(self.spans)])
        order = np.lexsort((-scores, np.repeat(np.arange(len(self)), lengths)))
        counts = _num_frames(self.spans)[order]
        before = np.cumsum(counts) - counts
        before -= np.repeat(before[self.first], lengths)
        return order, np.clip(BEST_FRAMES - before, 0, counts).astype(np.float32)


def _num_frames(spans: Times) -> npt.NDArray[np.float64]:
    """How many frames each row stands for."""
    return np.maximum(1.0, np.round((spans[:, 1] - spans[:, 0]) / FRAME_S))


def _first_rows(spans: Times, vectors: Floats, shots_s: Sequence[float]) -> Rows:
    if not len(spans):
        return np.zeros(0, np.intp)
    changes = 1 - np.einsum("ij,ij->i", vectors[1:], vectors[:-1], dtype=np.float32)
    starts_s = spans[:, 0]
    is_cut = np.zeros(len(spans), bool)
    is_cut[0] = True
    is_cut[1:] |= spans[1:, 0] - spans[:-1, 1] > MISSING_S
    rows = np.searchsorted(starts_s, shots_s, side="left")
    is_cut[rows[rows < len(spans)]] = True
    usual = _usual_change(changes, int(_num_frames(spans).sum()))
    _cut_at_changes(is_cut, starts_s, changes, spans[-1, 1], usual)
    _cut_what_is_long(is_cut, spans, changes)
    return np.flatnonzero(is_cut)


def _usual_change(changes: Floats, num_frames: int) -> float:
    """The median change from frame to frame; within a row that stands for several it is none."""
    still = np.zeros(max(0, num_frames - 1 - len(changes)), np.float32)
    return float(np.median([*changes, *still])) if num_frames > 1 else 0.0


def _cut_at_changes(
    is_cut: npt.NDArray[np.bool_], starts_s: Times, changes: Floats, end_s: float, usual: float
) -> None:
    """Add the largest clear changes, no closer to another cut than the shortest segment."""
    left = int((end_s - starts_s[0]) / USUAL_S)
    cuts_s = [*starts_s[is_cut], end_s]
    clear = max(CLEAR * usual, NOISE)
    for row in np.argsort(-changes, kind="stable") + 1:
        if left < 1 or changes[row - 1] < clear:
            return
        if np.abs(np.subtract(cuts_s, starts_s[row])).min() >= SHORTEST_S:
            is_cut[row] = True
            cuts_s.append(starts_s[row])
            left -= 1


def _cut_what_is_long(is_cut: npt.NDArray[np.bool_], spans: Times, changes: Floats) -> None:
    """Cut what is longer than one look takes in at its largest change, and again."""
    edges = [*np.flatnonzero(is_cut), len(spans)]
    todo = [(int(start), int(stop)) for start, stop in itertools.pairwise(edges)]
    while todo:
        start, stop = todo.pop()
        if stop - start > 1 and spans[stop - 1, 1] - spans[start, 0] > LONGEST_S:
            row = start + 1 + int(np.argmax(changes[start : stop - 1]))
            is_cut[row] = True
            todo += [(start, row), (row, stop)]
