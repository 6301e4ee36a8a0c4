"""Define what a language says of questions: rules to read them, sentences to answer them.

A language is data. A rule is a pattern over the whole question, once files, cameras and times
are taken out; its named groups are the things that the question is about: `s` (and `t`, which
follows it) is what is asked for, `a` and `b` are what it is related to.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Order = Literal["before", "after", "during", "between"]
Pick = Literal["first", "last"]
Wants = Literal["as asked", "events", "how long", "gap", "how many different", "which first"]
Kind = Literal["whether", "when", "how many", "what", "open"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to ask for a relation in time.

    wants: "events" for whatever happens there, "gap" for the time between two things, "as asked"
    for what the rest of the question asks for (`s`), by its own kind.
    """

    wants: Wants
    order: Order | None
    pick: Pick | None
    form: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Language:
    """Rules and sentences of one language.

    common: words by which a text is recognised. translated: phrases of time, camera and file, and
    the English that the extractors read in their place. kinds: openings, the first that
    matches counts and is taken off. whole: questions about a whole film or night. elsewhere:
    "on another camera". kept: phrases in which a word of relation does not relate, joined to one
    word before rules are tried. unread: words that relate things in time; where they are left,
    no rule has read the question. joins: what lies between two questions of one text.
    sentences: templates by name.
    """

    code: str
    name: str
    common: frozenset[str]
    translated: tuple[tuple[re.Pattern[str], str], ...]
    kinds: tuple[tuple[Kind, re.Pattern[str]], ...]
    rules: tuple[Rule, ...]
    whole: re.Pattern[str]
    elsewhere: re.Pattern[str]
    kept: re.Pattern[str]
    unread: re.Pattern[str]
    joins: re.Pattern[str]
    sentences: Mapping[str, str]


def pattern(text: str) -> re.Pattern[str]:
    """The pattern without regard to case; a blank stands for any blanks, ` ?` for some or none."""
    return re.compile(text.replace(" ?", r"\s*").replace(" ", r"\s+"), re.IGNORECASE)


def rules(*rows: tuple[Wants, Order | None, Pick | None, str]) -> tuple[Rule, ...]:
    """Rules from rows of (wants, order, pick, pattern), in the order in which they are tried."""
    return tuple(Rule(wants, order, pick, pattern(form)) for wants, order, pick, form in rows)
