"""Interim JSON-only reader of replies (being replaced)."""

import json
from collections import Counter

from vidindex.prompts.answer import ParsedReply, SaidEvent
from vidindex.types import Span


def _s(text: str) -> float:
    m, s = text.split(":")
    return int(m) * 60 + float(s)


def parse_events(reply: str, duration_s: float | None) -> ParsedReply:
    try:
        items = json.loads(reply)
    except ValueError:
        return ParsedReply((), Counter(), False)
    out = []
    for item in items:
        a, b = _s(item["start_time"]), _s(item["end_time"])
        if a < b:
            out.append(SaidEvent(Span(a, b), item.get("description", "")))
    return ParsedReply(tuple(out), Counter(), not items)
