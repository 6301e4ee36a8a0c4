"""Extract days and hours from a question, in English.

Whole days stay days, for each camera has its own; hours are instants of the one zone of the
cameras, or, where these have several, stay without an offset as days do. Hours without a day
are of the latest day on which they have begun. Words in "quotes" are never read.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo

from vidindex.core.answering.date_phrases import (
    BARE_HOUR,
    COUNT,
    DAY,
    DAY_S,
    HALF_DAY_S,
    HOUR,
    PERIOD,
    WEEKDAY,
    half_of,
    read_count,
    read_hour,
    read_period,
)
from vidindex.errors import InputError

PARTS_OF_DAY = {"morning": (5, 12), "afternoon": (12, 18), "evening": (18, 24), "night": (18, 30)}
"""From and to which hour; a night ends on the morning after."""

_UNITS_S = {"minute": 60, "hour": 3600, "day": DAY_S, "week": 7 * DAY_S}
_AROUND_S = 1800


@dataclass(frozen=True, slots=True)
class TimeFilter:
    """Whole days, or a stretch of wall clock: half-open, open where None.

    since, until: without an offset where each camera's own clock says when that was. guessed:
    the day that hours without a day were taken to be of.
    """

    days: tuple[date, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    guessed: date | None = None


@dataclass(frozen=True, slots=True)
class _Point:
    """A moment as it was written: days, an hour (seconds from midnight), or both."""

    days: tuple[date, date] | None
    hour_s: int | None
    words: str = ""


@dataclass(slots=True)
class _FoundTimes:
    """What was read so far: ranges of days (open where None), of hours, and whole stretches."""

    now: datetime
    zone: tzinfo | None
    by_each_clock: bool = False
    days: list[tuple[date | None, date | None]] = field(default_factory=list)
    hours: list[tuple[int, int | None]] = field(default_factory=list)
    stretches: list[tuple[datetime, datetime]] = field(default_factory=list)

    def at(self, day: date, second: int) -> datetime:
        """That second of the day by the clocks on the wall; seconds may run into the next days."""
        more, second = divmod(second, DAY_S)
        local = datetime.combine(day + timedelta(days=more), time()) + timedelta(seconds=second)
        if self.by_each_clock:
            return local
        return local.replace(tzinfo=self.zone).astimezone(self.zone)

    def point(self, match: re.Match[str], name: str = "a") -> _Point:
        """What `_moment(name)` matched."""
        groups = match.groupdict()
        days = groups[f"{name}_day"] or groups[f"{name}_later"]
        hour = groups[f"{name}_with"] or groups[f"{name}_hour"]
        return _Point(
            read_period(days, self.now.date()) if days else None,
            read_hour(hour) if hour else None,
            hour or "",
        )


def extract_time(
    text: str,
    now: datetime,
    zone: tzinfo | None,
    days: Sequence[date] = (),
    *,
    by_each_clock: bool = False,
) -> tuple[str, TimeFilter]:
    """The text without what it says of days and hours, and that.

    zone: of hours and days; None: this machine's. by_each_clock: hours get no offset, for the
    cameras have several zones; `zone` says which day is today. days: those asked for elsewhere;
    hours are of the one. Raises InputError for a date that does not exist or is ambiguous, and
    where the times together make no single stretch.
    """
    times = _FoundTimes(now.astimezone(zone), zone, by_each_clock)
    for form, read in _FORMS:
        text = _without(form, text, read, times)
    return text, _together(times, days)


def _without(form: re.Pattern[str], text: str, read: "_Reader", times: _FoundTimes) -> str:
    """The text without the matches that `read` takes, except for quoted parts."""
    pieces = re.split(r'("[^"]*")', text)
    return "".join(
        piece if index % 2 else form.sub(lambda m: " " if read(m, times) else m[0], piece)
        for index, piece in enumerate(pieces)
    )


def _read_past(match: re.Match[str], times: _FoundTimes) -> bool:
    """As in "the last two hours": up to now."""
    lasts_s = read_count(match["count"] or "one") * _UNITS_S[match["unit"].lower()]
    times.stretches.append((times.now - timedelta(seconds=lasts_s), times.now))
    return True


def _read_range(match: re.Match[str], times: _FoundTimes) -> bool:
    """As in "between 2 and 4 pm", "from Monday to Wednesday"; "from 2 to 4" may count anything."""
    first, last = times.point(match, "a"), times.point(match, "b")
    sure = [point for point in (first, last) if not re.fullmatch(BARE_HOUR, point.words)]
    if not sure:
        return False
    if len(sure) == 1 and sure[0].hour_s is None:
        raise InputError(f"{match[0]!r} is not clear", "write both days, or am or pm")
    first = _same_half(first, last)
    if first.hour_s is None and last.hour_s is None:
        assert first.days
        assert last.days
        times.days.append((first.days[0], last.days[1]))
    elif first.days or last.days:
        times.stretches.append(_stretch(first, last, times))
    else:
        begin_s, end_s = first.hour_s or 0, last.hour_s or 0
        times.hours.append((begin_s, end_s if end_s > begin_s else end_s + DAY_S))
    return True


def _same_half(first: _Point, last: _Point) -> _Point:
    """From 2 to 4 pm: both are in the afternoon. From 11 to 2 pm: they are not."""
    if first.hour_s is None or last.hour_s is None or not re.fullmatch(BARE_HOUR, first.words):
        return first
    later_s = first.hour_s + HALF_DAY_S
    is_later = half_of(last.words) == "p" and first.hour_s < HALF_DAY_S and later_s < last.hour_s
    return _Point(first.days, later_s) if is_later else first


def _stretch(first: _Point, last: _Point, times: _FoundTimes) -> tuple[datetime, datetime]:
    """From one moment to another, with a day given; an hour without one is of the same day."""
    today = (times.now.date(), times.now.date())
    begin_days = first.days or last.days or today
    end_days = last.days or (begin_days if first.hour_s is not None else today)
    begin = times.at(begin_days[0], first.hour_s or 0)
    end = times.at(end_days[1], DAY_S if last.hour_s is None else last.hour_s)
    if end <= begin and not last.days:
        end = times.at(end_days[1], (last.hour_s or 0) + DAY_S)
    return begin, end


def _read_edge(match: re.Match[str], times: _FoundTimes) -> bool:
    """As in "since Monday", "after 14:00", "before 9 am yesterday", "until noon"."""
    point, word = times.point(match), match["word"].lower()
    if point.hour_s is None:
        assert point.days
        times.days.append(_days_beside(word, *point.days))
        return True
    begins = word in _FROM or word == "after"
    end_s = DAY_S if word == "after" else None
    times.hours.append((point.hour_s, end_s) if begins else (0, point.hour_s))
    if point.days:
        times.days.append(point.days)
    return True


_FROM = ("since", "from", "starting")
_TO = ("until", "till", "by", "up to")


def _days_beside(word: str, first: date, last: date) -> tuple[date | None, date | None]:
    if word in _FROM:
        return first, None
    if word == "after":
        return last + timedelta(days=1), None
    return None, last if word in _TO else first - timedelta(days=1)


def _read_at(match: re.Match[str], times: _FoundTimes) -> bool:
    """At 3 pm is that hour, at 14:30 yesterday that minute; around noon is ± half an hour.

    A time with a colon and without a day may be what a clock in the picture shows: it stays.
    """
    hour_s, words = read_hour(match["hour"]), match["hour"]
    if re.fullmatch(r"[\d:]+", words) and not times.days:
        return False
    if match["word"].lower() == "at":
        times.hours.append((hour_s, hour_s + (3600, 60, 1)[words.count(":")]))
    else:
        times.hours.append((max(0, hour_s - _AROUND_S), hour_s + _AROUND_S))
    return True


def _read_part(match: re.Match[str], times: _FoundTimes) -> bool:
    """As in "this morning", "last night", "on Monday evening", "tonight"."""
    today, words = times.now.date(), match[0].lower()
    day = today - timedelta(days="last" in words)
    times.days.append(read_period(match["day"], today) if match["day"] else (day, day))
    first, last = PARTS_OF_DAY["night" if "tonight" in words else match["part"].lower()]
    times.hours.append((first * 3600, last * 3600))
    return True


def _read_days(match: re.Match[str], times: _FoundTimes) -> bool:
    """One day or more: "on Monday and Tuesday"."""
    for words in re.findall(PERIOD, match[0], re.IGNORECASE):
        times.days.append(read_period(words, times.now.date()))
    return True


def _moment(name: str, hour: str) -> str:
    """Days, an hour or both, in either order, as groups that begin with `name`."""
    return (
        rf"(?:(?:on\s+)?(?P<{name}_day>{PERIOD})(?:\s+(?:at\s+)?(?P<{name}_with>{hour}))?"
        rf"|(?P<{name}_hour>{hour})(?:,?\s+(?:on\s+)?(?P<{name}_later>{PERIOD}))?)"
    )


_ANY_HOUR = rf"(?:{HOUR}|{BARE_HOUR})"
_Reader = Callable[[re.Match[str], _FoundTimes], bool]
_FORMS: tuple[tuple[re.Pattern[str], _Reader], ...] = tuple(
    (re.compile(rf"(?<![\w-])(?:{form})(?![\w-])", re.IGNORECASE), read)
    for form, read in (
        (
            rf"(?:(?:in|within|during|over|for)\s+)?the\s+(?:last|past)\s+(?:(?P<count>{COUNT})\s+)?"
            rf"(?P<unit>{'|'.join(_UNITS_S)})s?(?!\s+of\b)",
            _read_past,
        ),
        (
            rf"(?:between|from)\s+{_moment('a', _ANY_HOUR)}"
            rf"\s*(?:and|to|until|till|through|[-–])\s*{_moment('b', _ANY_HOUR)}",
            _read_range,
        ),
        (
            rf"(?:(?:on|in|during)\s+)?(?:(?:this|last)\s+(?!{WEEKDAY})"
            rf"|(?P<day>{DAY})\s+(?:in\s+the\s+|at\s+)?)"
            r"(?P<part>morning|afternoon|evening|night)|tonight",
            _read_part,
        ),
        (
            rf"(?P<word>{'|'.join(_FROM + _TO)}|after|(?<!day\s)before)\s+"
            rf"{_moment('a', HOUR)}",
            _read_edge,
        ),
        (
            rf"(?:(?:on|in|during|for)\s+)?{PERIOD}"
            rf"(?:(?:\s*,|\s+and|\s+or)\s+(?:on\s+|in\s+)?{PERIOD})*",
            _read_days,
        ),
        (rf"(?P<word>at|around|about)\s+(?P<hour>{HOUR})", _read_at),
    )
)
"""In this order: longer phrases first."""


def _together(times: _FoundTimes, given: Sequence[date]) -> TimeFilter:
    """One stretch, or days, from all times that were named."""
    if len(times.stretches) + bool(times.days or times.hours) > 1:
        raise _several("times")
    if times.stretches:
        return TimeFilter((), *times.stretches[0])
    first, last, days = _days_together(times.days)
    if not times.hours:
        return TimeFilter(
            days,
            times.at(first, 0) if first else None,
            times.at(last, DAY_S) if last else None,
        )
    if first or last or len(days or given) > 1:
        raise _several("days")
    begin_s = max(begin for begin, _ in times.hours)
    end_s = min((end for _, end in times.hours if end is not None), default=None)
    if end_s is not None and end_s <= begin_s:
        raise _several("hours")
    day = next(iter(days or given), None)
    guessed = None if day else _latest(begin_s, times)
    on = day or guessed
    assert on
    return TimeFilter(
        (), times.at(on, begin_s), None if end_s is None else times.at(on, end_s), guessed
    )


def _several(what: str) -> InputError:
    return InputError(
        f"the question names several {what} that make no one stretch", "ask about one at a time"
    )


def _days_together(
    ranges: Sequence[tuple[date | None, date | None]],
) -> tuple[date | None, date | None, tuple[date, ...]]:
    """(from, to, ()) where that is open on a side, else (None, None, all the days)."""
    whole = [(first, last) for first, last in ranges if first and last]
    if whole and len(whole) < len(ranges):
        raise _several("days")
    days = {
        first + timedelta(days=n) for first, last in whole for n in range((last - first).days + 1)
    }
    if whole and not days:
        raise _several("days")
    since = max((first for first, _ in ranges if first), default=None)
    until = min((last for _, last in ranges if last), default=None)
    if days:
        return None, None, tuple(sorted(days))
    if since and until and since > until:
        raise _several("days")
    return since, until, ()


def _latest(begin_s: int, times: _FoundTimes) -> date:
    """The latest day on which these hours have begun."""
    today = times.now.date()
    now = times.now.replace(tzinfo=None) if times.by_each_clock else times.now
    return today if times.at(today, begin_s) <= now else today - timedelta(days=1)
