"""Readings over time become events and clock tracks: what stays is one, what runs is a clock."""

from collections.abc import Callable, Iterable

import pytest

from vidindex.core.screen_text.clock_notation import asked_values
from vidindex.core.screen_text.tracks import build
from vidindex.types import Box, ClockTrack, Event, Span, TextReading, VideoInfo

STEP_S = 0.95
TOP: Box = (0.1, 0.05, 0.5, 0.12)
BOTTOM: Box = (0.2, 0.85, 0.8, 0.93)


def film(duration_s: float = 60.0, fps: float = 25.0) -> VideoInfo:
    return VideoInfo(
        "v", duration_s, 640, 360, fps, "h264", "mp4", 0, 0.0, 0, round(duration_s * fps), 1
    )


def shown(
    says: Callable[[float], str], duration_s: float = 60.0, box: Box = TOP, step_s: float = STEP_S
) -> list[TextReading]:
    times_s = [i * step_s for i in range(int(duration_s / step_s) + 1) if i * step_s < duration_s]
    return [TextReading(time_s, says(time_s), 0.9, box) for time_s in times_s]


def together(*lines: Iterable[TextReading]) -> list[TextReading]:
    return sorted((one for line in lines for one in line), key=lambda reading: reading.time_s)


def built(
    readings: list[TextReading], duration_s: float = 60.0, fps: float = 25.0
) -> tuple[list[Event], list[ClockTrack]]:
    return build(readings, film(duration_s, fps), "reader")


def clock_text(value: float) -> str:
    return f"{int(value) // 60:02d}:{int(value) % 60:02d}"


# Text


def test_text_that_stays_is_one_event_over_all_its_time() -> None:
    events, clocks = built([TextReading(0.0, "EXIT", 0.9, TOP)])
    assert [(event.text, event.span) for event in events] == [("EXIT", Span(0, 60))]
    assert events[0].channel == "screen"
    assert events[0].source == "reader"
    assert clocks == []


def test_text_ends_at_the_look_that_does_not_show_it() -> None:
    readings = [TextReading(5.0, "GOAL", 0.9, TOP), TextReading(9.0, "", 0.0, (0, 0, 0, 0))]
    events, _ = built(readings)
    assert [(event.text, event.span) for event in events] == [("GOAL", Span(5, 9))]


def test_captions_that_follow_each_other_in_one_place_are_apart() -> None:
    lines = ["the dog runs", "nobody saw it", "the dog sleeps"]
    readings = [TextReading(i * 4.0, line, 0.9, BOTTOM) for i, line in enumerate(lines)]
    events, _ = built(readings, 12.0)
    assert [(event.text, event.span.start_s) for event in events] == [
        ("the dog runs", 0.0),
        ("nobody saw it", 4.0),
        ("the dog sleeps", 8.0),
    ]


def test_a_letter_misread_now_and_then_does_not_tear_a_text() -> None:
    texts = ["BREAKING NEWS", "BREAKlNG NEWS", "BREAKING NEW5", "BREAKING NEWS"] * 5
    events, _ = built([TextReading(i * 1.0, text, 0.9, TOP) for i, text in enumerate(texts)], 20)
    assert [(event.text, event.span) for event in events] == [("BREAKING NEWS", Span(0, 20))]


def test_a_text_that_is_not_read_for_one_look_was_there_all_along() -> None:
    readings = [reading for reading in shown(lambda _: "STUDIO 5") if reading.time_s != 30 * STEP_S]
    readings.append(TextReading(30 * STEP_S, "", 0.0, (0, 0, 0, 0)))
    events, _ = built(together(readings))
    assert [event.span for event in events] == [Span(0, 60)]


def test_a_number_misread_in_one_look_does_not_tear_a_text() -> None:
    readings = shown(lambda t: "GATE 83" if t == 20 * STEP_S else "GATE 33")
    events, _ = built(readings)
    assert [event.text for event in events] == ["GATE 33"]


def test_a_score_is_text_that_changes() -> None:
    readings = shown(lambda t: "HOME 1:0" if t < 20 else "HOME 1:1" if t < 45 else "HOME 2:1")
    events, clocks = built(readings)
    assert [event.text for event in events] == ["HOME 1:0", "HOME 1:1", "HOME 2:1"]
    assert events[1].span.start_s == pytest.approx(20, abs=STEP_S)
    assert clocks == []


def test_a_time_that_stands_still_is_text() -> None:
    events, clocks = built(shown(lambda _: "12:30"))
    assert [(event.text, event.span) for event in events] == [("12:30", Span(0, 60))]
    assert clocks == []


def test_lines_in_two_places_do_not_mix() -> None:
    readings = together(shown(lambda _: "CAMERA 1"), shown(lambda _: "CAMERA 2", box=BOTTOM))
    events, _ = built(readings)
    assert [event.text for event in events] == ["CAMERA 1", "CAMERA 2"]


def test_a_title_that_wanders_is_one_event() -> None:
    readings = [
        TextReading(i * 1.0, "DIRECTED BY", 0.9, (0.3, 0.9 - i * 0.08, 0.7, 0.95 - i * 0.08))
        for i in range(10)
    ]
    events, _ = built(readings, 10.0)
    assert [(event.text, event.span) for event in events] == [("DIRECTED BY", Span(0, 10))]


def test_east_asian_text_of_one_character_is_kept_and_a_stray_letter_is_not() -> None:
    readings = together(shown(lambda _: "完"), shown(lambda _: "I", box=BOTTOM))
    events, _ = built(readings)
    assert [event.text for event in events] == ["完"]


def test_nothing_read_is_nothing_found() -> None:
    assert built([]) == ([], [])


# Clocks


@pytest.mark.parametrize("start_s", [0.0, 3599.0, 35990.5])
def test_a_running_clock_is_one_track_and_no_event(start_s: float) -> None:
    events, clocks = built(
        shown(lambda t: f"{int(start_s + t) // 60:02d}:{int(start_s + t) % 60:02d}")
    )
    assert events == []
    (clock,) = clocks
    assert (clock.span, clock.rate, clock.style, clock.template) == (
        Span(0, 60),
        1.0,
        "mm:ss",
        "{}",
    )
    assert clock.value_at(30) == pytest.approx(start_s + 30, abs=0.1)


def test_a_clock_passes_the_hour() -> None:
    def text(t: float) -> str:
        minutes, seconds = divmod(int(3580 + t), 60)
        return f"{minutes:02d}:{seconds:02d}" if minutes < 60 else f"1:00:{seconds:02d}"

    _, (clock,) = built(shown(text))
    assert clock.time_of(3580 + 40) == pytest.approx(40, abs=0.1)


def test_what_stands_beside_a_clock_is_an_event() -> None:
    events, (clock,) = built(shown(lambda t: f"CAM GATE 14:22:{int(t):02d}"))
    assert [(event.text, event.span) for event in events] == [("CAM GATE", Span(0, 60))]
    assert clock.template == "CAM GATE {}"
    assert asked_values("14:22:30", clock) == [51750.0]
    assert clock.time_of(51750.0) == pytest.approx(30, abs=0.1)


def test_a_date_with_a_time_runs_in_its_time() -> None:
    events, (clock,) = built(shown(lambda t: f"2024-03-05 14:22:{int(t):02d}"))
    assert (clock.style, clock.template) == ("hh:mm:ss", "2024-03-05 {}")
    assert events == []


def test_a_clock_read_without_a_space_now_and_then_is_the_same() -> None:
    readings = shown(lambda t: f"2024-03-05{' ' * (int(t) % 3 > 0)}14:22:{int(t):02d}")
    _, (clock,) = built(readings)
    assert clock.span == Span(0, 60)


def test_garbage_at_the_place_of_a_clock_is_neither_text_nor_another_clock() -> None:
    readings = shown(lambda t: "QI |Z" if int(t / STEP_S) % 20 == 7 else clock_text(t))
    events, clocks = built(readings)
    assert events == []
    assert [clock.span for clock in clocks] == [Span(0, 60)]


def test_a_jump_of_the_clock_begins_a_new_track() -> None:
    _, clocks = built(shown(lambda t: clock_text(t if t < 30 else t + 600)))
    assert len(clocks) == 2
    assert clocks[0].time_of(20) == pytest.approx(20, abs=0.1)
    assert clocks[0].time_of(640) is None
    assert clocks[1].time_of(640) == pytest.approx(40, abs=0.1)


@pytest.mark.parametrize(("mark", "count"), [(":", 25), (";", 30), (":", 24)])
def test_a_timecode_tells_how_many_frames_it_counts(mark: str, count: int) -> None:
    def text(t: float) -> str:
        frame = int(t * count + 1e-6)
        return f"01:00:{frame // count:02d}{mark}{frame % count:02d}"

    _, (clock,) = built(shown(text), fps=50.0)
    assert clock.style == "hh:mm:ss:ff"
    assert clock.resolution_s == pytest.approx(1 / count)
    (value,) = asked_values("01:00:30:12", clock)
    assert clock.time_of(value) == pytest.approx(30 + 12 / count, abs=0.04)


def test_seconds_and_frames_on_one_line_are_two_clocks() -> None:
    _, clocks = built(shown(lambda t: f"Frame = {int(t * 25)} PTS = {int(t * 10) / 10:.1f}s"))
    assert sorted((clock.style, clock.rate) for clock in clocks) == [
        ("count", 25.0),
        ("seconds", 1.0),
    ]
    frames, seconds = sorted(clocks, key=lambda clock: clock.style)
    assert frames.time_of(asked_values("frame 750", frames)[0]) == pytest.approx(30, abs=0.1)
    assert seconds.time_of(asked_values("PTS 12.5", seconds)[0]) == pytest.approx(12.5, abs=0.1)


def test_a_wall_clock_without_seconds_is_one_of_hours() -> None:
    _, (clock,) = built(shown(lambda t: clock_text(862 + t / 60), 900.0), 900.0)
    assert (clock.style, clock.rate) == ("hh:mm", 1.0)
    (value,) = asked_values("14:30", clock)
    assert clock.time_of(value) == pytest.approx(480, abs=2 * STEP_S)


def test_readings_kept_segment_by_segment_join_without_a_seam() -> None:
    whole = together(shown(clock_text), [TextReading(0.0, "EXIT", 0.9, BOTTOM)])
    with_restart = together(whole, [TextReading(32 * STEP_S, "EXIT", 0.9, BOTTOM)])
    exits = [reading for reading in with_restart if reading.text != "EXIT"]
    standing = [TextReading(reading.time_s, "EXIT", 0.9, BOTTOM) for reading in exits]
    events, clocks = built(together(exits, standing))
    assert [(event.text, event.span) for event in events] == [("EXIT", Span(0, 60))]
    assert [clock.span for clock in clocks] == [Span(0, 60)]


def test_braces_in_a_text_are_not_taken_for_the_place_of_its_clock() -> None:
    _, (clock,) = built(shown(lambda t: f"{{live}} {clock_text(t)}"))
    assert clock.template == "(live) {}"
