"""Score a transcript: errors of starts and ends, and the word error rate."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vidindex.bench.speech.voices import Spoken
from vidindex.types import Span

Line = tuple[Span, str]
"""A stretch and the text that was heard in it."""


@dataclass(frozen=True, slots=True)
class Score:
    """Of n sentences; errors in seconds, of those that were found.

    missed: sentences without a line of their own; extra: lines that are no sentence.
    word_error: word errors of the whole text to its words. seconds: of transcribing.
    """

    n: int
    missed: int
    extra: int
    start_p50_s: float
    start_p95_s: float
    end_p50_s: float
    end_p95_s: float
    word_error: float
    seconds: float


def score(spoken: Sequence[Spoken], lines: Sequence[Line], seconds: float) -> Score:
    """Each sentence is compared with the line that shares most with it, each line once."""
    pairs = _pairs(spoken, lines)
    starts_s = [abs(said.span.start_s - span.start_s) for said, span in pairs]
    ends_s = [abs(said.span.end_s - span.end_s) for said, span in pairs]
    said_words = words_of(" ".join(one.text for one in spoken))
    heard_words = words_of(" ".join(text for _, text in lines))
    return Score(
        len(spoken),
        len(spoken) - len(pairs),
        len(lines) - len(pairs),
        *_percentiles(starts_s),
        *_percentiles(ends_s),
        word_errors(said_words, heard_words) / max(1, len(said_words)),
        seconds,
    )


def _pairs(spoken: Sequence[Spoken], lines: Sequence[Line]) -> list[tuple[Spoken, Span]]:
    shared = [
        (said.span.overlap(span), i, j)
        for i, said in enumerate(spoken)
        for j, (span, _) in enumerate(lines)
        if said.span.overlap(span) > 0
    ]
    left, free, pairs = set(range(len(spoken))), set(range(len(lines))), []
    for _, i, j in sorted(shared, reverse=True):
        if i in left and j in free:
            left.remove(i)
            free.remove(j)
            pairs.append((spoken[i], lines[j][0]))
    return pairs


def _percentiles(errors_s: Sequence[float]) -> tuple[float, float]:
    if not errors_s:
        return float("nan"), float("nan")
    return float(np.percentile(errors_s, 50)), float(np.percentile(errors_s, 95))


def words_of(text: str) -> list[str]:
    """The words without case and punctuation."""
    return re.findall(r"[\w']+", text.casefold())


def word_errors(said: Sequence[str], heard: Sequence[str]) -> int:
    """The fewest words to replace, insert and delete (Levenshtein)."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, start=1):
        before, row = row, [i]
        for j, other in enumerate(heard, start=1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (word != other)))
    return row[-1]
