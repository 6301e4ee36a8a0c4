"""Draw random scenes, snapped to the frame grid that samples them.

A span that starts or ends between two frames cannot be read from the frames, so training
targets would be noise there. Scenes for films need no grid: they are built by hand.
"""

from collections.abc import Sequence

import numpy as np

from vidindex.synthetic.clips import (
    COLOURS,
    DIRECTIONS,
    ClipEvent,
    ClipSpec,
    Combination,
    Ground,
    Pose,
)

LADDER_FPS = (0.5, 1.0, 2.0, 4.0)
FRAME_COUNTS = (4, 6, 8, 10, 12, 14, 16)
MAX_EVENTS = 3
# Shorter events show no motion and, when blinking, may never go dim.
MIN_EVENT_FRAMES = 3
MIN_EVENT_S = 1.0
MAX_CUT_FRAMES = 8


def draw_scene(
    rng: np.random.Generator,
    frames: int,
    fps: float,
    combinations: Sequence[Combination],
    *,
    max_events: int = MAX_EVENTS,
    cut_share: float = 0.25,
    empty_share: float = 0.04,
) -> ClipSpec:
    """A scene of `frames` frames at `fps`, with events that start and end on frames.

    With `cut_share` the first or last event runs past the scene's edge, as it does when a
    film is cut into windows; with `empty_share` nothing happens at all.
    """
    spans = [] if rng.random() < empty_share else _draw_spans(rng, frames, fps, max_events)
    spans = _cut_at_edges(rng, spans, frames, cut_share)
    chosen = _draw_combinations(rng, combinations, len(spans))
    events = tuple(
        draw_event(rng, combination, start / fps, end / fps)
        for combination, (start, end) in zip(chosen, spans, strict=True)
    )
    return ClipSpec(frames / fps, events, draw_ground(rng))


def draw_event(
    rng: np.random.Generator, combination: Combination, start_s: float, end_s: float
) -> ClipEvent:
    """An event of this combination, with random place, size, travel and shade."""
    colour, shape, motion = combination
    first, last = _draw_poses(rng, motion)
    red, green, blue = (
        int(np.clip(level + rng.integers(-14, 15), 0, 255)) for level in COLOURS[colour]
    )
    return ClipEvent(colour, shape, motion, start_s, end_s, first, last, (red, green, blue))


def draw_ground(rng: np.random.Generator) -> Ground:
    return Ground(
        level=rng.uniform(80, 165),
        slope=rng.uniform(-30, 30),
        texture=rng.uniform(0, 10),
        noise=rng.uniform(1, 22),
        tint=rng.uniform(12, 20),
        seed=int(rng.integers(2**31)),
    )


def _draw_spans(
    rng: np.random.Generator, frames: int, fps: float, max_events: int
) -> list[tuple[int, int]]:
    """Spans in frames, at least one frame apart, the spare frames shared out at random."""
    shortest = min(max(MIN_EVENT_FRAMES, round(MIN_EVENT_S * fps)), frames)
    most = min(max_events, (frames + 1) // (shortest + 1))
    count = int(rng.integers(1, max(1, most) + 1))
    spare = frames - count * shortest - (count - 1)
    shares = rng.dirichlet(np.ones(2 * count + 1))
    extra = rng.multinomial(spare, shares)
    spans = []
    at = int(extra[0])
    for index in range(count):
        end = at + shortest + int(extra[2 * index + 1])
        spans.append((at, end))
        at = end + 1 + int(extra[2 * index + 2])
    return spans


def _cut_at_edges(
    rng: np.random.Generator, spans: list[tuple[int, int]], frames: int, share: float
) -> list[tuple[int, int]]:
    if spans and rng.random() < share:
        spans[0] = (-int(rng.integers(0, MAX_CUT_FRAMES + 1)), spans[0][1])
    if spans and rng.random() < share:
        spans[-1] = (spans[-1][0], frames + int(rng.integers(0, MAX_CUT_FRAMES + 1)))
    return spans


def _draw_combinations(
    rng: np.random.Generator, combinations: Sequence[Combination], count: int
) -> list[Combination]:
    """Random combinations; sometimes one comes twice, so that a query has several spans."""
    chosen = [combinations[int(rng.integers(len(combinations)))] for _ in range(count)]
    if count > 1 and rng.random() < 0.15:
        chosen[-1] = chosen[0]
    return chosen


def _draw_poses(rng: np.random.Generator, motion: str) -> tuple[Pose, Pose]:
    if motion in {"grows", "shrinks"}:
        small, large = rng.uniform(0.18, 0.25), rng.uniform(0.42, 0.55)
        x, y = rng.uniform(0.3, 0.7), rng.uniform(0.3, 0.7)
        poses = Pose(x, y, small), Pose(x, y, large)
        return poses if motion == "grows" else (poses[1], poses[0])
    size = rng.uniform(0.26, 0.42)
    dx, dy = DIRECTIONS.get(motion, (0, 0))
    travel = rng.uniform(0.38, 0.62)
    x, y = _start(rng, dx * travel, size), _start(rng, dy * travel, size)
    return Pose(x, y, size), Pose(x + dx * travel, y + dy * travel, size)


def _start(rng: np.random.Generator, travel: float, size: float) -> float:
    """A start from which `travel` keeps the object inside, or nearly so."""
    edge = size / 2 - 0.02
    low, high = edge - min(0.0, travel), 1 - edge - max(0.0, travel)
    return float(rng.uniform(low, high)) if low < high else float((low + high) / 2)
