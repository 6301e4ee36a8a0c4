"""Compute statistics of weighted queries.

A statistic takes weights (num_samples, num_queries), how often each sample of the bootstrap
holds each query, and gives one value per sample: NaN where the sample holds nothing that
counts. Weights of one give the value of the data themselves, weights of 0 leave a group out.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from vidindex.core.evaluation.metrics.average_precision import Bools, Floats


class Statistic(Protocol):
    """One number per sample. counted: which queries it rests on, (num_queries,)."""

    @property
    def counted(self) -> Bools: ...

    def __call__(self, weights: Floats) -> Floats: ...


@dataclass(frozen=True, slots=True)
class Ratio:
    """Sum over sum, both (num_queries,): a mean where `below` is how much a query counts."""

    above: Floats
    below: Floats

    @property
    def counted(self) -> Bools:
        return self.below > 0

    def __call__(self, weights: Floats) -> Floats:
        return _divided(weights @ self.above, weights @ self.below)


@dataclass(frozen=True, slots=True)
class Median:
    """The median of `values` (num_queries,), NaN where a query has none."""

    values: Floats

    @property
    def counted(self) -> Bools:
        return ~np.isnan(self.values)

    def __call__(self, weights: Floats) -> Floats:
        known = np.flatnonzero(self.counted)
        if not len(known):
            return np.full(len(weights), np.nan)
        order = known[np.argsort(self.values[known], kind="stable")]
        ends = weights[:, order].cumsum(axis=1)
        total = ends[:, -1]
        # Of an even number, the two in the middle; the place of each is where the ends pass it.
        places = [
            np.minimum((ends <= half[:, None]).sum(axis=1), len(order) - 1)
            for half in ((total - 1) // 2, total // 2)
        ]
        low, high = (self.values[order[place]] for place in places)
        return np.where(total > 0, (low + high) / 2, np.nan)


@dataclass(frozen=True, slots=True)
class CalibrationError:
    """Expected calibration error: how far apart, per bin, probability and truth are.

    gaps: sums of probability - right; sizes: numbers of answers; both (num_queries, num_bins).
    """

    gaps: Floats
    sizes: Floats

    @property
    def counted(self) -> Bools:
        counted: Bools = self.sizes.sum(axis=1) > 0
        return counted

    def __call__(self, weights: Floats) -> Floats:
        apart = np.abs(weights @ self.gaps).sum(axis=1)
        return _divided(apart, weights @ self.sizes.sum(axis=1))


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """Area under the risk-coverage curve: the mean, over k, of the share that is wrong among
    the k most confident.

    confidence: (num_queries,), -inf where nothing was answered; wrong: 1 or 0. Those of equal
    confidence are in no order: what is wrong among them is spread evenly.
    """

    confidence: Floats
    wrong: Floats

    @property
    def counted(self) -> Bools:
        return np.ones(len(self.wrong), dtype=bool)

    def __call__(self, weights: Floats) -> Floats:
        before, wrong_before, size, wrong = self._levels(weights)
        total = weights.sum(axis=1)
        # Sum over j = 1..size of (wrong_before + rate j) / (before + j), in closed form.
        rate = _divided(wrong, size, otherwise=0.0)
        sums = np.append(0.0, np.cumsum(1 / np.arange(1, int(total.max(initial=0)) + 1)))
        harmonic = sums[(before + size).astype(int)] - sums[before.astype(int)]
        area = (wrong + (wrong_before - rate * before) * harmonic).sum(axis=1)
        return _divided(area, total)

    def curve(self, points: int = 20) -> list[tuple[float, float]]:
        """(coverage, risk) at even coverages up to all queries."""
        before, wrong_before, size, wrong = (
            one[0] for one in self._levels(np.ones((1, len(self.wrong))))
        )
        covered = np.append(0.0, before + size)
        errors = np.append(0.0, wrong_before + wrong)
        at = np.linspace(0, 1, points + 1)[1:]
        places = at * len(self.wrong)
        risks = np.interp(places, covered, errors) / places
        return [(float(one), float(risk)) for one, risk in zip(at, risks, strict=True)]

    def _levels(self, weights: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Per sample and level of confidence, falling: how many before it, how many of them
        wrong, how many at it, how many of them wrong.
        """
        _, level = np.unique(-self.confidence, return_inverse=True)
        order = np.argsort(level, kind="stable")
        starts = np.flatnonzero(np.diff(level[order], prepend=-1))
        weighed = weights[:, order]
        size = np.add.reduceat(weighed, starts, axis=1)
        wrong = np.add.reduceat(weighed * self.wrong[order], starts, axis=1)
        return size.cumsum(axis=1) - size, wrong.cumsum(axis=1) - wrong, size, wrong


def _divided(above: Floats, below: Floats, otherwise: float = np.nan) -> Floats:
    empty = np.full(np.shape(above), otherwise)
    divided: Floats = np.divide(above, below, out=empty, where=below > 0)
    return divided
