"""Define the outlines of shapes, as distances in the unit square -1 to 1."""

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.floating]
SPUN = 1.42
"""How far beyond its box a corner reaches while a shape spins."""
_STAR_WAIST, _HEART_HALF, _HEART_DOWN = 0.45, 0.81, 0.14


def inside(shape: str, u: Values, v: Values) -> Values:
    """Distance to the outline, positive inside; u to the right, v downwards."""
    return _OUTLINES[shape](u, v)


def _circle(u: Values, v: Values) -> Values:
    return np.asarray(1 - _radius(u, v))


def _square(u: Values, v: Values) -> Values:
    return np.asarray(0.92 - np.maximum(np.abs(u), np.abs(v)))


def _triangle(u: Values, v: Values) -> Values:
    # Point up: the sides rise two for one across.
    return np.asarray(np.minimum((1 + v - 2 * np.abs(u)) / np.sqrt(5.0), 1 - v))


def _cross(u: Values, v: Values) -> Values:
    across, along = np.abs(u), np.abs(v)
    upright = np.minimum(0.34 - across, 1 - along)
    return np.asarray(np.maximum(upright, np.minimum(1 - across, 0.34 - along)))


def _star(u: Values, v: Values) -> Values:
    """Five points, one up: the nearest of ten straight sides."""
    angle = np.arctan2(u, -v)
    fifth = 2 * np.pi / 5
    folded = np.abs((angle + fifth / 2) % fifth - fifth / 2)
    radius = _radius(u, v)
    x, y = radius * np.cos(folded), radius * np.sin(folded)
    waist_x, waist_y = _STAR_WAIST * np.cos(fifth / 2), _STAR_WAIST * np.sin(fifth / 2)
    # From the tip (1, 0) to the waist; what is on the centre's side of it is inside.
    side = (1 - x) * waist_y - y * (1 - waist_x)
    return np.asarray(side / np.hypot(1 - waist_x, waist_y))


def _diamond(u: Values, v: Values) -> Values:
    return np.asarray((1 - np.abs(u) / 0.7 - np.abs(v)) / np.hypot(1 / 0.7, 1))


def _ring(u: Values, v: Values) -> Values:
    return np.asarray(0.22 - np.abs(_radius(u, v) - 0.77))


def _heart(u: Values, v: Values) -> Values:
    """A square on its corner with a round lobe on each of its two upper sides."""
    below = v - _HEART_DOWN
    square = (_HEART_HALF - np.abs(u) - np.abs(below)) / np.sqrt(2)
    lobes = _HEART_HALF / np.sqrt(2) - _radius(np.abs(u) - _HEART_HALF / 2, below + _HEART_HALF / 2)
    return np.asarray(np.maximum(square, lobes))


def _radius(u: Values, v: Values) -> Values:
    return np.asarray(np.hypot(u, v))


_OUTLINES = {
    "circle": _circle,
    "square": _square,
    "triangle": _triangle,
    "cross": _cross,
    "star": _star,
    "diamond": _diamond,
    "ring": _ring,
    "heart": _heart,
}
