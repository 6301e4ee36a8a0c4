"""Divide a video into chunks by a shortest path.

Every second of the video wants a rate, and some moments are cuts. The chunks chosen
are those that together cost least: a price per chunk, a price for every second seen
at another rate than it wants, and a price for every cut that is inside a chunk.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vidindex.types import Span

Costs = npt.NDArray[np.float64]

CHUNK_COST = 12.0
"""A call is worth twelve seconds at a rate that is one rung off.

It is less for rates at which a call holds less: there, many calls are no choice.
"""

CUT_COST = 24.0
"""Times the certainty of the cut, 0 to 1: one that is as likely as not is worth a call."""

TOO_SLOW_COST, TOO_FAST_COST = 1.5, 1.0
"""Per second and rung. Missing what moves is worse than spending on what does not."""

_HAIR_S = 1e-6


@dataclass(frozen=True, slots=True)
class RateOption:
    """A rate, and how long a chunk at that rate lasts at least and at most."""

    fps: float
    least_s: float
    longest_s: float


def plan_chunks(
    duration_s: float,
    wanted: npt.NDArray[np.int64],
    cuts: Sequence[tuple[float, float]],
    rate_options: Sequence[RateOption],
) -> list[tuple[Span, float]]:
    """(span, fps) of chunks that tile [0, duration_s), the cheapest there are.

    wanted: for each whole second of the video, the index of the rung it wants.
    cuts: (media time, certainty 0 to 1), in any order.
    """
    nodes_s, cut_costs = _nodes(duration_s, cuts)
    misfits = [_misfit_until(nodes_s, wanted, index) for index in range(len(rate_options))]
    inside = np.cumsum(cut_costs)
    best = np.full(len(nodes_s), np.inf)
    best[0] = 0.0
    came_from = np.zeros((len(nodes_s), 2), dtype=np.int64)
    longest_s = max(rung.longest_s for rung in rate_options)
    for end in range(1, len(nodes_s)):
        for index, rung in enumerate(rate_options):
            first = np.searchsorted(nodes_s, nodes_s[end] - rung.longest_s - _HAIR_S)
            last = np.searchsorted(nodes_s, nodes_s[end] - rung.least_s + _HAIR_S, side="right")
            if first >= last:
                continue
            starts = slice(first, last)
            costs = best[starts] - misfits[index][starts] - inside[starts]
            # Of equals the latest start: the short chunk comes last, not first.
            choice = last - 1 - int(costs[::-1].argmin())
            cost = costs[choice - first] + misfits[index][end] + inside[end - 1]
            cost += CHUNK_COST * rung.longest_s / longest_s
            if cost < best[end]:
                best[end], came_from[end] = cost, (choice, index)
    return _path(nodes_s, came_from, rate_options)


def _nodes(duration_s: float, cuts: Sequence[tuple[float, float]]) -> tuple[Costs, Costs]:
    """Moments where a chunk may end, and the penalty of a chunk that continues past each."""
    seconds = np.arange(0.0, duration_s)
    at_cuts = {time_s: certainty for time_s, certainty in cuts if 0 < time_s < duration_s}
    nodes_s = np.unique([*seconds, *at_cuts, duration_s])
    return nodes_s, np.array([CUT_COST * at_cuts.get(float(time_s), 0.0) for time_s in nodes_s])


def _misfit_until(nodes_s: Costs, wanted: npt.NDArray[np.int64], index: int) -> Costs:
    """What it costs to see everything before each node at rung `index`."""
    off = wanted - index
    per_second = np.where(off > 0, TOO_SLOW_COST * off, -TOO_FAST_COST * off)
    until = np.concatenate([[0.0], np.cumsum(per_second)])
    return np.asarray(np.interp(nodes_s, np.arange(len(until)), until), dtype=np.float64)


def _path(
    nodes_s: Costs, came_from: npt.NDArray[np.int64], rate_options: Sequence[RateOption]
) -> list[tuple[Span, float]]:
    tiles = []
    end = len(nodes_s) - 1
    while end > 0:
        start, index = came_from[end]
        tiles.append((Span(float(nodes_s[start]), float(nodes_s[end])), rate_options[index].fps))
        end = start
    return tiles[::-1]
