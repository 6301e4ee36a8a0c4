"""Clamp spans to the bounds of their video, naming and counting each repair.

A span that shares any time with the video is never dropped, one that needs no repair
passes with the very same floats. It reads no text and guesses no unit: a span beyond
the end is left out and counted, not scaled until it fits.
"""

import math
from collections.abc import Iterable
from typing import Final

from vidindex.core.replies.values import SaidEvent, Tally
from vidindex.types import Span

POINT_LENGTH_S: Final = 1.0
"""Length given to a moment without one: models name moments in whole seconds."""


def sanitise(
    spans: Iterable[tuple[float, float, str]],
    duration_s: float | None,
    tally: Tally,
    point_length_s: float = POINT_LENGTH_S,
) -> list[SaidEvent]:
    """Events with 0 <= start < end <= duration_s, in the order given.

    spans: (start_s, end_s, words) as written. duration_s: length of the video or chunk in
    seconds, None where it is not known (then there is no upper bound).
    """
    last_s = math.inf if duration_s is None else duration_s
    events: dict[tuple[Span, str], SaidEvent] = {}
    for start_s, end_s, words in spans:
        span = _repaired(start_s, end_s, last_s, tally, point_length_s)
        if span is None:
            continue
        key = span, " ".join(words.casefold().split())
        if key in events:
            tally["duplicate"] += 1
        else:
            events[key] = SaidEvent(span, words)
    return list(events.values())


def _repaired(
    start_s: float, end_s: float, last_s: float, tally: Tally, point_length_s: float
) -> Span | None:
    if not (math.isfinite(start_s) and math.isfinite(end_s)):
        tally["not_a_number"] += 1
        return None
    if start_s > end_s:
        tally["swapped"] += 1
        start_s, end_s = end_s, start_s
    if start_s >= last_s or end_s < 0 or (end_s == 0 and start_s < 0):
        tally["outside"] += 1
        return None
    if start_s == end_s:
        if start_s + point_length_s == start_s:  # 1e121 s: longer than floats count in seconds
            tally["not_a_number"] += 1
            return None
        tally["point"] += 1
        return _around(start_s, last_s, point_length_s)
    if start_s < 0 or end_s > last_s:
        tally["clipped"] += 1
        start_s, end_s = max(start_s, 0.0), min(end_s, last_s)
    return Span(start_s, end_s)


def _around(time_s: float, last_s: float, length_s: float) -> Span:
    """A span of `length_s` that begins at the moment, or earlier where the video ends."""
    end_s = min(time_s + length_s, last_s)
    return Span(max(0.0, min(time_s, end_s - length_s)), end_s)
