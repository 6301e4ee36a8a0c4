"""Draw bootstrap samples of videos, with all their queries.

Queries of one video are not independent, so that drawing queries would promise too narrow
intervals. Where all videos agree, the interval has no width, which does not make the value
certain: none in a hundred videos may well be three in a hundred of all.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from vidindex.core.evaluation.metrics.average_precision import Floats

_BLOCK = 4_000_000
"""Weights held at once: 32 MB."""


def samples(units: npt.NDArray[np.str_], resamples: int, seed: int) -> Iterator[Floats]:
    """Weights of the queries, (num_samples, num_queries), in blocks; `units`: the video of each.

    The same videos and seed give the same samples, whatever the order of the queries.
    """
    names, unit_index = np.unique(units, return_inverse=True)
    draw = np.random.default_rng(seed)
    even = np.full(len(names), 1 / len(names))
    at_once = max(1, _BLOCK // len(units))
    for start in range(0, resamples, at_once):
        drawn = draw.multinomial(len(names), even, size=min(at_once, resamples - start))
        yield drawn[:, unit_index].astype(float)


def interval(values: Floats) -> tuple[float, float] | None:
    """The middle 95 % of the samples that have a value; None where none has."""
    known = values[~np.isnan(values)]
    if not len(known):
        return None
    low, high = np.percentile(known, (2.5, 97.5))
    return float(low), float(high)
