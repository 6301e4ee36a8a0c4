"""Generate scenes of coloured shapes, as data first and pixels second.

One source for training, for the accuracy measurement and for the demo's films. A picture
is a pure function of (scene, time, size), so any rate and any size show the same world.
Times are seconds from the scene's start; spans are half-open; places and sizes are
fractions, x of the width, y of the height, size of the shorter side.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Combination = tuple[str, str, str]

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (220, 35, 35),
    "green": (30, 165, 60),
    "blue": (45, 80, 230),
    "yellow": (240, 215, 40),
    "purple": (165, 45, 200),
    "white": (248, 248, 248),
}
SHAPES = ("circle", "square", "triangle", "cross")
MOTIONS = {
    "left": "moves left",
    "right": "moves right",
    "up": "moves up",
    "down": "moves down",
    "grows": "grows",
    "shrinks": "shrinks",
    "blinks": "blinks",
    "still": "stays still",
}
DIRECTIONS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}

# Never shown in training; every colour, shape and motion is among them and among the rest.
HELD_OUT: frozenset[Combination] = frozenset(
    {
        ("red", "circle", "up"),
        ("red", "square", "shrinks"),
        ("red", "triangle", "right"),
        ("green", "cross", "left"),
        ("green", "triangle", "blinks"),
        ("green", "circle", "grows"),
        ("blue", "square", "right"),
        ("blue", "cross", "still"),
        ("blue", "triangle", "down"),
        ("yellow", "circle", "left"),
        ("yellow", "cross", "grows"),
        ("yellow", "square", "down"),
        ("purple", "triangle", "up"),
        ("purple", "circle", "still"),
        ("white", "square", "blinks"),
        ("white", "cross", "shrinks"),
    }
)

# Not a multiple of any frame spacing of the ladder, so blinking shows at 0.5 to 4 fps.
BLINK_PERIOD_S = 1.37
BLINK_DIM = 0.3
_NOISE_SIDE_PX = 1024
_TEXTURE_CELLS = 6
# Frame times such as 7 / 24 s are not exact; an event still begins on its own frame.
_TIME_SLACK_S = 1e-6


@dataclass(frozen=True, slots=True)
class Pose:
    """Centre and size of an object at one moment, in fractions of the picture."""

    x: float
    y: float
    size: float


@dataclass(frozen=True, slots=True)
class ClipEvent:
    """One object shown during [start_s, end_s), going evenly from one pose to another."""

    colour: str
    shape: str
    motion: str
    start_s: float
    end_s: float
    first: Pose
    last: Pose
    rgb: tuple[int, int, int]

    @property
    def combination(self) -> Combination:
        return self.colour, self.shape, self.motion

    @property
    def caption(self) -> str:
        return caption_of(self.combination)

    def shown_at(self, time_s: float) -> bool:
        return self.start_s <= time_s + _TIME_SLACK_S < self.end_s

    def pose_at(self, time_s: float) -> Pose:
        """Where the object is `time_s` after the scene's start."""
        share = (time_s - self.start_s) / (self.end_s - self.start_s)
        start, end = self.first, self.last
        return Pose(
            start.x + share * (end.x - start.x),
            start.y + share * (end.y - start.y),
            start.size + share * (end.size - start.size),
        )

    def opacity_at(self, time_s: float) -> float:
        """1, or dim during every second half of a blink."""
        if self.motion != "blinks":
            return 1.0
        phase = ((time_s - self.start_s) / BLINK_PERIOD_S) % 1.0
        return 1.0 if phase < 0.5 else BLINK_DIM

    def box_at(self, time_s: float, height: int, width: int) -> tuple[int, int, int, int]:
        """Corners x1, y1, x2, y2 in pixels, inside the picture."""
        pose = self.pose_at(time_s)
        half = pose.size * min(height, width) / 2
        x, y = pose.x * width, pose.y * height
        return (
            max(0, round(x - half)),
            max(0, round(y - half)),
            min(width, round(x + half)),
            min(height, round(y + half)),
        )

    def shifted(self, by_s: float) -> "ClipEvent":
        return replace(self, start_s=self.start_s + by_s, end_s=self.end_s + by_s)


@dataclass(frozen=True, slots=True)
class Ground:
    """The grey, noisy background: levels are 0..255.

    `tint` is a warm lamp from the right and a cool one from below: the eyes of Qwen2.5-VL
    know patches by their distance from each other only, and read the place off the light.
    """

    level: float = 120.0
    slope: float = 0.0
    texture: float = 6.0
    noise: float = 8.0
    tint: float = 16.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class ClipSpec:
    """A scene: events in time order on one ground. A long scene is just many events."""

    duration_s: float
    events: tuple[ClipEvent, ...]
    ground: Ground = Ground()

    def delayed(self, by_s: float) -> "ClipSpec":
        """The same scene with every event `by_s` later; the duration stays."""
        return replace(self, events=tuple(event.shifted(by_s) for event in self.events))

    def event_at(self, time_s: float) -> ClipEvent | None:
        return next((event for event in self.events if event.shown_at(time_s)), None)


def caption_of(combination: Combination) -> str:
    colour, shape, motion = combination
    return f"a {colour} {shape} {MOTIONS[motion]}"


def all_combinations(held_out: bool) -> list[Combination]:
    """The combinations kept out of training, or all the others."""
    every = [(c, s, m) for c in COLOURS for s in SHAPES for m in MOTIONS]
    return [combination for combination in every if (combination in HELD_OUT) == held_out]


def frame_times(frames: int, fps: float, start_s: float = 0.0) -> list[float]:
    return [start_s + index / fps for index in range(frames)]


def render(spec: ClipSpec, times_s: list[float], height: int, width: int) -> Pixels:
    """Pictures (T, height, width, 3) of the scene at `times_s`."""
    canvas = _ground_frames(spec.ground, times_s, height, width)
    for frame, time_s in zip(canvas, times_s, strict=True):
        event = spec.event_at(time_s)
        if event is not None:
            _paint(frame, event, time_s)
    return np.clip(canvas, 0, 255).astype(np.uint8)


def _ground_frames(ground: Ground, times_s: list[float], height: int, width: int) -> Floats:
    base = ground.level + _texture(ground, height, width) + _lamps(ground, height, width)
    frames = np.empty((len(times_s), height, width, 3), np.float32)
    for index, time_s in enumerate(times_s):
        frames[index] = base + ground.noise * noise_frame(ground.seed, time_s, height, width)
    return frames


@lru_cache(maxsize=64)
def _texture(ground: Ground, height: int, width: int) -> Floats:
    """Still unevenness of the ground: a few soft waves and a slope from left to right."""
    rng = np.random.default_rng(ground.seed)
    ys, xs = np.linspace(0, 1, height)[:, None], np.linspace(0, 1, width)[None]
    waves = np.zeros((height, width))
    for _ in range(_TEXTURE_CELLS):
        fx, fy, phase = rng.uniform(-12, 12), rng.uniform(-12, 12), rng.uniform(0, 2 * np.pi)
        waves += np.sin(fx * xs + fy * ys + phase)
    level = ground.slope * (xs - 0.5) + ground.texture * waves / np.sqrt(_TEXTURE_CELLS)
    faded: Floats = level[..., None].astype(np.float32)
    return faded


def _lamps(ground: Ground, height: int, width: int) -> Floats:
    """More red towards the right, more blue towards the bottom."""
    light = np.zeros((height, width, 3), np.float32)
    light[..., 0] = np.linspace(-1, 1, width)[None]
    light[..., 2] = np.linspace(-1, 1, height)[:, None]
    return light * np.float32(ground.tint)


def noise_frame(seed: int, time_s: float, height: int, width: int) -> Floats:
    """A fresh-looking window of one noise sheet, chosen by seed and millisecond."""
    key = (seed * 1_000_003 + round(time_s * 1000)) * 2_654_435_761 % 2**32
    sheet = _noise_sheet()
    y, x = key % (_NOISE_SIDE_PX - 200), (key >> 12) % (_NOISE_SIDE_PX - 200)
    rows = np.arange(y, y + height) % _NOISE_SIDE_PX
    if y + height <= _NOISE_SIDE_PX and x + width <= _NOISE_SIDE_PX:
        return sheet[y : y + height, x : x + width]
    return sheet[rows][:, np.arange(x, x + width) % _NOISE_SIDE_PX]


@lru_cache(maxsize=1)
def _noise_sheet() -> Floats:
    rng = np.random.default_rng(20_240_607)
    return rng.standard_normal((_NOISE_SIDE_PX, _NOISE_SIDE_PX, 3), np.float32)


def _paint(frame: Floats, event: ClipEvent, time_s: float) -> None:
    """Blends the object into `frame`, touching only its own rectangle."""
    height, width = frame.shape[:2]
    pose = event.pose_at(time_s)
    half = pose.size * min(height, width) / 2
    x, y = pose.x * width, pose.y * height
    left, top = max(0, int(x - half - 1)), max(0, int(y - half - 1))
    right, bottom = min(width, int(x + half + 2)), min(height, int(y + half + 2))
    dx = np.arange(left, right, dtype=np.float32)[None] + 0.5 - x
    dy = np.arange(top, bottom, dtype=np.float32)[:, None] + 0.5 - y
    inside_px = _inside(event.shape, dx, dy, half)
    cover = np.clip(inside_px + 0.5, 0, 1)[..., None] * event.opacity_at(time_s)
    patch = frame[top:bottom, left:right]
    patch += cover * (np.asarray(event.rgb, np.float32) - patch)


def _inside(shape: str, dx: Floats, dy: Floats, half: float) -> npt.NDArray[np.floating]:
    """Distance to the outline in pixels, positive inside, of a shape of half-side `half`."""
    across, along = np.abs(dx), np.abs(dy)
    inside: npt.NDArray[np.floating]
    if shape == "circle":
        inside = half - np.sqrt(dx * dx + dy * dy)
    elif shape == "square":
        inside = half * 0.92 - np.maximum(across, along)
    elif shape == "triangle":
        # Point up: the sides rise two for one across.
        inside = np.minimum((half + dy - 2 * across) / np.sqrt(5.0), half - dy)
    else:
        bar = half * 0.34
        upright = np.minimum(bar - across, half - along)
        inside = np.maximum(upright, np.minimum(half - across, bar - along))
    return inside
