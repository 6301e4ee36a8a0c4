"""Extract spans from JSON values and table rows, before bounds are checked.

Understands one object or many, lists of pairs, [start, end, words], objects keyed by a
span or by words, {"timestamps": [...], "sentences": [...]}, and spans within one field.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from vidindex.core.replies import keys
from vidindex.core.replies.absence import is_no, is_yes
from vidindex.core.replies.field_times import (
    is_two_numbers_or_one,
    read_edge,
    read_field,
    sum_of,
    unit_among,
)
from vidindex.core.replies.loose_json import Cut, Node, Value
from vidindex.core.replies.prose import read_prose
from vidindex.core.replies.time_literals import find_times, read_time
from vidindex.core.replies.time_ranges import read_ranges
from vidindex.core.replies.values import Findings, SaidSpan, SaidTime, Tally

_NOTHING: Final = frozenset({"", "n/a", "na", "none", "null", "not found", "-", "-1", "无"})

Fields = list[tuple[str, Value]]


class RecordReader:
    """Collects spans from values; `found.denies` where an answer is there and says "none"."""

    def __init__(self, tally: Tally, *, describes: bool = False) -> None:
        """describes: sentences that deny something are descriptions (see `parse_events`)."""
        self.found = Findings()
        self.tally = tally
        self.describes = describes

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
        if _is_denied(fields):
            self.tally["denied"] += len(spans)
            self.found.denies = True
            return
        self.found.spans += spans
        self.found.denies |= not spans and any(_is_empty(key, value) for key, value in fields)
        for key, value in fields:
            if isinstance(value, Node) and not _is_span_field(key) and not keys.is_not_time(key):
                self.read(value, words if spans or keys.is_generic(key) else key)
        if not any(_is_span_field(key) for key, _ in fields):
            self.found.sentences += _sentences(fields)

    def _spans(self, fields: Fields, words: str) -> Iterator[SaidSpan]:
        starts = [(k, v) for k, v in fields if keys.is_start(k)]
        ends = [(k, v) for k, v in fields if keys.is_end(k)]
        length = _length(fields)
        if len({keys.unit_of(k) for k, _ in starts}) > 1 and (begin := sum_of(starts)):
            if until := sum_of(ends):
                yield SaidSpan(begin, until, words)
            else:
                self.tally["unreadable"] += 1
        elif starts:
            yield from self._from_start(starts[0], ends[0] if ends else None, fields, words)
        elif ends and length and (until := read_edge(*ends[0])):
            yield SaidSpan(replace(until, seconds=until.seconds - length.seconds), until, words)
        else:
            yield from self._from_fields(fields, words)

    def _from_fields(self, fields: Fields, words: str) -> Iterator[SaidSpan]:
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
        begin = read_edge(*start, unit_s := unit_among(fields))
        if begin is None and isinstance(start[1], str) and (written := read_ranges(start[1])):
            yield from (SaidSpan(one.start, one.end, words) for one in written)
        elif end and begin is None and isinstance(start[1], Node) and isinstance(end[1], Node):
            for first, last in zip(start[1].values, end[1].values, strict=False):
                yield from self._pair((start[0], first), (end[0], last), words, unit_s)
        elif end:
            yield from self._pair(start, end, words, unit_s)
        elif any(isinstance(value, Cut) for _, value in fields):
            return
        elif begin is not None:
            length = _length(fields)
            until = replace(begin, seconds=begin.seconds + (length.seconds if length else 0.0))
            yield SaidSpan(begin, until, words)
        else:
            self._unreadable(start[1])

    def _pair(
        self, start: tuple[str, Value], end: tuple[str, Value], words: str, unit_s: float
    ) -> Iterator[SaidSpan]:
        begin, until = read_edge(*start, unit_s), read_edge(*end, unit_s)
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
            moment = read_field(key, value)
            if moment and is_moment and words:
                yield SaidSpan(moment, moment, words)
                return
            reader = RecordReader(self.tally, describes=self.describes)
            reader.read(value, words)
            self.found.sentences += reader.found.sentences
            for i, span in enumerate(reader.found.spans):
                yield replace(span, text=each[i]) if i < len(each) else span
        elif isinstance(value, str) and (written := read_ranges(value)):
            yield from (SaidSpan(one.start, one.end, words) for one in written)
        elif (moment := read_field(key, value)) and moment.kind != "bare" and words and is_moment:
            yield SaidSpan(moment, moment, words)
        elif is_two_numbers_or_one(value) and is_moment:
            self._unreadable(value)
        elif isinstance(value, str) and not moment:
            found = read_prose(value, self.tally, describes=self.describes)
            self.found.denies |= found.denies
            yield from (replace(span, text=words or span.text) for span in found.spans)

    def _read_list(self, node: Node, heading: str) -> None:
        values = node.values
        times = [(i, time) for i, v in enumerate(values) if (time := _list_time(v)) is not None]
        if len(times) == 1 and len(values) == 2 and (edges := [read_edge("", v) for v in values]):
            times = [(i, time) for i, time in enumerate(edges) if time is not None]
        taken = {i for i, _ in times}
        texts = [v for i, v in enumerate(values) if isinstance(v, str) and i not in taken]
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
                found = read_prose(value, self.tally, describes=self.describes)
                self.found.denies |= found.denies
                self.found.spans += [replace(s, text=s.text or heading) for s in found.spans]

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


def _list_time(value: Value) -> SaidTime | None:
    """An element of a list: a time, or an object that holds one."""
    if isinstance(value, Node):
        return read_field("", value) if value.opener == "{" else None
    return read_time(value) if isinstance(value, str | int | float) else None


def _is_nothing(value: Value) -> bool:
    return value is None or (isinstance(value, str) and value.strip().casefold() in _NOTHING)


def _length(fields: Fields) -> SaidTime | None:
    """How long it lasts, where a field says so."""
    unit_s = unit_among(fields)
    lengths = (read_field(key, value, unit_s) for key, value in fields if keys.is_duration(key))
    return next(lengths, None)


def _sentences(fields: Fields) -> Iterator[str]:
    """What a record without times says in words: {"response": "It happens from 5 s ..."}."""
    for key, value in fields:
        if isinstance(value, str) and not _holds_no_answer(key) and not read_time(value):
            yield value


def _holds_no_answer(key: str) -> bool:
    return keys.is_aside(key) or keys.is_not_time(key) or keys.says_presence(key)


def _is_empty(key: str, value: Value) -> bool:
    """{"timestamps": []}, {"time": "N/A"}."""
    no_items = isinstance(value, Node) and not value.items
    return keys.is_range(key) and (_is_nothing(value) or no_items)


def _is_denied(fields: Fields) -> bool:
    """{"occurs": false}, {"not_found": true}, {"answer": "No"}, whatever times are beside it."""
    return any(
        (keys.says_presence(key) and is_no(value))
        or (keys.says_absence(key) and is_yes(value))
        or (keys.is_outcome(key) and is_no(value) and not isinstance(value, float))
        or (_is_one_answer(key, value) and _is_denied(_own_fields(value)))
        for key, value in fields
    )


def _is_one_answer(key: str, value: Value) -> bool:
    return keys.is_generic(key) and isinstance(value, Node) and value.opener == "{"


def _own_fields(value: Value) -> Fields:
    return [(key or "", one) for key, one in value.items] if isinstance(value, Node) else []
