"""What a model is asked: the wording of every prompt as data, and reply schemas."""

from vidindex.core.prompts.profile import (
    QWEN25_VL,
    BoxScale,
    PromptProfile,
    box_scale_of,
    box_schema,
    ground_schema,
    segment_schema,
)

__all__ = [
    "QWEN25_VL",
    "BoxScale",
    "PromptProfile",
    "box_scale_of",
    "box_schema",
    "ground_schema",
    "segment_schema",
]
