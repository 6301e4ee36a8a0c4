"""Draw random scenes of several objects, their spans on the frame grid.

`tested` scenes show what training never shows: every object is of a held-out combination,
or the background is of a held-out kind. The seed of a scene decides all of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vidindex.synthetic.clips import DIRECTIONS, Combination, Pose
from vidindex.synthetic.world.scene import (
    BOUNCE_HEIGHT,
    ORBIT_RADIUS,
    Backdrop,
    Scene,
    SceneObject,
    Sign,
    Utterance,
)
from vidindex.synthetic.world.vocabulary import (
    COLOURS,
    HELD_OUT_BACKGROUNDS,
    SENTENCES,
    TRAINED_BACKGROUNDS,
    WORDS,
    combinations,
    held_out_look,
)

ASPECTS = (4 / 3, 16 / 9, 1.0, 3 / 4)
MOST_OBJECTS = 4
LEAST_FRAMES = 3
_SIZES = ((0.13, 0.19), (0.21, 0.36), (0.4, 0.52))
_SIZE_SHARES = (0.3, 0.45, 0.25)
_TRIES = 12
# Boxes may overlap by this share of their sizes before they count as in each other's way.
_OVERLAP = 0.12
_LOOKS_A_SPAN = 9


@dataclass(frozen=True, slots=True)
class Choice:
    """What scenes may show: combinations and kinds of background."""

    combinations: tuple[Combination, ...]
    backgrounds: tuple[str, ...]


TRAINED = Choice(combinations(tested=False), TRAINED_BACKGROUNDS)
TESTED = Choice(combinations(tested=True), TRAINED_BACKGROUNDS)
TESTED_LOOKS = Choice(
    tuple(one for one in combinations(tested=True) if held_out_look(one[0], one[1])),
    TRAINED_BACKGROUNDS,
)
EVERY_LOOK = Choice((*TRAINED.combinations, *TESTED_LOOKS.combinations), TRAINED_BACKGROUNDS)
TESTED_BACKGROUNDS = Choice(combinations(tested=False), tuple(sorted(HELD_OUT_BACKGROUNDS)))


def draw_scene(
    rng: np.random.Generator,
    frames: int = 16,
    fps: float = 2.0,
    choice: Choice = TRAINED,
    *,
    num_objects: int | None = None,
    aspect: float | None = None,
    sign_share: float = 0.15,
    speech_share: float = 0.0,
) -> Scene:
    """A scene of `frames` frames at `fps` with 1 to 4 objects, most often 2 or 3."""
    shape = aspect or float(rng.choice(ASPECTS, p=(0.45, 0.3, 0.15, 0.1)))
    count = num_objects or int(rng.choice((1, 2, 3, 4), p=(0.25, 0.35, 0.25, 0.15)))
    objects: list[SceneObject] = []
    for _ in range(min(count, MOST_OBJECTS)):
        for _ in range(_TRIES):
            span = _draw_span(rng, frames, fps)
            combination = choice.combinations[int(rng.integers(len(choice.combinations)))]
            one = draw_object(rng, combination, *span)
            if _fits(one, objects, shape):
                objects.append(one)
                break
    signs = (_draw_sign(rng, frames, fps),) if rng.random() < sign_share else ()
    spoken = (_draw_utterance(rng, frames / fps),) if rng.random() < speech_share else ()
    backdrop = draw_backdrop(rng, choice.backgrounds)
    return Scene(frames / fps, fps, tuple(objects), backdrop, signs, spoken, shape)


def draw_object(
    rng: np.random.Generator, combination: Combination, start_s: float, end_s: float
) -> SceneObject:
    """An object of this combination, with random size, way and shade."""
    colour, shape, motion = combination
    low, high = _SIZES[int(rng.choice(len(_SIZES), p=_SIZE_SHARES))]
    size = float(rng.uniform(low, high))
    first, last = _draw_poses(rng, motion, size)
    shade = rng.integers(-14, 15, 3)
    red, green, blue = (
        int(np.clip(level + by, 0, 255)) for level, by in zip(COLOURS[colour], shade, strict=True)
    )
    return SceneObject(colour, shape, motion, start_s, end_s, first, last, (red, green, blue))


def draw_backdrop(rng: np.random.Generator, kinds: Sequence[str]) -> Backdrop:
    drift = rng.uniform(-0.04, 0.04, 2) if rng.random() < 0.25 else (0.0, 0.0)
    return Backdrop(
        kinds[int(rng.integers(len(kinds)))],
        seed=int(rng.integers(2**31)),
        exposure=float(rng.uniform(0.8, 1.2)),
        noise=float(rng.uniform(1, 9)),
        drift=(float(drift[0]), float(drift[1])),
    )


def _draw_span(rng: np.random.Generator, frames: int, fps: float) -> tuple[float, float]:
    """The whole scene, or part of it: no shorter than 3 frames, and a second where it fits."""
    least = min(frames, max(LEAST_FRAMES, round(fps)))
    if rng.random() < 0.35 or least == frames:
        return 0.0, frames / fps
    lasts = int(rng.integers(least, frames + 1))
    start = int(rng.integers(0, frames - lasts + 1))
    return start / fps, (start + lasts) / fps


def _draw_poses(rng: np.random.Generator, motion: str, size: float) -> tuple[Pose, Pose]:
    if motion in {"grows", "shrinks"}:
        small, large = float(rng.uniform(0.14, 0.2)), float(rng.uniform(0.4, 0.52))
        x, y = _inside(rng, large), _inside(rng, large)
        poses = Pose(x, y, small), Pose(x, y, large)
        return poses if motion == "grows" else (poses[1], poses[0])
    dx, dy = DIRECTIONS.get(motion, (0, 0))
    if not dx and not dy:
        return _resting(rng, motion, size)
    fixed = _inside(rng, size)
    # Right and down run from low to high; a share of them come in from outside or go out.
    low = -size / 2 - 0.02 if rng.random() < 0.25 else _within(rng, 0.0, 0.4, size)
    high = 1 + size / 2 + 0.02 if rng.random() < 0.25 else _within(rng, 0.6, 1.0, size)
    begin, end = (low, high) if dx + dy > 0 else (high, low)
    if dx:
        return Pose(begin, fixed, size), Pose(end, fixed, size)
    return Pose(fixed, begin, size), Pose(fixed, end, size)


def _resting(rng: np.random.Generator, motion: str, size: float) -> tuple[Pose, Pose]:
    """One pose for what goes nowhere, with room for bounces and circles."""
    room = ORBIT_RADIUS if motion == "circles" else 0.0
    above = BOUNCE_HEIGHT if motion == "bounces" else 0.0
    x = _within(rng, room, 1 - room, size)
    y = _within(rng, room + above, 1 - room, size)
    return Pose(x, y, size), Pose(x, y, size)


def _inside(rng: np.random.Generator, size: float) -> float:
    return _within(rng, 0.0, 1.0, size)


def _within(rng: np.random.Generator, low: float, high: float, size: float) -> float:
    """A centre in [low, high] that keeps an object of this size nearly inside."""
    edge = size / 2 - 0.02
    least, most = max(low, edge), min(high, 1 - edge)
    return float(rng.uniform(least, most)) if least < most else (least + most) / 2


def _fits(one: SceneObject, others: Sequence[SceneObject], aspect: float) -> bool:
    """Whether it is in no other object's way, at any moment that shows both."""
    return not any(_collide(one, other, aspect) for other in others)


def _collide(one: SceneObject, other: SceneObject, aspect: float) -> bool:
    start_s, end_s = max(one.start_s, other.start_s), min(one.end_s, other.end_s)
    if start_s >= end_s:
        return False
    for time_s in np.linspace(start_s, end_s, _LOOKS_A_SPAN):
        a, b = one.corners_at(float(time_s), aspect), other.corners_at(float(time_s), aspect)
        across = min(a[2], b[2]) - max(a[0], b[0])
        along = min(a[3], b[3]) - max(a[1], b[1])
        if across > _OVERLAP * (a[2] - a[0]) and along > _OVERLAP * (a[3] - a[1]):
            return True
    return False


def _draw_sign(rng: np.random.Generator, frames: int, fps: float) -> Sign:
    start_s, end_s = _draw_span(rng, frames, fps)
    word = WORDS[int(rng.integers(len(WORDS)))]
    x, y = float(rng.uniform(0.2, 0.8)), float(rng.choice((0.08, 0.92)))
    return Sign(word, start_s, end_s, x, y, float(rng.uniform(0.1, 0.14)), bool(rng.random() < 0.5))


def _draw_utterance(rng: np.random.Generator, duration_s: float) -> Utterance:
    text = SENTENCES[int(rng.integers(len(SENTENCES)))]
    return Utterance(text, float(rng.uniform(0, max(0.1, duration_s - 3))))
