"""`Span`: a half-open stretch of media time, and its arithmetic."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """[start_s, end_s) in seconds of media time; `start_s < end_s` always holds."""

    start_s: float
    end_s: float

    def __post_init__(self) -> None:
        if not self.start_s < self.end_s:
            raise ValueError(f"a span needs start < end, got {self.start_s} and {self.end_s}")

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s

    @property
    def middle_s(self) -> float:
        return (self.start_s + self.end_s) / 2

    def contains(self, time_s: float) -> bool:
        """Whether the moment is in the span (the end is not)."""
        return self.start_s <= time_s < self.end_s

    def shift(self, by_s: float) -> "Span":
        return Span(self.start_s + by_s, self.end_s + by_s)

    def overlap(self, other: "Span") -> float:
        """Seconds that both spans share."""
        return max(0.0, min(self.end_s, other.end_s) - max(self.start_s, other.start_s))

    def iou(self, other: "Span") -> float:
        """Temporal intersection over union, 0 to 1."""
        shared_s = self.overlap(other)
        return shared_s / (self.duration_s + other.duration_s - shared_s)

    def hull(self, other: "Span") -> "Span":
        """The shortest span that holds both."""
        return Span(min(self.start_s, other.start_s), max(self.end_s, other.end_s))

    def within(self, outer: "Span") -> "Span | None":
        """The part of this span within `outer`, or None where they do not overlap."""
        start_s, end_s = max(self.start_s, outer.start_s), min(self.end_s, outer.end_s)
        return Span(start_s, end_s) if start_s < end_s else None
