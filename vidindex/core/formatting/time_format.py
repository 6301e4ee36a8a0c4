"""Format and parse times.

Seconds are floats of media time. What is shown is rounded once, as a whole
number of the smallest unit shown, so that no part ever reads 60.
"""

import re

from vidindex.errors import InputError

_SECONDS = r"(?P<s>[0-9]{1,9}(?:\.[0-9]{1,9})?)"
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"{_SECONDS}\s*s?",
        r"(?P<m>[0-9]{1,6}):(?P<s>[0-5]?[0-9](?:\.[0-9]{1,9})?)",
        r"(?P<h>[0-9]{1,6}):(?P<m>[0-5]?[0-9]):(?P<s>[0-5]?[0-9](?:\.[0-9]{1,9})?)",
        rf"(?=.)(?:(?P<h>[0-9]{{1,6}})h)?\s*(?:(?P<m>[0-9]{{1,6}})m)?\s*(?:{_SECONDS}s)?",
    )
)
_SECONDS_PER = {"h": 3600, "m": 60, "s": 1}


def parse_time(text: str) -> float:
    """Seconds of a time such as 90, 90.5s, 01:30, 00:01:30.5 or 1h2m3s.

    Raises InputError for any other text, and where a part of hh:mm:ss is 60 or more.
    """
    written = text.strip().lower()
    for form in _FORMS:
        if match := form.fullmatch(written):
            parts = match.groupdict()
            return float(
                sum(float(parts[unit]) * _SECONDS_PER[unit] for unit in parts if parts[unit])
            )
    raise InputError(
        f"{text!r} is not a time", "write seconds (90), mm:ss (01:30), hh:mm:ss.f or 1h2m3s"
    )


def format_time(time_s: float, decimals: int = 1, mark: str = ".") -> str:
    """`time_s` as hh:mm:ss with `decimals` digits behind `mark`, rounded half to even.

    Hours take more than two digits where they need them.
    """
    steps_per_s = 10**decimals
    steps = round(time_s * steps_per_s)
    whole_s, rest = divmod(abs(steps), steps_per_s)
    minutes, seconds = divmod(whole_s, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f"{mark}{rest:0{decimals}d}" if decimals else ""
    return f"{'-' if steps < 0 else ''}{hours:02d}:{minutes:02d}:{seconds:02d}{fraction}"


def format_duration(duration_s: float) -> str:
    """`duration_s` with one decimal in the unit that reads best: 12.5 s, 12.3 min, 0.7 h."""
    seconds, minutes = round(duration_s, 1), round(duration_s / 60, 1)
    if seconds < 60:
        return f"{seconds:.1f} s"
    if minutes < 30:
        return f"{minutes:.1f} min"
    return f"{duration_s / 3600:,.1f} h"
