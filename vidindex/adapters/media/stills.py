"""Read still pictures upright, and write JPEG with boxes drawn on them.

Needs no video and no library.
"""

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps, UnidentifiedImageError

from vidindex.core.retrieval.regions import crop
from vidindex.errors import InputError
from vidindex.types import Region
from vidindex.types.plan import Picture
from vidindex.types.sheet import Outline

QUALITY = 88
BRIGHT, DARK = (255, 214, 10), (16, 16, 16)
"""A bright line between dark ones is seen on every ground."""

_LINE_SHARE, _TEXT_SHARE = 1 / 240, 1 / 32
_MIN_TEXT_PX = 13
_LAST_DRAWN = "\u024f"
"""The font that comes with Pillow ends with Latin; other labels are not drawn as tofu."""


def read_still(
    path: Path, fit: Callable[[int, int], tuple[int, int]], region: Region | None = None
) -> Picture:
    """The picture in a file, upright, RGB, at the size (width, height) that `fit` gives its own.

    region: only this part of the upright picture. Raises InputError where the file is no picture,
    or one with too many pixels to read, or the region is not in it.
    """
    try:
        with Image.open(path) as opened:
            upright = ImageOps.exif_transpose(opened).convert("RGB")
    except Image.DecompressionBombError as error:
        raise InputError(f"{path} has too many pixels", "make it smaller") from error
    except (UnidentifiedImageError, OSError) as error:
        reason = getattr(error, "strerror", None) or "not a picture"
        raise InputError(
            f"{path} cannot be read: {reason}",
            "name a JPEG or PNG file; a moment of a video is named as FILE@01:23",
        ) from error
    part = Image.fromarray(crop(np.asarray(upright), region)) if region else upright
    return np.asarray(part.resize(fit(*part.size), Image.Resampling.LANCZOS))


def jpeg(picture: Picture, outlines: Sequence[Outline] = ()) -> bytes:
    """The picture as a JPEG file, with each outline and its label drawn on it."""
    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image)
    for outline in outlines:
        _draw(draw, image.size, outline)
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=QUALITY, optimize=True)
    return stream.getvalue()


def _draw(draw: ImageDraw.ImageDraw, size: tuple[int, int], outline: Outline) -> None:
    width, height = size
    line = max(1, round(max(size) * _LINE_SHARE))
    x1, y1, x2, y2 = (edge * side for edge, side in zip(outline.box, size * 2, strict=True))
    # Around the thing, not over it; at the picture's edge within the picture.
    x1, y1 = max(line, x1 - line), max(line, y1 - line)
    x2, y2 = max(x1, min(width - 1 - line, x2 + line)), max(y1, min(height - 1 - line, y2 + line))
    draw.rectangle((x1 - line, y1 - line, x2 + line, y2 + line), outline=DARK, width=3 * line)
    draw.rectangle((x1, y1, x2, y2), outline=BRIGHT, width=line)
    if outline.label and max(outline.label) <= _LAST_DRAWN:
        _label(draw, size, (x1 - line, y1 - line, y2 + line), outline.label)


def _label(
    draw: ImageDraw.ImageDraw,
    size: tuple[int, int],
    at: tuple[float, float, float],
    text: str,
) -> None:
    """Draw a plate with the text above the box, or below it without room above.

    at: the left, upper and lower edge of the box.
    """
    left, top, bottom = at
    font = ImageFont.load_default(max(_MIN_TEXT_PX, round(max(size) * _TEXT_SHARE)))
    pad = max(2, round(max(size) * _LINE_SHARE))
    _, _, text_width, text_height = draw.textbbox((0, 0), text, font=font)
    plate_width, plate_height = text_width + 2 * pad, text_height + 2 * pad
    x = max(0.0, min(left, size[0] - plate_width))
    y = top - plate_height if top >= plate_height else min(bottom, size[1] - plate_height)
    draw.rectangle((x, y, x + plate_width, y + plate_height), fill=DARK)
    draw.text((x + pad, y + pad), text, fill=BRIGHT, font=font)
