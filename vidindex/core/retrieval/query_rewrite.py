"""Rewrite a question as the caption to search for.

Captions match captions best, so "when does a man open the gate?" is looked for as
"a man opens the gate". Only a few English openings are rewritten; every other text,
in whatever language, stays as it is. Negations and numbers are never touched.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from vidindex.errors import InputError
from vidindex.types.search import MAX_QUERY_CHARACTERS

_OPENING = re.compile(
    r"^(?:please\s+)?(?:(?:can|could)\s+you\s+)?(?:please\s+)?"
    r"(?:(?:show\s+me|find\s+me|look\s+for|search\s+for|i(?:'m|\s+am)\s+looking\s+for)\s+(?=\w)"
    r"|find\s+(?=(?:an?|the|all|every|each|any|some|someone|somebody|when|where|no|people|scenes?"
    r"|moments?|parts?|clips?|shots?|footage|one|two|three|\d+)\b))",
    re.IGNORECASE,
)
_FRAME = re.compile(
    r"^(?:all\s+|every\s+|the\s+|an?\s+)*(?:scenes?|moments?|parts?|clips?|shots?|footage|videos?)"
    r"\s+(?:when|where|in\s+which|of|with|showing)\s+",
    re.IGNORECASE,
)
_WHEN = r"(?:when|where|at\s+what\s+(?:time|point|moment))"
_SUBJECT = r"(?=\s+(?:an?|the|any|some|(?:any|some)(?:one|body)|people|two|three)\b)"
_SEE = re.compile(
    r"^(?:(?:can|could|do|did)\s+(?:you|we)\s+see|have\s+(?:you|we)\s+seen)\s+(?=\w)",
    re.IGNORECASE,
)
_THERE = re.compile(rf"^(?:{_WHEN}\s+)?(?:is|are|was|were)\s+there\s+(?:any\s+)?", re.IGNORECASE)
_DO = re.compile(
    rf"^(?:{_WHEN}\s+(?P<do>do|does|did)|(?P<bare>does|did|do{_SUBJECT}))\s+", re.IGNORECASE
)
_BE = re.compile(
    rf"^(?:{_WHEN}\s+(?:is|are|was|were)|(?:is|are|was|were){_SUBJECT})\s+", re.IGNORECASE
)
_HAVE = re.compile(rf"^(?:{_WHEN}\s+(?:has|have|had)|(?:has|have|had){_SUBJECT})\s+", re.IGNORECASE)
_WHO = re.compile(r"^who\s+(?!do|does|did|else)(?=\w)", re.IGNORECASE)
_EVER = re.compile(r"\s+(?:ever|at\s+all|at\s+any\s+(?:time|point))\b", re.IGNORECASE)
_ANYBODY = re.compile(r"^any(?:one|body)\b", re.IGNORECASE)
_ANYTHING = re.compile(r"^anything\b", re.IGNORECASE)
_ANY = re.compile(r"^any\s+(?=\w)", re.IGNORECASE)
_BEEN = re.compile(r"\s+been\b", re.IGNORECASE)
_APPEARS = re.compile(
    r"(?<!\bnot)(?<!\bnever)(?<!\blonger)(?:\s+(?:first|last))?"
    r"\s+(?:appear(?:s|ed)?|show(?:s|ed|n)?\s+up|seen|visible|present|there|in\s+(?:view|sight))$",
    re.IGNORECASE,
)
_NOUN = r"(?:(?!not\b|never\b)\w+\s+){1,4}?"
_THING = r"(?:any|some)thing\s+(?:(?!not\b|never\b)\w+\s+){0,2}?"
_ONE = rf"(?:(?:an?|one)\s+{_NOUN}|some(?:one|body)\s+|{_THING})"
_ONE_OR_THE = rf"(?:{_ONE}|(?:the|that|this)\s+{_NOUN})"
_VERBS = (
    "appear approach arrive bark blink board break bring call carry catch change clean climb "
    "close come cook cross cut dance deliver drink drive drop eat enter exit fall flash follow "
    "get give go grab grow hand help hit hold hug jump kick leave lie lift look meet move open "
    "pass pay pick place play pour pull push put read reach return ride run shrink sit sleep "
    "smoke speak stand start stay steal stop swim take talk throw touch turn unload use wait walk "
    "wash watch wave wear write"
)
_EITHER = rf"(?:{'|'.join(_VERBS.split())})\b"
# Some of them are things where another follows: "did a hand wave".
_BOTH = rf"(?:board|cook|cross|drink|drop|hand|watch)\s+{_EITHER}"
_VERB = rf"(?!{_BOTH})(?P<verb>{_EITHER})(?!-)"
_SINGULAR = {  # "does" says that there is one; "did the lights go" does not
    "does": re.compile(rf"(?P<who>{_ONE_OR_THE}){_VERB}", re.IGNORECASE),
    "did": re.compile(rf"(?P<who>{_ONE}){_VERB}", re.IGNORECASE),
}

_ENGLISH = re.compile(
    r"(?:when|where|what|who|which|how|is|are|were|was\s+(?:there|the|an?|any(?:one|body)?)"
    r"|does|did|has|have|had|show|find"
    r"|the|please|an?|can|could|(?:any|some)(?:one|body)|people|i)\b",
    re.IGNORECASE,
)
_COMMON_WORDS = (
    "a an and any are at be been being can could did do does for from had has have how i in is it "
    "its me of on please that the then there these this those to was were what when where which "
    "who whom whose will with would you"
)
_COMMON = frozenset(_COMMON_WORDS.split())
_WORD = re.compile(r'"([^"]+)"|(\S+)')
_EDGES = "\"'“”‘’«»„.,;:!?…()[]{}¿¡。，、？！；："


def as_caption(question: str) -> str:
    """The text to embed for `question`: one line, without the words that only ask."""
    text = " ".join(question.split())
    bare = text.rstrip(" ?")
    phrase = _without_request(bare)
    for rewrite in (
        _without_see,
        _without_there,
        _without_do,
        _without_be,
        _without_have,
        _with_someone,
        _with_anyone,
    ):
        caption = rewrite(phrase)
        if caption is not None:
            return _without_appearing(caption)
    return phrase if phrase != bare else text


def _without_request(text: str) -> str:
    """Without "show me all scenes where" and the like."""
    return _FRAME.sub("", _OPENING.sub("", text))


def _without_see(phrase: str) -> str | None:
    return _rest(_SEE, phrase)


def _without_there(phrase: str) -> str | None:
    return _rest(_THERE, phrase)


def _without_be(phrase: str) -> str | None:
    return _rest(_BE, phrase)


def _without_have(phrase: str) -> str | None:
    rest = _rest(_HAVE, phrase)
    return _BEEN.sub("", rest, count=1) if rest else None


def _rest(opening: re.Pattern[str], phrase: str) -> str | None:
    rest, count = opening.subn("", phrase)
    return _as_caption_words(rest) if count and rest else None


def _as_caption_words(rest: str) -> str:
    """In the words of a caption: "anyone" is a person, "any" is nothing, so is "ever"."""
    caption = _ANYBODY.sub("a person", _EVER.sub("", rest) or rest)
    return _ANY.sub("", _ANYTHING.sub("something", caption))


def _without_appearing(caption: str) -> str:
    """Captions say what is there and what it does, not that it appears."""
    return _APPEARS.sub("", caption) or caption


def _without_do(phrase: str) -> str | None:
    """Without the auxiliary; a common verb after one person or thing takes its -s."""
    match = _DO.match(phrase)
    if match is None or not phrase[match.end() :]:
        return None
    rest = _as_caption_words(phrase[match.end() :])
    singular = _SINGULAR.get((match["do"] or match["bare"]).lower())
    found = singular.match(rest) if singular else None
    if found is None:
        return rest
    return found["who"] + _third_person(found["verb"]) + rest[found.end() :]


def _third_person(verb: str) -> str:
    if verb.endswith(("ss", "sh", "ch", "x", "o")):
        return verb + "es"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ies"
    return verb + "s"


def _with_someone(phrase: str) -> str | None:
    caption, count = _WHO.subn("a person ", phrase)
    return caption if count else None


def _with_anyone(phrase: str) -> str | None:
    return _as_caption_words(phrase) if _ANYBODY.match(phrase) else None


def search_words(question: str) -> tuple[str, ...]:
    """The words and "quoted phrases" to look for in full text, each once, in order.

    Groups of digits behind one another, as of "3 000 000", are one number: none is left out.

    Question words and articles are left out of English questions unless nothing
    else remains. `not`, `no` and numbers stay; quoting is the full-text search's job.
    """
    text = _without_request(" ".join(question.split()))
    terms = [phrase or word.strip(_EDGES) or word for phrase, word in _WORD.findall(text)]
    unique = tuple(_each_once([term for term in terms if term.strip()]))
    if not _ENGLISH.match(text):
        return unique
    return tuple(term for term in unique if term.casefold() not in _COMMON) or unique


def _each_once(terms: Sequence[str]) -> Iterator[str]:
    seen: set[str] = set()
    for before, term in pairwise(("", *terms)):
        if term.casefold() not in seen or (term.isdigit() and before.isdigit()):
            yield term
        seen.add(term.casefold())


def require_short(text: str) -> None:
    """Raises InputError for a search that is too long to describe one thing."""
    if len(text) > MAX_QUERY_CHARACTERS:
        raise InputError(
            f"the search has {len(text):,} characters; at most {MAX_QUERY_CHARACTERS} are read",
            "describe one thing in fewer words",
        )


def is_english(question: str) -> bool:
    """Whether the words may be read as English: plain letters only, or an English opening."""
    return question.isascii() or _ENGLISH.match(question) is not None


_IRREGULAR = {
    "broke": "break", "brought": "bring", "caught": "catch", "came": "come", "drank": "drink",
    "drove": "drive", "ate": "eat", "fell": "fall", "flew": "fly", "gave": "give", "went": "go",
    "grew": "grow", "held": "hold", "lay": "lie", "met": "meet", "ran": "run", "rode": "ride",
    "sat": "sit", "shrank": "shrink", "slept": "sleep", "spoke": "speak", "stood": "stand",
    "stole": "steal", "swam": "swim", "took": "take", "threw": "throw", "wore": "wear",
    "wrote": "write",
}  # fmt: skip
_PAST = {
    form: verb
    for verb in _VERBS.split()
    for stem in (verb.removesuffix("e"), verb + verb[-1], verb.removesuffix("y") + "i")
    for form in (f"{stem}ed", f"{stem}ing", f"{verb}ing", f"{verb}ed")
} | _IRREGULAR
_TOLD = re.compile(
    r"^(?P<who>(?:an?|one|the|that|this|(?:any|some)(?:one|body|thing))\s+"
    r"(?:(?!(?:is|was|not|never)\b)\w+\s+){0,4}?)"
    rf"(?:(?:is|was|starts|started|begins|began)\s+)?(?P<verb>{'|'.join(_PAST)})\b",
    re.IGNORECASE,
)
_MANY = re.compile(
    r"^(?P<before>(?:\w+\s+){0,2}?)(?P<noun>\w{2,}[^s\W])s(?=$|\s+(?:in|on|at|with)\b)"
)


def one_of(things: str) -> str:
    """`red cars` as `a red car`, `people` as `a person`; other words as they are."""
    if things.split(" ", maxsplit=1)[0] == "people":
        return f"a person{things[len('people') :]}"
    match = _MANY.match(things)
    if match is None:
        return things
    one = f"{match['before']}{match['noun']}{things[match.end() :]}"
    return f"{'an' if one[0] in 'aeiou' else 'a'} {one}"


_THAT = re.compile(r"^(?P<who>(?:\S+\s+){1,5}?)(?:that|which|who)\s+(?=\w)", re.IGNORECASE)


def clause_as_caption(clause: str) -> str:
    """A clause, such as follows "after" or "the man who", in the present, as captions are."""
    caption = _THAT.sub(r"\g<who>", as_caption(clause))
    match = _TOLD.match(caption)
    if match is None:
        return caption
    return match["who"] + _third_person(_PAST[match["verb"].lower()]) + caption[match.end() :]
