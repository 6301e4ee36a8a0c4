"""Measure footage per hour of a model behind a port, by number of concurrent calls.

Nothing but replies is looked at, so it is the same for every home of a model. Each reply is
held to more digits than it may have tokens, and so is cut at exactly the length asked for;
cut at one token, the same call shows what comes before the first.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from statistics import median
from typing import Any

from pipelines.progress import Progress
from vidindex.bench.model.benchmark import distinct_clips
from vidindex.bench.model.results import Workload
from vidindex.core.prompts import PromptProfile
from vidindex.errors import ModelError
from vidindex.ports import VisionModel
from vidindex.types import Ask, FrameBatch, Reply, Usage

WAVES = 2


@dataclass(frozen=True, slots=True)
class AtOnce:
    """So many calls started together, every reply of `reply_tokens` tokens.

    first_s, whole_s: median seconds until all have their first token, and until all are done.
    prompt_tokens, vision_tokens: of one call. clip_s: footage of one call.
    """

    calls: int
    clip_s: float
    prompt_tokens: int
    vision_tokens: int
    reply_tokens: int
    first_s: float
    whole_s: float

    @property
    def hours_per_hour(self) -> float:
        """Hours of footage in an hour."""
        return self.calls * self.clip_s / self.whole_s

    @property
    def decode_share(self) -> float:
        """Share of the time after the first token."""
        return max(0.0, 1 - self.first_s / self.whole_s)

    def tokens_per_s(self) -> dict[str, float]:
        """Prompt tokens (pictures among them), picture tokens and reply tokens in a second."""
        counts = (self.prompt_tokens, self.vision_tokens, self.reply_tokens)
        names = ("prompt", "vision", "reply")
        return {
            name: self.calls * count / self.whole_s
            for name, count in zip(names, counts, strict=True)
        }

    def as_json(self) -> dict[str, Any]:
        return {
            **asdict(self),
            "hours_per_hour": self.hours_per_hour,
            "decode_share": self.decode_share,
            "tokens_per_s": self.tokens_per_s(),
        }


def sweep(
    model: VisionModel,
    profile: PromptProfile,
    workload: Workload,
    at_once: Sequence[int],
    progress: Progress,
    *,
    seed: int = 1,
) -> list[AtOnce]:
    """One row for each number of calls at once; no clip is shown twice.

    Raises ModelError where a call is refused, or a reply has another length than asked for.
    """
    # One to warm up, then waves of either length.
    count = 1 + 2 * WAVES * sum(at_once)
    asks = _asks(profile, replace(workload, clips=count), seed)
    progress.start("model", count, "calls")
    _wave(model, list(islice(asks, 1)), 1)
    progress.advance(1, "warm")
    rows = []
    for calls in at_once:
        seconds: dict[int, list[float]] = {1: [], workload.reply_tokens: []}
        for tokens in [1, workload.reply_tokens] * WAVES:
            spent_s, used = _wave(model, list(islice(asks, calls)), tokens)
            seconds[tokens].append(spent_s)
            progress.advance(calls, f"{calls} at once")
        first_s, whole_s = (median(seconds[n]) for n in (1, workload.reply_tokens))
        row = (used.prompt_tokens, used.vision_tokens, used.completion_tokens, first_s, whole_s)
        rows.append(AtOnce(calls, workload.clip_s, *row))
    progress.finish()
    return rows


def _asks(profile: PromptProfile, workload: Workload, seed: int) -> Iterator[Ask]:
    times_s = tuple(index / workload.fps for index in range(workload.frames))
    # Twice as many digits as tokens: Qwen's tokenizer makes one token of each.
    digits = {"type": "string", "pattern": f"^[0-9]{{{2 * workload.reply_tokens}}}$"}
    schema = {
        "type": "object",
        "properties": {"digits": digits},
        "required": ["digits"],
        "additionalProperties": False,
    }
    for index, pictures in enumerate(distinct_clips(workload, seed)):
        frames = FrameBatch(times_s, times_s, pictures, workload.fps)
        yield Ask(
            str(index),
            profile.system,
            profile.segment,
            frames,
            workload.reply_tokens,
            schema=schema,
        )


def _wave(model: VisionModel, asks: Sequence[Ask], tokens: int) -> tuple[float, Usage]:
    """Seconds until all are answered, and what one of them used."""
    asks = [replace(ask, max_tokens=tokens) for ask in asks]
    start_s = time.perf_counter()
    replies = [reply for _, reply in model.answer(asks)]
    spent_s = time.perf_counter() - start_s
    for reply in replies:
        _require_length(reply, tokens)
    return spent_s, replies[-1].usage


def _require_length(reply: Reply, tokens: int) -> None:
    if reply.finish_reason == "error":
        raise ModelError(f"a call was refused: {reply.text}", "take fewer or smaller frames")
    if reply.usage.completion_tokens != tokens:
        raise ModelError(
            f"a reply has {reply.usage.completion_tokens} tokens in place of {tokens}",
            "replies have to be held to their JSON schema",
        )
