"""Read relations in time out of a question: before, after, during, first, how long, ...

Pure text to structure, by the rules of its language. A question whose words relate things in a
way that no rule reads is refused: answered as if it asked whether something exists, it would be
answered wrong.
"""

import re
from dataclasses import dataclass, replace

from vidindex.core.answering.languages import Kind, Language, Order, Pick, Rule, Wants
from vidindex.errors import InputError


@dataclass(frozen=True, slots=True)
class Relation:
    """What is asked for, and what it is related to, in the words of the question.

    subject: "" where it asks what happens. anchors: two for "between", else one or none.
    elsewhere: what is asked for is on another camera than the anchor. whole: it asks what
    a whole film or night shows.
    """

    wants: Wants = "as asked"
    order: Order | None = None
    pick: Pick | None = None
    subject: str = ""
    anchors: tuple[str, ...] = ()
    elsewhere: bool = False
    whole: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether it relates nothing: the question asks for its subject alone."""
        return self == Relation(subject=self.subject)


PLAIN = Relation()
"""Of a question that relates nothing."""


def read_relation(text: str, language: Language, *, elsewhere: bool = False) -> Relation:
    """The relation that a question asks for. text: without files, cameras and times.

    elsewhere: the question says "on another camera". Raises InputError for a relation that no rule
    reads.
    """
    bare = " ".join(text.split()).strip(" ?？¿¡。.!")
    joined = language.kept.sub(lambda match: re.sub(r"\s+", "_", match[0]), bare)
    found = _found(" ".join(joined.split()), language)
    if unread := _unread(found, language):
        raise InputError(
            f"how the question relates things in time is not understood: {unread!r}",
            "ask for before, after, between, during, first, last, how long or how many different",
        )
    if elsewhere and found.order != "during":
        raise InputError(
            "the question names another camera, but not what happens at that time on the first",
            'say it as in: what happens on another camera while "..."',
        )
    return _unjoined(replace(found, elsewhere=elsewhere))


def _found(text: str, language: Language) -> Relation:
    if language.whole.fullmatch(text):
        return Relation(whole=True)
    for rule in language.rules:
        if match := rule.form.fullmatch(text):
            return _related(rule, match)
    return Relation(subject=text)


def _related(rule: Rule, match: re.Match[str]) -> Relation:
    groups = {name: value.strip(" ,，") for name, value in match.groupdict().items() if value}
    subject = " ".join(filter(None, (groups.get("s"), groups.get("t"))))
    anchors = tuple(groups[name] for name in ("a", "b") if name in groups)
    return Relation(rule.wants, rule.order, rule.pick, subject, anchors)


def _unread(found: Relation, language: Language) -> str:
    """A word of relation that is left in what the rule took for a thing; "" without one."""
    for part in (found.subject, *found.anchors):
        if match := language.unread.search(re.sub(r'"[^"]*"', " ", part)):
            return match[0].strip()
    return ""


def _unjoined(found: Relation) -> Relation:
    subject, *anchors = (part.replace("_", " ") for part in (found.subject, *found.anchors))
    return replace(found, subject=subject, anchors=tuple(anchors))


def kind_in(text: str, language: Language, *, asks: bool) -> tuple[Kind, str]:
    """The kind of a question that is not in English, and the words behind its opening.

    asks: whether the whole question ends with a question mark.
    """
    bare = " ".join(text.split()).strip(" ?？¿.。!")
    for kind, opening in language.kinds:
        if match := opening.match(bare):
            return kind, bare[match.end() :].strip() or bare
    return ("whether" if asks else "what"), bare
