"""How people name hits: by their number in the last answer, or by file and time."""

import sqlite3
from contextlib import closing, suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.library_assets import add_video, event, video

from pipelines.search.hit_refs import resolve
from store import Library
from store.tables.answers import KEPT
from vidindex.core.formatting.time_format import format_time
from vidindex.core.retrieval.hit_refs import Place, Ranks, parse_hit
from vidindex.errors import InputError
from vidindex.types import Coverage, Hit, Moment, Query, SearchResult, Span, Verdict

A, B = "a" * 32, "b" * 32


def answer(words: str, *spans: Span) -> SearchResult:
    moments = tuple(
        Moment(
            A,
            "cam1/film.mp4",
            span,
            "a red car",
            1.0,
            (Hit(event("a red car"), 1.0, ("words",)),),
            Verdict("verified", 0.9, Span(span.start_s + 0.5, span.end_s)),
        )
        for span in spans
    )
    return SearchResult(Query(words), moments, (), Coverage(1, 100.0))


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("3", Ranks(3, 3)),
        ("2-4", Ranks(2, 4)),
        ("all", Ranks(1, None)),
        ("film.mp4@01:23", Place("film.mp4", 83.0, None)),
        ("film.mp4@01:23-01:40.5", Place("film.mp4", 83.0, 100.5)),
        ("cam3/0412.mp4@90", Place("cam3/0412.mp4", 90.0, None)),
        ("me@home.mp4@00:01:00-00:02:00", Place("me@home.mp4", 60.0, 120.0)),
    ],
)
def test_a_hit_is_a_number_or_a_stretch_of_a_file(word: str, meant: Ranks | Place) -> None:
    assert parse_hit(word) == meant


@pytest.mark.parametrize(
    "word", ["0", "4-2", "film.mp4", "@01:23", "film@", "f@02:00-01:00", "f@1-", ""]
)
def test_what_names_no_hit_is_refused(word: str) -> None:
    with pytest.raises(InputError):
        parse_hit(word)


@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30),
    st.integers(0, 36_000),
    st.integers(1, 36_000),
)
def test_any_file_name_comes_back_from_what_was_written(file: str, start: int, length: int) -> None:
    start_s, end_s = start / 10, (start + length) / 10
    named = parse_hit(f"{file}@{format_time(start_s)}-{format_time(end_s)}")
    assert isinstance(named, Place)
    assert named.file == file
    assert named.start_s == pytest.approx(start_s)
    assert named.end_s == pytest.approx(end_s)


@given(st.text(max_size=30))
def test_any_words_name_a_hit_or_are_refused(word: str) -> None:
    with suppress(InputError):
        assert isinstance(parse_hit(word), Place | Ranks)


def test_numbers_are_those_of_the_last_answer(library: Library) -> None:
    library.saved_answers.put(answer("a blue car", Span(50.0, 60.0)))
    library.saved_answers.put(answer("a red car", Span(1.0, 5.0), Span(20.0, 30.0)))
    first, second = resolve(library, ["all"])
    assert (first.rank, second.rank) == (1, 2)
    assert first.query.text == "a red car"
    assert first.span == Span(1.5, 5.0)
    assert first.answer == "verified"
    assert resolve(library, ["2", "1-2"]) == [second, first]


def test_a_number_beyond_the_last_answer_says_how_many_it_showed(library: Library) -> None:
    library.saved_answers.put(answer("a red car", Span(1.0, 5.0)))
    with pytest.raises(InputError, match="no hit 2") as caught:
        resolve(library, ["1-3"])
    assert "it has 1, up to number 1" in str(caught.value)


def test_an_answer_without_hits_has_none_to_name(library: Library) -> None:
    library.saved_answers.put(answer("a red car", Span(1.0, 5.0)))
    library.saved_answers.put(answer("a purple car"))
    for word in ("1", "all"):
        with pytest.raises(InputError, match="has no hits"):
            resolve(library, [word])


def test_hits_keep_their_numbers_when_the_video_of_another_is_erased(library: Library) -> None:
    add_video(library, video(B), "cam2/other.mp4")
    found = answer("a red car", Span(1.0, 5.0), Span(20.0, 30.0))
    elsewhere = replace(found.moments[1], video_id=B)
    library.saved_answers.put(replace(found, moments=(found.moments[0], elsewhere)))
    library.remove(A)
    (second,) = resolve(library, ["all"])
    assert (second.rank, second.video_id) == (2, B)
    assert resolve(library, ["2"]) == [second]
    with pytest.raises(InputError, match="no hit 1; it has 1, up to number 2"):
        resolve(library, ["1"])


def test_what_was_rejected_has_no_number(library: Library) -> None:
    found = answer("a red car", Span(1.0, 5.0), Span(20.0, 30.0))
    library.saved_answers.put(replace(found, moments=found.moments[:1], rejected=found.moments[1:]))
    assert [hit.span for hit in resolve(library, ["all"])] == [Span(1.5, 5.0)]


def test_before_the_first_search_there_are_no_numbers(library: Library) -> None:
    with pytest.raises(InputError, match="no search has been made"):
        resolve(library, ["1"])


def test_a_moment_of_a_file_is_given_a_length_inside_the_file(library: Library) -> None:
    (hit,) = resolve(library, ["film.mp4@01:23"])
    assert (hit.video_id, hit.span, hit.rank) == (A, Span(83.0, 84.0), 0)
    (last,) = resolve(library, ["film.mp4@99.5"])
    assert last.span == Span(99.5, 100.0)


def test_a_time_after_the_end_of_the_file_is_refused(library: Library) -> None:
    with pytest.raises(InputError, match="has no 00:02:00"):
        resolve(library, ["film.mp4@02:00"])


def test_a_name_of_several_files_is_refused(library: Library) -> None:
    add_video(library, video(B), "cam2/film.mp4")
    with pytest.raises(InputError, match="several files"):
        resolve(library, ["film.mp4@01:23"])


def test_only_the_latest_answers_are_kept(library: Library) -> None:
    for number in range(30):
        library.saved_answers.put(answer(f"car {number}", Span(1.0, 5.0)))
    (hit,) = resolve(library, ["1"])
    assert hit.query.text == "car 29"
    with closing(sqlite3.connect(library.path / "library.db")) as db:
        assert db.execute("SELECT count(*) FROM searches").fetchone() == (KEPT,)
        assert db.execute("SELECT count(*) FROM search_hits").fetchone() == (KEPT,)
