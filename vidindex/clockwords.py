"""How a running clock is written, and which of its times a question names; fits no clock.

A clock's value is in seconds, but for "count" (a frame counter, a number without a
unit), whose value is the number itself.
"""

import re
import unicodedata
from dataclasses import dataclass

from vidindex.types import ClockTrack

_DIGITS = r"\d{1,9}"
_TOKEN = re.compile(
    rf"(?P<h>\d{{1,3}})[:.](?P<m>[0-5]\d)[:.](?P<s>[0-5]\d)(?:(?P<mark>[:;.,])(?P<f>\d{{1,3}}))?"
    rf"|(?P<min>\d{{1,3}}):(?P<sec>[0-5]\d)(?:[.,](?P<frac>\d{{1,3}}))?"
    rf"|(?P<whole>{_DIGITS})(?:\.(?P<part>\d{{1,6}}))?"
)
_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class Number:
    """One number or time in a text: where it stands, how it is written, what it is worth.

    value: seconds, or the number itself for "count". frames: the last field of a timecode.
    resolution: the step of the last digit that is written (a frame counts as 0 here).
    """

    start: int
    end: int
    style: str
    value: float
    resolution: float
    frames: int = 0


def numbers(text: str) -> list[Number]:
    """Every number of a text, in order; full-width digits count as digits."""
    return [_number(match) for match in _TOKEN.finditer(unicodedata.normalize("NFKC", text))]


def _number(match: re.Match[str]) -> Number:
    if match["h"]:
        value = int(match["h"]) * 3600.0 + int(match["m"]) * 60 + int(match["s"])
        if match["f"] and match["mark"] in ":;":
            return Number(*match.span(), "hh:mm:ss:ff", value, 0.0, int(match["f"]))
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


def asked_values(question: str, track: ClockTrack, fps: float) -> list[float]:
    """The values of this clock that the question names; none for a question without a time.

    "01:23" is minutes and seconds, and on a clock with hours hours and minutes as well;
    a plain number counts only beside a word of the clock's own text ("frame 11", "PTS 1.0").
    """
    asked = numbers(question)
    clocks = [number for number in asked if ":" in number.style]
    if ":" in track.style:
        return [value for number in clocks for value in _readings(number, track, fps)]
    named = words(question) & words(track.template)
    plain = [number for number in asked if ":" not in number.style]
    return [number.value for number in plain] if named else []


def names_a_time(question: str) -> bool:
    """Whether the question holds anything that a clock could show."""
    return bool(numbers(question))


def words(text: str) -> set[str]:
    """The words of a text in lower case, without numbers and placeholders."""
    return {word.casefold() for word in _WORD.findall(unicodedata.normalize("NFKC", text))}


def written(value: float, style: str, resolution_s: float, fps: float) -> str:
    """`value` as the clock shows it."""
    value = value + 1e-6
    if style == "count":
        return str(int(value))
    decimals = 0 if resolution_s >= 1 else len(f"{resolution_s:.6f}".rstrip("0").split(".")[1])
    fraction = f"{value % 1:.{decimals}f}"[1:] if decimals and style != "hh:mm:ss:ff" else ""
    whole = int(value)
    if style == "seconds":
        return f"{whole}{fraction}"
    hours, minutes, seconds = whole // 3600, whole // 60 % 60, whole % 60
    if style == "mm:ss":
        return f"{whole // 60:02d}:{seconds:02d}{fraction}"
    frames = f":{int(value % 1 * fps):02d}" if style == "hh:mm:ss:ff" else ""
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{fraction}{frames}"


def _readings(number: Number, track: ClockTrack, fps: float) -> list[float]:
    value = number.value + number.frames / fps
    if number.style == "mm:ss" and track.style != "mm:ss":
        return [value, value * 60]
    return [value]
