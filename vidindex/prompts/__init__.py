"""What the model is asked and what its replies mean; knows no frames, no model, no store."""

from vidindex.prompts.answer import ParsedReply, SaidEvent
from vidindex.prompts.parse import parse_events
from vidindex.prompts.profile import (
    QWEN25_VL,
    PromptProfile,
    box_schema,
    ground_schema,
    segment_schema,
)

__all__ = [
    "QWEN25_VL",
    "ParsedReply",
    "PromptProfile",
    "SaidEvent",
    "box_schema",
    "ground_schema",
    "parse_events",
    "segment_schema",
]
