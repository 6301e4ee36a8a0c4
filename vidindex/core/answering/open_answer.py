"""Read a model's answer to an open question, and keep what holds.

A sentence is kept only where it cites moments that were shown, repeats no other, gives no one a
name that no text gives, and fresh frames of what it cites show that it is right.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from vidindex.core.answering.citations import Sentence
from vidindex.core.answering.rephrase import Dropped
from vidindex.types import Reply


@dataclass(frozen=True, slots=True)
class OpenReply:
    """What a model answered. problem: the name of the template that says why it is no answer, or
    the words of the model's error; "" where it is one.

    sentences: each with the numbers of the moments that it cites, as they came.
    """

    sentences: tuple[Sentence, ...] = ()
    problem: str = ""


def read_open_reply(reply: Reply) -> OpenReply:
    """The answer, as the schema has it; anything else is a problem in words, never an answer."""
    if reply.finish_reason == "error":
        return OpenReply(problem=reply.text)
    try:
        said = json.loads(_body(reply.text))
        sentences = tuple(
            Sentence(" ".join(str(one["sentence"]).split()), tuple(map(int, one["cites"])))
            for one in said["answer"]
        )
        cannot_tell = said["cannot_tell"]
    except (ValueError, TypeError, KeyError, IndexError):
        if reply.finish_reason == "length":
            return OpenReply(problem="why length")
        return OpenReply(problem="why form")
    if cannot_tell is not False or not sentences:
        return OpenReply(problem="why model")
    return OpenReply(sentences)


def sound(
    sentences: Sequence[Sentence], num_moments: int, *, known_words: str, names: bool
) -> tuple[list[Sentence], list[Dropped]]:
    """(sentences that may be checked, those that may not, with the reason).

    known_words: the question and all texts of the footage. names: whether a word in a sentence
    that begins with a capital is a name there (it is not in German).
    """
    kept: list[Sentence] = []
    dropped = []
    for one in sentences:
        why = _fault(one, num_moments, kept, known_words, names=names)
        if why:
            dropped.append(Dropped(one.text, why))
        else:
            kept.append(one)
    return kept, dropped


def _fault(
    one: Sentence, num_moments: int, kept: Sequence[Sentence], known_words: str, *, names: bool
) -> str:
    if not re.search(r"\w", one.text):
        return "it says nothing"
    if not one.cites:
        return "it cites no moment"
    if unknown := [n for n in one.cites if not 1 <= n <= num_moments]:
        return f"it cites moments that were not shown: {', '.join(map(str, unknown))}"
    if any(_folded(one.text) == _folded(other.text) for other in kept):
        return "it repeats another sentence"
    if names and (name := _strange_name(one.text, known_words)):
        return f"it names {name!r}, whom no text names"
    return ""


def _strange_name(text: str, known_words: str) -> str:
    """A word with a capital within the sentence that neither question nor footage says."""
    known = set(_folded(known_words).split())
    for word in re.findall(r"(?<=[\w,;:] )[A-ZÀ-Þ][^\W\d_]+", text):
        if word.casefold() not in known:
            return str(word)
    return ""


def _folded(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _body(text: str) -> str:
    """The object in a reply that may stand in a fence."""
    begin, end = text.find("{"), text.rfind("}")
    return text[begin : end + 1] if begin >= 0 else text
