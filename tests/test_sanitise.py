"""Spans that do not fit their video: what is repaired, what is left out, and the counts."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidindex.core.replies import POINT_LENGTH_S, Tally, sanitise
from vidindex.types import Span


def repaired(
    *spans: tuple[float, float], duration_s: float | None = 60.0
) -> tuple[list[Span], Tally]:
    tally = Tally()
    events = sanitise([(*span, "") for span in spans], duration_s, tally)
    return [event.span for event in events], tally


def test_a_valid_span_passes_bit_by_bit() -> None:
    odd = (0.1 + 0.2, 1 / 3 + 50)
    (span,), tally = repaired(odd)
    assert (span.start_s, span.end_s) == odd
    assert tally == {}


def test_a_span_over_the_end_is_clipped() -> None:
    assert repaired((50.0, 99.0)) == ([Span(50.0, 60.0)], {"clipped": 1})


def test_a_span_from_before_the_start_is_clipped() -> None:
    assert repaired((-5.0, 3.0)) == ([Span(0.0, 3.0)], {"clipped": 1})


def test_a_reversed_span_is_turned_round() -> None:
    assert repaired((9.0, 4.0)) == ([Span(4.0, 9.0)], {"swapped": 1})


def test_a_reversed_span_that_begins_beyond_the_video_still_overlaps_it() -> None:
    assert repaired((99.0, 4.0)) == ([Span(4.0, 60.0)], {"swapped": 1, "clipped": 1})


def test_a_moment_is_given_a_length_within_the_video() -> None:
    spans, tally = repaired((4.0, 4.0), (59.9, 59.9), (0.0, 0.0))
    assert spans == [
        Span(4.0, 4.0 + POINT_LENGTH_S),
        Span(60.0 - POINT_LENGTH_S, 60.0),
        Span(0.0, POINT_LENGTH_S),
    ]
    assert tally == {"point": 3}


def test_a_moment_in_a_very_short_video_is_the_video() -> None:
    assert repaired((0.2, 0.2), duration_s=0.5) == ([Span(0.0, 0.5)], {"point": 1})


@pytest.mark.parametrize(
    "span", [(60.0, 61.0), (70.0, 80.0), (80.0, 70.0), (60.0, 60.0), (-9.0, 0.0)]
)
def test_a_span_wholly_outside_is_left_out_and_counted(span: tuple[float, float]) -> None:
    spans, tally = repaired(span)
    assert spans == []
    assert tally["outside"] == 1


def test_infinite_times_are_left_out_and_counted() -> None:
    assert repaired((0.0, math.inf), (math.nan, 3.0)) == ([], {"not_a_number": 2})


def test_the_same_span_in_the_same_words_is_said_once() -> None:
    tally = Tally()
    said = [(1.0, 2.0, "A dog"), (1.0, 2.0, "a  dog"), (1.0, 2.0, "a cat")]
    events = sanitise(said, 60.0, tally)
    assert [event.text for event in events] == ["A dog", "a cat"]
    assert tally == {"duplicate": 1}


def test_without_a_known_duration_nothing_is_too_late() -> None:
    assert repaired((9e6, 9e6 + 1), duration_s=None) == ([Span(9e6, 9e6 + 1)], {})


def test_a_moment_too_late_to_be_given_a_length_is_left_out_and_counted() -> None:
    assert repaired((1e121, 1e121), duration_s=None) == ([], {"not_a_number": 1})


numbers = st.floats(-50, 200)


@given(st.lists(st.tuples(numbers, numbers)), st.floats(0.01, 150))
def test_what_overlaps_the_video_is_kept_and_what_is_dropped_is_counted(
    said: list[tuple[float, float]], duration_s: float
) -> None:
    spans, tally = repaired(*said, duration_s=duration_s)
    assert all(0 <= span.start_s < span.end_s <= duration_s for span in spans)
    assert len(spans) + tally["outside"] + tally["duplicate"] == len(said)
    assert tally["outside"] == sum(
        min(pair) >= duration_s or max(pair) < 0 or (max(pair) == 0 > min(pair)) for pair in said
    )


def test_real_malformed_answers_are_repaired_and_counted(shared: Path) -> None:
    """7,015 begin beyond the video as written; 398 of them are reversed and overlap it."""
    answers = json.loads((shared / "evaluation" / "anomalous_spans.json").read_text())
    tally, num_said, num_kept, saved = Tally(), 0, 0, 0
    for answer in answers:
        said = [(float(start), float(end), "") for start, end in answer["answer"]]
        duration_s = answer["duration"]
        events = sanitise(said, duration_s, tally)
        num_said, num_kept = num_said + len(said), num_kept + len(events)
        saved += sum(end < duration_s <= start for start, end, _ in said)
        valid = [(a, b) for a, b, _ in said if 0 <= a < b <= duration_s]
        kept = {(event.span.start_s, event.span.end_s) for event in events}
        assert kept.issuperset(valid)
    assert (len(answers), num_said, num_kept) == (678, 14_637, 7_388)
    assert tally == {
        "outside": 6_617,
        "swapped": 1_163,
        "clipped": 1_023,
        "duplicate": 632,
        "point": 287,
    }
    assert tally["outside"] + saved == 7_015
