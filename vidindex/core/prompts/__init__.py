"""Talking with a model: the words of every question as data, and readers of its answers.

Knows no model, no frames and no library: text goes in, values come out.
"""

from vidindex.core.prompts.profile import (
    QWEN25_VL,
    PromptProfile,
    box_schema,
    ground_schema,
    segment_schema,
)
from vidindex.core.replies.boxes import ParsedBoxes, SaidBox, parse_boxes
from vidindex.core.replies.clamp import POINT_LENGTH_S, sanitise
from vidindex.core.replies.parse_events import parse_events
from vidindex.core.replies.values import ParsedReply, Repair, SaidEvent, Tally

__all__ = [
    "POINT_LENGTH_S",
    "QWEN25_VL",
    "ParsedBoxes",
    "ParsedReply",
    "PromptProfile",
    "Repair",
    "SaidBox",
    "SaidEvent",
    "Tally",
    "box_schema",
    "ground_schema",
    "parse_boxes",
    "parse_events",
    "sanitise",
    "segment_schema",
]
