"""Define a measure of matched queries; each family of metrics lists its own."""

from dataclasses import dataclass

from vidindex.core.evaluation.metrics.statistics import Statistic


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric by name; its statistic gives shares of 1 where the unit is "%"."""

    name: str
    unit: str
    statistic: Statistic
