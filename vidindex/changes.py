"""Where a picture differs from another, block by block; knows no text and no video.

A clock changes a few pixels a second, which a mean over the picture does not see;
compression noise changes every pixel a little, which the mean of a block does not.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from vidindex.types.plan import Picture

BLOCK_PX = 8
CHANGED = 0.035
"""Mean luma change of a block, 0 to 1, above which something is to be seen there."""

Box = tuple[float, float, float, float]
Blocks = npt.NDArray[np.float32]


def block_means(picture: Picture) -> Blocks:
    """Mean luma of blocks of 8 x 8 pixels, 0 to 1, shape (rows, columns); odd edges are cut."""
    height, width = (side // BLOCK_PX * BLOCK_PX for side in picture.shape[:2])
    luma = picture[:height, :width].mean(axis=2, dtype=np.float32)
    blocks = luma.reshape(height // BLOCK_PX, BLOCK_PX, width // BLOCK_PX, BLOCK_PX)
    means: Blocks = blocks.mean(axis=(1, 3)) / np.float32(255)
    return means


def changed(before: Blocks, now: Blocks) -> npt.NDArray[np.bool_]:
    """Which blocks differ, same shape; all of them where the pictures differ in size."""
    if before.shape != now.shape:
        return np.ones(now.shape, np.bool_)
    different: npt.NDArray[np.bool_] = np.abs(before - now) > CHANGED
    return different


def lie_within(blocks: npt.NDArray[np.bool_], boxes: Sequence[Box]) -> bool:
    """Whether every marked block touches one of the boxes (fractions of the picture)."""
    rows, columns = blocks.shape
    outside = blocks.copy()
    for x1, y1, x2, y2 in boxes:
        left, right = int(x1 * columns) - 1, int(np.ceil(x2 * columns)) + 1
        top, bottom = int(y1 * rows) - 1, int(np.ceil(y2 * rows)) + 1
        outside[max(0, top) : bottom, max(0, left) : right] = False
    return not outside.any()
