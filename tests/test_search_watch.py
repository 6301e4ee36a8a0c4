"""A running search reports what it knows so far, and ends when its reader is gone."""

from pathlib import Path

import pytest
from support import answer_assets as assets

from vidindex.app import open_library
from vidindex.types import Moment, Query

MOVES = "a blue circle moves left"


class EnoughSaid(Exception):
    """Raised by who watches."""


@pytest.fixture
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return assets.copied(tmp_path_factory)


@pytest.mark.slow
def test_a_watched_search_finds_what_any_search_finds(
    library: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    told: dict[int, Moment] = {}
    with open_library(library, assets.BUNDLED, write=False) as app:
        found = app.candidates(Query(MOVES))
        watched = app.search(MOVES, found=found, watch=told.__setitem__)
    with open_library(assets.copied(tmp_path_factory), assets.BUNDLED, write=False) as app:
        assert watched == app.search(MOVES)
    assert [told[place].span for place in sorted(told)] == [moment.span for moment in found]
    assert set(told.values()) == {*watched.moments, *watched.rejected}


def test_verdicts_that_are_kept_are_told_again_without_the_model(library: Path) -> None:
    told: list[tuple[int, Moment]] = []
    with open_library(library, assets.BUNDLED, write=False) as app:
        app.search(MOVES)
    with open_library(library, assets.BUNDLED, write=False) as app:
        app.search(MOVES, watch=lambda place, moment: told.append((place, moment)))
    assert len(told) == len(dict(told))
    assert "verified" in {moment.verdict.answer for _, moment in told}


def test_who_watches_can_end_a_search_and_what_was_said_is_not_asked_again(library: Path) -> None:
    def enough(place: int, moment: Moment) -> None:
        raise EnoughSaid

    words = "a blue circle that moves to the left"  # which no other test has asked for
    with open_library(library, assets.BUNDLED, write=False) as app:
        before, last = app.library._db["verdicts"].count, app.library.saved_answers.last()
        with pytest.raises(EnoughSaid):
            app.search(words, watch=enough)
        assert app.library._db["verdicts"].count == before + 1
        assert app.library.saved_answers.last() == last
