"""Format the results of a model benchmark as values and lines.

Every figure says what it is of: whose weights, on which device, for which clips.
"""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Workload:
    """Clips of one kind: what each shows, and how much is asked and answered about it.

    batch: clips that run together.
    """

    clips: int
    frames: int
    fps: float
    width: int
    height: int
    reply_tokens: int
    batch: int

    @property
    def clip_s(self) -> float:
        return self.frames / self.fps

    @property
    def footage_s(self) -> float:
        return self.clips * self.clip_s

    def __str__(self) -> str:
        return (
            f"{self.clips} clips of {self.clip_s:g} s, {self.fps:g} fps, "
            f"{self.width}x{self.height}, {self.reply_tokens} reply tokens, "
            f"{self.batch} at a time"
        )


@dataclass(frozen=True, slots=True)
class ModelBenchResult:
    """Seconds and arithmetic of all clips together, by stage (`model_stages.STAGES`).

    weights: "random weights", or whose they are. peak_flops_per_s: the most the device can
    do, peak_source: where that is known from. peak_memory_bytes: None on a CPU.
    """

    model: str
    weights: str
    device: str
    dtype: str
    workload: Workload
    prompt_tokens: int
    vision_tokens: int
    seconds: dict[str, float]
    flops: dict[str, float]
    peak_flops_per_s: float
    peak_source: str
    peak_memory_bytes: int | None = None

    @property
    def total_s(self) -> float:
        return sum(self.seconds.values())

    @property
    def hours_per_hour(self) -> float:
        """Hours of footage in an hour of this device."""
        return self.workload.footage_s / self.total_s

    @property
    def bound_hours_per_hour(self) -> float:
        """The same with every operation at the peak rate, and nothing else to do."""
        return self.workload.footage_s * self.peak_flops_per_s / sum(self.flops.values())

    @property
    def share_of_bound(self) -> float:
        """How much of what the arithmetic allows is reached, 0 to 1."""
        return self.hours_per_hour / self.bound_hours_per_hour

    def tokens_per_s(self) -> dict[str, float]:
        """Prompt tokens (pictures among them), picture tokens and reply tokens in a second."""
        clips = self.workload.clips
        counts = {
            "prompt": self.prompt_tokens,
            "vision": self.vision_tokens,
            "reply": self.workload.reply_tokens,
        }
        return {name: clips * count / self.total_s for name, count in counts.items()}

    def shares(self) -> dict[str, float]:
        """Share of the time that each stage took."""
        return {stage: seconds / self.total_s for stage, seconds in self.seconds.items()}

    def of_peak(self) -> dict[str, float]:
        """Share of the peak rate that each stage with arithmetic reached."""
        return {
            stage: flops / self.seconds[stage] / self.peak_flops_per_s
            for stage, flops in self.flops.items()
            if flops
        }

    def as_json(self) -> dict[str, Any]:
        return {
            **asdict(self),
            "hours_per_hour": self.hours_per_hour,
            "bound_hours_per_hour": self.bound_hours_per_hour,
            "share_of_bound": self.share_of_bound,
            "tokens_per_s": self.tokens_per_s(),
            "shares": self.shares(),
            "of_peak": self.of_peak(),
        }

    def lines(self) -> list[str]:
        """For people."""
        hour = "hour of this CPU" if self.device == "cpu" else "GPU-hour"
        speeds = ", ".join(f"{name} {rate:,.0f}" for name, rate in self.tokens_per_s().items())
        of_peak = self.of_peak()
        lines = [
            f"{self.model}, {self.weights}, {self.dtype} on {self.device}",
            f"{self.workload}; {self.prompt_tokens} prompt tokens, {self.vision_tokens} of them "
            "pictures",
            f"{self.hours_per_hour:,.2f} hours of footage per {hour}",
            f"{self.share_of_bound:.1%} of the arithmetic bound of "
            f"{self.bound_hours_per_hour:,.2f} ({self.peak_flops_per_s / 1e12:.3g} TFLOP/s, "
            f"{self.peak_source})",
            f"tokens a second: {speeds}",
        ]
        for stage, share in self.shares().items():
            peak = f", {of_peak[stage]:.1%} of the peak" if stage in of_peak else ""
            lines.append(f"{stage:<16}{share:6.1%}  {self.seconds[stage]:.2f} s{peak}")
        if self.peak_memory_bytes is not None:
            lines.append(f"peak memory {self.peak_memory_bytes / 1e9:.1f} GB")
        return lines
