"""Parse a region of a picture, and cut it out."""

import math

from vidindex.errors import InputError
from vidindex.types import Picture, Region

HINT = (
    "write x,y,width,height: all four up to 1 are shares of the picture (0.25,0.1,0.5,0.5), else "
    "they are pixels (320,40,200,300)"
)

MIN_SIDE_PX = 4
"""What is narrower shows nothing that could be recognised."""


def parse_region(text: str) -> Region:
    """`x,y,width,height`: shares where all four are up to 1, else pixels.

    Raises InputError where it is not that, or begins outside of the picture.
    """
    try:
        x, y, width, height = (float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(f"{text!r} is not a region", HINT) from error
    return checked(Region(x, y, width, height, max(x, y, width, height) > 1))


def checked(region: Region) -> Region:
    """The region itself. Raises InputError where it has no size or begins outside of a picture."""
    sides = (region.x, region.y, region.width, region.height)
    if not all(map(math.isfinite, sides)) or min(sides) < 0:
        raise InputError(f"{region} is not a region of a picture", HINT)
    if min(region.width, region.height) <= 0:
        raise InputError(f"the region {region} has no size", HINT)
    return region


def crop(picture: Picture, region: Region | None) -> Picture:
    """The part of a picture, shape (height, width, 3), that the region covers; all for None.

    Raises InputError where the region is outside of the picture or only a few pixels wide.
    """
    if region is None:
        return picture
    height, width = picture.shape[:2]
    scale_x, scale_y = (1, 1) if region.in_pixels else (width, height)
    left, top = round(region.x * scale_x), round(region.y * scale_y)
    right = min(width, round((region.x + region.width) * scale_x))
    bottom = min(height, round((region.y + region.height) * scale_y))
    if right - left < MIN_SIDE_PX or bottom - top < MIN_SIDE_PX:
        raise InputError(
            f"of the region {region}, no {MIN_SIDE_PX} pixels are in a picture of "
            f"{width} x {height}",
            HINT,
        )
    return picture[top:bottom, left:right]
