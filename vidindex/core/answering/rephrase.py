"""Check a model's rephrased answer against the events that it cites.

A sentence is kept only where every number in brackets is an event, and where its numbers,
times, names and most of its words are in what it cites, with the same yes or no. All
others are dropped, and counted with the reason.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from vidindex.core.answering.citations import Citation, Sentence
from vidindex.core.answering.number_check import unsupported_number
from vidindex.core.formatting.terminal import format_wall, one_line
from vidindex.core.formatting.time_format import format_duration, format_time
from vidindex.core.prompts.questions import as_data

MAX_FINDINGS = 24
MIN_SHARED = 0.5
"""The share of a sentence's content words that must be in what it cites."""

Verdict = Literal["yes", "no", "unsure"]


@dataclass(frozen=True, slots=True)
class Dropped:
    """A sentence of the model's that is not shown, and why."""

    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Rephrased:
    """What is left of a model's words. problem: why it was not asked, or gave no reply."""

    model: str = ""
    sentences: tuple[Sentence, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    problem: str = ""

    @property
    def summary(self) -> str:
        """`2 of 5 sentences dropped`."""
        total = len(self.sentences) + len(self.dropped)
        return f"{len(self.dropped)} of {total} {'sentence' if total == 1 else 'sentences'} dropped"


def findings(sentences: Sequence[Sentence], citations: Sequence[Citation]) -> list[str]:
    """What the model may use, a line each: the rule-made sentences, then the events."""
    lines = [f"{one_line(one.text)} {_brackets(one.cites)}" for one in sentences if one.cites]
    return lines + [f"{_finding(one)} [{one.number}]" for one in citations[:MAX_FINDINGS]]


def tied(
    reply: str,
    sentences: Sequence[Sentence],
    citations: Sequence[Citation],
    question: str = "",
    verdict: Verdict | None = None,
) -> tuple[tuple[Sentence, ...], tuple[Dropped, ...]]:
    """(sentences of the reply that hold, those that do not).

    question: what it says of days, the reply may say. verdict: None where none was asked for.
    """
    known = {one.number: one for one in citations}
    kept, dropped = [], []
    for text in _SENTENCE.findall(_LIST_MARK.sub("", reply)):
        sentence = Sentence(_plain(text), _cites(text))
        why = _fault(sentence, known, sentences, question) or _flipped(sentence, known, verdict)
        if why:
            dropped.append(Dropped(text.strip(), why))
        else:
            kept.append(sentence)
    return tuple(kept), tuple(dropped)


def _finding(citation: Citation) -> str:
    """The event with its text as a JSON string: what the footage says is data in a prompt."""
    text = json.dumps(as_data(citation.text), ensure_ascii=False)
    return f"{_whereabouts(citation)}: {text}"


def _event(citation: Citation) -> str:
    return f"{_whereabouts(citation)}: {one_line(citation.text)}"


def _whereabouts(citation: Citation) -> str:
    parts = [f"camera {citation.camera}"] if citation.camera else []
    parts += [f"at {format_wall(citation.starts_at)}"] if citation.starts_at else []
    parts.append(f"in {one_line(citation.name)} at {format_time(citation.span.start_s)}")
    parts.append(f"for {format_duration(citation.span.duration_s)}")
    return ", ".join(parts)


def _brackets(cites: Sequence[int]) -> str:
    return "".join(f"[{number}]" for number in cites)


_INSIDE = r"\d{1,6}(?:[,;\s]+\d{1,6})*"
_BRACKETS = re.compile(rf"\s*\[({_INSIDE})\]")
_SENTENCE = re.compile(
    r"[^\n.!?。！？]+(?:[.!?](?!\s|\[|$)[^\n.!?。！？]*)*[.!?。！？]*"
    rf"(?:[ \t]*\[{_INSIDE}\][.,;]?)*"
)
_LIST_MARK = re.compile(r"^\s*(?:\d+[.)]|[-*•])\s+", re.MULTILINE)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_NOT = re.compile(r"\b(?:no|not|never|none|nobody|nothing|neither|nor|without)\b|n['’]t\b", re.I)
_HEDGE = re.compile(
    r"\b(?:may|might|could|maybe|perhaps|possibl[ey]|unsure|unclear|uncertain|seems?|unverified)\b",
    re.IGNORECASE,
)
_GLUE_WORDS = (
    "a about after again ago all also an and another any anyone appear appeared appears are as at "
    "be been before between both but by camera cameras can could did do does during each file "
    "film find first footage for found from had has have he her his hour hours i in is it its "
    "last lasted lasting lasts later may maybe might minute minutes moment more most no not "
    "occasion occasions of on once one or other perhaps possible possibly question recorded "
    "recording recordings saw second seconds see seem seems seen she show showed shown shows so "
    "some somebody someone that the their them then there these they this those time times to "
    "total twice unclear unsure up video was we were when where which while who with yes"
)
_GLUE = frozenset(_GLUE_WORDS.split())
_DAY_WORDS = "today tonight tomorrow yesterday morning afternoon evening night noon midnight"
_TIME_WORDS = frozenset(_DAY_WORDS.split())


def _plain(text: str) -> str:
    """The sentence without its brackets."""
    return " ".join(_BRACKETS.sub("", text).split()).strip(" -*•")


def _cites(text: str) -> tuple[int, ...]:
    numbers = [int(n) for inside in _BRACKETS.findall(text) for n in re.findall(r"\d+", inside)]
    return tuple(dict.fromkeys(numbers))


def _fault(
    sentence: Sentence, known: Mapping[int, Citation], sentences: Sequence[Sentence], question: str
) -> str:
    """Why the sentence is not tied to its events; "" where it is."""
    if not sentence.cites:
        return "it cites no event"
    if unknown := [number for number in sentence.cites if number not in known]:
        return f"unknown event {_brackets(unknown)}"
    if not _WORD.search(sentence.text):
        return "it says nothing"
    rules = [one.text for one in sentences if one.cites and set(one.cites) <= set(sentence.cites)]
    basis = " ".join([*(_event(known[number]) for number in sentence.cites), *rules])
    strange = (word for word in _folded(sentence.text) if word in _TIME_WORDS)
    if word := next((w for w in strange if w not in _folded(f"{basis} {question}")), None):
        return f"{word!r} is in none of the events it cites"
    if number := unsupported_number(sentence.text, basis):
        return f"{number!r} is in none of the events it cites"
    return _strange_word(sentence.text, basis)


def _strange_word(text: str, basis: str) -> str:
    allowed = {_stem(word) for word in _folded(basis)}
    telling = [word for word in _WORD.findall(text) if word.casefold() not in _GLUE]
    strange = [word for word in telling if _stem(word.casefold()) not in allowed]
    if name := next((word for word in strange if word[0].isupper()), None):
        return f"{name!r} is in none of the events it cites"
    if len(telling) - len(strange) < MIN_SHARED * len(telling):
        return "most of its words are in none of the events it cites"
    return ""


def _folded(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _stem(word: str) -> str:
    return re.sub(r"(?:ing|ed|es|s|e)$", "", word) or word


def _flipped(sentence: Sentence, known: Mapping[int, Citation], verdict: Verdict | None) -> str:
    """Why it does not say what its events say, yes or no, sure or unsure."""
    events = [known[number] for number in sentence.cites]
    opening = _folded(sentence.text)[0]
    if verdict and opening in ("yes", "no") and opening != verdict:
        return f"it says {opening} where the answer is {verdict}"
    if bool(_NOT.search(sentence.text)) != any(_NOT.search(one.text) for one in events):
        return "it denies what its events say, or says what they deny"
    if verdict and not _HEDGE.search(sentence.text) and all(e.answer != "verified" for e in events):
        return "it is surer than the frames were"
    return ""
