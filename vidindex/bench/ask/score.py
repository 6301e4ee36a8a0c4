"""Score answers against the truth: right, wrong or left open."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from vidindex.bench.ask.questions import DrawnQuestion
from vidindex.core.answering.answers import Answer
from vidindex.core.retrieval.calibration import wilson
from vidindex.types import Span

MIN_IOU, MAX_ERROR_S = 0.5, 1.0
"""From where on a cited span is the true one, and how far off a length in seconds may be."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one answer was worth. is_right, is_wrong: neither where it was left open."""

    kind: str
    is_right: bool
    is_wrong: bool
    calls: int
    sentences: int = 0
    unsupported: int = 0


@dataclass(frozen=True, slots=True)
class KindScore:
    """All questions of one kind. right, wrong: shares; low, high: of right, the 95 % interval.

    calls: of the model, a question.
    """

    kind: str
    n: int
    right: float
    low: float
    high: float
    wrong: float
    calls: float


def outcome(question: DrawnQuestion, found: Answer) -> Outcome:
    """Right where verdict, cited spans and what is said are the true ones; open where unsure."""
    is_right = _is_right(question, found)
    is_open = found.verdict in ("unsure", "cannot be told")
    shown = [one.text for one in found.sentences] if found.verdict == "answered" else []
    bad = sum(_is_unsupported(question, text) for text in shown)
    return Outcome(question.kind, is_right, not (is_right or is_open), found.calls, len(shown), bad)


def _is_right(question: DrawnQuestion, found: Answer) -> bool:
    if found.verdict != question.verdict:
        return False
    if question.word:
        text = " ".join(one.text for one in found.sentences)
        said = {word for word in question.words if re.search(rf"\b{word}\b", text)}
        return said == {question.word}
    if question.kind == "how many different":
        return found.count == question.number
    cited = [one.span for one in found.citations] if question.spans else []
    if not _are_same(cited, question.spans):
        return False
    if question.kind == "which came first":
        return found.citations[0].span.iou(question.spans[0]) >= MIN_IOU
    if question.number is not None:
        return abs(_seconds(found) - question.number) <= MAX_ERROR_S
    return True


def _are_same(cited: Sequence[Span], true: Sequence[Span]) -> bool:
    """Whether every true span is cited, and nothing else."""
    return len(cited) == len(true) and all(
        max((span.iou(one) for one in cited), default=0.0) >= MIN_IOU for span in true
    )


def _seconds(found: Answer) -> float:
    """The length that the answer says in seconds; NaN where it says none."""
    match = re.search(r"(?:lasts|begins) ([\d.]+) (s|min)\b", found.sentences[0].text)
    return float(match[1]) * (60 if match[2] == "min" else 1) if match else math.nan


def _is_unsupported(question: DrawnQuestion, text: str) -> bool:
    """Whether a shown sentence says a word of the kind asked for that is not the true one."""
    return any(word != question.word and re.search(rf"\b{word}\b", text) for word in question.words)


def by_kind(outcomes: Sequence[Outcome]) -> list[KindScore]:
    """The score of each kind, in order of first mention, and of all relations together."""
    kinds = list(dict.fromkeys(one.kind for one in outcomes))
    related = [one for one in outcomes if not one.kind.startswith("open")]
    rows = [_score(kind, [one for one in outcomes if one.kind == kind]) for kind in kinds]
    return [*rows, _score("all relations", related)] if related else rows


def _score(kind: str, those: Sequence[Outcome]) -> KindScore:
    n = len(those)
    right = sum(one.is_right for one in those) / n
    low, high = wilson(right, n)
    wrong = sum(one.is_wrong for one in those) / n
    return KindScore(kind, n, right, low, high, wrong, sum(one.calls for one in those) / n)
