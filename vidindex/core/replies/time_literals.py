"""Read times in text in every notation that models use: clocks, units, ISO 8601, words.

Written forms: 00:01:23.5, 01:23.45, 01:23:45 (see `frame_clock`), 00:01:23,450 (SubRip),
12.5, "12.5s", 12,5 Sekunden, 1 min 23 s, 1m23s, 1'23", 1分23秒, 第12秒, 450 ms, second 12,
PT1M23S, "from the beginning", "to the end"; with full-width or mathematical signs, too.
Every pattern has bounded repetitions, so that scanning takes linear time.
"""

import math
import re
from dataclasses import dataclass, replace
from typing import Final

from vidindex.core.replies.values import SaidTime
from vidindex.core.replies.vocabulary import is_filler

_NUMBER: Final = r"\d{1,7}(?:\.\d{1,20})?(?!\d)"
_NUMBER_OR_COMMA: Final = r"\d{1,7}(?:[.,]\d{1,20})?(?!\d)"
_TO: Final = r"(?:bis|a|à|hasta|até|und|y|et|[-–—~])"
_COMMA: Final = r"\d{1,7},\d{1,2}(?!\d)"
_DECIMAL_COMMA: Final = (
    rf"(?<![-–—~])(?<![-–—~][ ]){_COMMA}(?=[ ]?{_TO}[ ]?\d)"
    rf"|(?:(?<=\d[-–—~])|(?<=[-–—~][ ])|(?<=[ ][ayà][ ])|(?<=bis[ ])|(?<=und[ ])|(?<=até[ ])"
    rf"|(?<=hasta[ ])){_COMMA}(?!,\d|[ ]?[-–—~])"
)
_HOURS: Final = r"(?:hours?|hrs?|h|stunden?|std\.?|horas?|heures?|小时|小時|時間|시간)"
_MINUTES: Final = r"(?:minutes?|mins?|minuten?|minutos?|minuti|分钟|分鐘|分|분)"
_SECONDS: Final = (
    r"(?:seconds?|secs?|sekunden?|sek|segundos?|segs?|secondes?|secondi|s|秒钟|秒鐘|秒|초)"
)
_END: Final = r"(?![A-Za-z])"
_JOIN: Final = r"[ ,]{0,2}(?:(?:and|und|y|et)[ ])?"

_TIME: Final = re.compile(
    rf"""
    (?<![A-Za-z0-9_$€£¥])(?<!\d[.:])(?<!\d,(?=\d{{3}}(?!\d)))
    (?:
      (?P<clock>\d{{1,3}}(?:[:：]\d{{2}}){{1,3}}(?:[.,;]\d{{1,6}})?)(?!\d|[:：]\d)
        (?![ ]?[ap]\.?m\b)(?![ ]?(?:uhr|o'clock))(?:[ ]?(?:{_SECONDS}|{_MINUTES}){_END})?
    | (?P<ms>{_NUMBER})[ ]?(?:ms|msec|milliseconds?|millisekunden?|毫秒){_END}
    | (?:(?P<h>\d{{1,3}})[ ]?{_HOURS}{_JOIN})?
      (?:(?P<m>\d{{1,4}})[ ]?(?:{_MINUTES}{_JOIN}|m[ ]?(?=\d)|['′](?=\d)))?
      (?P<s>{_NUMBER_OR_COMMA})(?:(?:st|nd|rd|th)?[ -]?{_SECONDS}{_END}
        |(?:(?<=['′]\d)|(?<=['′]\d\d))["″])
    | (?:(?P<h2>\d{{1,3}})[ ]?{_HOURS}{_JOIN})?(?P<m2>{_NUMBER_OR_COMMA})[ ]?{_MINUTES}{_END}
    | (?P<bare>{_DECIMAL_COMMA}|{_NUMBER})(?:st|nd|rd|th)?
    | (?P<first>(?:(?<=from[ ])|(?<=between[ ]))(?:the[ ])?(?:very[ ])?(?:beginning|start)
        |(?:(?<=vom[ ])|(?<=von[ ]))(?:Anfang|Beginn)(?=[ ]bis)|(?<=du[ ])début(?=[ ](?:à|jusqu))
        |(?:(?<=del[ ])|(?<=el[ ]))(?:inicio|principio|comienzo)(?=[ ](?:a|al|hasta)\b)
        |(?<=从)(?:视频|影片)?(?:开头|开始|片头)(?=[到至]))
    | (?P<last>(?:(?<=to[ ])|(?<=until[ ])|(?<=till[ ])|(?<=through[ ])|(?<=and[ ]))
        (?:the[ ])?(?:very[ ])?end
        (?=(?:[ ]of[ ]the[ ](?:video|clip|footage|recording))?[ ]?(?:[].,;:)\n]|$))
        |(?<=[-–—~][ ])(?:the[ ])?end(?=[ ]?(?:[].,;)\n]|$))
        |(?:(?<=zum[ ])|(?<=bis[ ]))(?:Ende|Schluss)\b|(?<=jusqu['’]à[ ]la[ ])fin\b
        |(?:(?<=al[ ])|(?<=hasta[ ]el[ ]))(?:final|fin)\b
        |(?<=[到至])(?:视频|影片)?(?:结尾|结束|最后|片尾|末尾))
    )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SECOND_BEFORE: Final = re.compile(
    r"(?<![A-Za-z])(?:seconds?|secs?\.?|sekunden?|segundos?|secondes?|t ?=)[ :#]?$", re.IGNORECASE
)
_NO_TIME_AFTER: Final = re.compile(
    r" ?(?:%|°|[$€£¥]|(?:fps|frames?|px|ml|kg|km|cm|mm|people|times)\b)"
)


_SIGN_BEFORE: Final = re.compile(
    r"(?:\b(?:from|between|at|von|zwischen|de|entre)[ ]|[从在])-$", re.I
)
_WIDE: Final = re.compile(
    r"[０-９]|(?<=[０-９])，(?=[０-９])|(?<=\d)[．∶︰﹕٫](?=\d)|[−－﹣](?=[ ]?\d)"
)
_NARROW: Final = str.maketrans("０１２３４５６７８９，．٫∶︰﹕−－﹣", "0123456789,..：：：---")
_ISO_DURATION: Final = re.compile(
    r"(?<![A-Za-z0-9])PT(?=\d)(?:(\d{1,3})H)?(?:(\d{1,4})M)?(?:(\d{1,7}(?:[.,]\d{1,9})?)S)?(?![A-Z0-9])"
)
_ISO_INTERVAL: Final = re.compile(r"(?<=[HMS])/(?=PT\d)")
_ZULU: Final = re.compile(r"(?<=\d)Z(?![A-Za-z0-9])")
_SPACED_CLOCK: Final = re.compile(r"(?<=\d)\s?[:：]\s?(?=\d\d)")
_COMMA_NUMBER: Final = re.compile(r"-?\d{1,7},\d{1,9}")


@dataclass(frozen=True, slots=True)
class WrittenTime:
    """A time and its place, text[start:end]; is_exact: a clock, or a number with decimals."""

    start: int
    end: int
    time: SaidTime
    is_exact: bool = False


def plain_times(text: str) -> str:
    """The text with times in ASCII: full-width and mathematical signs, ISO 8601 durations."""
    text = _WIDE.sub(lambda match: match[0].translate(_NARROW), text)
    text = _ISO_DURATION.sub(_spelled_out, _ISO_INTERVAL.sub(" - ", text))
    return _ZULU.sub("", text)


def plain_field(text: str) -> str:
    """The same of a field that holds times only, where "00 : 05" can only be a clock."""
    return _SPACED_CLOCK.sub(":", plain_times(text)).strip()


def find_times(text: str) -> list[WrittenTime]:
    """Every time and every plain number in the text (see `plain_times`), in order."""
    found = []
    for match in _TIME.finditer(text):
        time = _value(match)
        if _SIGN_BEFORE.search(text, max(0, match.start() - 12), match.start()):
            time = replace(time, seconds=-time.seconds)
        if time.kind == "bare" and _SECOND_BEFORE.search(
            text, max(0, match.start() - 12), match.start()
        ):
            time = SaidTime(time.seconds, "unit")
        if not _NO_TIME_AFTER.match(text, match.end()):
            is_exact = time.kind == "clock" or any(char in ".," for char in match[0])
            found.append(WrittenTime(match.start(), match.end(), time, is_exact))
    return found


def read_time(value: object) -> SaidTime | None:
    """The one time that a JSON value or a table cell holds, or None."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return SaidTime(float(value), "bare")
    if not isinstance(value, str):
        return None
    text = plain_field(value)
    if _COMMA_NUMBER.fullmatch(text):
        return SaidTime(float(text.replace(",", ".")), "bare")
    found = find_times(text)
    if len(found) != 1:
        return None
    one = found[0]
    before = text[: one.start]
    if before.strip() in {"-", "–"}:
        return replace(one.time, seconds=-one.time.seconds)
    return one.time if is_filler(before) and is_filler(text[one.end :]) else None


def _value(match: re.Match[str]) -> SaidTime:
    groups = match.groupdict()
    if groups["clock"]:
        return _clock(groups["clock"])
    if groups["first"] or groups["last"]:
        return SaidTime(0.0 if groups["first"] else math.inf, "unit")
    if groups["ms"]:
        return SaidTime(float(groups["ms"]) / 1000, "unit", unit_s=0.001)
    if groups["bare"]:
        return SaidTime(float(groups["bare"].replace(",", ".")), "bare")
    hours, minutes = groups["h"] or groups["h2"], groups["m"] or groups["m2"]
    parts = [float((part or "0").replace(",", ".")) for part in (hours, minutes, groups["s"])]
    unit_s = 60.0 if groups["m2"] else 1.0
    return SaidTime(parts[0] * 3600 + parts[1] * 60 + parts[2], "unit", unit_s)


def _spelled_out(match: re.Match[str]) -> str:
    """ "PT1M5S" as "1h 5s" is read below."""
    parts = zip(match.groups(), ("h", "min", "s"), strict=True)
    return " ".join(f"{number}{unit}" for number, unit in parts if number) or match[0]


def _clock(text: str) -> SaidTime:
    """A fourth field is frames; as in 'mm:ss.ff' it counts as hundredths, at most 1 s off."""
    whole, *fraction = re.split(r"[.,;]", text)
    fields = [int(field) for field in re.split("[:：]", whole)]
    rest_s = float(f"0.{fraction[0]}") if fraction else 0.0
    if len(fields) == 4:
        rest_s = fields.pop() / 100
    overflow = any(field >= 60 for field in fields[1:])
    seconds = float(sum(field * 60**i for i, field in enumerate(reversed(fields)))) + rest_s
    as_frames_s = None
    if len(fields) == 3 and not fraction:
        as_frames_s = fields[0] * 60 + fields[1] + fields[2] / 100
    return SaidTime(seconds, "clock", as_frames_s=as_frames_s, overflow=overflow)
