"""Read how a checkpoint's pictures are prepared: its own files within its family's bounds."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vidindex.core.families import Family

VIDEO_FILE, IMAGE_FILE = "video_preprocessor_config.json", "preprocessor_config.json"


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """Bounds of one call. family: with the checkpoint's own mean and deviation of colours.

    min_pixels, max_pixels: of one frame or picture; max_video_tokens: of all frames together.
    """

    family: Family
    min_pixels: int
    max_pixels: int
    max_frames: int
    max_video_tokens: int


def read_preprocessing(folder: Path, family: Family) -> Preprocessing:
    """As the reference processors would read them; the family's where a file says nothing."""
    of_video, of_image = _read(folder / VIDEO_FILE), _read(folder / IMAGE_FILE)
    stated = of_video or of_image
    own = replace(
        family,
        mean_rgb=tuple(stated.get("image_mean") or family.mean_rgb),
        std_rgb=tuple(stated.get("image_std") or family.std_rgb),
    )
    max_frames = min(family.max_frames, stated.get("max_frames") or family.max_frames)
    if family.time_style == "rotary":
        least, most = _bounds(stated)
        return Preprocessing(
            own,
            least or family.min_pixels,
            min(family.max_pixels, most or family.max_pixels),
            max_frames,
            family.max_video_tokens,
        )
    # From Qwen3-VL on a video's bounds are of all its frames together, an image's its own.
    (least, most), (_, most_together) = _bounds(of_image), _bounds(of_video)
    tokens = (most_together or 0) // (family.frames_per_group * family.factor_px**2)
    return Preprocessing(
        own,
        least or family.min_pixels,
        min(family.max_pixels, most or family.max_pixels),
        max_frames,
        min(family.max_video_tokens, tokens or family.max_video_tokens),
    )


def _bounds(stated: dict[str, Any]) -> tuple[int | None, int | None]:
    """(least, most) pixels, under either name."""
    size = stated.get("size") or {}
    least = stated.get("min_pixels") or size.get("shortest_edge")
    return least, stated.get("max_pixels") or size.get("longest_edge")


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    values = json.loads(path.read_text(encoding="utf-8"))
    return values if isinstance(values, dict) else {}
