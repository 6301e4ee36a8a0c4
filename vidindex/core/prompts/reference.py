"""Define the reference prompt for when something happens.

Wording of the published Qwen2.5-VL video grounding example, plain system prompt and free
text; sampling constants of qwen-vl-utils and of the Qwen2.5-VL report: 2 frames a second, at
most 768 frames and 24,576 picture tokens of 28 x 28 pixels and two frames.
"""

from typing import Final

REFERENCE_PROFILE: Final = "qwen2.5-vl-reference/1"
REFERENCE_SYSTEM: Final = "You are a helpful assistant."
REFERENCE_GROUND: Final = (
    "Give the query: '{query}', when does the described content occur in the video?"
)
REFERENCE_TOKENS: Final = 256
"""Room for a reply such as "The given query happens in 64.0 - 72.0 seconds."."""

REFERENCE_FPS: Final = 2.0
REFERENCE_MIN_FRAMES: Final = 4
REFERENCE_MAX_FRAMES: Final = 768
REFERENCE_VIDEO_TOKENS: Final = 24_576
REFERENCE_MIN_PIXELS: Final = 128 * 28 * 28
REFERENCE_MAX_PIXELS: Final = 768 * 28 * 28
"""Of one frame; the budget of the whole video goes before its least."""
