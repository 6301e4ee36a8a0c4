"""Parse English words for days and hours as dates and seconds.

`PERIOD` and `HOUR` are regular expressions without groups; what they match, `read_period`
and `read_hour` read. A date that may be two is refused, never guessed.
"""

import re
from datetime import date, timedelta

from vidindex.errors import InputError

DAY_S = 86_400
HALF_DAY_S = DAY_S // 2

_MONTH_NAMES = (
    "january february march april may june july august september october november december"
)
_DAY_NAMES = "monday tuesday wednesday thursday friday saturday sunday"
_MONTHS, _WEEKDAYS = _MONTH_NAMES.split(), _DAY_NAMES.split()
NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
COUNT = rf"(?:{'|'.join(NUMBERS)}|\d{{1,3}})"
WEEKDAY = rf"(?:{'|'.join(_WEEKDAYS)})"

_MONTH = rf"(?:{'|'.join(f'{name}|{name[:3]}[.]?' for name in _MONTHS)})"
_NUMBER = r"(?:[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?(?![\d:])"
_YEAR = r"(?:,?\s+(?:of\s+)?(?:19|20)\d\d)"
DAY = (
    r"(?:(?:the\s+)?day\s+before\s+yesterday|yesterday|today"
    r"|(?:19|20)\d\d-\d{1,2}-\d{1,2}|\d{1,2}[/.]\d{1,2}[/.](?:19|20)\d\d"
    rf"|(?:(?:last|this)\s+)?{WEEKDAY}"
    rf"|{_MONTH}\s+(?:the\s+)?{_NUMBER}{_YEAR}?"
    rf"|(?:the\s+)?{_NUMBER}\s+(?:of\s+)?{_MONTH}(?![a-z]){_YEAR}?"
    rf"|{COUNT}\s+days?\s+ago)"
)
PERIOD = (
    rf"(?:{DAY}|(?:this|last)\s+(?:weekend|week|month)|(?:{'|'.join(_MONTHS)}){_YEAR}"
    rf"|(?<=in\s)(?:{'|'.join(_MONTHS)})(?![a-z]))"
)
_HALF = r"(?:\s*[ap]\.?\s?m\b\.?)"
HOUR = (
    rf"(?:(?:[01]?\d|2[0-4])(?::[0-5]\d){{1,2}}(?:{_HALF}|(?![\d:]))"
    rf"|(?:1[0-2]|0?[1-9]){_HALF}|(?:[01]?\d|2[0-4])\s+o'?clock|noon|midnight)"
)
BARE_HOUR = r"(?:(?:[01]?\d|2[0-4])(?![\d:./-]))"
"""Could be a number of anything; it is an hour only beside one that is sure to be."""


def read_period(words: str, today: date) -> tuple[date, date]:
    """The first and the last day that `words`, a match of PERIOD, mean if today is `today`.

    A day without a year, or a weekday, is the latest that has come. Raises InputError for a
    date that does not exist, and for one that is ambiguous.
    """
    text = " ".join(words.lower().replace(",", " ").split())
    if match := re.fullmatch(r"(this|last) (week|weekend|month)", text):
        return _week_or_month(match[1] == "last", match[2], today)
    if match := re.fullmatch(rf"({'|'.join(_MONTHS)})(?: (?:of )?(\d{{4}}))?", text):
        return _month(match[1], match[2], today)
    day = _day(text, words, today)
    return day, day


def _week_or_month(back: bool, unit: str, today: date) -> tuple[date, date]:
    if unit == "month":
        first = today.replace(day=1)
        first = (first - timedelta(days=1)).replace(day=1) if back else first
        return first, _next_month(first) - timedelta(days=1)
    monday = today - timedelta(days=today.weekday() + 7 * back)
    return monday + timedelta(days=5 * (unit == "weekend")), monday + timedelta(days=6)


def _month(name: str, year: str | None, today: date) -> tuple[date, date]:
    first = date(int(year or today.year), _MONTHS.index(name) + 1, 1)
    if not year and first > today:
        first = first.replace(year=first.year - 1)
    return first, _next_month(first) - timedelta(days=1)


def _next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def _day(text: str, words: str, today: date) -> date:
    near = {"today": 0, "yesterday": 1, "day before yesterday": 2, "the day before yesterday": 2}
    if text in near:
        return today - timedelta(days=near[text])
    if text.endswith("ago"):
        return today - timedelta(days=read_count(text.partition(" ")[0]))
    weekday = text.rpartition(" ")[2]
    if weekday in _WEEKDAYS:
        days_ago = (today.weekday() - _WEEKDAYS.index(weekday)) % 7
        return today - timedelta(days=days_ago or 7 * text.startswith("last"))
    try:
        return _date(text, today)
    except ValueError:
        raise InputError(f"{words!r} is not a day", "write it as 2024-03-01") from None


def _date(text: str, today: date) -> date:
    """A date in figures or with the name of its month. Raises ValueError for anything else."""
    if match := re.fullmatch(r"(\d{4})-(\d+)-(\d+)", text):
        return date(*map(int, match.groups()))
    if match := re.fullmatch(r"(\d+)([/.])(\d+)\2(\d{4})", text):
        return _in_figures(text, int(match[1]), match[2], int(match[3]), int(match[4]))
    month = next(i for i, name in enumerate(_MONTHS, 1) if re.search(rf"\b{name[:3]}", text))
    figures = [int(figure) for figure in re.findall(r"\d+", text)]
    if len(figures) == 2:
        return date(figures[1], month, figures[0])
    latest = (date(year, month, figures[0]) for year in _years_with(month, figures[0], today))
    return next(day for day in latest if day <= today)


def _years_with(month: int, day: int, today: date) -> list[int]:
    """Years back from this one that have this day: all but for 29 February. Raises ValueError."""
    date(2024, month, day)
    leap = month == 2 and day == 29
    return [year for year in range(today.year, today.year - 9, -1) if not leap or _is_leap(year)]


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _in_figures(text: str, one: int, mark: str, two: int, year: int) -> date:
    """1.3.2024 is the first of March; 1/3/2024 is that in Europe, and 3 January in America."""
    if mark == "." or one > 12 or one == two:
        return date(year, two, one)
    if two > 12:
        return date(year, one, two)
    raise InputError(
        f"{text!r} may be {date(year, two, one)} or {date(year, one, two)}",
        "write the one that is meant",
    )


def read_hour(words: str) -> int:
    """Seconds from midnight of a match of HOUR or BARE_HOUR; 24:00 is the end of the day."""
    text = words.lower().replace(".", "")
    if text in ("noon", "midnight"):
        return HALF_DAY_S if text == "noon" else 0
    parts = [int(part) for part in re.findall(r"\d+", text)]
    hour = parts[0] % 12 + 12 * ("p" in text) if half_of(words) else parts[0]
    minute, second = [*parts[1:], 0, 0][:2]
    return min(DAY_S, hour * 3600 + minute * 60 + second)


def half_of(words: str) -> str:
    """The letter a or p of an hour that says am or pm, else nothing."""
    match = re.search(r"([ap])\.?\s?m\b", words.lower())
    return match[1] if match else ""


def read_count(word: str) -> int:
    """The number that a match of COUNT says."""
    return NUMBERS.get(word.lower()) or int(word)
