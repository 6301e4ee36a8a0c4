"""Compute sampling grids: rates, even grids, pixel sizes, tokens.

The models take one spacing per video and frames in pairs, so a grid is even and its count
is even. Its rate is on a ladder on which Qwen2.5-VL's temporal ids are whole numbers
(`second_per_grid_ts * tokens_per_second` = 8, 4, 2, 1).
"""

import math

from vidindex.core.families import QWEN25_FAMILY, Family, family_named
from vidindex.types import Chunk, ModelLimits, Source, Span

LADDER_FPS = (0.5, 1.0, 2.0, 4.0)
MAX_ASPECT_RATIO = 200
_HOLD_BEFORE_END_S = 1e-3


def even_grid(span: Span, fps: float) -> tuple[float, ...]:
    """Times `span.start_s + i / fps`: the fewest, even in number, that reach the span's end.

    The last one may be up to a frame pair past the end; `decode_times` says what is shown.
    """
    # A hair less than the product: 8 s at 2 fps are 16 frames, however 8 was computed.
    pairs = math.ceil(span.duration_s * fps / 2 - 1e-6)
    return tuple(span.start_s + i / fps for i in range(2 * max(1, pairs)))


def decode_times(chunk: Chunk) -> list[float]:
    """The times to decode for a chunk's grid, all within the chunk.

    Grid points past the end show the last picture of the chunk again, not the next shot.
    """
    last_s = max(chunk.span.start_s, chunk.span.end_s - _HOLD_BEFORE_END_S)
    return [min(time_s, last_s) for time_s in chunk.times_s]


def smart_resize(
    height: int, width: int, min_pixels: int, max_pixels: int, factor: int = QWEN25_FAMILY.factor_px
) -> tuple[int, int]:
    """Qwen's rule: sides as multiples of `factor`, area within bounds, aspect nearly kept.

    Raises ValueError for a side ratio above 200, which the model was never shown.
    """
    if max(height, width) / min(height, width) > MAX_ASPECT_RATIO:
        raise ValueError(f"picture of {width}x{height} is more than 200 times longer than wide")
    fit_h, fit_w = round(height / factor) * factor, round(width / factor) * factor
    if fit_h * fit_w > max_pixels:
        shrink = math.sqrt(height * width / max_pixels)
        fit_h = max(factor, math.floor(height / shrink / factor) * factor)
        fit_w = max(factor, math.floor(width / shrink / factor) * factor)
    elif fit_h * fit_w < min_pixels:
        grow = math.sqrt(min_pixels / (height * width))
        fit_h = math.ceil(height * grow / factor) * factor
        fit_w = math.ceil(width * grow / factor) * factor
    return fit_h, fit_w


def size_for_model(
    width: int, height: int, limits: ModelLimits, max_pixels: int | None = None
) -> tuple[int, int]:
    """(width, height) to show a picture at: whole patches within the model's pixel limits.

    max_pixels: at most so many; None for no more than the picture has. The model's own least
    number of pixels comes first.
    """
    most = min(limits.max_pixels, width * height if max_pixels is None else max_pixels)
    most = max(limits.min_pixels, most)
    factor = family_named(limits.family).factor_px
    fit_h, fit_w = smart_resize(height, width, limits.min_pixels, most, factor)
    return fit_w, fit_h


def vision_tokens(num_frames: int, width: int, height: int, family: Family = QWEN25_FAMILY) -> int:
    """Tokens of a clip's pictures: one for each square of `factor_px` of each group of frames."""
    rows, columns = height // family.factor_px, width // family.factor_px
    return num_frames // family.frames_per_group * rows * columns


def time_tokens(num_frames: int, family: Family) -> int:
    """About how many tokens of text tell the model the times of a clip's frames."""
    return num_frames // family.frames_per_group * family.tokens_per_time


def fit_within(source: Source, max_side_px: int) -> tuple[int, int]:
    """(width, height) of the source's picture, scaled down until no side is longer."""
    return shrunk_to(source.width, source.height, max_side_px)


def shrunk_to(width: int, height: int, max_side_px: int) -> tuple[int, int]:
    """(width, height), scaled down until no side is longer."""
    scale = min(1.0, max_side_px / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))
