"""Time several implementations of one task in turn.

A machine that others share is fast in one minute and slow in the next, so only what ran side
by side is compared: every round runs every way once, and ratios are taken within a round.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

NUM_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of several rounds, and the least and the most of them."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        """Raises statistics.StatisticsError for an empty list."""
        return cls(median(values), min(values), max(values))

    def line(self, digits: int = 2) -> str:
        """As in "1.02 (0.98 to 1.10)"."""
        return f"{self.median:.{digits}f} ({self.least:.{digits}f} to {self.most:.{digits}f})"


@dataclass(frozen=True, slots=True)
class Rounds:
    """Seconds of each way, by its name, round after round."""

    spent_s: dict[str, list[float]]

    def seconds(self, way: str) -> float:
        """The median of the rounds."""
        return median(self.spent_s[way])

    def best(self, *but: str) -> str:
        """The way that takes least, without those named."""
        return min((way for way in self.spent_s if way not in but), key=self.seconds)

    def ratio(self, way: str, to: str) -> Spread:
        """Of the seconds of one way to those of another in the same round."""
        pairs = zip(self.spent_s[way], self.spent_s[to], strict=True)
        return Spread.of([one / other for one, other in pairs])


def interleaved(ways: Mapping[str, Callable[[], object]], num_rounds: int = NUM_ROUNDS) -> Rounds:
    """Every way once for nothing, so that all files and libraries are warm; then the rounds."""
    for run in ways.values():
        run()
    spent_s: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(num_rounds):
        for way, run in ways.items():
            started_s = time.perf_counter()
            run()
            spent_s[way].append(time.perf_counter() - started_s)
    return Rounds(spent_s)
