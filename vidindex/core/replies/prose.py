"""Find spans and their words in running text, line by line."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from vidindex.core.replies.denials import denied_spans
from vidindex.core.replies.time_literals import WrittenTime, find_times
from vidindex.core.replies.time_ranges import WrittenRange, find_ranges, readable
from vidindex.core.replies.values import Findings, SaidSpan, Tally

_LABEL: Final = re.compile(
    r"[\s*_\-•]*(?:description|desc|caption|event|activity|action|content|text|summary|sentence|scene"
    r"|beschreibung|ereignis|descripción|evento|视频理解|描述|事件|内容|说明|画面|説明|出来事)"
    r"(?: ?\d{1,3})?[*_ ]*[:：]\s*",
    re.IGNORECASE,
)
_LIST_MARK: Final = re.compile(r"[\s>#*•·\-]*(?:\d{1,4}[.)、:：](?!\d)|\d{1,4}(?=\s))?[\s*_]*")
_EDGES: Final = " \t\r\n-–—−~:：,，;；|[](){}<>（）【】*_`#=>→、\"“”'"
_TAG: Final = re.compile(r"</?[A-Za-z_]{1,20}>")
_SET_OFF: Final = re.compile(r"[\s*_`]*(?:[:：–—\-|]|[\])>】）])")
_DANGLING: Final = re.compile(
    r"[\s,，(\[*]*(?:\b(?:start(?:s|ing)?(?:[ _]time)?|begin(?:s|ning)?|time(?:stamps?)?(?: range)?"
    r"|from|between|at|in|during|about|approximately|around|the|t|second|zeit|von|zwischen|de|entre|tiempo)"
    r"|视频时间|开始时间|时间段|时间|从|在|第|约|開始|起始时间)[\s*_:：`(\[<]*$",
    re.IGNORECASE,
)
_TAIL: Final = re.compile(
    r"[\s)\]>*`）】]*(?:(?:-?(?:second )?mark|seconds?|timestamp)\b|秒|まで|之间|期间|的时候)?"
    r"[\s)\]>*`）】]*",
    re.IGNORECASE,
)
_CONCLUDES: Final = re.compile(
    r"\b(?:so|thus|hence|therefore|i\.e\.|that is)(?!\w)|因此|所以|即", re.IGNORECASE
)
_POINT_LINE: Final = re.compile(r"[\s*_`#>•\-]*(?:\d{1,3}[.)、](?!\d))?[\s*_`]*[\[(<【（]?$")
_REACH: Final = 60
_MAX_LINE: Final = 2000
_HAS_WORD: Final = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class _Line:
    """The spans that begin on one line, text[start:stop], and the room up to its neighbours."""

    ranges: list[WrittenRange]
    start: int
    stop: int
    room_start: int
    room_stop: int


def read_prose(text: str, tally: Tally, *, describes: bool = False) -> Findings:
    """Spans in the order written; clocks that open their lines are moments where no span is.

    A span that only says where nothing was found is left out and counted, unless the text
    `describes`: then "no one is there" is a description as good as any.
    """
    text = readable(text)
    ranges = find_ranges(text)
    if not ranges:
        return Findings(_points(text))
    edges = [(one.begin, one.stop) for one in ranges]
    denied = [False] * len(ranges) if describes else denied_spans(text, edges)
    tally["denied"] += sum(denied)
    held = [one for one, is_denied in zip(ranges, denied, strict=True) if not is_denied]
    fresh = [one for i, one in enumerate(held) if not (i and _restates(text, held[i - 1], one))]
    spans = [
        SaidSpan(written.start, written.end, words)
        for line in _lines(text, fresh)
        for written, words in zip(line.ranges, _words_for(text, line), strict=True)
    ]
    return Findings(spans, denies=any(denied))


def _restates(text: str, before: WrittenRange, here: WrittenRange) -> bool:
    """ "... So the segment is from 28.2s to 35.5s": the conclusion of the sentence before."""
    earlier, later = (before.start, before.end), (here.start, here.end)
    same = all(one.seconds == other.seconds for one, other in zip(earlier, later, strict=True))
    return same and _CONCLUDES.search(text[before.stop : here.begin]) is not None


def _lines(text: str, ranges: Sequence[WrittenRange]) -> list[_Line]:
    breaks = [match.start() for match in re.finditer("\n", text)]
    groups = [
        list(group) for _, group in groupby(ranges, lambda one: bisect_left(breaks, one.begin))
    ]
    edges = [0, *(group[-1].stop for group in groups)]
    begins = [*(group[0].begin for group in groups[1:]), len(text)]
    bounds = [-1, *breaks, len(text)]
    return [
        _Line(
            ranges=group,
            start=max(edge, bounds[bisect_left(breaks, group[0].begin)] + 1),
            stop=min(begin, bounds[bisect_left(breaks, group[-1].stop) + 1]),
            room_start=edge,
            room_stop=begin,
        )
        for group, edge, begin in zip(groups, edges, begins, strict=False)
    ]


def _words_for(text: str, line: _Line) -> list[str]:
    """What follows each span, or leads up to it: "A opens (0-5 s), B closes (5-9 s)"."""
    stops = [line.start, *(one.stop for one in line.ranges)]
    begins = [*(one.begin for one in line.ranges), line.stop]
    between = [text[stop:begin] for stop, begin in zip(stops, begins, strict=True)]
    heads = [_lead(part) for part in between[:-1]]
    inner = [_clean(_without_preposition(part)) for part in between[1:-1]]
    tails = [*inner, _clean(between[-1])]
    words = heads if heads[0] and not tails[-1] else tails
    nearby = (
        heads[0]
        or _next_line(text[line.stop : line.room_stop])
        or _line_above(text[line.room_start : line.start])
    )
    return [words[0] or nearby, *words[1:]]


def _lead(text: str) -> str:
    return _clean(_without_preposition(_LIST_MARK.sub("", text, count=1)))


def _without_preposition(text: str) -> str:
    """ "the dog runs; during" before the next span."""
    text = _TAG.sub(" ", text).rstrip(_EDGES)
    for _ in range(3):
        text = text[:-_REACH] + _DANGLING.sub("", text[-_REACH:])
    return text


def _next_line(block: str) -> str:
    for line in block.split("\n"):
        if line.strip():
            return "" if find_times(line) and not _LABEL.match(line) else _clean(line)
    return ""


def _line_above(block: str) -> str:
    lines = [line.rstrip() for line in block.split("\n")[-3:] if line.strip()]
    return "" if not lines or lines[-1].endswith((":", "：")) else _lead(lines[-1])


def _clean(text: str) -> str:
    text = _TAG.sub(" ", text)
    text = _TAIL.sub("", text, count=1).lstrip(_EDGES + ".。")
    label = _LABEL.match(text)
    text = text[label.end() :] if label else text
    text = text.strip(_EDGES)
    return text if _HAS_WORD.search(text) else ""


def _points(text: str) -> list[SaidSpan]:
    """ "00:05 - a man enters": clocks at the start of a line, with words behind them."""
    points = []
    for written in find_times(text):
        if written.time.kind == "clock" and _opens_line(text, written):
            words = _clean(text[written.end : written.end + _MAX_LINE].partition("\n")[0])
            points += [SaidSpan(written.time, written.time, words)] if words else []
    return points


def _opens_line(text: str, written: WrittenTime) -> bool:
    reach = max(0, written.start - _REACH)
    line_start = text.rfind("\n", reach, written.start) + 1
    at_start = line_start > 0 or reach == 0
    before = text[line_start : written.start]
    return at_start and bool(_POINT_LINE.match(before)) and bool(_SET_OFF.match(text, written.end))
