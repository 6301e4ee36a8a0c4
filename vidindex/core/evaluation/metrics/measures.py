"""One thing to measure of matched queries; the modules of each family of metrics list theirs."""

from dataclasses import dataclass

from vidindex.core.evaluation.metrics.statistics import Statistic


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric by name; its statistic gives shares of 1 where the unit is "%"."""

    name: str
    unit: str
    statistic: Statistic
