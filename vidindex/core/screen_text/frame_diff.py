"""Find the blocks in which two pictures differ.

A clock changes a few pixels a second, which a mean over the picture does not see;
compression noise changes every pixel a little, which the mean of a block does not.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from vidindex.types.plan import Picture
from vidindex.types.record import Box

BLOCK_PX = 8
CHANGED = 14.0
"""Mean difference of a block, 0 to 255, above which something is to be seen there.

Noise in films where nothing moves stays below 9; a white digit of 14 pixels makes 19 and more.
"""

Blocks = npt.NDArray[np.bool_]


def changed(before: Picture, now: Picture) -> Blocks:
    """Which blocks of 8 x 8 pixels differ, in any colour; all, where the sizes differ."""
    if before.shape != now.shape:
        return np.ones([-(-side // BLOCK_PX) for side in now.shape[:2]], np.bool_)
    # Stays in 8 bits, which is several times as fast as signed differences.
    red, green, blue = np.moveaxis(np.maximum(before, now) - np.minimum(before, now), 2, 0)
    sums = np.maximum(np.maximum(red, green), blue)
    for axis in (0, 1):
        starts = np.arange(0, now.shape[axis], BLOCK_PX)
        sums = np.add.reduceat(sums, starts, axis=axis, dtype=np.uint16)
    different: Blocks = sums > CHANGED * BLOCK_PX * BLOCK_PX
    return different


def touched(blocks: Blocks, box: Box) -> bool:
    """Whether a marked block touches the line of text in the box.

    Boxes are a little higher than their lines, and so reach into what moves above or below:
    blocks on the rim of the short side count only where there are no others.
    """
    under = _under(blocks, box)
    height, width = under.shape
    if height <= width and height > 2:
        under = under[1:-1]
    elif width < height and width > 2:
        under = under[:, 1:-1]
    return bool(under.any())


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
