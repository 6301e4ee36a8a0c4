"""The benchmark of frames: films whose truth is known, searches that are shown or absent."""

import json
from pathlib import Path

import pytest
from support.dual_encoders import make_dual_encoder

from vidindex.bench.frames.films import (
    KINDS,
    SCENE_S,
    KnownSearch,
    SceneFilm,
    draw_films,
    draw_searches,
)
from vidindex.cli.main import run_command


@pytest.fixture(scope="module")
def films() -> list[SceneFilm]:
    return draw_films(seed=7, num_films=2, film_s=32.0)


@pytest.fixture(scope="module")
def searches(films: list[SceneFilm]) -> list[KnownSearch]:
    return draw_searches(films, 7, 6, 4)


def test_a_seed_draws_the_same_films_again_and_another_seed_others(films: list[SceneFilm]) -> None:
    assert draw_films(7, 2, 32.0) == films
    assert draw_films(8, 2, 32.0) != films


def test_there_are_as_many_searches_of_each_kind_as_were_asked_for(
    searches: list[KnownSearch],
) -> None:
    for kind in KINDS:
        of_kind = [one for one in searches if one.kind == kind]
        assert sum(bool(one.gold) for one in of_kind) == 6
        assert sum(not one.gold for one in of_kind) == 4
    assert len({one.text for one in searches}) == len(searches)


def test_the_truth_of_a_search_is_in_one_scene_of_its_film(searches: list[KnownSearch]) -> None:
    for name, span in (gold for one in searches for gold in one.gold):
        assert name in ("scenes-001.mp4", "scenes-002.mp4")
        assert span.start_s // SCENE_S == (span.end_s - 1e-6) // SCENE_S


def test_only_searches_for_motion_say_what_something_does(searches: list[KnownSearch]) -> None:
    does = ("moves", "grows", "shrinks", "blinks", "stays", "spins", "bounces", "goes")
    for one in searches:
        assert any(word in one.text for word in does) == (one.kind == "motion"), one.text


@pytest.mark.slow
def test_the_command_measures_retrieval_beside_its_controls(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    encoder = make_dual_encoder(tmp_path / "encoder", "siglip2")
    size = ["--films", "1", "--film-seconds", "16", "--present", "3", "--absent", "2"]
    words = ["bench", "frames", "--frames", str(encoder), "--model", "none", *size, "-q", "--json"]
    assert run_command(words) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["num_scenes"] == 2
    assert report["num_vectors"] > 0
    systems = [(row["system"], row["kind"]) for row in report["rows"]]
    assert systems == [
        (system, kind) for system in ("frames", "truth moved", "vectors shuffled") for kind in KINDS
    ]
    assert all(0 <= row["recall"]["value"] <= 1 for row in report["rows"])
    assert report["rows"][0]["verified"] is None
