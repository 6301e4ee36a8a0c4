"""Hold a scene of several objects, and say what each of its moments shows.

A scene is data; pictures and truth are pure functions of it and of time. Times are seconds
from the scene's start, spans are half-open. Places are fractions of width and height,
sizes of the shorter side.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from vidindex.synthetic.clips import ClipEvent, ClipSpec, Ground, Pose
from vidindex.synthetic.world.vocabulary import EDGES, MOTIONS, SIZES

SEEN_SHARE = 0.5
"""An object counts as shown from the frame on which half of it is inside the picture."""
HIDDEN_SHARE = 0.08
BOUNCE_PERIOD_S, BOUNCE_HEIGHT = 1.9, 0.14
ORBIT_PERIOD_S, ORBIT_RADIUS = 3.1, 0.12
SPIN_PERIOD_S = 2.3
_TIME_SLACK_S = 1e-6
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Look:
    """What is said of one object; None where it is not said. Hashable: moments hold sets."""

    colour: str | None = None
    shape: str | None = None
    size: str | None = None
    motion: str | None = None
    place: str | None = None

    def without_motion(self) -> "Look":
        return Look(self.colour, self.shape, self.size, None, self.place)


class SceneObject(ClipEvent):
    """One object during [start_s, end_s); `first` and `last` may be outside the picture.

    A `ClipEvent` with more ways to move and to be described.
    """

    __slots__ = ()

    @property
    def caption(self) -> str:
        """Colour, shape and motion in words, as the bundled model was taught to say them."""
        article = "an" if self.colour == "orange" else "a"
        return f"{article} {self.colour} {self.shape} {MOTIONS[self.motion]}"

    @property
    def enters_from(self) -> str | None:
        """The edge that it comes in at: left, right, top or bottom; None where it appears."""
        return EDGES.get(self.motion) if _outside(self.first) else None

    @property
    def leaves_to(self) -> str | None:
        opposite = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}
        edge = EDGES.get(self.motion)
        return opposite[edge] if edge and _outside(self.last) else None

    def pose_at(self, time_s: float) -> Pose:
        """Centre and size at `time_s`, bounces and circles included."""
        since_s = time_s - self.start_s
        even = ClipEvent.pose_at(self, time_s)
        x, y = even.x, even.y
        if self.motion == "bounces":
            y -= BOUNCE_HEIGHT * abs(math.sin(math.pi * since_s / BOUNCE_PERIOD_S))
        elif self.motion == "circles":
            angle = 2 * math.pi * since_s / ORBIT_PERIOD_S
            x, y = x + ORBIT_RADIUS * math.cos(angle), y + ORBIT_RADIUS * math.sin(angle)
        return Pose(x, y, even.size)

    def angle_at(self, time_s: float) -> float:
        """Radians turned since it appeared; 0 unless it spins."""
        turns = (time_s - self.start_s) / SPIN_PERIOD_S if self.motion == "spins" else 0.0
        return 2 * math.pi * turns

    def corners_at(self, time_s: float, aspect: float) -> Box:
        """Corners x1, y1, x2, y2 in fractions of width and height, not cut at the edges."""
        pose = self.pose_at(time_s)
        half_y = pose.size * min(1.0, aspect) / 2
        half_x = half_y / aspect
        return pose.x - half_x, pose.y - half_y, pose.x + half_x, pose.y + half_y

    def inside_at(self, time_s: float, aspect: float) -> float:
        """The share of its box that is inside the picture; 0 before start_s and from end_s."""
        if not self.shown_at(time_s):
            return 0.0
        x1, y1, x2, y2 = self.corners_at(time_s, aspect)
        across = min(1.0, x2) - max(0.0, x1)
        along = min(1.0, y2) - max(0.0, y1)
        return max(0.0, across) * max(0.0, along) / ((x2 - x1) * (y2 - y1))

    def size_at(self, time_s: float) -> str:
        size = self.pose_at(time_s).size
        return next(name for name, (least, below) in SIZES.items() if least <= size < below)

    def places_at(self, time_s: float) -> tuple[str, ...]:
        """Where it is, in words; none of them near the middle."""
        pose = self.pose_at(time_s)
        across = ("left",) if pose.x < 0.38 else ("right",) if pose.x > 0.62 else ()
        along = ("top",) if pose.y < 0.38 else ("bottom",) if pose.y > 0.62 else ()
        return across + along


@dataclass(frozen=True, slots=True)
class Sign:
    """A written word during [start_s, end_s), `height` of the picture's height tall."""

    word: str
    start_s: float
    end_s: float
    x: float
    y: float
    height: float
    dark: bool

    def shown_at(self, time_s: float) -> bool:
        return self.start_s <= time_s + _TIME_SLACK_S < self.end_s


@dataclass(frozen=True, slots=True)
class Utterance:
    """A sentence that a voice begins to say at start_s."""

    text: str
    start_s: float


@dataclass(frozen=True, slots=True)
class Backdrop:
    """A textured background that drifts by `drift` of the picture a second."""

    kind: str
    seed: int
    exposure: float = 1.0
    noise: float = 5.0
    drift: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Shown:
    """One object in one picture: its number in the scene, box, and share inside the picture."""

    number: int
    box: Box
    inside: float


@dataclass(frozen=True, slots=True)
class Moment:
    """What one picture shows; `looks` holds every description, whole or partial, that fits.

    certain: False where an object is neither in nor out, so that counts cannot be judged.
    """

    time_s: float
    shown: tuple[Shown, ...]
    looks: frozenset[Look]
    background: str
    words: frozenset[str]
    certain: bool

    @property
    def count(self) -> int:
        return len(self.shown)


@dataclass(frozen=True, slots=True)
class Scene:
    """Objects on one background; `aspect` is the width over the height of its pictures."""

    duration_s: float
    fps: float
    objects: tuple[SceneObject, ...]
    background: Backdrop | Ground
    signs: tuple[Sign, ...] = ()
    utterances: tuple[Utterance, ...] = ()
    aspect: float = 4 / 3

    @property
    def background_kind(self) -> str:
        return self.background.kind if isinstance(self.background, Backdrop) else "plain"

    def times_s(self) -> list[float]:
        """The frame grid: every frame of the scene at its own rate."""
        return [index / self.fps for index in range(round(self.duration_s * self.fps))]

    def moment_at(self, time_s: float) -> Moment:
        """The truth of the picture at `time_s`."""
        shown: list[Shown] = []
        looks: set[Look] = set()
        certain = True
        for number, one in enumerate(self.objects):
            inside = one.inside_at(time_s, self.aspect)
            if inside >= SEEN_SHARE:
                shown.append(Shown(number, one.corners_at(time_s, self.aspect), inside))
                looks |= looks_of(
                    one.colour, one.shape, one.size_at(time_s), one.motion, one.places_at(time_s)
                )
            elif inside > HIDDEN_SHARE:
                certain = False
        words = frozenset(sign.word for sign in self.signs if sign.shown_at(time_s))
        kind = self.background_kind
        return Moment(time_s, tuple(shown), frozenset(looks), kind, words, certain)

    def span_of(self, number: int) -> tuple[float, float] | None:
        """From the first frame that shows the object to the first that no longer does."""
        one = self.objects[number]
        grid = self.times_s()
        seen = [one.inside_at(time_s, self.aspect) >= SEEN_SHARE for time_s in grid]
        spans = spans_where(seen, self.fps)
        return (spans[0][0], spans[-1][1]) if spans else None


def scene_of(clip: ClipSpec, fps: float, aspect: float = 1.0) -> Scene:
    """A scene of `synthetic.clips`, the easiest part of this world; its pictures stay the same."""
    objects = tuple(
        SceneObject(
            one.colour, one.shape, one.motion, one.start_s, one.end_s, one.first, one.last, one.rgb
        )
        for one in clip.events
    )
    return Scene(clip.duration_s, fps, objects, clip.ground, aspect=aspect)


def spans_where(holds: Iterable[bool], fps: float) -> list[tuple[float, float]]:
    """Half-open spans in seconds of the runs of true frames."""
    spans: list[tuple[float, float]] = []
    begun: int | None = None
    for index, one in enumerate([*holds, False]):
        if one and begun is None:
            begun = index
        elif not one and begun is not None:
            spans.append((begun / fps, index / fps))
            begun = None
    return spans


@lru_cache(maxsize=20_000)
def looks_of(
    colour: str, shape: str, size: str, motion: str, places: tuple[str, ...]
) -> frozenset[Look]:
    """Every description that fits an object, from the whole one to the empty one."""
    choices = ((colour, None), (shape, None), (size, None), (motion, None), (*places, None))
    return frozenset(Look(*values) for values in product(*choices))


def _outside(pose: Pose) -> bool:
    return not (0.0 <= pose.x <= 1.0 and 0.0 <= pose.y <= 1.0)
