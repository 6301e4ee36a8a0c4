"""How clocks are written, and which of their times a question names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidindex.core.screen_text.clock_notation import (
    asked_values,
    is_coarser,
    is_only_times,
    names_a_time,
    normal,
    numbers,
    written,
)
from vidindex.types import ClockTrack, Span


def clock(style: str, template: str = "{}", resolution_s: float = 1.0) -> ClockTrack:
    return ClockTrack("v", Span(0, 9e4), 0.0, 1.0, style, template, resolution_s, "reader")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("01:23", [("mm:ss", 83.0)]),
        ("１：２３", [("mm:ss", 83.0)]),
        ("01:02:03", [("hh:mm:ss", 3723.0)]),
        ("00:00:00.500", [("hh:mm:ss", 0.5)]),
        ("01:00:00;12", [("hh:mm:ss:ff", 3600.0)]),
        ("00:00:03:03", [("hh:mm:ss:ff", 3.0)]),
        ("PTS = 1.25s", [("seconds", 1.25)]),
        ("Frame=12", [("count", 12.0)]),
        (
            "2024-03-05 14:22:37",
            [("count", 2024.0), ("count", 3.0), ("count", 5.0), ("hh:mm:ss", 51757.0)],
        ),
        ("2024-03-0514:22:37", [("count", 2024.0), ("count", 3.0), ("hh:mm:ss", 51757.0)]),
        ("no number", []),
    ],
)
def test_every_way_to_write_a_time_is_understood(text: str, found: list[tuple[str, float]]) -> None:
    assert [(one.style, one.value) for one in numbers(normal(text))] == found


def test_a_lone_time_may_be_minutes_or_hours() -> None:
    assert asked_values("when is it 01:23?", clock("mm:ss")) == [83.0]
    assert asked_values("when is it 01:23?", clock("hh:mm", resolution_s=60)) == [4980.0]
    assert asked_values("when is it 01:23?", clock("hh:mm:ss")) == [83.0, 4980.0]
    assert asked_values("1:23", clock("mm:ss")) == [83.0]


@pytest.mark.parametrize(
    ("question", "style", "resolution_s", "coarser"),
    [
        ("00:00:05:12", "hh:mm:ss:ff", 0.04, False),
        ("00:00:05:12", "mm:ss", 1.0, True),
        ("01:23", "mm:ss", 1.0, False),
        ("01:23", "hh:mm", 60.0, True),
        ("00:01:23.5", "hh:mm:ss", 0.1, False),
        ("00:01:23.5", "hh:mm:ss", 1.0, True),
        ("Frame 12", "count", 1.0, False),
    ],
)
def test_a_clock_without_the_frames_or_seconds_asked_for_is_coarser(
    question: str, style: str, resolution_s: float, coarser: bool
) -> None:
    assert is_coarser(question, clock(style, resolution_s=resolution_s)) == coarser


def test_a_time_with_hours_has_one_meaning() -> None:
    assert asked_values("14:22:37", clock("hh:mm:ss", "2024-03-05 {}")) == [51757.0]
    assert asked_values("1:23:45", clock("mm:ss")) == [5025.0]


def test_a_timecode_counts_frames_at_the_rate_of_its_clock() -> None:
    track = clock("hh:mm:ss:ff", resolution_s=1 / 25)
    assert asked_values("00:01:23:10", track) == [pytest.approx(83.4)]
    assert asked_values("00:01:23:10", clock("mm:ss")) == [83.0]


def test_a_number_counts_only_beside_a_word_of_the_clock() -> None:
    assert asked_values("PTS 2.5", clock("seconds", "PTS = {}s", 0.1)) == [2.5]
    assert asked_values("frame 11", clock("count", "Frame = {}")) == [11.0]
    assert asked_values("11 people", clock("count", "Frame = {}")) == []
    assert asked_values("11 people", clock("count")) == []
    assert asked_values("PTS 2.5", clock("mm:ss")) == []


def test_a_question_without_numbers_names_no_time() -> None:
    assert not names_a_time("a man in a red coat")
    assert names_a_time("at 01:23")


def test_a_question_of_clock_times_only_holds_no_other_letter_or_digit() -> None:
    assert all(
        map(is_only_times, ["01:23", " 00:00:33? ", "01:23 – 01:30", "1:02:03;04", "０１：２３"])
    )
    assert not any(map(is_only_times, ["", "at 01:23", "1235", "frame 11", "01:23 KA05", "?"]))


@given(st.integers(0, 35999), st.sampled_from(["mm:ss", "hh:mm:ss"]))
def test_what_a_clock_shows_is_what_it_is_asked_for(value: int, style: str) -> None:
    assert value in asked_values(written(value, style, 1.0), clock(style))


@given(st.integers(0, 35999 * 25))
def test_a_timecode_survives_being_written_and_read(frame: int) -> None:
    track = clock("hh:mm:ss:ff", resolution_s=1 / 25)
    (value,) = asked_values(written(frame / 25, track.style, 1 / 25), track)
    assert value == pytest.approx(frame / 25)


@pytest.mark.parametrize(
    ("value", "style", "resolution_s", "text"),
    [
        (83.96, "mm:ss", 1.0, "01:23"),
        (83.96, "mm:ss", 0.1, "01:23.9"),
        (51720.0, "hh:mm", 60.0, "14:22"),
        (1.2, "seconds", 0.1, "1.2"),
        (12.0, "count", 1.0, "12"),
        (3.12, "hh:mm:ss:ff", 0.04, "00:00:03:03"),
    ],
)
def test_a_value_is_written_as_its_clock_shows_it(
    value: float, style: str, resolution_s: float, text: str
) -> None:
    assert written(value, style, resolution_s) == text


def test_a_clock_knows_from_when_to_when_it_shows_a_value() -> None:
    track = ClockTrack("v", Span(10, 20), 83.5, 1.0, "mm:ss", "{}", 1.0, "reader")
    assert track.showing(85) == Span(11.5, 12.5)
    assert track.showing(83) == Span(10, 10.5)  # it had begun before the clock came into view
    assert track.time_of(82) is None
    assert track.time_of(94) is None


def test_a_clock_that_counts_down_shows_a_value_before_the_next_lower() -> None:
    track = ClockTrack("v", Span(0, 100), 60.0, -1.0, "mm:ss", "{}", 1.0, "reader")
    assert track.showing(30) == Span(29, 30)
