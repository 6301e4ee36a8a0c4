"""Pack pictures into the patch rows that a model of a family reads.

The same arithmetic as the reference image and video processors, which need torchvision;
this needs torch alone. Sizes are (height, width) in pixels, grids (t, h, w) in patches.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from vidindex.core.families import QWEN25_FAMILY, Family
from vidindex.core.sampling.grid import smart_resize

# Of Qwen2.5-VL, which the bundled model and its training are.
PATCH_PX = QWEN25_FAMILY.patch_px
MERGE = QWEN25_FAMILY.merge
TEMPORAL_PATCH_FRAMES = QWEN25_FAMILY.frames_per_group
MIN_PIXELS, MAX_PIXELS = QWEN25_FAMILY.min_pixels, QWEN25_FAMILY.max_pixels
# Part of every cache key: goes up when the same pictures give other numbers.
PACKING_VERSION = 1

Pixels = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


@dataclass(frozen=True, slots=True)
class PackedPictures:
    """Patch rows (grid t * h * w, values of a patch) of a video or image, and their grid.

    `seconds_per_grid` is the time between two temporal groups; None says it is an image.
    """

    patches: torch.Tensor
    grid_thw: tuple[int, int, int]
    seconds_per_grid: float | None

    @property
    def token_count(self) -> int:
        """Placeholders that these pictures fill in the text: one for each 2 x 2 patches."""
        return math.prod(self.grid_thw) // MERGE**2

    @property
    def is_video(self) -> bool:
        return self.seconds_per_grid is not None


def pack_video(
    frames: Pixels,
    fps: float,
    min_pixels: int = MIN_PIXELS,
    max_pixels: int = MAX_PIXELS,
    device: str = "cpu",
    family: Family = QWEN25_FAMILY,
) -> PackedPictures:
    """Packs RGB frames (T, height, width, 3) that are evenly spaced at `fps`, onto `device`.

    An odd last frame is repeated, as the reference does: two frames make a temporal group.
    """
    if frames.ndim != 4 or frames.shape[0] == 0:
        raise ValueError(f"frames must be (T, height, width, 3) with T > 0, got {frames.shape}")
    pixels = _normalised(frames, min_pixels, max_pixels, device, family)
    if missing := -len(pixels) % family.frames_per_group:
        pixels = torch.cat((pixels, pixels[-1:].expand(missing, -1, -1, -1)))
    patches, grid = _patchify(pixels, family)
    return PackedPictures(patches, grid, family.frames_per_group / fps)


def pack_image(
    picture: Pixels,
    min_pixels: int = MIN_PIXELS,
    max_pixels: int = MAX_PIXELS,
    device: str = "cpu",
    family: Family = QWEN25_FAMILY,
) -> PackedPictures:
    """Packs one RGB picture (height, width, 3), repeated to fill its temporal group."""
    pixels = _normalised(picture[None], min_pixels, max_pixels, device, family)
    patches, grid = _patchify(pixels.expand(family.frames_per_group, -1, -1, -1), family)
    return PackedPictures(patches, grid, None)


def _resized(frames: Pixels, height: int, width: int) -> torch.Tensor:
    """RGB frames (T, H, W, 3) as a uint8 tensor (T, 3, height, width), bicubic, antialiased."""
    tensor = torch.from_numpy(np.ascontiguousarray(frames)).permute(0, 3, 1, 2)
    if tensor.shape[-2:] == (height, width):
        return tensor
    return functional.interpolate(tensor, size=(height, width), mode="bicubic", antialias=True)


def _normalised(
    frames: Pixels, min_pixels: int, max_pixels: int, device: str, family: Family
) -> torch.Tensor:
    _, height, width, _ = frames.shape
    height, width = smart_resize(height, width, min_pixels, max_pixels, family.factor_px)
    # Bytes travel to the device, not floats: a quarter of the way there.
    resized = _resized(frames, height, width).to(device).to(torch.float32)
    # Scaled in the reference's order of operations, so results are equal, not just close.
    mean = (torch.tensor(family.mean_rgb) * 255.0).to(device)
    std = (torch.tensor(family.std_rgb) * 255.0).to(device)
    return (resized - mean[:, None, None]) / std[:, None, None]


def _patchify(pixels: torch.Tensor, family: Family) -> tuple[torch.Tensor, tuple[int, int, int]]:
    """(T, 3, H, W) -> rows ordered group, window of 2 x 2 patches, patch; columns c, t, y, x."""
    frames, channels, height, width = pixels.shape
    patch, merge, together = family.patch_px, family.merge, family.frames_per_group
    grid = (frames // together, height // patch, width // patch)
    in_rows, in_columns = (grid[1] // merge, merge, patch), (grid[2] // merge, merge, patch)
    blocks = pixels.reshape(grid[0], together, channels, *in_rows, *in_columns)
    rows = blocks.permute(0, 3, 6, 4, 7, 2, 1, 5, 8)
    return rows.reshape(math.prod(grid), -1).contiguous(), grid
