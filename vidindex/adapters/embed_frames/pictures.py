"""Pack pictures for a dual encoder: resize, crop and normalise as its reference does.

Equal to the processors of transformers that use PIL, without torchvision.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from vidindex.errors import InputError, ModelNotFound
from vidindex.types import Picture

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_PIXELS = 100_000_000
"""Larger pictures are refused: their copies would take gigabytes."""

_OPENAI_MEAN = (0.48145466, 0.4578275, 0.40821073)
_OPENAI_STD = (0.26862954, 0.26130258, 0.27577711)
_DEFAULTS: dict[str, dict[str, Any]] = {
    "clip": {"resample": 3, "image_mean": _OPENAI_MEAN, "image_std": _OPENAI_STD},
    "siglip": {"resample": 3, "image_mean": (0.5,) * 3, "image_std": (0.5,) * 3},
}


@dataclass(frozen=True, slots=True)
class PicturePacking:
    """How pictures become pixel values. crops: scaled by their shorter side, then cropped.

    Otherwise both sides are scaled to (width, height), whatever the shape of the picture.
    """

    width: int
    height: int
    shorter_side: int | None
    resample: int
    scale: float
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @classmethod
    def of(cls, family: str, settings: dict[str, Any], image_size: int) -> "PicturePacking":
        """What preprocessor_config.json says; what it leaves out is as the family has it.

        Raises ModelNotFound for a packing that is not known, or that the model cannot take.
        """
        chosen = _DEFAULTS[family] | {k: v for k, v in settings.items() if v is not None}
        size, crop = chosen.get("size"), chosen.get("crop_size")
        shorter_side = _shorter_side(size, family, image_size)
        box = crop if shorter_side else size
        height, width = _sides(box, image_size)
        if (width, height) != (image_size, image_size) or (shorter_side or width) < width:
            raise ModelNotFound(
                f"its pictures of {width}x{height} do not fit a model of {image_size} pixels",
                "check preprocessor_config.json",
            )
        return cls(
            width,
            height,
            shorter_side,
            int(chosen["resample"]),
            float(chosen.get("rescale_factor", 1 / 255)),
            tuple(chosen["image_mean"]),
            tuple(chosen["image_std"]),
        )

    def pack(self, pictures: Sequence[Picture]) -> npt.NDArray[np.float32]:
        """Pixel values of pictures, shape (n, 3, height, width)."""
        packed = np.empty((len(pictures), 3, self.height, self.width), np.float32)
        mean, std = np.array(self.mean, np.float32), np.array(self.std, np.float32)
        for row, picture in zip(packed, pictures, strict=True):
            values = self._scaled(checked(picture)).astype(np.float32) * np.float32(self.scale)
            row[:] = np.moveaxis((values - mean) / std, 2, 0)
        return packed

    def _scaled(self, picture: Picture) -> Picture:
        """uint8, shape (height, width, 3)."""
        from PIL.Image import fromarray

        image = fromarray(picture)
        if self.shorter_side is None:
            return np.asarray(self._resized(image, (self.width, self.height)))
        short = min(image.size)
        size = (
            self.shorter_side if side == short else int(self.shorter_side * side / short)
            for side in image.size
        )
        resized = self._resized(image, tuple(size))
        left, top = (resized.width - self.width) // 2, (resized.height - self.height) // 2
        return np.asarray(resized.crop((left, top, left + self.width, top + self.height)))

    def _resized(self, image: "Image", size: tuple[int, ...]) -> "Image":
        from PIL.Image import Resampling

        return image.resize((size[0], size[1]), Resampling(self.resample))


def checked(picture: Picture) -> Picture:
    """The picture; raises InputError where it is not one, or is too large."""
    shape = getattr(picture, "shape", None)
    if shape is None or len(shape) != 3 or shape[2] != 3 or not shape[0] or not shape[1]:
        raise InputError(f"an array of shape {shape} is not a picture", "give (height, width, 3)")
    if picture.dtype != np.uint8:
        raise InputError(f"a picture of {picture.dtype}, not of uint8", "give RGB from 0 to 255")
    if shape[0] * shape[1] > MAX_PIXELS:
        raise InputError(
            f"a picture of {shape[1]}x{shape[0]} pixels is too large",
            f"give one of at most {MAX_PIXELS / 1e6:g} million pixels",
        )
    return np.ascontiguousarray(picture)


def _shorter_side(size: Any, family: str, image_size: int) -> int | None:
    if size is None:
        return image_size if family == "clip" else None
    if isinstance(size, dict):
        return int(size["shortest_edge"]) if "shortest_edge" in size else None
    return int(size) if family == "clip" else None


def _sides(box: Any, image_size: int) -> tuple[int, int]:
    """(height, width) of what is written as an object, as one number, or not at all."""
    if isinstance(box, dict):
        return int(box.get("height", 0)), int(box.get("width", 0))
    side = int(box) if box else image_size
    return side, side
