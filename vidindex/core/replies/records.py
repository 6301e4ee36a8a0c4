"""Finds spans in JSON values and table rows; takes their text as it comes, checks no bounds.

Understands one object or many, lists of pairs, [start, end, words], objects keyed by a
span or by words, {"timestamps": [...], "sentences": [...]}, and spans within one field.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from vidindex.core.replies import keys
from vidindex.core.replies.loose_json import Cut, Node, Value
from vidindex.core.replies.prose import read_prose
from vidindex.core.replies.time_literals import find_times, read_time
from vidindex.core.replies.time_ranges import read_ranges
from vidindex.core.replies.values import Findings, SaidSpan, SaidTime, Tally

_NOTHING: Final = frozenset({"", "n/a", "na", "none", "null", "not found", "-", "-1", "无"})

Fields = list[tuple[str, Value]]


class RecordReader:
    """Collects spans from values; `found.denies` where an answer is there and says "none"."""

    def __init__(self, tally: Tally) -> None:
        self.found = Findings()
        self.tally = tally

    def read(self, node: Node, heading: str = "") -> None:
        """Every span at and below this node; `heading` are the words of what holds it."""
        if node.opener != "{":
            self._read_list(node, heading)
            return
        for fields in _records(node):
            self.read_fields(fields, heading)

    def read_fields(self, fields: Fields, heading: str = "") -> None:
        """One object or one table row."""
        words = _words(fields) or heading
        spans = list(self._spans(fields, words))
        self.found.spans += spans
        self.found.denies |= not spans and any(_denies(key, value) for key, value in fields)
        for key, value in fields:
            if isinstance(value, Node) and not _is_span_field(key) and not keys.is_not_time(key):
                self.read(value, words if spans or keys.is_generic(key) else key)

    def _spans(self, fields: Fields, words: str) -> Iterator[SaidSpan]:
        starts = [(k, v) for k, v in fields if keys.is_start(k)]
        ends = [(k, v) for k, v in fields if keys.is_end(k)]
        if starts:
            yield from self._from_start(starts[0], ends[0] if ends else None, fields, words)
            return
        for key, value in fields:
            if keys.is_range(key):
                yield from self._from_field(key, value, fields, words)
            elif not keys.is_not_time(key):
                yield from _from_key(key, value)

    def _from_start(
        self,
        start: tuple[str, Value],
        end: tuple[str, Value] | None,
        fields: Fields,
        words: str,
    ) -> Iterator[SaidSpan]:
        if isinstance(start[1], str) and (written := read_ranges(start[1])):
            yield from (SaidSpan(one.start, one.end, words) for one in written)
        elif end and isinstance(start[1], Node) and isinstance(end[1], Node):
            for first, last in zip(start[1].values, end[1].values, strict=False):
                yield from self._pair((start[0], first), (end[0], last), words)
        elif end:
            yield from self._pair(start, end, words)
        elif any(isinstance(value, Cut) for _, value in fields):
            return
        elif (begin := _time(*start)) is not None:
            length = next((_time(k, v) for k, v in fields if keys.is_duration(k)), None)
            until = replace(begin, seconds=begin.seconds + (length.seconds if length else 0.0))
            yield SaidSpan(begin, until, words)
        else:
            self._unreadable(start[1])

    def _pair(
        self, start: tuple[str, Value], end: tuple[str, Value], words: str
    ) -> Iterator[SaidSpan]:
        begin, until = _time(*start), _time(*end)
        if begin and until:
            yield SaidSpan(begin, until, words)
        elif begin and _is_nothing(end[1]) and words:
            yield SaidSpan(begin, begin, words)
        elif not isinstance(start[1], Cut) and not isinstance(end[1], Cut):
            self._unreadable(start[1])

    def _from_field(self, key: str, value: Value, fields: Fields, words: str) -> Iterator[SaidSpan]:
        """A field such as "timestamp": a span, several, or a moment."""
        is_moment = not keys.is_duration(key)
        if isinstance(value, Node):
            each = _parallel_words(value, fields)
            reader = RecordReader(self.tally)
            reader.read(value, words)
            for i, span in enumerate(reader.found.spans):
                yield replace(span, text=each[i]) if i < len(each) else span
        elif isinstance(value, str) and (written := read_ranges(value)):
            yield from (SaidSpan(one.start, one.end, words) for one in written)
        elif (moment := read_time(value)) and moment.kind != "bare" and words and is_moment:
            yield SaidSpan(moment, moment, words)
        elif isinstance(value, str) and not read_time(value):
            yield from (replace(span, text=words or span.text) for span in read_prose(value).spans)

    def _read_list(self, node: Node, heading: str) -> None:
        values = node.values
        times = [(i, time) for i, v in enumerate(values) if (time := _list_time(v)) is not None]
        texts = [v for v in values if isinstance(v, str) and not read_time(v)]
        is_pair = (
            len(times) == 2 and times[1][0] == times[0][0] + 1 and len(values) - 2 == len(texts)
        )
        if is_pair and len(texts) <= 1:
            self.found.spans.append(
                SaidSpan(times[0][1], times[1][1], texts[0] if texts else heading)
            )
            return
        if len(texts) == len(values) == 2 and read_ranges(texts[0]) and not find_times(texts[1]):
            one = read_ranges(texts[0])[0]
            self.found.spans.append(SaidSpan(one.start, one.end, texts[1]))
            return
        for value in values:
            if isinstance(value, Node):
                self.read(value, heading)
            elif isinstance(value, str) and find_times(value):
                spans = read_prose(value).spans
                self.found.spans += [replace(s, text=s.text or heading) for s in spans]

    def _unreadable(self, value: Value) -> None:
        if _is_nothing(value):
            self.found.denies = True
        else:
            self.tally["unreadable"] += 1


def _records(node: Node) -> Iterator[Fields]:
    """The fields of an object; a key that comes again begins the next one (a lost "},{")."""
    fields: Fields = []
    seen: set[str] = set()
    for key, value in node.items:
        if key is not None and key in seen:
            yield fields
            fields, seen = [], set()
        seen.add(key or "")
        fields.append((key or "", value))
    if fields:
        yield fields


def _words(fields: Fields) -> str:
    """The value under the key that names words best; else the longest text without a time."""
    texts = [
        (key, text)
        for key, value in fields
        if (text := _as_text(value)) and not _is_span_field(key)
    ]
    named = [(keys.words_rank(key), text) for key, text in texts]
    best = min(named, default=(0, ""), key=lambda pair: pair[0])
    if best[0] < keys.NO_WORDS:
        return best[1]
    return max((text for key, text in texts if not find_times(text)), default="", key=len)


def _as_text(value: Value) -> str:
    if isinstance(value, Cut):
        return value.text.strip()
    return value.strip() if isinstance(value, str) and not read_ranges(value) else ""


def _parallel_words(value: Node, fields: Fields) -> Sequence[str]:
    """{"timestamps": [[0, 5], [6, 9]], "sentences": ["...", "..."]}"""
    lists = [v.values for k, v in fields if isinstance(v, Node) and not _is_span_field(k)]
    texts = [[one for one in items if isinstance(one, str)] for items in lists]
    return next((one for one in texts if len(one) == len(value.items)), ())


def _from_key(key: str, value: Value) -> Iterator[SaidSpan]:
    """{"00:23 - 00:48": "words"}, {"00:23": "words"}, {"words": "00:23 - 00:48"}."""
    words = _words(next(_records(value), [])) if isinstance(value, Node) else _as_text(value)
    ranges, moment = read_ranges(key), read_time(key)
    if len(ranges) == 1:
        if not (isinstance(value, Node) and any(keys.is_start(k or "") for k, _ in value.items)):
            yield SaidSpan(ranges[0].start, ranges[0].end, words)
    elif moment and moment.kind != "bare" and words:
        yield SaidSpan(moment, moment, words)
    elif isinstance(value, str):
        yield from (SaidSpan(one.start, one.end, key) for one in read_ranges(value))


def _is_span_field(key: str) -> bool:
    return keys.is_start(key) or keys.is_end(key) or keys.is_range(key)


def _time(key: str, value: Value) -> SaidTime | None:
    time = _list_time(value)
    if time and time.kind == "bare" and keys.in_milliseconds(key):
        return replace(time, seconds=time.seconds / 1000)
    return time


def _list_time(value: Value) -> SaidTime | None:
    return read_time(value) if isinstance(value, str | int | float) else None


def _is_nothing(value: Value) -> bool:
    return value is None or (isinstance(value, str) and value.strip().casefold() in _NOTHING)


def _denies(key: str, value: Value) -> bool:
    """{"occurs": false}, {"timestamps": []}, {"answer": "No"}."""
    if keys.is_range(key):
        return _is_no(value) or _is_nothing(value) or (isinstance(value, Node) and not value.items)
    return keys.says_presence(key) and _is_no(value)


def _is_no(value: Value) -> bool:
    return value is False or (
        isinstance(value, str) and value.strip().casefold() in {"no", "false", "否"}
    )
