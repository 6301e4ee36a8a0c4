"""Pack pictures into the patch rows that Qwen2.5-VL reads.

The same arithmetic as the reference image and video processors, which need torchvision;
this needs torch alone. Sizes are (height, width) in pixels, grids (t, h, w) in patches.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from vidindex.core.sampling.grid import FACTOR_PX, smart_resize

PATCH_PX = 14
MERGE = 2
TEMPORAL_PATCH_FRAMES = 2
# Part of every cache key: goes up when the same pictures give other numbers.
PACKING_VERSION = 1
MIN_PIXELS = 56 * 56
MAX_PIXELS = 768 * FACTOR_PX**2

# Mean and deviation of the CLIP training pictures, for values in 0..1.
MEAN_RGB = (0.48145466, 0.4578275, 0.40821073)
STD_RGB = (0.26862954, 0.26130258, 0.27577711)

Pixels = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


@dataclass(frozen=True, slots=True)
class PackedPictures:
    """Patch rows (grid t * h * w, 1176) of one video or image, and the shape they came from.

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
) -> PackedPictures:
    """Packs RGB frames (T, height, width, 3) that are evenly spaced at `fps`, onto `device`.

    An odd last frame is repeated, as the reference does: two frames make a temporal group.
    """
    if frames.ndim != 4 or frames.shape[0] == 0:
        raise ValueError(f"frames must be (T, height, width, 3) with T > 0, got {frames.shape}")
    pixels = _normalised(frames, min_pixels, max_pixels, device)
    if pixels.shape[0] % TEMPORAL_PATCH_FRAMES:
        pixels = torch.cat((pixels, pixels[-1:]))
    patches, grid = _patchify(pixels)
    return PackedPictures(patches, grid, TEMPORAL_PATCH_FRAMES / fps)


def pack_image(
    picture: Pixels,
    min_pixels: int = MIN_PIXELS,
    max_pixels: int = MAX_PIXELS,
    device: str = "cpu",
) -> PackedPictures:
    """Packs one RGB picture (height, width, 3), repeated to fill its temporal group."""
    pixels = _normalised(picture[None], min_pixels, max_pixels, device)
    patches, grid = _patchify(pixels.expand(TEMPORAL_PATCH_FRAMES, -1, -1, -1))
    return PackedPictures(patches, grid, None)


def _resized(frames: Pixels, height: int, width: int) -> torch.Tensor:
    """RGB frames (T, H, W, 3) as a uint8 tensor (T, 3, height, width), bicubic, antialiased."""
    tensor = torch.from_numpy(np.ascontiguousarray(frames)).permute(0, 3, 1, 2)
    if tensor.shape[-2:] == (height, width):
        return tensor
    return functional.interpolate(tensor, size=(height, width), mode="bicubic", antialias=True)


def _normalised(frames: Pixels, min_pixels: int, max_pixels: int, device: str) -> torch.Tensor:
    height, width = smart_resize(frames.shape[1], frames.shape[2], min_pixels, max_pixels)
    # Bytes travel to the device, not floats: a quarter of the way there.
    resized = _resized(frames, height, width).to(device).to(torch.float32)
    # Scaled in the reference's order of operations, so results are equal, not just close.
    mean = (torch.tensor(MEAN_RGB) * 255.0).to(device)
    std = (torch.tensor(STD_RGB) * 255.0).to(device)
    return (resized - mean[:, None, None]) / std[:, None, None]


def _patchify(pixels: torch.Tensor) -> tuple[torch.Tensor, tuple[int, int, int]]:
    """(T, 3, H, W) -> rows ordered group, window of 2 x 2 patches, patch; columns c, t, y, x."""
    frames, channels, height, width = pixels.shape
    grid = (frames // TEMPORAL_PATCH_FRAMES, height // PATCH_PX, width // PATCH_PX)
    blocks = pixels.reshape(
        grid[0],
        TEMPORAL_PATCH_FRAMES,
        channels,
        grid[1] // MERGE,
        MERGE,
        PATCH_PX,
        grid[2] // MERGE,
        MERGE,
        PATCH_PX,
    )
    rows = blocks.permute(0, 3, 6, 4, 7, 2, 1, 5, 8)
    return rows.reshape(math.prod(grid), -1).contiguous(), grid
