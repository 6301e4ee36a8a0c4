"""Parse model replies into events, answers and boxes."""

from vidindex.core.replies.boxes import ParsedBoxes, SaidBox, parse_boxes
from vidindex.core.replies.clamp import POINT_LENGTH_S, sanitise
from vidindex.core.replies.parse_events import parse_events
from vidindex.core.replies.values import ParsedReply, Repair, SaidEvent, Tally

__all__ = [
    "POINT_LENGTH_S",
    "ParsedBoxes",
    "ParsedReply",
    "Repair",
    "SaidBox",
    "SaidEvent",
    "Tally",
    "parse_boxes",
    "parse_events",
    "sanitise",
]
