"""Draw the clips of known events for a check, and the questions about them.

Two rates, four times apart: a model that is not given the rate of its frames is right at
one of them at most. Something happens up to the last moment of every clip, so the last
reported end over the clip's length is 1 for a model that tells time correctly.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from vidindex.core.families import family_named
from vidindex.core.prompts import PromptProfile, segment_schema
from vidindex.core.sampling.grid import smart_resize, vision_tokens
from vidindex.synthetic.clips import ClipSpec, all_combinations
from vidindex.synthetic.descriptions import Description, draw_near_miss
from vidindex.synthetic.probes import Footage, query_text, shoot
from vidindex.synthetic.scenes import draw_scene
from vidindex.types import Ask, ModelLimits

RATES_FPS = (0.5, 2.0)
MAX_FRAMES, SIDE_PX = 32, 336
MAX_EVENTS, MAX_CHARS, MAX_TOKENS = 8, 120, 512


@dataclass(frozen=True, slots=True)
class KnownClip:
    """One clip, and statements about it with whether they are true."""

    key: str
    fps: float
    footage: Footage
    statements: tuple[tuple[str, bool], ...]

    @property
    def spec(self) -> ClipSpec:
        return self.footage.spec

    def segment_ask(self, profile: PromptProfile, limits: ModelLimits) -> Ask:
        """What happens when."""
        max_tokens = min(MAX_TOKENS, limits.context_tokens // 3)
        schema = segment_schema(MAX_EVENTS, MAX_CHARS)
        frames = self.footage.frames
        return Ask(self.key, profile.system, profile.segment, frames, max_tokens, schema=schema)

    def yes_no_asks(self, profile: PromptProfile) -> Iterator[Ask]:
        """Whether the clip shows what each statement says."""
        for index, (query, _) in enumerate(self.statements):
            prompt, frames = profile.yes_no.format(query=query), self.footage.frames
            yield Ask(
                self.statement_key(index), profile.system, prompt, frames, 1, choices=("Yes", "No")
            )

    def statement_key(self, index: int) -> str:
        return f"{self.key}/{index}"


def draw_clips(limits: ModelLimits, clips_per_rate: int, seed: int) -> Iterator[KnownClip]:
    """Clips as long and as large as fits in one call, but no more than the check needs."""
    # A first word no training run draws from: training seeds are (seed, step) pairs.
    rng = np.random.default_rng([seed, 2**32 - 1, 78])
    size, frames = clip_shape(limits)
    combinations = all_combinations(held_out=False)
    for fps in RATES_FPS:
        for index in range(clips_per_rate):
            drawn = draw_scene(rng, frames, fps, combinations, cut_share=0.0, empty_share=0.0)
            last = replace(drawn.events[-1], end_s=drawn.duration_s)
            spec = replace(drawn, events=(*drawn.events[:-1], last))
            footage = shoot(f"{fps:g} fps", spec, fps, size)
            yield KnownClip(f"{fps:g}/{index}", fps, footage, tuple(_statements(rng, spec)))


def clip_shape(limits: ModelLimits) -> tuple[tuple[int, int], int]:
    """((height, width), frames) of every clip of a check."""
    factor = family_named(limits.family).factor_px
    size = smart_resize(SIDE_PX, SIDE_PX, limits.min_pixels, limits.max_pixels, factor)
    return size, _num_frames(limits, size)


def _num_frames(limits: ModelLimits, size: tuple[int, int]) -> int:
    """As many as fit, in pairs."""
    height, width = size
    per_pair = vision_tokens(2, width, height, family_named(limits.family))
    fitting = limits.max_frames // 2, limits.max_video_tokens // per_pair
    return 2 * max(2, min(MAX_FRAMES // 2, *fitting))


def _statements(rng: np.random.Generator, spec: ClipSpec) -> Iterator[tuple[str, bool]]:
    """Of every event what it is, and the same with its colour or shape changed.

    No motions: asked is whether Yes and No mean anything, not how well the model sees.
    """
    for event in spec.events:
        true = Description(event.colour, event.shape)
        false = draw_near_miss(rng, true, spec)
        if false is not None:
            yield query_text(true), True
            yield query_text(false), False
