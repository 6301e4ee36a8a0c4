"""What a plan would cost, before anything is spent: counts from the plan, never a guess of speed.

Disk is an estimate from named assumptions; seconds are left out, since they depend on
a machine that was not measured.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from vidindex.sampling import vision_tokens
from vidindex.types import FramePlan, VideoInfo

PROMPT_TOKENS_PER_CHUNK = 90
"""The segmentation prompt with its chat frame, in Qwen2.5-VL's tokenizer, rounded up."""

REPLY_TOKENS_PER_CHUNK = 200
"""Three or four events with times and a sentence each."""

EVENTS_PER_CHUNK = 3
BYTES_PER_EVENT = 384 * 4 * 2 + 600
"""A 384-dimensional vector in the database and in the FAISS file, and the texts around it."""

BYTES_PER_CHUNK = 1_500
"""A stored reply with its prompt and frame times."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Sums over the plans. asked: chunks that need a model; continued: chunks that do not.

    vision_tokens and text_tokens are of the chunks that are asked. looks: frames at one a
    second that are compared, and read where the picture changed.
    """

    num_videos: int
    duration_s: float
    bytes_to_read: int
    asked: int
    continued: int
    frames: int
    vision_tokens: int
    text_tokens: int
    looks: int
    disk_bytes: int

    @property
    def tokens_per_hour(self) -> float:
        return self.vision_tokens / (self.duration_s / 3600) if self.duration_s else 0.0


def estimate(planned: Iterable[tuple[VideoInfo, FramePlan]]) -> Estimate:
    """Add up what the plans ask for."""
    pairs = list(planned)
    chunks = [chunk for _, plan in pairs for chunk in plan.chunks]
    asked = [chunk for chunk in chunks if not chunk.continues]
    return Estimate(
        num_videos=len(pairs),
        duration_s=sum(video.duration_s for video, _ in pairs),
        bytes_to_read=sum(video.size_bytes for video, _ in pairs),
        asked=len(asked),
        continued=len(chunks) - len(asked),
        frames=sum(chunk.num_frames for chunk in asked),
        vision_tokens=sum(vision_tokens(c.num_frames, c.width, c.height) for c in asked),
        text_tokens=len(asked) * (PROMPT_TOKENS_PER_CHUNK + REPLY_TOKENS_PER_CHUNK),
        looks=sum(round(video.duration_s) for video, _ in pairs),
        disk_bytes=len(asked) * (EVENTS_PER_CHUNK * BYTES_PER_EVENT + BYTES_PER_CHUNK),
    )
