"""List what the generated world can show, and which of it training never sees.

The first six colours, four shapes and eight motions are those of `synthetic.clips`. What is
held out follows from rules, so training and test are disjoint by construction.
"""

from vidindex.synthetic import clips

COLOURS: dict[str, tuple[int, int, int]] = {
    **clips.COLOURS,
    "orange": (245, 130, 20),
    "turquoise": (45, 205, 200),
    "pink": (250, 140, 185),
    "black": (16, 16, 18),
}
SHAPES = (*clips.SHAPES, "star", "diamond", "ring", "heart")
# Shares of the picture's shorter side: at least, below.
SIZES: dict[str, tuple[float, float]] = {
    "small": (0.0, 0.2),
    "medium": (0.2, 0.38),
    "large": (0.38, 1.0),
}
MOTIONS: dict[str, str] = {
    **clips.MOTIONS,
    "spins": "spins",
    "bounces": "bounces",
    "circles": "moves in a circle",
}
EDGES = {"left": "right", "right": "left", "up": "bottom", "down": "top"}
"""The edge that an object enters from, by the direction it moves in."""
PLACES = ("left", "right", "top", "bottom")
BACKGROUNDS = (
    "plain", "grass", "sand", "water", "sky", "brick", "wood", "night", "stone", "checks",
)  # fmt: skip
NEVER_SPIN = frozenset({"circle", "ring", "square"})
"""Shapes that look the same while they turn, or like another one (a square: a diamond)."""
WORDS = (
    "OPEN", "EXIT", "TAXI", "HOTEL", "STOP", "SALE", "CAFE", "BANK", "NORTH", "GATE", "MUSEUM",
    "PARKING", "LIBRARY", "HARBOUR", "STATION", "MARKET",
)  # fmt: skip
SENTENCES = (
    "The train leaves in ten minutes.",
    "Please close the wooden door.",
    "We meet again on Tuesday morning.",
    "The old bridge is under repair.",
    "Nobody has seen the garden key.",
    "The market opens after lunch.",
)

HELD_OUT_BACKGROUNDS = frozenset({"stone", "checks"})
TRAINED_BACKGROUNDS = tuple(name for name in BACKGROUNDS if name not in HELD_OUT_BACKGROUNDS)
_COLOUR_NUMBERS = {name: number for number, name in enumerate(COLOURS)}
_SHAPE_NUMBERS = {name: number for number, name in enumerate(SHAPES)}
_MOTION_NUMBERS = {name: number for number, name in enumerate(MOTIONS)}


def held_out_look(colour: str, shape: str) -> bool:
    """Whether no training scene shows this shape in this colour: one of eight of all pairs."""
    return (_SHAPE_NUMBERS[shape] + 3 * _COLOUR_NUMBERS[colour]) % 8 == 5


def held_out_motion(shape: str, motion: str) -> bool:
    """Whether no training scene shows this shape move like this: one of eleven of all pairs."""
    return (_MOTION_NUMBERS[motion] + 4 * _SHAPE_NUMBERS[shape]) % 11 == 7


def held_out(colour: str, shape: str, motion: str) -> bool:
    """Whether training never shows it; what `synthetic.clips` holds out is among it."""
    return (
        held_out_look(colour, shape)
        or held_out_motion(shape, motion)
        or (colour, shape, motion) in clips.HELD_OUT
    )


def combinations(tested: bool) -> tuple[clips.Combination, ...]:
    """All (colour, shape, motion) that training never shows, or all that it may show."""
    return tuple(
        (colour, shape, motion)
        for colour in COLOURS
        for shape in SHAPES
        for motion in MOTIONS
        if not (motion == "spins" and shape in NEVER_SPIN)
        and held_out(colour, shape, motion) == tested
    )
