"""Report an evaluation: numbers with their intervals, and what could not be measured.

Values are in their unit: "%" is 0 to 100, "s" seconds, "" 0 to 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Metric:
    """One number over `num_counted` queries; None where no query counts.

    low, high: 95 % of the values over resampled videos; None where there are not several.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    unit: str
    num_counted: int


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """A metric that these files cannot have."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReferenceNumber:
    """`official` is what the reference evaluator prints, in %; `every_query` the same with every
    query counted: `left_out` of them, which the evaluator leaves out, count as 0.

    headline: whether it is one of the few that papers quote.
    """

    name: str
    official: float | None
    every_query: float | None
    left_out: int
    decimals: int
    headline: bool


@dataclass(frozen=True, slots=True)
class Reference:
    """The reference evaluator's numbers, and what one must know to read them."""

    evaluator: str
    numbers: tuple[ReferenceNumber, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The metrics of the queries of one kind: `by` is modality, duration or format."""

    by: str
    name: str
    num_queries: int
    num_units: int
    metrics: tuple[Metric, ...]


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """Of the `coverage` most confident answers (0 to 1), the share that is wrong (0 to 1)."""

    coverage: float
    risk: float


@dataclass(frozen=True, slots=True)
class Report:
    """All that `score` found. iou: from which temporal IoU on an answer is right.

    num_units: what the bootstrap draws from: videos, and queries absent from a whole library.
    counts: what was missing, doubled, malformed or unknown in the files, by name; never 0.
    """

    dataset: str
    num_queries: int
    num_absent: int
    num_units: int
    iou: float
    seed: int
    resamples: int
    reference: Reference | None
    metrics: tuple[Metric, ...]
    groups: tuple[Group, ...]
    risk_coverage: tuple[RiskPoint, ...]
    not_applicable: tuple[NotApplicable, ...]
    counts: Mapping[str, int]

    def metric(self, name: str) -> Metric:
        """The metric called `name`, of all queries. Raises KeyError."""
        return {metric.name: metric for metric in self.metrics}[name]
