"""Plan a video that is put together from moments, to be shown to a model in one call.

Models that take clips take one even rate: the frames of all moments follow each other at that
rate, an even number of each, and a prompt says which part is which moment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vidindex.core.families import family_named
from vidindex.core.sampling.grid import size_for_model
from vidindex.types import ModelLimits, Span, VideoInfo

FPS = 2.0
MAX_FRAMES, MAX_TOKENS = 48, 6_144
MIN_EACH, MAX_EACH = 2, 16
SHIFT = 0.37
"""Where in its part of a moment a frame is taken: off the grids of captions."""


@dataclass(frozen=True, slots=True)
class MontagePart:
    """One moment. times_s: media times to decode; video: where it is in the montage."""

    span: Span
    times_s: tuple[float, ...]
    video: Span


@dataclass(frozen=True, slots=True)
class Montage:
    """The parts in order, at `fps`, and the size (width, height) of every frame."""

    parts: tuple[MontagePart, ...]
    fps: float
    size: tuple[int, int]


def max_moments(limits: ModelLimits) -> int:
    """How many moments one call can show, with two frames each."""
    return max(1, min(MAX_FRAMES, limits.max_frames) // MIN_EACH)


def plan_montage(spans: Sequence[Span], video: VideoInfo, limits: ModelLimits) -> Montage:
    """A montage of moments, all as long as the model can take. video: gives the picture's shape.

    Raises ValueError where there are none, or more than `max_moments`.
    """
    if not 0 < len(spans) <= max_moments(limits):
        raise ValueError(f"{len(spans)} moments; one call shows 1 to {max_moments(limits)}")
    most = min(MAX_FRAMES, limits.max_frames) // len(spans)
    each = max(MIN_EACH, min(MAX_EACH, most) // 2 * 2)
    parts = tuple(_part(span, each, place) for place, span in enumerate(spans))
    budget = min(MAX_TOKENS, limits.max_video_tokens, limits.context_tokens // 2)
    family = family_named(limits.family)
    pixels = budget * family.factor_px**2 // (each * len(spans) // family.frames_per_group)
    most_pixels = min(pixels, video.width * video.height)
    return Montage(parts, FPS, size_for_model(video.width, video.height, limits, most_pixels))


def even_spans(windows: Mapping[str, Sequence[Span]], count: int) -> list[tuple[str, Span]]:
    """The footage in `count` parts of one length, evenly spread, as (video, span) in order.

    windows: of each video. A part that would run beyond its window is cut there.
    """
    lines = [(video_id, span) for video_id, spans in windows.items() for span in spans]
    length_s = sum(span.duration_s for _, span in lines) / max(1, count)
    found = []
    for place in range(count):
        middle_s = (place + 0.5) * length_s
        for video_id, span in lines:
            if middle_s < span.duration_s:
                around = Span(span.start_s + middle_s - length_s / 2,
                              span.start_s + middle_s + length_s / 2)  # fmt: skip
                found.append((video_id, around.within(span) or span))
                break
            middle_s -= span.duration_s
    return found


def _part(span: Span, count: int, place: int) -> MontagePart:
    step_s = span.duration_s / count
    times_s = tuple(span.start_s + (i + SHIFT) * step_s for i in range(count))
    start_s = place * count / FPS
    return MontagePart(span, times_s, Span(start_s, start_s + count / FPS))
