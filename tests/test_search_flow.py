"""Search, end to end: words, meaning and clocks; every hit read again; "not there" said plainly."""

from collections.abc import Iterator

import pytest
from support import film_assets as films

from vidindex.app import App, Settings, open_library
from vidindex.types import Filters, Query


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("searched")
    footage = folder / "footage"
    (footage / "cam1").mkdir(parents=True)
    films.clock(footage / "cam1" / "cam1_20240131_140000.mp4", 14, 80, "CAM 1")
    films.titled(
        footage / "harbour.mp4",
        [(3, "HARBOUR MASTER"), (3, "PIER 7")],
        [(1.0, 3.0, "The ferry leaves at dawn."), (3.2, 5.0, "没有人看见灯塔管理员。")],
    )
    with open_library(folder / "library", Settings(model="none")) as opened:
        opened.ingest(footage)
        yield opened


def test_a_clock_time_finds_the_moment_that_shows_it(app: App) -> None:
    (moment,) = app.search("01:23").moments
    assert moment.path == "cam1/cam1_20240131_140000.mp4"
    assert moment.verdict.answer == "verified"
    assert moment.verdict.span.start_s == pytest.approx(3.0, abs=0.3)


def test_a_clock_time_that_is_never_shown_is_not_found(app: App) -> None:
    assert app.search("02:50").moments == ()


def test_on_screen_text_is_verified_by_reading_it_again(app: App) -> None:
    moment = app.search("harbour master").moments[0]
    assert moment.verdict.answer == "verified"
    assert moment.verdict.evidence
    assert "HARBOUR MASTER" in moment.verdict.evidence.reply


def test_chinese_text_is_found_by_a_part_of_it(app: App) -> None:
    (moment,) = app.search("灯塔").moments
    assert moment.verdict.span.start_s == pytest.approx(3.2)


def test_subtitles_are_found_by_meaning(app: App) -> None:
    best = app.search("a boat departs early in the morning").moments[0]
    assert best.text == "The ferry leaves at dawn."
    assert best.verdict.answer == "unchecked"


def test_what_is_nowhere_is_not_found_and_the_answer_says_what_was_searched(app: App) -> None:
    result = app.search("an elephant plays chess")
    assert result.moments == ()
    assert result.coverage.num_files == 2
    assert result.coverage.duration_s == pytest.approx(20.0, abs=0.2)
    assert result.coverage.not_seen_s == pytest.approx(20.0, abs=0.2)


def test_one_common_word_is_no_answer(app: App) -> None:
    result = app.search("the zebra at the dentist")
    assert result.moments == ()


def test_filters_let_in_only_what_they_name(app: App) -> None:
    assert app.search(Query("harbour master", Filters(globs=("cam1/*",)))).moments == ()
    assert app.search(Query("harbour master", Filters(globs=("harbour*",)))).moments
    assert app.search(Query("01:23", Filters(start_s=6.0))).moments == ()
    assert app.search(Query("01:23", Filters(channels=("subtitle",)))).moments == ()
    assert app.search(Query("harbour", Filters(channels=("screen",)))).moments


def test_the_day_in_a_file_name_is_a_filter(app: App) -> None:
    from datetime import date

    assert app.search(Query("01:23", Filters(days=(date(2024, 1, 31),)))).moments
    assert app.search(Query("01:23", Filters(days=(date(2024, 2, 1),)))).moments == ()


def test_a_verdict_is_kept_and_not_asked_again(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    first = app.search("harbour master").moments
    assert app.services.reader is not None

    def refuse(*_: object) -> None:
        raise AssertionError("the frames were read again")

    monkeypatch.setattr(type(app.services.reader), "read", refuse)
    assert app.search("harbour master").moments == first


def test_without_verification_candidates_are_shown_unchecked(app: App) -> None:
    moments = app.search("harbour", verify=False).moments
    assert {moment.verdict.answer for moment in moments} == {"unchecked"}
