"""Count stretches of footage: those looked at for one question, and those left over."""

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence

from vidindex.types import Moment, Span

STRETCH_S = 30.0
"""What one look takes in: 64 frames at 2 fps, without its margin."""

MIN_LEFT_S = 0.5
"""A shorter remainder is between two frames of a look and does not count as left over."""

Spans = Mapping[str, Sequence[Span]]
"""Stretches by video_id."""


def looked_at(moments: Iterable[Moment]) -> dict[str, list[Span]]:
    """What the model was shown of each video: from a frame step before the first frame on."""
    looks: dict[str, list[Span]] = {}
    for moment in moments:
        evidence = moment.verdict.evidence
        if evidence is None or moment.verdict.mass is None:
            continue
        times_s = evidence.frame_times_s
        step_s = (times_s[-1] - times_s[0]) / max(1, len(times_s) - 1)
        span = Span(times_s[0] - max(step_s, MIN_LEFT_S), times_s[-1] + max(step_s, MIN_LEFT_S))
        looks.setdefault(moment.video_id, []).append(span)
    return looks


def left_over(windows: Spans, looks: Spans, min_s: float = MIN_LEFT_S) -> dict[str, list[Span]]:
    """What of the windows no look covers, in order; shorter remainders are left out."""
    return {
        video_id: [
            left
            for window in spans
            for left in _without(window, sorted(looks.get(video_id, ())))
            if left.duration_s >= min_s
        ]
        for video_id, spans in windows.items()
    }


def _without(window: Span, looks: Sequence[Span]) -> list[Span]:
    left, start_s = [], window.start_s
    for look in looks:
        if start_s < min(look.start_s, window.end_s):
            left.append(Span(start_s, min(look.start_s, window.end_s)))
        start_s = max(start_s, look.end_s)
    return left + ([Span(start_s, window.end_s)] if start_s < window.end_s else [])


def in_stretches(span: Span) -> list[Span]:
    """The span in equal parts that one look each takes in."""
    count = math.ceil(span.duration_s / STRETCH_S)
    edges_s = [span.start_s + span.duration_s * i / count for i in range(count)] + [span.end_s]
    return [Span(*edges) for edges in itertools.pairwise(edges_s)]


def num_stretches(spans: Spans) -> int:
    """How many looks these spans take."""
    return sum(math.ceil(s.duration_s / STRETCH_S) for those in spans.values() for s in those)


def evenly_spread(count: int, of: int) -> list[int]:
    """Up to `count` places of `of`, evenly spread, in order."""
    if count >= of:
        return list(range(of))
    return [int((i + 0.5) * of / count) for i in range(count)]
