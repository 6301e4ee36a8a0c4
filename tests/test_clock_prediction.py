"""A running clock need not be read where it is known what it shows."""

from math import floor

from vidindex.core.screen_text.clock_prediction import MAX_UNREAD_S, MIN_READ, ClockWatch
from vidindex.types import Box, TextReading

PLACE: Box = (0.1, 0.1, 0.4, 0.2)
STEP_S = 0.95


def line(time_s: float, text: str, box: Box = PLACE) -> TextReading:
    return TextReading(time_s, text, 0.99, box)


def clock(time_s: float, phase_s: float = 0.3) -> TextReading:
    return line(time_s, f"CAM 3 00:{floor(time_s + phase_s):02d}")


def watched(count: int = 20) -> ClockWatch:
    watch = ClockWatch()
    watch.note([clock(i * STEP_S) for i in range(count)])
    return watch


LAST_S = 19 * STEP_S


def test_in_the_middle_of_a_second_it_is_known_what_a_clock_shows() -> None:
    assert watched().can_tell(clock(LAST_S), 20.2)


def test_near_its_next_step_a_clock_is_read() -> None:
    assert not watched().can_tell(clock(LAST_S), 20.7)


def test_after_some_seconds_a_clock_is_read_again() -> None:
    assert not watched().can_tell(clock(LAST_S), LAST_S + MAX_UNREAD_S + 0.1)


def test_few_readings_say_nothing_yet() -> None:
    assert not watched(MIN_READ - 1).can_tell(clock(0.0), MIN_READ * STEP_S + 0.2)


def test_a_clock_that_jumped_is_read() -> None:
    watch = watched()
    watch.note([line(LAST_S + STEP_S, "CAM 3 00:55")])
    assert not watch.can_tell(line(LAST_S, "CAM 3 00:55"), 20.2)


def test_a_score_is_not_a_clock() -> None:
    watch = ClockWatch()
    watch.note([line(i * STEP_S, "HOME 2:1") for i in range(20)])
    assert not watch.can_tell(line(LAST_S, "HOME 2:1"), 20.2)


def test_a_line_in_another_place_is_not_the_clock() -> None:
    assert not watched().can_tell(line(LAST_S, "CAM 3 00:18", (0.6, 0.6, 0.9, 0.7)), 20.2)
