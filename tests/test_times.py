"""Times as people write and read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidindex.core.formatting.time_format import format_duration, format_time, parse_time
from vidindex.errors import InputError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90.0),
        ("90.5", 90.5),
        ("90s", 90.0),
        ("01:30", 90.0),
        ("90:00", 5400.0),
        ("00:01:30.5", 90.5),
        ("1h2m3s", 3723.0),
        ("1H 2M", 3720.0),
        ("2m", 120.0),
        ("1m0.25s", 60.25),
        (" 0 ", 0.0),
    ],
)
def test_a_time_reads_as_people_write_it(text: str, seconds: float) -> None:
    assert parse_time(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-5",
        "1:60",
        "00:60:00",
        "1:2:3:4",
        "nan",
        "inf",
        "1e3",
        "5 minutes",
        "1s2m",
        "٣",
        ":",
    ],
)
def test_what_is_no_time_is_refused_with_the_forms_that_are(text: str) -> None:
    with pytest.raises(InputError, match="hh:mm:ss") as refused:
        parse_time(text)
    assert repr(text) in refused.value.message


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (135.2, "00:02:15.2"),
        (0.0, "00:00:00.0"),
        (59.96, "00:01:00.0"),
        (3599.99, "01:00:00.0"),
        (-0.01, "00:00:00.0"),
        (-61.5, "-00:01:01.5"),
        (400_000.0, "111:06:40.0"),
    ],
)
def test_rounding_carries_into_minutes_and_hours(seconds: float, text: str) -> None:
    assert format_time(seconds) == text


def test_subtitles_take_milliseconds_and_their_own_mark() -> None:
    assert format_time(59.9999, decimals=3, mark=",") == "00:01:00,000"
    assert format_time(1.5, decimals=0) == "00:00:02"


@given(st.integers(min_value=0, max_value=10**9))
def test_a_shown_time_reads_back(milliseconds: int) -> None:
    assert parse_time(format_time(milliseconds / 1000, decimals=3)) == pytest.approx(
        milliseconds / 1000, abs=1e-6
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (12.5, "12.5 s"),
        (59.96, "1.0 min"),
        (90.0, "1.5 min"),
        (1799.0, "0.5 h"),
        (2520.0, "0.7 h"),
        (62_208_000.0, "17,280.0 h"),
    ],
)
def test_a_duration_takes_the_unit_that_reads_best(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text
