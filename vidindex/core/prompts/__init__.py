"""Define prompts as data, and the schemas of their replies."""

from vidindex.core.prompts.profile import (
    QWEN25_VL,
    BoxScale,
    PromptProfile,
    box_schema,
    ground_schema,
    segment_schema,
)

__all__ = [
    "QWEN25_VL",
    "BoxScale",
    "PromptProfile",
    "box_schema",
    "ground_schema",
    "segment_schema",
]
