"""Lines for people: hits and coverage."""

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidindex.core.formatting.terminal import (
    GAPS_SHOWN,
    MARKS,
    coverage_line,
    display_width,
    format_stretch,
    format_wall,
    hit_line,
    truncate,
)
from vidindex.types import Coverage, Event, Gap, Hit, Moment, Opinion, Span, Verdict
from vidindex.types.search import Answer

SPAN = Span(135.2, 165.0)
BERLIN = ZoneInfo("Europe/Berlin")
AT = datetime(2024, 3, 1, 14, 2, 15, 960_000, tzinfo=BERLIN)


def moment(text: str = "a man opens the gate", path: str = "cam3/0412.mp4") -> Moment:
    hit = Hit(Event("v", SPAN, text, "caption", "model"), 0.93, ("words",))
    return Moment("v", path, SPAN, text, 0.5, (hit,), Verdict("verified", 0.93, SPAN))


def test_a_hit_is_one_line() -> None:
    assert hit_line(1, moment()) == (
        "1  0.93 ✓  cam3/0412.mp4  00:02:15.2 – 00:02:45.0  a man opens the gate"
    )


def test_what_nobody_checked_shows_the_score_of_its_retrieval() -> None:
    unchecked = replace(moment(), verdict=Verdict("unchecked", None, SPAN))
    assert hit_line(1, unchecked).startswith("1  0.50 ·  ")


def test_a_score_is_shown_as_a_chance_only_once_that_was_measured() -> None:
    measured = replace(moment(), verdict=Verdict("verified", 0.93, SPAN, probability=0.871))
    assert hit_line(1, measured).startswith("1  87% ✓  ")


def test_a_second_opinion_stands_behind_the_first() -> None:
    denied = Verdict("unsure", 0.93, SPAN, second=Opinion("rejected", "m", "No"))
    assert hit_line(1, replace(moment(), verdict=denied)).startswith("1  0.93 ?✗  ")


def test_further_spans_of_a_verdict_stand_behind_the_first() -> None:
    found = Verdict("verified", 0.9, Span(140.0, 150.0), also=(Span(170.0, 172.5),))
    line = hit_line(1, replace(moment(), verdict=found))
    assert "00:02:20.0 – 00:02:30.0, 00:02:50.0 – 00:02:52.5" in line


def test_the_line_shows_where_the_check_put_the_moment() -> None:
    refined = replace(moment(), verdict=Verdict("unsure", 0.5, Span(140.0, 150.0)))
    assert "?  cam3/0412.mp4  00:02:20.0 – 00:02:30.0" in hit_line(1, refined)


def test_the_wall_clock_stands_behind_the_times_of_the_video() -> None:
    assert hit_line(1, replace(moment(), starts_at=AT)) == (
        "1  0.93 ✓  cam3/0412.mp4  00:02:15.2 – 00:02:45.0  2024-03-01 14:02:15+01:00  "
        "a man opens the gate"
    )


def test_an_hour_that_comes_twice_shows_its_offset() -> None:
    first = datetime(2024, 10, 27, 0, 30, tzinfo=UTC).astimezone(BERLIN)
    again = datetime(2024, 10, 27, 1, 30, tzinfo=UTC).astimezone(BERLIN)
    assert format_wall(first) == "2024-10-27 02:30:00+02:00"
    assert format_wall(again) == "2024-10-27 02:30:00+01:00"


def test_a_wall_clock_always_shows_its_zone_also_that_of_this_machine() -> None:
    here = datetime(2024, 3, 1, 14, 2, 15).astimezone()
    assert format_wall(here) == here.isoformat(" ")
    assert len(format_wall(here)) == len("2024-03-01 14:02:15+01:00")


def test_a_stretch_shows_its_zone_once_and_twice_where_it_changes() -> None:
    def gap(*hours: str) -> str:
        since, until = (datetime.fromisoformat(f"{hour}Z").astimezone(BERLIN) for hour in hours)
        return format_stretch(Gap("cam3", since, until))

    assert gap("2024-03-01T13:00", "2024-03-01T14:00") == "2024-03-01 14:00:00 – 15:00:00+01:00"
    assert gap("2024-03-31T00:30", "2024-03-31T01:30") == (
        "2024-03-31 01:30:00+01:00 – 03:30:00+02:00"
    )


def test_every_answer_has_its_own_mark() -> None:
    assert set(MARKS) == set(get_args(Answer))
    assert len(set(MARKS.values())) == len(MARKS)


@given(st.text(st.characters(exclude_categories=())))
def test_no_caption_or_name_commands_the_terminal(text: str) -> None:
    line = hit_line(1, moment(text, path=text))
    assert not [c for c in line if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]
    assert not [c for c in line if unicodedata.bidirectional(c) in ("RLO", "LRO", "RLI", "PDI")]


def test_a_caption_of_several_lines_stays_on_one_line_and_escapes_are_seen() -> None:
    line = hit_line(1, moment("EXIT\n\x1b[2Jgate\u202e"))
    assert line.endswith("EXIT \\u001b[2Jgate\\u202e")


@pytest.mark.parametrize(
    ("text", "columns", "shown"),
    [
        ("a man", 5, "a man"),
        ("a man opens", 5, "a ma…"),
        ("門を開ける人", 6, "門を…"),
        ("門を開ける人", 5, "門を…"),
        ("門を開ける人", 12, "門を開ける人"),
        ("e\u0301te\u0301s", 3, "e\u0301t…"),
        ("abc", 0, ""),
    ],
)
def test_text_is_cut_by_display_width(text: str, columns: int, shown: str) -> None:
    assert truncate(text, columns) == shown


@given(st.text(), st.integers(0, 40))
def test_cut_text_fits(text: str, columns: int) -> None:
    assert display_width(truncate(text, columns)) <= columns


def test_a_hit_line_fits_the_terminal() -> None:
    line = hit_line(1, moment("門" * 200), columns=80)
    assert display_width(line) in (79, 80)
    assert line.endswith("門…")


@pytest.mark.parametrize(
    ("coverage", "line"),
    [
        (
            Coverage(61, 2520.0, failed=2, not_heard_s=2520.0, not_seen_s=2520.0),
            "61 files, 0.7 h searched; 2 files failed; 0.7 h not heard, not seen",
        ),
        (Coverage(1, 12.5), "1 file, 12.5 s searched"),
        (
            Coverage(
                17_280,
                3600.0 * 4,
                missing=1,
                not_heard_s=60.0,
                not_read_s=7200.0,
                candidates=210,
                checked=32,
            ),
            "17,280 files, 4.0 h searched; 32 of 210 candidates checked; 1 file missing; "
            "1.0 min not heard; 2.0 h not read",
        ),
    ],
)
def test_a_coverage_says_what_was_left_out(coverage: Coverage, line: str) -> None:
    assert coverage_line(coverage) == line


def gap(camera: str, since_min: float, until_min: float) -> Gap:
    since, until = (AT + timedelta(minutes=minutes) for minutes in (since_min, until_min))
    return Gap(camera, since.replace(microsecond=0), until.replace(microsecond=0))


def test_gaps_are_named_with_their_hours() -> None:
    line = coverage_line(Coverage(2, 60.0, gaps=(gap("cam3", 0, 29), gap("cam1", 0, 1440))))
    assert line == (
        "2 files, 1.0 min searched; "
        "cam1 has no recording 2024-03-01 14:02:15 – 2024-03-02 14:02:15+01:00; "
        "cam3 has no recording 2024-03-01 14:02:15 – 14:31:15+01:00"
    )


def test_of_many_gaps_the_longest_are_named_and_the_others_counted() -> None:
    gaps = tuple(gap(f"cam{minutes}", 0, minutes) for minutes in range(1, 9))
    line = coverage_line(Coverage(2, 60.0, gaps=gaps))
    assert line.count("has no recording") == GAPS_SHOWN
    assert "cam8 has" in line
    assert "cam5 has" not in line
    assert line.endswith("; and 5 more gaps")
    assert coverage_line(Coverage(2, 60.0, gaps=gaps[:4])).endswith("; and 1 more gap")


def test_files_of_unknown_hour_are_counted() -> None:
    assert coverage_line(Coverage(2, 60.0, undated=3)) == (
        "2 files, 1.0 min searched; 3 files of unknown hour left out"
    )
