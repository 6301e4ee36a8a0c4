"""Draw an event early, the same event later, and no event: answers must follow what is shown.

A model that is shown no video, or whose times are frozen or frame numbers, can still write
replies in the right form. Nothing but the clip differs between these questions.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from vidindex.core.prompts import PromptProfile, ground_schema
from vidindex.core.replies import parse_events
from vidindex.diagnostics.known_clips import RATES_FPS, clip_shape
from vidindex.synthetic.clips import ClipSpec, all_combinations
from vidindex.synthetic.descriptions import Description
from vidindex.synthetic.probes import Footage, query_text, shoot
from vidindex.synthetic.scenes import draw_event, draw_ground
from vidindex.types import Ask, ModelLimits, Reply

MAX_SPANS, MAX_TOKENS = 4, 256


@dataclass(frozen=True, slots=True)
class DelayedClip:
    """One event at its first time, `delay_s` later, and hidden. query: what happens."""

    key: str
    fps: float
    query: str
    delay_s: float
    early: Footage
    late: Footage
    grey: Footage

    def asks(self, profile: PromptProfile, limits: ModelLimits) -> Iterator[Ask]:
        """When it happens, early and late; whether it does, early and hidden."""
        when = profile.ground.format(query=self.query)
        max_tokens = min(MAX_TOKENS, limits.context_tokens // 3)
        for name, footage in (("early", self.early), ("late", self.late)):
            key, schema = f"{self.key}/when {name}", ground_schema(MAX_SPANS)
            yield Ask(key, profile.system, when, footage.frames, max_tokens, schema=schema)
        whether, choices = profile.yes_no.format(query=self.query), ("Yes", "No")
        for name, footage in (("early", self.early), ("grey", self.grey)):
            key = f"{self.key}/whether {name}"
            yield Ask(key, profile.system, whether, footage.frames, 1, choices=choices)


def draw_delayed(limits: ModelLimits, clips_per_rate: int, seed: int) -> Iterator[DelayedClip]:
    """Clips as long as those of the check; the event takes a quarter, and is half a clip later."""
    rng = np.random.default_rng([seed, 2**32 - 1, 80])
    size, frames = clip_shape(limits)
    # Those that blink are dim at times; the rest can be seen in every frame of theirs.
    combinations = [one for one in all_combinations(held_out=False) if one[2] != "blinks"]
    for fps in RATES_FPS:
        for index in range(clips_per_rate):
            start_s, delay_s, duration_s = 1 / fps, frames // 2 / fps, frames / fps
            combination = combinations[rng.integers(len(combinations))]
            event = draw_event(rng, combination, start_s, start_s + max(2, frames // 4) / fps)
            late = replace(event, start_s=start_s + delay_s, end_s=event.end_s + delay_s)
            ground, name = draw_ground(rng), f"{fps:g} fps"
            early = ClipSpec(duration_s, (event,), ground)
            yield DelayedClip(
                f"delayed {fps:g}/{index}",
                fps,
                query_text(Description(event.colour, event.shape)),
                delay_s,
                shoot(name, early, fps, size),
                shoot(name, replace(early, events=(late,)), fps, size),
                shoot(name, early, fps, size, show="grey"),
            )


def delay_followed(
    clips: Sequence[DelayedClip], replies: Mapping[str, Reply], profile: PromptProfile
) -> float:
    """Median of how far answers moved over how far the event did: 1 in truth, 0 if frozen."""
    return float(np.median([_moved(clip, replies, profile) for clip in clips]))


def change_on_grey(clips: Sequence[DelayedClip], replies: Mapping[str, Reply]) -> float | None:
    """Median by which P(Yes) falls where the event is hidden; None without probabilities."""
    pairs = [
        (replies[f"{clip.key}/whether early"].p_yes, replies[f"{clip.key}/whether grey"].p_yes)
        for clip in clips
    ]
    falls = [seen - hidden for seen, hidden in pairs if seen is not None and hidden is not None]
    return float(np.median(falls)) if falls else None


def _moved(clip: DelayedClip, replies: Mapping[str, Reply], profile: PromptProfile) -> float:
    prompt = profile.ground.format(query=clip.query)
    middles_s = []
    for name in ("early", "late"):
        reply = replies[f"{clip.key}/when {name}"]
        found = parse_events(reply.text, None, prompt).events
        if reply.finish_reason == "error" or not found:
            return 0.0
        middles_s.append(found[0].span.middle_s)
    return (middles_s[1] - middles_s[0]) / clip.delay_s
