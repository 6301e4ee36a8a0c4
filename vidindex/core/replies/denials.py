"""Separate spans where something happens from those where it was only looked for.

"I watched from 0 s to 60 s and no dog appears", "No (0:00 - 1:00)" name a stretch and deny;
"It appears from 3 s to 9 s and is not seen again" names one and affirms it.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from vidindex.core.replies.absence import find_denial
from vidindex.core.replies.vocabulary import AND, FILLER, SEPARATOR, word_set, words_of

_SENTENCE_END: Final = re.compile(r"[.!?](?=\s|$)|[。！？；;\n]")
_CLAUSE_END: Final = re.compile(
    r"[,，、]|\s(?=(?:and|but|however|yet|while|whereas|although|though|except|only|und|aber|jedoch"
    r"|außer|et|mais|sauf|pero|salvo|excepto|sino)\s)|(?=但是?|然而|不过|只有|除了|并且|而且)",
    re.IGNORECASE,
)
_CONTRAST: Final = re.compile(
    r"\W*(?:but|however|yet|although|though|except|only|instead|aber|jedoch|außer|mais|sauf|pero"
    r"|salvo|excepto|sino|但|然而|不过|只有|除了)",
    re.IGNORECASE,
)
_NO: Final = re.compile(
    r"[\s*_\"'`>#]*(?:(?:final )?answer\s*[:：]\s*|答案?\s*[:：]\s*)?[\"'*]*"
    r"(?:(?:no|nein|non|não|нет)[\"'*]*(?:[,.!;:—–]|\s[-–—]|\s*\n|$)(?!\s*\d)"
    r"|(?:不是|没有|否|不|いいえ|아니요)[，。,.！；]|not\s+(?:found|present|visible)\b)",
    re.IGNORECASE,
)
_FLAG: Final = re.compile(
    r"(?:^|[\n,;.>])[\s*_\"'<\-]*(?:answer|occur(?:s|red)?|found|present|exists?|visible|happens"
    r"|detected|appears|是否出现|是否存在|存在|出现|gefunden|vorhanden|trouvé|présent|encontrado|presente)"
    r"[\s*_\"']{0,4}[:=：>][\s*_\"']{0,4}(?:false|no|nein|non|falsch|faux|falso|não|否|无|不存在|没有)\b",
    re.IGNORECASE,
)
_LOOKED: Final = (
    r"(?:watch|look|check|search|examin|review|inspect|scan|analy[sz]|view|consider|went|seh|sah"
    r"|angeseh|angeschau|durchsuch|geprüf|untersuch|regard|vérif|visionn|revis|mir|analiz|vist)"
)
_LOOKING: Final = re.compile(
    rf"\b(?:I|we|ich|wir|je|j['’]ai|nous|he|hemos)\b(?:\s+[\w'’]+){{0,3}}?\s*\b{_LOOKED}"
    rf"|^\W*(?:after|having|nach|après|tras)\s+{_LOOKED}"
    rf"|\b(?:video|clip|footage|frames?|segment|stretch|part|recording)\b"
    rf"(?:\s+\w+){{0,3}}?\s+(?:{_LOOKED}|runs|lasts|spans|covers)"
    r"|我?(?:观看|查看|检查|浏览|看了|分析了|审查)",
    re.IGNORECASE,
)
_WEAK: Final = re.compile(r"\b(?:any|see|match|find|locate|identify)$", re.IGNORECASE)
"""Denials of what is shown only where the model speaks of itself: "he does not see the car"."""

_SPEAKER: Final = re.compile(r"\b(?:I|we|one|you)\b|\b(?:can|could)", re.IGNORECASE)
_UNTIL: Final = re.compile(
    r"\b(?:until|till|before|bis|erst|hasta|antes|avant)\b|之前|直到", re.IGNORECASE
)
_PLACE: Final = word_set(
    """between during within throughout whole entire full over zwischen während im ganzen gesamten
    entre pendant dans tout toute durante todo toda footage recording segment part given shown
    provided 之间 期间 视频 全程"""
)
_STRETCH: Final = _PLACE | FILLER | AND | SEPARATOR


@dataclass(frozen=True, slots=True)
class _Clause:
    """text[start:stop] in sentence number `sentence`; spans: those that begin in it."""

    start: int
    stop: int
    sentence: int
    spans: tuple[tuple[int, int], ...]


def denied_spans(text: str, spans: Sequence[tuple[int, int]]) -> list[bool]:
    """For each span text[begin:stop], whether it only says where nothing was found."""
    clauses = _clauses(text, spans)
    denies = [_denies(text, one) for one in clauses]
    is_denial = any(denies)
    says_no = _NO.match(text) is not None or _FLAG.search(text) is not None
    fates: dict[tuple[int, int], bool] = {}
    for i, clause in enumerate(clauses):
        if clause.spans:
            words = _outside_spans(text, clause)
            fate = denies[i] or (says_no and not _CONTRAST.match(words))
            fate |= is_denial and _only_looks(words, clauses, denies, i)
            fates.update(dict.fromkeys(clause.spans, fate))
    return [fates.get(span, False) for span in spans]


def _only_looks(words: str, clauses: Sequence[_Clause], denies: Sequence[bool], i: int) -> bool:
    """Whether a clause names a stretch for a denial: as searched, or "between 0 s and 60 s,"."""
    if _LOOKING.search(words):
        return True
    if not _STRETCH.issuperset(words_of(words)):
        return False
    beside = [j for j in (i + 1, i - 1) if 0 <= j < len(clauses)]
    near = [j for j in beside if clauses[j].sentence == clauses[i].sentence]
    return bool(near) and denies[near[0]]


def _clauses(text: str, spans: Sequence[tuple[int, int]]) -> list[_Clause]:
    """The text cut at sentence ends and conjunctions, never inside a span."""
    ends = {match.end() for match in _SENTENCE_END.finditer(text)}
    cuts = sorted(ends | {match.end() for match in _CLAUSE_END.finditer(text)})
    begins = [begin for begin, _ in spans]
    edges = [cut for cut in cuts if not _is_inside(cut, spans, begins)]
    bounds = [0, *edges, len(text)]
    clauses, sentence, at = [], 0, 0
    for start, stop in pairwise(bounds):
        held = []
        while at < len(spans) and spans[at][0] < stop:
            held.append(spans[at])
            at += 1
        clauses.append(_Clause(start, stop, sentence, tuple(held)))
        sentence += stop in ends
    return clauses


def _is_inside(cut: int, spans: Sequence[tuple[int, int]], begins: Sequence[int]) -> bool:
    i = bisect_right(begins, cut) - 1
    return i >= 0 and spans[i][0] < cut < spans[i][1]


def _denies(text: str, clause: _Clause) -> bool:
    """ "It does not appear from 3 s to 9 s", but not "does not appear until 3 s"."""
    found = find_denial(text[clause.start : clause.stop])
    if found is None:
        return bool(clause.spans) and find_denial(_outside_spans(text, clause)) is not None
    if _WEAK.search(found[0]) and not _SPEAKER.search(text[clause.start : clause.stop]):
        return False
    between = text[clause.start + found.end() : clause.spans[0][0]] if clause.spans else ""
    return _UNTIL.search(between) is None


def _outside_spans(text: str, clause: _Clause) -> str:
    edges = [clause.start, *(edge for span in clause.spans for edge in span), clause.stop]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return "".join(text[a:b] for a, b in pairs)
