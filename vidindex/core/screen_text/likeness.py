"""Compare readings of one line of text, which a reader may misread."""

import re
from difflib import SequenceMatcher

from vidindex.core.screen_text.clock_notation import normal

SAME_LINE = 0.6
"""Lines at one place that share this much, their digits aside, are one line over time."""

MIN_OVERLAP = 0.3


def likeness(one: str, other: str) -> float:
    """How much of two texts is shared, 0 to 1."""
    return 1.0 if one == other else SequenceMatcher(None, one, other, autojunk=False).ratio()


def masked(text: str) -> str:
    """The text without case, and with one sign for each digit."""
    return re.sub(r"\d", "#", normal(text).casefold())
