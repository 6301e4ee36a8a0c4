"""Count and time the calls of a model: sizes against limits, latencies, share of each stage."""

import math
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from vidindex.types import Ask, ModelLimits, Reply

MODEL, PICTURES, STORING = "model", "waiting for pictures", "storing"


@dataclass(slots=True)
class CallStats:
    """Counts of one pass of a model; filled while it runs.

    asked: calls; asked_again: those of them that an interrupted run had asked already, and
    whose reply was never kept; kept: replies of earlier runs, which were not asked for
    again. truncated: replies cut at their token limit; refused: calls that came back as an
    error. latencies_s: from when the model took a question to its reply, its place in a batch
    included. seconds: of the pass, by what it was spent on; decode_s: of decoding, which
    runs beside it.
    """

    asked: int = 0
    asked_again: int = 0
    kept: int = 0
    truncated: int = 0
    refused: int = 0
    frames: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    most_tokens: int = 0
    most_frames: int = 0
    most_pixels: int = 0
    limits: ModelLimits | None = None
    latencies_s: list[float] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    decode_s: float = 0.0
    tries: Counter[str] = field(default_factory=Counter)

    def took(self, ask: Ask) -> None:
        """The model takes this question."""
        num_frames, height, width, _ = ask.frames.pictures.shape
        self.asked += 1
        self.frames += num_frames
        self.most_frames = max(self.most_frames, num_frames)
        self.most_pixels = max(self.most_pixels, height * width)

    def replied(self, reply: Reply, latency_s: float) -> None:
        """Its reply came."""
        self.refused += reply.finish_reason == "error"
        self.truncated += reply.finish_reason == "length"
        self.prompt_tokens += reply.usage.prompt_tokens
        self.completion_tokens += reply.usage.completion_tokens
        total = reply.usage.prompt_tokens + reply.usage.completion_tokens
        self.most_tokens = max(self.most_tokens, total)
        self.latencies_s.append(latency_s)

    @contextmanager
    def spent(self, what: str) -> Iterator[None]:
        """Time on something else than the model, within `whole`."""
        started_s = time.monotonic()
        try:
            yield
        finally:
            spent_s = time.monotonic() - started_s
            self.seconds[what] = self.seconds.get(what, 0.0) + spent_s

    @contextmanager
    def whole(self) -> Iterator[None]:
        """The pass; what was not spent on something else is the model's."""
        started_s, others_s = time.monotonic(), self._others_s()
        try:
            yield
        finally:
            others_s = self._others_s() - others_s
            model_s = max(0.0, time.monotonic() - started_s - others_s)
            self.seconds[MODEL] = self.seconds.get(MODEL, 0.0) + model_s

    def _others_s(self) -> float:
        return sum(spent_s for what, spent_s in self.seconds.items() if what != MODEL)

    @property
    def total_s(self) -> float:
        return sum(self.seconds.values())

    @property
    def bound_by(self) -> str:
        """What most of the pass was spent on, or "" where no model was asked."""
        return max(self.seconds, key=lambda what: self.seconds[what]) if self.asked else ""

    @property
    def frames_per_s(self) -> float:
        return self.frames / self.total_s if self.total_s else 0.0

    @property
    def tokens_per_s(self) -> float:
        """Prompt and reply."""
        tokens = self.prompt_tokens + self.completion_tokens
        return tokens / self.total_s if self.total_s else 0.0

    def as_json(self) -> dict[str, Any]:
        """What is kept with the run; it names no file."""
        counts = (
            "asked", "asked_again", "kept", "truncated", "refused",
            "frames", "prompt_tokens", "completion_tokens",
        )  # fmt: skip
        if not self.asked and not self.kept:
            return {}
        return {
            **{name: getattr(self, name) for name in counts},
            "tries": dict(self.tries),
            "largest_call": self._against_limits(),
            "latency_s": percentiles(self.latencies_s),
            "seconds": {what: round(spent_s, 3) for what, spent_s in self.seconds.items()},
            "decode_s": round(self.decode_s, 3),
            "frames_per_s": round(self.frames_per_s, 2),
            "tokens_per_s": round(self.tokens_per_s, 2),
            "bound_by": self.bound_by,
        }

    def _against_limits(self) -> Mapping[str, Sequence[int]]:
        """The largest call as [value, limit]."""
        if self.limits is None:
            return {}
        return {
            "tokens": [self.most_tokens, self.limits.context_tokens],
            "frames": [self.most_frames, self.limits.max_frames],
            "pixels": [self.most_pixels, self.limits.max_pixels],
        }


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """p50, p90 and p99 by nearest rank; empty for no values."""
    ranked = sorted(values)
    return {
        f"p{percent}": round(ranked[math.ceil(percent / 100 * len(ranked)) - 1], 3)
        for percent in (50, 90, 99)
        if ranked
    }
