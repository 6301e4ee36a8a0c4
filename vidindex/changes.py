"""Where a picture differs from another, block by block; knows no text and no video.

A clock changes a few pixels a second, which a mean over the picture does not see;
compression noise changes every pixel a little, which the mean of a block does not.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from vidindex.types.plan import Picture
from vidindex.types.record import Box

BLOCK_PX = 8
LARGE_PX = 960
"""Of pictures longer than this every second pixel is compared: strokes of text are wider."""

CHANGED = 12.0
"""Mean difference of a block, 0 to 255, above which something is to be seen there.

Noise in films of nothing but a wall stays below 9; a digit of 14 pixels changes its blocks by 30.
"""

Look = npt.NDArray[np.int16]
Blocks = npt.NDArray[np.bool_]


def look(picture: Picture) -> Look:
    """What is kept of a picture to compare others with, shape (rows, columns, 3)."""
    every = 2 if max(picture.shape) > LARGE_PX else 1
    return picture[::every, ::every].astype(np.int16)


def changed(before: Look, now: Look) -> Blocks:
    """Which blocks of 8 x 8 pixels differ, in any colour; all, where the sizes differ."""
    if before.shape != now.shape:
        before = np.full_like(now, -255)
    difference = np.abs(now - before).max(axis=2).astype(np.int32)
    for axis, side in enumerate(difference.shape):
        difference = np.add.reduceat(difference, np.arange(0, side, BLOCK_PX), axis=axis)
    different: Blocks = difference > CHANGED * BLOCK_PX * BLOCK_PX
    return different


def touched(blocks: Blocks, box: Box) -> bool:
    """Whether a marked block touches the box."""
    return bool(_under(blocks, box).any())


def lie_within(blocks: Blocks, boxes: Sequence[Box]) -> bool:
    """Whether every marked block touches one of the boxes."""
    outside = blocks.copy()
    for box in boxes:
        _under(outside, box)[:] = False
    return not outside.any()


def _under(blocks: Blocks, box: Box) -> Blocks:
    """The blocks that a box (fractions of the picture) touches, as a view."""
    rows, columns = blocks.shape
    x1, y1, x2, y2 = box
    return blocks[
        int(y1 * rows) : int(np.ceil(y2 * rows)), int(x1 * columns) : int(np.ceil(x2 * columns))
    ]
