"""Compute the arithmetic bound of every published shape: footage per hour of a card."""

from dataclasses import dataclass, replace

import torch

from vidindex.bench.model.flops import decode_flops, prefill_flops, vision_flops
from vidindex.bench.model.gpus import Peak, known_peak, peak_of
from vidindex.bench.model.results import Workload
from vidindex.bench.model.shapes import PUBLISHED, Shape
from vidindex.bench.model.subjects import RANDOM_PROMPT_TOKENS
from vidindex.core.sampling.grid import smart_resize, time_tokens, vision_tokens

NOT_MEASURED = "not measured"
# Where this machine has no card of the table.
USUAL_CARD = "NVIDIA H200"


@dataclass(frozen=True, slots=True)
class Bound:
    """One published shape. hours_per_hour: of footage, with every operation at the peak rate.

    measured: in words, since no run of a card is kept.
    """

    family: str
    shape: str
    hours_per_hour: float
    measured: str = NOT_MEASURED


def this_card() -> Peak:
    """The peak of the card here, else that of the usual one."""
    if torch.cuda.is_available():
        return peak_of("cuda", torch.bfloat16)
    usual = known_peak(USUAL_CARD)
    assert usual is not None
    return usual


def bounds(work: Workload, peak: Peak) -> list[Bound]:
    """Of every published shape for clips of this kind, resized to whole tokens of its family."""
    found = []
    for name, config in PUBLISHED.items():
        shape = Shape.of(config)
        seconds = clip_flops(shape, work) / peak.flops_per_s
        found.append(Bound(shape.family.name, name, work.clip_s / seconds))
    return found


def clip_flops(shape: Shape, work: Workload) -> float:
    """Operations of one clip with its question and reply."""
    family = shape.family
    sides = (work.height, work.width)
    height, width = smart_resize(*sides, family.min_pixels, family.max_pixels, family.factor_px)
    work = replace(work, width=width, height=height)
    groups = -(-work.frames // family.frames_per_group)
    grid = groups, height // family.patch_px, width // family.patch_px
    prompt = vision_tokens(groups * family.frames_per_group, width, height, family)
    prompt += time_tokens(work.frames, family) + sum(RANDOM_PROMPT_TOKENS)
    return (
        vision_flops(shape, grid)
        + prefill_flops(shape, prompt)
        + decode_flops(shape, prompt, work.reply_tokens)
    )
