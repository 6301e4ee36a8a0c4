"""Play known clips to a model, and time its replies."""

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from pipelines.progress import Progress, Quiet
from vidindex.core.prompts import PromptProfile
from vidindex.diagnostics.delayed_clips import draw_delayed
from vidindex.diagnostics.known_clips import RATES_FPS, KnownClip, draw_clips
from vidindex.diagnostics.measure import at_rate
from vidindex.diagnostics.results import Checkup, Speed
from vidindex.ports import VisionModel
from vidindex.types import Ask, Reply

CLIPS_PER_RATE = 12


def check(
    model: VisionModel,
    profile: PromptProfile,
    progress: Progress,
    *,
    clips_per_rate: int = CLIPS_PER_RATE,
    seed: int = 1,
) -> Checkup:
    """Ask `model` about clips that it has not seen, and measure what it says.

    Raises what the model raises where it cannot be asked at all.
    """
    clips = list(draw_clips(model.limits, clips_per_rate, seed))
    asks = [clip.segment_ask(profile, model.limits) for clip in clips]
    stated = [ask for clip in clips for ask in clip.yes_no_asks(profile)]
    delayed = list(draw_delayed(model.limits, max(2, clips_per_rate // 3), seed))
    stated += [ask for clip in delayed for ask in clip.asks(profile, model.limits)]
    progress.start("check", len(asks) + len(stated), "calls")
    # Loads the weights, so that the clock below is of asking alone.
    _answers(model, [replace(stated[0], key="warm")], Quiet())
    start_s = time.perf_counter()
    replies = _answers(model, asks, progress)
    speed = _speed(clips, list(replies.values()), time.perf_counter() - start_s)
    replies |= _answers(model, stated, progress)
    progress.finish()
    refusals = [reply.text for reply in replies.values() if reply.finish_reason == "error"]
    return Checkup(
        model=model.limits.identity,
        profile=profile.name,
        checked_at=datetime.now(UTC),
        rates=tuple(
            at_rate(
                [clip for clip in clips if clip.fps == fps],
                [clip for clip in delayed if clip.fps == fps],
                replies,
                profile,
            )
            for fps in RATES_FPS
        ),
        speed=speed,
        refused=len(refusals),
        refusal=refusals[0] if refusals else "",
    )


def _answers(model: VisionModel, asks: Sequence[Ask], progress: Progress) -> dict[str, Reply]:
    replies = {}
    for key, reply in model.answer(asks):
        replies[key] = reply
        progress.advance(1, key)
    return replies


def _speed(clips: Sequence[KnownClip], replies: Sequence[Reply], seconds: float) -> Speed:
    return Speed(
        calls=len(replies),
        seconds=seconds,
        footage_s=sum(clip.spec.duration_s for clip in clips),
        prompt_tokens=sum(reply.usage.prompt_tokens for reply in replies),
        reply_tokens=sum(reply.usage.completion_tokens for reply in replies),
    )
