"""Split a text into its questions."""

import re

from vidindex.core.answering.languages import language_of
from vidindex.errors import InputError
from vidindex.types.search import MAX_QUERY_CHARACTERS

MAX_QUESTIONS = 5
_BETWEEN = re.compile(r"\b(?:between|zwischen|entre)\b", re.IGNORECASE)
_ENDS = re.compile(r"(?<=[?？])\s*(?=\w|¿)")


def split_questions(text: str) -> list[str]:
    """The questions of a text, in order, each whole in itself.

    At question marks, and at "and" before a word that begins a question. Words in "quotes" are
    never divided. Raises InputError for a text that is empty, too long, or holds too many.
    """
    text = " ".join(text.split())
    if not re.search(r"\w", text):
        raise InputError("the question names nothing to look for", "ask for something to see")
    if len(text) > MAX_QUERY_CHARACTERS:
        raise InputError(
            f"the question has {len(text):,} characters; at most {MAX_QUERY_CHARACTERS} are read",
            "ask a shorter one",
        )
    questions = [part for piece in _at(_ENDS, text) for part in _joined(piece)]
    if len(questions) > MAX_QUESTIONS:
        raise InputError(
            f"the text holds {len(questions)} questions; at most {MAX_QUESTIONS} are answered",
            "ask them one after the other",
        )
    return questions


def _joined(text: str) -> list[str]:
    """At "and when", "and what", ...; each part asks if the whole does."""
    language = language_of(text)
    parts = _at(language.joins, text) if language else [text]
    if len(parts) == 1 or _BETWEEN.search(parts[0]):
        return [text]
    end = text[-1] if text[-1] in "?？" else ""
    return [part if part.endswith(end) else f"{part}{end}" for part in parts]


def _at(form: re.Pattern[str], text: str) -> list[str]:
    """The parts of a text between matches outside of quotes."""
    parts, begin = [], 0
    quoted = [match.span() for match in re.finditer(r'"[^"]*"', text)]
    for match in form.finditer(text):
        if not any(start < match.start() < end for start, end in quoted):
            parts.append(text[begin : match.start()].strip())
            begin = match.end()
    return [part for part in (*parts, text[begin:].strip()) if re.search(r"\w", part)]
