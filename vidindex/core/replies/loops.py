"""Detect where a model repeats one sentence, without dropping spans."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from vidindex.core.replies.values import SaidSpan

_MIN_RUN: Final = 4
_MIN_RUN_WITHOUT_WORDS: Final = 8
_MIN_CHARS: Final = 40
_MAX_PERIOD: Final = 120


def count_loops(spans: Sequence[SaidSpan]) -> int:
    """Runs of spans with the same words that stay where they are or go on in equal steps."""
    loops = 0
    run = 1
    for before, (first, second) in zip([None, *pairwise(spans)], pairwise(spans), strict=False):
        goes_on = _same_words(first, second) and (
            run == 1 or before is None or _same_step(*before, second)
        )
        run = run + 1 if goes_on else 1
        loops += run == (_MIN_RUN if second.text else _MIN_RUN_WITHOUT_WORDS)
    return loops


def without_stuck_tail(text: str) -> str:
    """The text up to the first whole round of what it ends in repeating."""
    for period in range(1, min(_MAX_PERIOD, len(text) // _MIN_RUN) + 1):
        rounds = max(_MIN_RUN, -(-_MIN_CHARS // period))
        unit = text[-period:]
        if unit.strip() and text.endswith(unit * rounds):
            keep = len(text) - period * rounds
            while keep >= period and text[keep - period : keep] == unit:
                keep -= period
            return text[: keep + period].rstrip()
    return text


def _same_words(first: SaidSpan, second: SaidSpan) -> bool:
    return " ".join(first.text.casefold().split()) == " ".join(second.text.casefold().split())


def _same_step(first: SaidSpan, second: SaidSpan, third: SaidSpan) -> bool:
    steps = second.start.seconds - first.start.seconds, third.start.seconds - second.start.seconds
    lengths = (one.end.seconds - one.start.seconds for one in (second, third))
    last, length = lengths
    return abs(steps[0] - steps[1]) < 0.02 and abs(last - length) < 0.02
