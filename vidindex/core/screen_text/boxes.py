"""Compute overlaps of boxes in a picture."""

from vidindex.types import Box

SAME_PLACE = 0.8
"""Boxes that share this much of their union hold the same line."""


def iou(one: Box, other: Box) -> float:
    """Intersection over union, 0 to 1."""
    shared = _shared(one, other)
    return shared / (_area(one) + _area(other) - shared) if shared else 0.0


def overlap(one: Box, other: Box) -> float:
    """Shared area as a part of the smaller box: a line that grew longer still covers itself."""
    shared = _shared(one, other)
    return shared / min(_area(one), _area(other)) if shared else 0.0


def _shared(one: Box, other: Box) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, width) * max(0.0, height)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
