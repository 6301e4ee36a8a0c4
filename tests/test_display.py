"""Lines for people: hits and coverage."""

import unicodedata
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidindex.display import MARKS, coverage_line, display_width, hit_line, truncate
from vidindex.types import Coverage, Event, Hit, Moment, Span, Verdict
from vidindex.types.search import Answer

SPAN = Span(135.2, 165.0)


def moment(text: str = "a man opens the gate", path: str = "cam3/0412.mp4") -> Moment:
    hit = Hit(Event("v", SPAN, text, "caption", "model"), 0.93, ("words",))
    return Moment("v", path, SPAN, text, 0.93, (hit,), Verdict("verified", 0.9, SPAN))


def test_a_hit_is_one_line() -> None:
    assert hit_line(1, moment()) == (
        "1  0.93 ✓  cam3/0412.mp4  00:02:15.2 – 00:02:45.0  a man opens the gate"
    )


def test_further_spans_of_a_verdict_stand_behind_the_first() -> None:
    found = Verdict("verified", 0.9, Span(140.0, 150.0), also=(Span(170.0, 172.5),))
    line = hit_line(1, replace(moment(), verdict=found))
    assert "00:02:20.0 – 00:02:30.0, 00:02:50.0 – 00:02:52.5" in line


def test_the_line_shows_where_the_check_put_the_moment() -> None:
    refined = replace(moment(), verdict=Verdict("unsure", 0.5, Span(140.0, 150.0)))
    assert "?  cam3/0412.mp4  00:02:20.0 – 00:02:30.0" in hit_line(1, refined)


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
