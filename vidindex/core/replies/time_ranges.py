"""Join two neighbouring times in running text to a span, or refuse.

What decides is the gap between the two times ("-", "to", "and ends at", "到") and, for
numbers without a unit, what is around them: "64.0 - 72.0" alone on its line is a span,
"a score of 3 - 2" is not.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from vidindex.core.replies.time_literals import WrittenTime, find_times, plain_field, plain_times
from vidindex.core.replies.values import SaidTime
from vidindex.core.replies.vocabulary import AND, END, FILLER, SEPARATOR, START, words_of

_MAX_GAP: Final = 80
_ASIDE: Final = re.compile(r"\([^()]{1,60}\)|（[^（）]{1,60}）")
_REACH: Final = 120

Gap = Literal["range", "ends", "and", "comma"]

_DASH: Final = re.compile(r"[-–—−‐‑‒―~～〜∼→➔⟶…]|\.\.")
_LIST_MARK: Final = re.compile(r"[-*•·#>|\s]*(?:\(?\d{1,4}[.)、:：](?!\d)\s*)?")
_DECOR: Final = " \t\r[](){}<>*_`'\"“”「」【】（）《》|#:：,，.。=\\-"
_TAG: Final = re.compile(r"</?[A-Za-z_]{1,20}>")
_OPENS: Final = re.compile(r"[\[(<【（]\s*[\"'“]?\s*$")
_CLOSES: Final = re.compile(r"\s*[\"'”]?\s*[\])>】）]")
_ROW_GOES_ON: Final = re.compile(r" ?(?:$|\n|[,;|\t]\s{0,2}[^\d\s])")
_LABEL: Final = re.compile(
    r"(?:(?:(?:final )?answer|times?|timestamps?|intervals?|spans?|segments?|windows?|range|event"
    r"|boxed|seconds?|时间|时间段|回答|答案|片段|antwort|zeit|respuesta|tiempo|from|从)\s*\d{0,3})?",
    re.IGNORECASE,
)
_HAPPENS: Final = re.compile(
    r"(?:happen|occur|take place|takes place|took place|appear|shown|visible|located|seen|event"
    r"|query|segment|moment|interval|timestamps?|second|发生|出现|ocurre|aparece|passiert|zu sehen)"
    r"[^.!?。\n]{0,80}?(?:from|between|in|at|during|within|is|of|:|：|从|在|entre|de|von|zwischen)"
    r"(?: (?:about|around|approximately|roughly|the|range|interval))*[\s\"'\[(*]*$",
    re.IGNORECASE,
)
_PLACED: Final = re.compile(
    r"(?:\b(?:from|between|at|in|during|de|von|entre)|从|在)[\s\"'\[(*]*$", re.IGNORECASE
)
_BETWEEN: Final = re.compile(
    r"(?:\b(?:between|zwischen|entre|from)|在|从)"
    r"(?: (?:about|around|approximately|roughly|the|los|las|les|den|seconds?|segundos?|sekunden?"
    r"|secondes?|(?:time[ -]?)?(?:stamps?|codes?|marks?|points?)|times|clock times|moments"
    r"|positions|zeitpunkten|zeitstempeln|zeiten|horodatages|tiempos|marcas|momentos))*"
    r"[\s\"'*`<(\[]*$",
    re.IGNORECASE,
)
_LASTING: Final = re.compile(
    r"(?:\b(?:for|wait(?:s|ing)?|last(?:s|ing)?|takes?|taking|every|additional|another|of|für|dauert"
    r"|rest|cook|bake|boil|simmer|fry|durante unos|pendant)|持续|耗时|需要|每|每隔|煮|约需)"
    r"(?: (?:about|around|approximately|roughly|up to|at least|between|the next|etwa|ca\.))*"
    r"[\s约]*$",
    re.IGNORECASE,
)
_LENGTH_AFTER: Final = re.compile(
    r"[ -]?(?:long\b|in (?:length|duration)|per\b|later\b|earlier\b|apart\b|each\b|ago\b|lang\b"
    r"|clip|video|delay|pause|break|timer|countdown|的时长|时长|以上|以内)",
    re.IGNORECASE,
)
_ON_SCREEN: Final = re.compile(
    r"(?:reads?|reading|says?|saying|displays?|displaying|sign|label(?:led|s)?|caption|text|写着"
    r"|显示|标题|open(?:ing hours)?|hours)[\s:：]{0,3}[\"'“「‘]$",
    re.IGNORECASE,
)
_DATE_BEFORE: Final = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}[ T]*$")
_WORD_AFTER: Final = re.compile(r"[ -]?[^\W\d_]")
_SPACED: Final = r"\d{1,3}(?:[ ]:[ ]\d{2}){1,3}"
_SPACED_PAIR: Final = re.compile(rf"({_SPACED})(\D{{1,40}}?)({_SPACED})")
_OPENING_WORD: Final = re.compile(
    r"^(?:the )?(?:very )?(?:beginning|start|anfang|beginn|inicio|début|开头|开始)"
    r"(?=\s*(?:[-–—~]|to\b|until\b|bis\b|a\b|à\b|hasta\b|到|至))",
    re.IGNORECASE,
)
_COMMA_NUMBER: Final = re.compile(r"\d+,\d+")
_TIME_WORD: Final = re.compile(
    r"second|timestamp|start time|视频时间|秒|sekunde|segundo", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class WrittenRange:
    """Two times that are one span, at text[begin:stop]."""

    begin: int
    stop: int
    start: SaidTime
    end: SaidTime


def find_ranges(text: str) -> list[WrittenRange]:
    """Every span that the text (see `readable`) states, in order; spans do not share a time."""
    times = find_times(text)
    speaks_of_time = _TIME_WORD.search(text) is not None
    found: list[WrittenRange] = []
    i = 0
    while i + 1 < len(times):
        span = _join(text, times[i], times[i + 1], speaks_of_time)
        if span is not None:
            found.append(span)
        i += 1 if span is None else 2
    return found


def readable(text: str) -> str:
    """Running text with its times in ASCII; spaced clocks are closed up where two are a span."""
    return _SPACED_PAIR.sub(_closed_up, plain_times(text))


def read_ranges(text: str) -> list[WrittenRange]:
    """The spans of a field that holds only spans ("5.0 - 7.5; 8 - end"), else none.

    "5,5" may be a number or two: it is no span.
    """
    text = _OPENING_WORD.sub("0:00", plain_field(text))
    if _COMMA_NUMBER.fullmatch(text):
        return []
    times = find_times(text)
    pairs = list(zip(times[::2], times[1::2], strict=False))
    if not times or len(times) % 2 or not _is_only_times(text, times):
        return []
    if any(gap_between(text[a.end : b.start]) is None for a, b in pairs):
        return []
    return [WrittenRange(a.start, b.end, *_same_unit(a.time, b.time)) for a, b in pairs]


def gap_between(gap: str) -> Gap | None:
    """What the text between two times says of them; None: they do not belong together."""
    if len(gap) > _MAX_GAP or any(c.isdigit() for c in gap):
        return None
    bare = _ASIDE.sub(" ", gap)
    words = set(words_of(bare))
    if not words <= START | END | SEPARATOR | AND | FILLER:
        return None
    if words & END:
        return "ends"
    if "\n" in gap:
        return None
    if words & SEPARATOR or (bare == gap and _DASH.search(gap)):
        return "range"
    if words & AND:
        return "and"
    return "comma" if re.fullmatch(r"[\s\"'”“*`]*[,，、;|][\s\"'”“*`]*", gap) else None


def _closed_up(match: re.Match[str]) -> str:
    first, gap, last = match.groups()
    if gap_between(gap) is None:
        return match[0]
    return f"{first.replace(' ', '')}{gap}{last.replace(' ', '')}"


def _is_only_times(text: str, times: Sequence[WrittenTime]) -> bool:
    edges = [0, *(edge for time in times for edge in (time.start, time.end)), len(text)]
    known = START | END | SEPARATOR | AND | FILLER
    return all(
        known.issuperset(words_of(text[edges[i] : edges[i + 1]])) for i in range(0, len(edges), 2)
    )


def _join(text: str, a: WrittenTime, b: WrittenTime, speaks_of_time: bool) -> WrittenRange | None:
    gap = gap_between(text[a.end : b.start])
    if gap is None or not _kinds_fit(text, a, b):
        return None
    reach = max(0, a.start - _REACH)
    before = text[max(reach, text.rfind("\n", reach, a.start) + 1) : a.start]
    if not _gap_holds(gap, text, a, b, before) or _is_something_else(text, a, b, before):
        return None
    is_bare = a.time.kind == b.time.kind == "bare"
    if is_bare and gap != "ends" and not _bare_is_time(text, a, b, before, speaks_of_time):
        return None
    return WrittenRange(a.start, b.end, *_same_unit(a.time, b.time))


def _kinds_fit(text: str, a: WrittenTime, b: WrittenTime) -> bool:
    """Not "3 - 00:05"; one unit may do for both, but not in "5s - 10 people"."""
    kinds = {a.time.kind, b.time.kind}
    if kinds == {"bare", "unit"}:
        return b.time.kind == "unit" or not _WORD_AFTER.match(text, b.end)
    return kinds != {"bare", "clock"}


def _gap_holds(gap: Gap, text: str, a: WrittenTime, b: WrittenTime, before: str) -> bool:
    """ "and" needs its "between", a comma its brackets, an end its start."""
    if gap == "and":
        return _BETWEEN.search(before) is not None
    if gap == "comma":
        in_brackets = _OPENS.search(before) and _CLOSES.match(text, b.end)
        return bool(in_brackets) or _opens_row(text, a, b, before)
    return gap == "range" or _may_end(text, a, b)


def _opens_row(text: str, a: WrittenTime, b: WrittenTime, before: str) -> bool:
    """ "00:05.00, 00:07.50, a man" and "5.0, 7.5" alone; not "1, 2, 3"."""
    return (
        a.is_exact
        and b.is_exact
        and not before.strip()
        and _ROW_GOES_ON.match(text, b.end) is not None
    )


def _is_something_else(text: str, a: WrittenTime, b: WrittenTime, before: str) -> bool:
    """A length ("for 5-10 seconds"), a wall clock with its date, or text on screen."""
    if _DATE_BEFORE.search(before) or _ON_SCREEN.search(before):
        return True
    if "clock" in {a.time.kind, b.time.kind}:
        return False
    if b.time.unit_s == 60 and not _PLACED.search(before) and before.strip(_DECOR):
        return True
    return bool(_LASTING.search(before)) or bool(_LENGTH_AFTER.match(text, b.end))


def _may_end(text: str, a: WrittenTime, b: WrittenTime) -> bool:
    """In "starts at A and ends at B" the first is not an end, and bare numbers have a start."""
    lead = words_of(text[max(0, a.start - _REACH) : a.start])
    named = [word for word in lead if word in START or word in END]
    if named and named[-1] in END:
        return False
    return bool(named) or "bare" not in {a.time.kind, b.time.kind}


def _bare_is_time(
    text: str, a: WrittenTime, b: WrittenTime, before: str, speaks_of_time: bool
) -> bool:
    after = text[b.end : b.end + _REACH].partition("\n")[0]
    if re.search(r"\d ?[-–/]$", before) or re.match(r"[-–/] ?\d", after):
        return False
    before, after = _TAG.sub("", before), _TAG.sub("", after)
    head = _LIST_MARK.sub("", before, count=1).strip(_DECOR)
    if _LABEL.fullmatch(head) and not after.strip(_DECOR):
        return True
    decimals = a.is_exact and b.is_exact
    if not head:
        return decimals or (speaks_of_time and re.match(r"[\])>* ]*[:：|]", after) is not None)
    if _WORD_AFTER.match(after) and not re.match(
        r"\s(?:in|of|on|when|where|during|while)\b", after
    ):
        return False
    if decimals and _PLACED.search(before):
        return True
    return _HAPPENS.search(before) is not None


def _same_unit(first: SaidTime, second: SaidTime) -> tuple[SaidTime, SaidTime]:
    """A number without a unit takes the other's."""
    if first.kind == "bare":
        first = replace(first, seconds=first.seconds * second.unit_s)
    if second.kind == "bare":
        second = replace(second, seconds=second.seconds * first.unit_s)
    return first, second
