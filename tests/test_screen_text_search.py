"""On-screen text is judged against the question: numbers, plates and times match exactly."""

from collections.abc import Iterator

import pytest
from support import film_assets as films

from vidindex.app import App, Settings, open_library
from vidindex.types import Filters, Query


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("numbers")
    footage = folder / "footage"
    footage.mkdir()
    films.clock(footage / "clock.mp4", 14, 23, "030")
    films.clock(footage / "later.mp4", 5, 35, "035")
    films.titled(
        footage / "plates.mp4",
        [(3, "B-MW 1234"), (3, "PIER 17")],
        [(0.5, 2.5, "The alarm went off at 03:17."), (3.2, 5.0, "The lorry is KA-05-MJ-9876.")],
    )
    with open_library(folder / "library", Settings(model="none")) as opened:
        opened.ingest(footage)
        yield opened


def test_a_time_is_verified_only_where_the_clock_shows_it(app: App) -> None:
    """The texts 030 and 035 are near in meaning, and stand beside 00:30 and 00:35."""
    moments = app.search("00:30").moments
    assert [moment.verdict.answer for moment in moments] == ["verified"]
    assert moments[0].text == "00:30"
    assert moments[0].verdict.span.start_s == pytest.approx(7.0, abs=0.3)


def test_a_text_is_no_answer_because_the_time_asked_for_stands_beside_it(app: App) -> None:
    assert app.search(Query("00:30", Filters(channels=("screen",)))).moments == ()


def test_text_beside_a_clock_is_found_by_its_own_words(app: App) -> None:
    moment = app.search("030").moments[0]
    assert (moment.text, moment.verdict.answer) == ("030", "verified")


@pytest.mark.parametrize(
    "query", ["07:45", "B-MW 1235", "BMW1235", "pier 7", "KA05MJ9877", "03:18"]
)
def test_a_neighbour_of_an_absent_number_is_not_shown(app: App, query: str) -> None:
    assert app.search(query).moments == ()


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("b-mw-1234", "B-MW 1234"),
        ("BMW1234", "B-MW 1234"),
        ("B MW 1234", "B-MW 1234"),
        ("pier 17", "PIER 17"),
        ("3:17", "The alarm went off at 03:17."),
        ("KA05MJ9876", "The lorry is KA-05-MJ-9876."),
    ],
)
def test_a_number_is_found_however_it_is_written(app: App, query: str, text: str) -> None:
    assert [moment.text for moment in app.search(query).moments] == [text]


def test_a_number_that_is_not_there_stays_out_without_reading_again(app: App) -> None:
    assert app.search("B-MW 1235", verify=False).moments == ()
    assert app.search("B-MW 1234", verify=False).moments
