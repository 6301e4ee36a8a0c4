"""Tell whether a picture shows what another one shows, down to something small that entered.

Every window of 4 x 4 pixels is compared, wherever it begins: a mean over the picture, or over
large blocks, would not see a person of 20 pixels in a picture of 720 lines, who is 7 pixels high
where the shorter side is scaled to 256.
"""

import numpy as np
import numpy.typing as npt

from vidindex.types.plan import Picture

SHORTER_SIDE = 256
"""Pixels of the shorter side of pictures that are compared, where the video has as many."""

WINDOW_PX = 4

CHANGED = 6.0
"""Mean difference of a window, 0 to 255, from which on something else is shown.

A person of 8 x 20 pixels who differs from the ground by 12 makes 8, one who differs by 8 makes
5.3. A sensor's noise of 4 makes 4.3 once scaled down; more noise than that costs a vector.
"""


def shows_the_same(before: Picture, now: Picture) -> bool:
    """Whether no window of the pictures differs, in any colour; False where the sizes differ."""
    if before.shape != now.shape:
        return False
    if before is now:
        return True
    # Stays in 8 bits, which is several times as fast as signed differences.
    differences = (np.maximum(before, now) - np.minimum(before, now)).max(axis=2)
    return bool(_window_sums(differences).max() < CHANGED * WINDOW_PX**2)


def compared_size(width: int, height: int, least: int) -> tuple[int, int]:
    """(width, height) to decode at: the shorter side `SHORTER_SIDE`, or `least` if that is more.

    A video is never enlarged.
    """
    scale = min(1.0, max(SHORTER_SIDE, least) / min(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _window_sums(values: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint16]:
    """Sums over all windows of 4 x 4, or over the whole side where that is shorter."""
    sums = values.astype(np.uint16)
    for _ in range(2):
        window = min(WINDOW_PX, len(sums))
        count = len(sums) - window + 1
        sums = np.add.reduce(
            [sums[first : first + count] for first in range(window)], dtype=np.uint16
        )
        sums = np.ascontiguousarray(sums.T)
    return sums
