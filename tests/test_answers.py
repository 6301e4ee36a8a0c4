"""From what a search found to yes, no or unsure, in sentences that cite: the rules alone."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidindex.core.answering.answers import Answer, answer
from vidindex.core.answering.citations import (
    Footage,
    Occasion,
    citation_line,
    cited,
    occasions,
    with_cites,
)
from vidindex.core.answering.languages import Kind
from vidindex.core.answering.question import Asked
from vidindex.core.retrieval.conclusion import conclude
from vidindex.core.timing.wall_clock import WallClock
from vidindex.types import (
    Coverage,
    Event,
    Filters,
    Gap,
    Hit,
    Looks,
    Moment,
    Query,
    SearchResult,
    Span,
    Verdict,
)
from vidindex.types.search import Answer as Said

TWO = datetime(2024, 3, 1, 14, 0).astimezone()
ZONE = TWO.isoformat()[-6:]
DAY = Filters(days=(date(2024, 3, 1),))
FOOTAGE = {
    "a": Footage("cam3_1400.mp4", "cam3", WallClock(TWO), (Span(0.0, 60.0),)),
    "b": Footage(
        "cam3_1401.mp4", "cam3", WallClock(TWO + timedelta(seconds=61)), (Span(0.0, 60.0),)
    ),
    "c": Footage("cam1_1400.mp4", "cam1", WallClock(TWO), (Span(0.0, 60.0),)),
    "d": Footage("holiday.mov", None, None, (Span(0.0, 60.0),)),
}
ALL_LOOKED_AT = Looks(8, 8, 240.0)
ALL_SEEN = Coverage(4, 240.0, candidates=9, checked=9)
_IDS = count(1)


def moment(
    video_id: str, start_s: float, end_s: float, said: Said = "verified", *more: Span
) -> Moment:
    span = Span(start_s, end_s)
    event = Event(video_id, span, "a red circle", "caption", "model", next(_IDS))
    verdict = Verdict(said, 0.9, span, also=more)
    hit = Hit(event, 0.9, ("words",))
    return Moment(video_id, FOOTAGE[video_id].name, span, event.text, 0.9, (hit,), verdict)


def answered(
    *moments: Moment,
    kind: Kind = "whether",
    coverage: Coverage = ALL_SEEN,
    filters: Filters = DAY,
    looks: Looks = ALL_LOOKED_AT,
) -> Answer:
    asked = Asked("the question", kind, "a red circle", filters).narrowed_to(filters)
    concluded = conclude(asked.looked_for, [one.verdict.answer for one in moments], looks)
    query = Query("a red circle", filters)
    result = SearchResult(query, moments, (), coverage, conclusion=concluded)
    return answer(asked, result, FOOTAGE)


def test_one_verified_occasion_is_a_yes_with_file_and_wall_clock() -> None:
    found = answered(moment("a", 10, 15))
    assert (found.verdict, found.count, found.total_s) == ("yes", 1, 5.0)
    (sentence,) = found.sentences
    assert with_cites(sentence) == (
        "Yes: “a red circle” was found once by camera cam3, for 5.0 s, "
        f"at 2024-03-01 14:00:10{ZONE}. [1]"
    )
    assert citation_line(found.citations[0]) == (
        "[1] ✓ 0.90  cam3_1400.mp4  00:00:10.0 – 00:00:15.0  "
        f"2024-03-01 14:00:10{ZONE}  a red circle"
    )


def test_occasions_are_counted_with_the_first_and_the_last() -> None:
    found = answered(moment("d", 5, 6), moment("a", 50, 52, "verified", Span(10, 12)))
    assert found.count == 3
    assert found.total_s == 5.0
    first_and_last = f"first at 2024-03-01 14:00:10{ZONE}, last at 00:00:05.0 of holiday"
    assert f"3 times, 5.0 s in all, {first_and_last}" in found.sentences[0].text
    assert found.sentences[0].cites == (1, 2, 3)


def test_spans_that_touch_are_one_occasion_also_across_the_files_of_a_camera() -> None:
    found = answered(moment("a", 10, 15), moment("a", 14, 20), moment("a", 55, 60))
    assert (found.count, found.total_s) == (2, 15.0)
    found = answered(moment("a", 55, 60), moment("b", 0, 4))
    assert (found.count, found.total_s) == (1, 9.0)
    assert [one.name for one in found.citations] == ["cam3_1400.mp4", "cam3_1401.mp4"]
    assert answered(moment("a", 55, 60), moment("c", 55, 60)).count == 2


def test_an_event_that_goes_on_in_the_next_file_is_one_occasion() -> None:
    first, second = moment("a", 55, 60), moment("b", 0, 20)
    found = answered(replace(first, hits=first.hits + second.hits))
    assert (found.count, found.total_s) == (1, 25.0)


def test_cameras_are_told_apart_where_there_are_several() -> None:
    found = answered(moment("a", 10, 15), moment("a", 30, 31), moment("c", 20, 22))
    assert [with_cites(one) for one in found.sentences][1:] == [
        f"Camera cam1: once, for 2.0 s, at 2024-03-01 14:00:20{ZONE}. [2]",
        f"Camera cam3: twice, 6.0 s in all, first at 2024-03-01 14:00:10{ZONE}, last at "
        f"2024-03-01 14:00:30{ZONE}. [1][3]",
    ]


def test_what_is_not_verified_is_unsure_and_told_apart() -> None:
    found = answered(moment("a", 10, 15, "unsure"), moment("c", 3, 4, "unchecked"))
    assert (found.verdict, found.count, found.total_s) == ("unsure", 0, 0)
    assert [with_cites(one) for one in found.sentences] == [
        "Unsure: no occasion of “a red circle” was verified.",
        "On 1 occasion the frames did not settle it. [1]",
        "1 occasion fits by its text alone; no frame was checked. [2]",
    ]
    found = answered(moment("a", 10, 15), moment("a", 15.5, 17, "unsure"))
    assert (found.verdict, found.count, found.total_s) == ("yes", 1, 5.0)
    assert with_cites(found.sentences[1]) == (
        "On 1 further occasion the frames did not settle it. [2]"
    )


def test_nothing_found_in_footage_that_was_looked_at_is_a_no_with_what_it_rests_on() -> None:
    gap = Gap("cam3", TWO - timedelta(hours=1), TWO)
    found = answered(coverage=replace(ALL_SEEN, gaps=(gap,), checked=4))
    assert (found.verdict, found.lacking) == ("no", "")
    assert found.sentences[0].text == (
        "No: all 8 stretches (4.0 min) were looked at, and nothing shows “a red circle”; misses "
        "are not known."
    )
    assert found.sentences[0].cites == ()
    assert "4 of 9 candidates checked" in found.basis
    assert f"cam3 has no recording 2024-03-01 13:00:00 – 14:00:00{ZONE}" in found.basis


@pytest.mark.parametrize(
    ("coverage", "looks", "kind", "says"),
    [
        (
            Coverage(0, 0.0),
            Looks(),
            "not looked at",
            f"no recordings in 2024-03-01 00:00 – 24:00{ZONE}",
        ),
        (Coverage(0, 0.0, undated=3), Looks(), "not looked at", "3 files of unknown recording"),
        (ALL_SEEN, Looks(0, 8, 240.0), "not looked at", "no frame could be shown"),
        (ALL_SEEN, Looks(5, 8, 240.0), "not found", "was not found in 5 of 8 stretches looked at"),
        (ALL_SEEN, Looks(8, 8, 240.0, "transcribed"), "not found", "8 of 8 stretches transcribed"),
    ],
)
def test_where_evidence_is_lacking_nothing_is_denied(
    coverage: Coverage, looks: Looks, kind: str, says: str
) -> None:
    found = answered(coverage=coverage, looks=looks)
    assert (found.verdict, found.conclusion.kind) == ("unsure", kind)
    assert says in found.lacking
    assert found.sentences[0].text.startswith("Unsure: evidence is lacking: ")


def test_a_count_is_at_least_so_much_where_not_all_was_checked() -> None:
    moments = moment("a", 10, 15), moment("c", 3, 4)
    assert answered(*moments, kind="how many").sentences[0].text.startswith("Twice: ")
    more = replace(ALL_SEEN, candidates=10)
    assert (
        answered(*moments, kind="how many", coverage=more)
        .sentences[0]
        .text.startswith("At least twice: ")
    )
    assert "may be on several" in answered(*moments, kind="how many").sentences[-1].text
    assert answered(kind="how many").sentences[0].text.startswith("None: ")
    assert answered(kind="when").sentences[0].text.startswith("All 8 stretches (4.0 min)")


def test_what_frames_put_outside_of_the_hours_asked_about_is_left_out_and_said() -> None:
    found = answered(moment("a", 10, 15), moment("a", 60, 65))
    assert found.count == 1
    assert found.notes == ("left out, as the frames put it outside of what was asked about: 1",)
    assert answered(moment("a", 60, 65)).verdict == "no"


def test_of_many_citations_a_line_names_the_first_and_counts_the_others() -> None:
    found = answered(*(moment("a", 3.0 * n, 3.0 * n + 0.5) for n in range(15)))
    assert with_cites(found.sentences[0], 2).endswith("[1][2] and 13 more")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(FOOTAGE)),
            st.integers(0, 50),
            st.integers(1, 10),
            st.sampled_from(["verified", "unsure", "unchecked"]),
        ),
        max_size=12,
    )
)
def test_every_citation_is_numbered_once_and_every_sentence_cites_what_is_there(
    drawn: list[tuple[str, int, int, Said]],
) -> None:
    found = answered(*(moment(v, at, at + lasts, said) for v, at, lasts, said in drawn))
    numbers = [one.number for one in found.citations]
    assert numbers == list(range(1, len(drawn) + 1))
    assert all(set(one.cites) <= set(numbers) for one in found.sentences)
    assert {n for one in found.sentences for n in one.cites} == set(numbers)
    expected = "no" if not drawn else "unsure"
    assert found.verdict == ("yes" if any(d[3] == "verified" for d in drawn) else expected)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 10)), min_size=1, max_size=12))
def test_occasions_of_one_file_lie_apart_and_cover_every_piece(
    drawn: list[tuple[int, int]],
) -> None:
    spans = [Span(at, at + lasts) for at, lasts in drawn]
    pieces = [cited(Event("d", span, "x", "caption", "m"), FOOTAGE["d"]) for span in spans]
    found = occasions(pieces)
    assert sorted(c.span for one in found for c in one.citations) == sorted(spans)
    ends = [_extent(one) for one in found]
    assert all(later[0] - before[1] > 2.0 for before, later in pairwise(ends))
    covered = {second for span in spans for second in range(int(span.start_s), int(span.end_s))}
    assert sum(one.duration_s for one in found) == len(covered)


def _extent(occasion: Occasion) -> tuple[float, float]:
    spans = [one.span for one in occasion.citations]
    return min(span.start_s for span in spans), max(span.end_s for span in spans)
