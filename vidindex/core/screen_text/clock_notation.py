"""Parse the notation of a running clock, and which of its times a question names.

A clock's value is in seconds, but for "count" (a frame counter, a number without a
unit), whose value is the number itself.
"""

import re
import unicodedata
from dataclasses import dataclass

from vidindex.types import ClockTrack

_TOKEN = re.compile(
    r"(?P<h>\d{1,2})[:.](?P<m>[0-5]\d)[:.](?P<s>[0-5]\d)(?:(?P<mark>[:;.,])(?P<f>\d{1,3}))?(?!\d)"
    r"|(?P<min>\d{1,3}):(?P<sec>[0-5]\d)(?:[.,](?P<frac>\d{1,3}))?(?!\d|:\d\d)"
    r"|(?P<whole>\d{1,9})(?!\d*:\d\d)(?:\.(?P<part>\d{1,6}))?"
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_TIMECODE = "hh:mm:ss:ff"


@dataclass(frozen=True, slots=True)
class Number:
    """One number or time in a text: its position, notation and value.

    value: seconds, or the number itself for "count". frames: the last field of a timecode.
    resolution: the step of the last digit that is written (a frame counts as 0 here).
    """

    start: int
    end: int
    style: str
    value: float
    resolution: float
    frames: int = 0

    @property
    def kind(self) -> str:
        """What it can be compared with: all times with colons run through 59:59 to 1:00:00."""
        return "time" if ":" in self.style else self.style


def normal(text: str) -> str:
    """The text with full-width digits and colons as plain ones; the same length is not promised."""
    return unicodedata.normalize("NFKC", text)


def numbers(text: str) -> list[Number]:
    """Every number of a `normal` text, in order."""
    return [_number(match) for match in _TOKEN.finditer(text)]


def _number(match: re.Match[str]) -> Number:
    if match["h"]:
        value = int(match["h"]) * 3600.0 + int(match["m"]) * 60 + int(match["s"])
        if match["f"] and match["mark"] in ":;":
            return Number(*match.span(), _TIMECODE, value, 0.0, int(match["f"]))
        return _with_fraction(match, "hh:mm:ss", value, match["f"])
    if match["min"]:
        value = int(match["min"]) * 60.0 + int(match["sec"])
        return _with_fraction(match, "mm:ss", value, match["frac"])
    style = "seconds" if match["part"] else "count"
    return _with_fraction(match, style, float(match["whole"]), match["part"])


def _with_fraction(match: re.Match[str], style: str, value: float, digits: str | None) -> Number:
    if not digits:
        return Number(*match.span(), style, value, 1.0)
    step = 10.0 ** -len(digits)
    return Number(*match.span(), style, value + int(digits) * step, step)


def names_a_time(question: str) -> bool:
    """Whether the question holds anything that a clock could show."""
    return bool(numbers(normal(question)))


def is_only_times(question: str) -> bool:
    """Whether the question is nothing but clock times with a colon, such as "01:23"."""
    text = normal(question)
    found = [number for number in numbers(text) if number.kind == "time"]
    for number in reversed(found):
        text = text[: number.start] + text[number.end :]
    return bool(found) and not any(map(str.isalnum, text))


def asked_values(question: str, track: ClockTrack) -> list[float]:
    """The values of this clock that the question names; none for a question without a time.

    "01:23" is minutes and seconds, and on a clock with hours it is hours and minutes as
    well. A number without a colon counts only beside a word of the clock's own text
    ("frame 11", "PTS 1.0"): else every number would be a time.
    """
    asked = numbers(normal(question))
    if ":" in track.style:
        times = [number for number in asked if number.kind == "time"]
        return [value for number in times for value in _readings(number, track)]
    named = words(question) & words(track.template)
    return [number.value for number in asked if number.kind != "time"] if named else []


def is_coarser(question: str, track: ClockTrack) -> bool:
    """Whether the clock shows less than the question says: no frames, or no seconds."""
    times = [number for number in numbers(normal(question)) if number.kind == "time"]
    if any(number.style == _TIMECODE for number in times):
        return track.style != _TIMECODE
    return any(track.resolution_s > number.resolution for number in times)


def _readings(number: Number, track: ClockTrack) -> list[float]:
    """What a time may mean on this clock."""
    value = number.value
    if track.style == _TIMECODE:
        value += number.frames * track.resolution_s
    as_hours = [value * 60] if number.style == "mm:ss" and number.resolution == 1 else []
    if track.style == "hh:mm":
        return as_hours or [value]
    return [value] if track.style == "mm:ss" else [value, *as_hours]


def words(text: str) -> set[str]:
    """The words of a text in lower case, without numbers and placeholders."""
    return {word.casefold() for word in _WORD.findall(normal(text))}


def written(value: float, style: str, resolution_s: float) -> str:
    """`value` as a clock of this style shows it."""
    steps = int(value / resolution_s + 1e-6)
    value = steps * resolution_s + 1e-9
    whole = int(value)
    decimals = 0 if resolution_s >= 1 else len(f"{resolution_s:.6f}".rstrip("0").split(".")[1])
    fraction = f"{value % 1:.{decimals}f}"[1:] if decimals else ""
    minutes, seconds = whole // 60, whole % 60
    if style == _TIMECODE:
        fraction = f":{int((value % 1) / resolution_s + 1e-6):02d}"
    if style in ("seconds", "count"):
        return f"{whole}{fraction}"
    if style == "mm:ss":
        return f"{minutes:02d}:{seconds:02d}{fraction}"
    hours = f"{minutes // 60:02d}:{minutes % 60:02d}"
    return hours if style == "hh:mm" else f"{hours}:{seconds:02d}{fraction}"
