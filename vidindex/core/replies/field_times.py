"""Read the time of one JSON field or table cell: a number, text, parts, or a named end.

{"start": {"minutes": 1, "seconds": 5}, "end": "end"}, {"start": 1200, "unit": "ms"}
"""

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from vidindex.core.replies import keys
from vidindex.core.replies.loose_json import Node, Value
from vidindex.core.replies.time_literals import plain_field, read_time
from vidindex.core.replies.values import SaidTime
from vidindex.core.replies.vocabulary import word_set

_BEGINNING: Final = word_set(
    """start beginning begin thestart thebeginning startofvideo startofthevideo beginningofvideo
    beginningofthevideo thestartofthevideo thebeginningofthevideo startofclip startoftheclip anfang
    beginn début ledébut inicio elinicio principio comienzo 开始 开头 视频开头 视频开始 片头 最初
    처음"""
)
_END: Final = word_set(
    """end theend endofvideo endofthevideo theendofthevideo endofclip endoftheclip theveryend ende
    schluss fin lafin final elfinal 结束 结尾 视频结尾 视频结束 片尾 最后 末尾 終わり 끝"""
)


def read_field(key: str, value: Value, unit_s: float = 1.0) -> SaidTime | None:
    """The one time that the field holds; None where it holds none, or cannot be read.

    unit_s: length of the unit of numbers without one, NaN where they count no time (frames).
    """
    time = _parts_time(value) if isinstance(value, Node) else read_time(value)
    if time is None or time.kind != "bare":
        return time
    seconds = time.seconds * keys.unit_of(key) * unit_s
    return None if math.isnan(seconds) else replace(time, seconds=seconds)


def read_edge(key: str, value: Value, unit_s: float = 1.0) -> SaidTime | None:
    """The same of a start or an end, which may be named: "beginning" is 0, "end" infinite."""
    if isinstance(value, str):
        word = keys.simple(value)
        if word in _BEGINNING or word in _END:
            return SaidTime(0.0 if word in _BEGINNING else math.inf, "unit")
    return read_field(key, value, unit_s)


def sum_of(fields: Iterable[tuple[str, Value]]) -> SaidTime | None:
    """One time in several fields of different units: "start_min": 1, "start_sec": 5."""
    times = [read_field(key, value) for key, value in fields]
    if not times or any(time is None for time in times):
        return None
    return SaidTime(sum(time.seconds for time in times if time), "unit")


def unit_among(fields: Iterable[tuple[str, Value]]) -> float:
    """Seconds in the unit that a record names: {"unit": "ms"}; NaN for frames and shares."""
    for key, value in fields:
        if keys.names_unit(key) and isinstance(value, str):
            return keys.UNITS_S.get(keys.simple(value), 1.0)
    return 1.0


def _parts_time(node: Node) -> SaidTime | None:
    """{"minutes": 1, "seconds": 5}, {"value": 5, "unit": "s"}; nothing else may be in it."""
    units = [keys.UNITS_S.get(keys.simple(key or ""), math.nan) for key, _ in node.items]
    if units and not any(map(math.isnan, units)):
        numbers = [read_time(value) for value in node.values]
        if all(number and number.kind == "bare" for number in numbers):
            pairs = zip(numbers, units, strict=True)
            return SaidTime(sum(n.seconds * unit for n, unit in pairs if n), "unit")
        return None
    values = [(k or "", v) for k, v in node.items if not keys.names_unit(k or "")]
    if len(values) == 1 and keys.simple(values[0][0]) in {"value", "time", "timestamp"}:
        return read_field("", values[0][1], unit_among((k or "", v) for k, v in node.items))
    return None


def is_two_numbers_or_one(value: Value) -> bool:
    """Whether "5,10" may be a number with a decimal comma as well as two."""
    return isinstance(value, str) and "," in value and plain_field(value).replace(",", "").isdigit()
