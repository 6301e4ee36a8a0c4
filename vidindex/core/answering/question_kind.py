"""Detect the kind of a question, and remove the words that only mark it."""

import re

from vidindex.core.answering.languages import Kind
from vidindex.core.retrieval.query_rewrite import clause_as_caption
from vidindex.errors import InputError

_POLITE = re.compile(
    r"^(?:please\s+)?(?:(?:(?:can|could|would)\s+you\s+|do\s+you\s+|i(?:'d|\s+would)?\s+(?:want|like)"
    r"\s+to\s+)?(?:please\s+)?(?:tell\s+(?:me|us)|say|check|find\s+out|know)\s+"
    r"(?=(?:if|whether|when|where|what|who|which|how)\b))",
    re.IGNORECASE,
)
_IF = re.compile(r"^(?:if|whether)\s+", re.IGNORECASE)
_CONTRACTED = re.compile(r"^(did|does|do|is|are|was|were|has|have|had)n['’]?t\b", re.IGNORECASE)
_DENIES = re.compile(
    r"^(?:did|does|do|is|are|was|were|has|have|had)\s+(?:there\s+)?(?:been\s+)?"
    r"(?:nobody|no[\s-]one|none|nothing|no)\b|\bnever\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r'"[^"]*"')
_WHETHER = re.compile(
    r"^(?:did|does|do|is|are|was|were|has|have|had|can|could|any(?:one|body|thing)?)\b",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"^how\s+(?:often|many\s+times|many)\s+", re.IGNORECASE)
_COUNTED_END = re.compile(
    r"\s+(?:(?:were|are|was|is|have\s+been)\s+(?:there|seen)|(?:did|do|can)\s+(?:you|we)\s+see)$",
    re.IGNORECASE,
)
_WHEN = re.compile(
    r"^(?:when|where|(?:at\s+)?what\s+(?:time|point|moment)|(?:for\s+)?how\s+long"
    r"|(?:(?:in|on|at|from)\s+)?which\s+(?:cameras?|cams?|files?|videos?|recordings?)"
    r"(?:\s+(?:saw|shows?|showed|recorded|has|have))?)\s+",
    re.IGNORECASE,
)
_WHAT = (
    re.compile(r"^what\s+(?:did|does|do|is|was|were|are)\s+(.+?)\s+(?:do|doing|up\s+to)$", re.I),
    re.compile(
        r"^what\s+(?:happen(?:s|ed)|(?:is|was)\s+(?:happening|going\s+on))\s+(?:to\s+|with\s+)?(.+)$",
        re.I,
    ),
    re.compile(r"^(?:any|is\s+there\s+any|was\s+there\s+any)\s+signs?\s+of\s+(.+)$", re.I),
)
_SPOKEN = (
    re.compile(
        r"^(?:when\s+)?(?:did|does|do|has|have|is|was)\s+(?:(?:an?|the|any|some)\s+)?(?:\w+\s+){0,2}?"
        r'(?:say|saying|said|read|show|shown|display(?:ed)?|mention(?:ed)?)\s+("[^"]+")$',
        re.IGNORECASE,
    ),
    re.compile(
        r"^(?:when\s+)?(?:is|are|was|were|did|does)\s+(?:there\s+)?(?:(?:an?|the)\s+)?"
        r'(?:(?:words?|text|title|phrase|sign|name)\s+)?("[^"]+")(?:\s+\w+){0,3}$',
        re.IGNORECASE,
    ),
)
"""Words in quotes are what is read or heard; no event records that somebody says them."""


def kind_of(text: str) -> tuple[Kind, str]:
    """What is asked, and the words that say of what.

    Raises InputError for a question that is answered by what is not there.
    """
    kind, rest = _without_kind(text)
    for form in _SPOKEN:
        rest = form.sub(r"\1", rest)
    return kind, rest


_AUX = r"(?:is|was|are|were|has|have|had|does|did|do)"
_SORT = r"(?:colou?r|shape|size|kind|sort|type|brand|direction|number|way|reason|difference)"
_OPEN = tuple(
    (re.compile(form.replace(" ", r"\s+"), re.IGNORECASE), captions)
    for form, *captions in (
        (r"^compare (.+?) (?:and|with|to) (.+)$", r"\1", r"\2"),
        (r"^(?:describe|explain|tell (?:me|us) about) (?:(?:how|what|why) )?(.+)$", r"\1"),
        (r"^(?:what|which) (?:direction|way) ((?:does|did|is|was) .+)$", r"\1"),
        (
            rf"^(?:what|which) {_SORT}(?: of \w+)? {_AUX} (.+?)(?: (?:have|going|wearing|in))?$",
            r"\1",
        ),
        (rf"^(?:why|how) ({_AUX} .+)$", r"\1"),
        (rf"^what (?:is|was|are|were) (?:the )?{_SORT} (?:of|for|between) (.+)$", r"\1"),
        (
            rf"^what {_AUX} (.+?)(?: (?:do|doing|look like|wear|wearing|hold|holding|carry|carrying"
            r"|say|saying))?$",
            r"\1",
        ),
        (r"^who (?:is|was) ((?:in|at|on|near|by)\b.+)$", r"a person \1"),
        (r"^what happen(?:s|ed) (?:to|with) (.+)$", r"\1"),
        (r"^whose (.+)$", r"\1"),
        (r"^(?:what|which) (?=[aeiou])(.+)$", r"an \1"),
        (r"^(?:what|which) (.+)$", r"a \1"),
    )
)
"""Open questions, and what to search for, the first that matches counts."""


def searches_of(text: str) -> tuple[str, ...]:
    """The captions to search for before an open question can be answered by looking."""
    phrase = _CONTRACTED.sub(r"\1", _POLITE.sub("", text.rstrip(" ?")))
    for form, captions in _OPEN:
        if match := form.match(phrase):
            return tuple(clause_as_caption(match.expand(one)) for one in captions)
    return (clause_as_caption(phrase),)


def _without_kind(text: str) -> tuple[Kind, str]:
    asks = text.endswith(("?", "？", "؟", "吗"))
    phrase = _CONTRACTED.sub(r"\1", _POLITE.sub("", text.rstrip(" ?")))
    if _COUNTED.match(phrase):
        return "how many", _COUNTED_END.sub("", _COUNTED.sub("", phrase))
    if match := _WHEN.match(phrase):
        rest = phrase[match.end() :]
        return "when", f"when {rest}" if _WHETHER.match(rest) else rest
    kind: Kind = "whether" if asks or _WHETHER.match(phrase) or _IF.match(phrase) else "what"
    if re.match(r"(?:what|who|which|whose)\b", phrase, re.IGNORECASE):
        kind = "what"
    if kind == "whether" and _DENIES.search(_QUOTED.sub("", phrase)):
        raise InputError(
            f"{text!r} asks for what is not there, which no frame can show",
            "ask for what there may be, as in: did anyone enter?",
        )
    for form in _WHAT:
        phrase = form.sub(r"\1", phrase)
    return kind, _IF.sub("", phrase)
