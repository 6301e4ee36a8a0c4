"""Compare the events and clocks of two readers of the same films."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vidindex.core.screen_text.frame_reader import MIN_SHOWN_S
from vidindex.core.screen_text.likeness import likeness
from vidindex.types import ClockTrack, Event

ENDS_WITHIN_S = 1.0
ALIKE = 0.8
CLOCKS_WITHIN_S = 0.1
RATES_WITHIN = 0.01


@dataclass(frozen=True, slots=True)
class Difference:
    """An event of `MIN_SHOWN_S` and more that is lost, moved or read as another text."""

    kind: str
    file: str
    text: str
    start_s: float
    end_s: float
    instead: str = ""


@dataclass(slots=True)
class Agreement:
    """How many of the first reader's events and clocks the second one has.

    found: with the same text, overlapping in time; lasting: of `MIN_SHOWN_S` and more.
    """

    events: int = 0
    found: int = 0
    lasting: int = 0
    lasting_found: int = 0
    events_now: int = 0
    clocks: int = 0
    clocks_found: int = 0

    def add(
        self,
        file: str,
        before: tuple[Sequence[Event], Sequence[ClockTrack]],
        now: tuple[Sequence[Event], Sequence[ClockTrack]],
    ) -> list[Difference]:
        """Count one film; what differs among its lasting events and clocks."""
        differences = [found for event in before[0] if (found := self._event(file, event, now[0]))]
        self.events_now += len(now[0])
        for track in before[1]:
            self.clocks += 1
            if any(_is_one_clock(track, other) for other in now[1]):
                self.clocks_found += 1
            else:
                span = track.span
                lost = Difference("clock lost", file, track.template, span.start_s, span.end_s)
                differences.append(lost)
        return differences

    def _event(self, file: str, event: Event, now: Sequence[Event]) -> Difference | None:
        same = [one for one in _overlapping(event, now) if one.text == event.text]
        lasts = event.span.duration_s >= MIN_SHOWN_S - 1e-6
        self.events += 1
        self.found += bool(same)
        self.lasting += lasts
        self.lasting_found += lasts and bool(same)
        if not lasts:
            return None
        where = (file, event.text, event.span.start_s, event.span.end_s)
        if not same:
            other = [
                o.text for o in _overlapping(event, now) if likeness(o.text, event.text) >= ALIKE
            ]
            return Difference("read otherwise" if other else "lost", *where, "; ".join(other))
        nearest = min(same, key=lambda one: _moved_s(event, one))
        if _moved_s(event, nearest) <= ENDS_WITHIN_S:
            return None
        return Difference(
            "moved", *where, f"{nearest.span.start_s:.2f} to {nearest.span.end_s:.2f} s"
        )


def _overlapping(event: Event, others: Sequence[Event]) -> Iterator[Event]:
    span = event.span
    return (o for o in others if o.span.start_s < span.end_s and span.start_s < o.span.end_s)


def _moved_s(one: Event, other: Event) -> float:
    """How far apart their starts are, or their ends if these are farther."""
    return max(abs(one.span.start_s - other.span.start_s), abs(one.span.end_s - other.span.end_s))


def _is_one_clock(one: ClockTrack, other: ClockTrack) -> bool:
    """Whether both give a time that is shown at the same moment."""
    if abs(one.rate - other.rate) > RATES_WITHIN * abs(one.rate):
        return False
    at_s = max(one.span.start_s, other.span.start_s)
    if at_s >= min(one.span.end_s, other.span.end_s):
        return False
    values = [c.value_at_start_s + c.rate * (at_s - c.span.start_s) for c in (one, other)]
    return abs(values[0] - values[1]) <= CLOCKS_WITHIN_S * abs(one.rate)
