"""Generate a corpus of known truth: reels of three cameras, full of coloured shapes.

Which combinations of colour, shape and motion ever occur is drawn first, so that a
question about one that never does has a neighbour that does: the same object doing
something else, the same action in another colour. Encoding is `media.ffmpeg`'s job.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from vidindex.adapters.media.ffmpeg import encode
from vidindex.synthetic.clips import (
    COLOURS,
    MOTIONS,
    SHAPES,
    ClipEvent,
    ClipSpec,
    Combination,
    render,
)
from vidindex.synthetic.scenes import draw_event, draw_ground
from vidindex.types.media import GENERATED_COMMENT
from vidindex.types.plan import Picture

WIDTH, HEIGHT, FPS = 160, 120, 8
BATCH_FRAMES = 48
CAMERAS = ("cam1", "cam2", "cam3")
FIRST_DAY = datetime(2024, 3, 1, 8, 0)
PRESENT_SHARE = 0.5
NEVER_SHOWN = "purple"
"""No reel shows this colour: questions about it are absent, and easy."""

WHO = ("The harbour master", "A fisherman", "The night watch", "The captain", "A customs man")
WHAT = ("closes the gate", "counts the crates", "calls the pilot", "mends the crane", "lost a key")
WHEN = ("at dawn", "before the storm", "on Tuesday", "after lunch", "during the strike", "in fog")
LINE_S = 3.0

MIN_EVENT_S, MAX_EVENT_S = 2.5, 8.0
MIN_QUIET_S, MAX_QUIET_S = 1.0, 5.0


@dataclass(frozen=True, slots=True)
class Reel:
    """One file: `name` is its path below the footage folder, `/` between parts.

    said: its subtitles, as (start_s, end_s, text).
    """

    name: str
    camera: str
    starts_at: datetime
    scene: ClipSpec
    said: tuple[tuple[float, float, str], ...]


def draw_corpus(seed: int, num_reels: int, reel_s: float) -> list[Reel]:
    """Reels in the order of their cameras and clocks; every third follows after a gap."""
    rng = np.random.default_rng([seed, 4])
    shown = _draw_shown(rng)
    reels = []
    for index in range(num_reels):
        camera = CAMERAS[index % len(CAMERAS)]
        place = index // len(CAMERAS)
        pause_s = 600 * (place // 3)
        starts_at = FIRST_DAY + timedelta(seconds=place * reel_s + pause_s)
        name = f"{camera}/{camera}_{starts_at:%Y%m%d_%H%M%S}.mp4"
        scene = _draw_scene(rng, shown, reel_s)
        reels.append(Reel(name, camera, starts_at, scene, (_line(index, reel_s),)))
    return sorted(reels, key=lambda reel: reel.name)


def _line(index: int, reel_s: float) -> tuple[float, float, str]:
    """What somebody says in the middle of a reel: another sentence in each of thirty."""
    text = f"{WHO[index % 5]} {WHAT[index // 5 % 5]} {WHEN[index % 6]}."
    return (reel_s / 2, reel_s / 2 + LINE_S, text)


def _draw_shown(rng: np.random.Generator) -> list[Combination]:
    """The combinations that occur at all; each shape and motion occurs in several colours."""
    every = [
        (colour, shape, motion)
        for colour in COLOURS
        if colour != NEVER_SHOWN
        for shape in SHAPES
        for motion in MOTIONS
    ]
    chosen = rng.permutation(len(every))[: round(PRESENT_SHARE * len(every))]
    return [every[int(index)] for index in chosen]


def _draw_scene(rng: np.random.Generator, shown: list[Combination], duration_s: float) -> ClipSpec:
    events: list[ClipEvent] = []
    at_s = float(rng.uniform(MIN_QUIET_S, MAX_QUIET_S))
    while True:
        lasts_s = float(rng.uniform(MIN_EVENT_S, MAX_EVENT_S))
        if at_s + lasts_s + MIN_QUIET_S > duration_s:
            break
        combination = shown[int(rng.integers(len(shown)))]
        events.append(draw_event(rng, combination, at_s, at_s + lasts_s))
        at_s += lasts_s + float(rng.uniform(MIN_QUIET_S, MAX_QUIET_S))
    return ClipSpec(duration_s, tuple(events), draw_ground(rng))


def write_reel(reel: Reel, folder: Path) -> Path:
    """Encode one reel below `folder`."""
    path = folder / reel.name
    path.parent.mkdir(parents=True, exist_ok=True)
    tag = {"metadata": f"comment={GENERATED_COMMENT}"}
    encode(path, _pictures(reel.scene), WIDTH, HEIGHT, FPS, subtitles=reel.said, options=tag)
    return path


def _pictures(scene: ClipSpec) -> Iterator[Picture]:
    num_frames = round(scene.duration_s * FPS)
    for start in range(0, num_frames, BATCH_FRAMES):
        times_s = [i / FPS for i in range(start, min(start + BATCH_FRAMES, num_frames))]
        yield from render(scene, times_s, HEIGHT, WIDTH)
