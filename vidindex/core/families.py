"""Describe the families of vision models: what differs between them, as data.

The one place that says what a family is. A checkpoint belongs to one by the `model_type` of its
config.json, a served model by its name. Everything else (packing, token counts, plans, boxes,
thinking) reads it here. Numbers are those of the published processors and of qwen-vl-utils.
"""

import re
from dataclasses import dataclass, replace
from typing import Final, Literal

from vidindex.core.prompts.profile import QWEN25_VL, BoxScale, PromptProfile
from vidindex.errors import ModelNotFound
from vidindex.types import ModelLimits

TimeStyle = Literal["rotary", "text"]
"""How a clip's times reach the model: as positions in seconds, or as a text before each group."""

Rgb = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Family:
    """What holds for every checkpoint of a family.

    A picture is cut into patches of `patch_px`, of which `merge` x `merge` make a token; a clip
    into groups of `frames_per_group` frames. min_pixels and max_pixels are of one frame,
    max_video_tokens of one call. mean_rgb, std_rgb: of pictures with values 0 to 1.
    tokens_per_time: about how many tokens of text a group costs beside its pictures.
    is_hybrid: thinks before it answers, unless its chat template is told not to.
    name_pattern: how served models of the family are called.
    """

    name: str
    model_types: tuple[str, ...]
    patch_px: int
    mean_rgb: Rgb
    std_rgb: Rgb
    min_pixels: int
    max_video_tokens: int
    time_style: TimeStyle
    box_scale: BoxScale
    is_hybrid: bool
    name_pattern: str
    prompts: PromptProfile = QWEN25_VL
    merge: int = 2
    frames_per_group: int = 2
    max_frames: int = 768
    tokens_per_time: int = 0

    @property
    def factor_px(self) -> int:
        """Sides of frames are multiples of this; a token shows so many pixels square."""
        return self.patch_px * self.merge

    @property
    def max_pixels(self) -> int:
        """Of one frame: 768 tokens, were it shown alone."""
        return 768 * self.factor_px**2


_CLIP_MEAN: Final = (0.48145466, 0.4578275, 0.40821073)
_CLIP_STD: Final = (0.26862954, 0.26130258, 0.27577711)
_HALF: Final = (0.5, 0.5, 0.5)

QWEN25_FAMILY: Final = Family(
    name="Qwen2.5-VL",
    model_types=("qwen2_5_vl",),
    patch_px=14,
    mean_rgb=_CLIP_MEAN,
    std_rgb=_CLIP_STD,
    min_pixels=56 * 56,
    max_video_tokens=24_576,
    time_style="rotary",
    box_scale="pixels",
    is_hybrid=False,
    name_pattern=r"qwen-?2[._]?5-?vl|vl-rethinker|timelens-7b",
)
# A time such as <12.3 seconds> is 7 tokens, and two mark the pictures behind it.
QWEN3_FAMILY: Final = Family(
    name="Qwen3-VL",
    model_types=("qwen3_vl", "qwen3_vl_moe"),
    patch_px=16,
    mean_rgb=_HALF,
    std_rgb=_HALF,
    min_pixels=256 * 256,
    max_video_tokens=12_288,
    time_style="text",
    box_scale="thousandths",
    is_hybrid=False,
    name_pattern=r"qwen-?3-?vl|timelens-8b",
    tokens_per_time=9,
)
QWEN35_FAMILY: Final = replace(
    QWEN3_FAMILY,
    name="Qwen3.5",
    model_types=("qwen3_5", "qwen3_5_moe"),
    is_hybrid=True,
    name_pattern=r"qwen-?3[._][5-8]",
)
FAMILIES: Final = (QWEN25_FAMILY, QWEN3_FAMILY, QWEN35_FAMILY)

# Served models that are not run here, of which only the scale of boxes is published.
_IN_THOUSANDTHS: Final = re.compile(r"qwen-?2-?vl|internvl", re.IGNORECASE)


def family_named(name: str) -> Family:
    """The family that is called so; raises ModelNotFound, which names those that there are."""
    for family in FAMILIES:
        if family.name == name:
            return family
    raise ModelNotFound(f"no model family is called {name!r}", f"there are {_names()}")


def family_of_type(model_type: object) -> Family:
    """The family of a checkpoint, by its config.json; raises ModelNotFound for every other."""
    for family in FAMILIES:
        if model_type in family.model_types:
            return family
    kind = f"it is a {model_type!r} model" if model_type else "its config.json says no model_type"
    raise ModelNotFound(
        f"{kind}, not one of {_names()}",
        "name a checkpoint of one of these families; others can be served: --endpoint URL",
    )


def family_in_name(name: str) -> Family | None:
    """The family that a served model's name or identity speaks of; None where of none."""
    for family in FAMILIES:
        if re.search(family.name_pattern, name, re.IGNORECASE):
            return family
    return None


def box_scale_of(limits: ModelLimits) -> BoxScale:
    """The scale of a model's boxes: its family's, or that of a served model that has none here.

    What does not fit the scale is not read (`parse_boxes`), so that no box is drawn wrongly.
    """
    if _IN_THOUSANDTHS.search(limits.identity):
        return "thousandths"
    return family_named(limits.family).box_scale


def _names() -> str:
    return ", ".join(family.name for family in FAMILIES)
