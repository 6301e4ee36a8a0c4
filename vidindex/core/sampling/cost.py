"""Estimate what plans would cost, from their counts.

Disk is an estimate from the named assumptions below. Seconds depend on a machine and are
given only for a rate that was measured on it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from vidindex.core.families import QWEN25_FAMILY, Family
from vidindex.core.sampling.grid import time_tokens, vision_tokens
from vidindex.types import FramePlan, VideoInfo

PROMPT_TOKENS_PER_CHUNK = 90
"""The segmentation prompt with its chat frame, in Qwen's tokenizer, rounded up."""

REPLY_TOKENS_PER_CHUNK = 200
"""Three or four events with times and a sentence each."""

EVENTS_PER_CHUNK = 3
"""As many as such a reply holds."""

BYTES_PER_VECTOR = 2 * 384 * 4
"""384 dimensions of float32 (all-MiniLM-L6-v2), in the database and in the vector index."""

BYTES_PER_EVENT = 600 + BYTES_PER_VECTOR
"""A sentence, the entries that find its words, and its row, beside its vector."""

BYTES_PER_CHUNK = 1_500
"""The stored reply with its prompt and frame times."""

BYTES_PER_FRAME = 768 * (2 + 1) + 100
"""768 dimensions of float16 in the database and of eight bits in the index, and a row."""

LOOKS_PER_S = 1.0
"""Frames that are compared for on-screen text; a reading is made only where they differ."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Sums over the plans.

    asked: chunks that need a model; continued: chunks that do not, since they show the
    picture before. frames, vision_tokens, text_tokens (prompts and replies): of the asked
    ones. looks: the most frames that may be read for text. model_s: seconds of asking, or
    None where no one measured the model. embedded_frames: the most that a dual encoder is
    shown, one a second and the first of every chunk; frame_disk_bytes: for all of these.
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
    model_s: float | None = None
    embedded_frames: int = 0
    frame_disk_bytes: int = 0


def estimate(
    planned: Iterable[tuple[VideoInfo, FramePlan]],
    vision_tokens_per_s: float | None = None,
    *,
    family: Family = QWEN25_FAMILY,
) -> Estimate:
    """Add up what the plans ask for.

    family: of the model that they were made for.
    vision_tokens_per_s: how many the model at hand was measured to take, replies included.
    """
    pairs = list(planned)
    chunks = [chunk for _, plan in pairs for chunk in plan.chunks]
    asked = [chunk for chunk in chunks if not chunk.continues]
    tokens = sum(vision_tokens(one.num_frames, one.width, one.height, family) for one in asked)
    times = sum(time_tokens(one.num_frames, family) for one in asked)
    duration_s = sum(video.duration_s for video, _ in pairs)
    looks = round(sum(video.picture_end_s for video, _ in pairs) * LOOKS_PER_S)
    return Estimate(
        num_videos=len(pairs),
        duration_s=duration_s,
        bytes_to_read=sum(video.size_bytes for video, _ in pairs),
        asked=len(asked),
        continued=len(chunks) - len(asked),
        frames=sum(chunk.num_frames for chunk in asked),
        vision_tokens=tokens,
        text_tokens=times + len(asked) * (PROMPT_TOKENS_PER_CHUNK + REPLY_TOKENS_PER_CHUNK),
        looks=looks,
        disk_bytes=len(asked) * (EVENTS_PER_CHUNK * BYTES_PER_EVENT + BYTES_PER_CHUNK),
        model_s=tokens / vision_tokens_per_s if vision_tokens_per_s else None,
        embedded_frames=looks + len(chunks),
        frame_disk_bytes=(looks + len(chunks)) * BYTES_PER_FRAME,
    )
