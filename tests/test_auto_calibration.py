"""Calibrating without a table: shipped queries for absent things, and what people marked."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipelines.evaluate.auto_calibration import absent_queries, auto_calibrate
from pipelines.evaluate.calibrate import Calibrate
from pipelines.progress import Quiet
from vidindex.app import App, Settings, open_library
from vidindex.bench.films import Film, write_film
from vidindex.cli.main import run_command
from vidindex.core.retrieval.calibration import MIN_PRESENT, Calibration
from vidindex.core.retrieval.null_queries import NULL_QUERIES
from vidindex.errors import InputError
from vidindex.synthetic.clips import ClipSpec
from vidindex.synthetic.scenes import draw_event, draw_ground
from vidindex.types import Mark, Span

SHOWN = "a red circle moves left"
SETTINGS = Settings(model="bundled", ocr=False)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """A library of one short film in which a red circle moves left."""
    folder = tmp_path_factory.mktemp("auto")
    rng = np.random.default_rng(5)
    event = draw_event(rng, ("red", "circle", "left"), 1.0, 6.0)
    write_film(Film("shapes.mp4", ClipSpec(7.0, (event,), draw_ground(rng))), folder)
    with open_library(folder / "library", SETTINGS) as opened:
        opened.ingest(folder / "shapes.mp4")
        yield opened


def marks(app: App) -> list[Mark]:
    (video,) = app.library.videos.all()
    kept = Mark(SHOWN, video.video_id, Span(1.0, 6.0), "keep")
    return [kept, replace(kept, query="a green square", answer="reject")]


@pytest.fixture(scope="module")
def found(app: App) -> Calibration:
    run = Calibrate(app.library, app.services, Quiet())
    return auto_calibrate(run, NULL_QUERIES[:48], marks(app), 0.05)


def test_the_line_is_drawn_by_shipped_queries_that_do_not_occur(found: Calibration) -> None:
    assert len(found.absent_best["standard"]) == 19
    assert found.standard(0.05, "standard").verified_at >= max(found.absent_best["standard"])
    assert found.measured["standard"].num_absent == 19
    assert found.measured["standard"].false_alarms <= 0.3


def test_misses_are_not_known_with_few_marked_searches(app: App, found: Calibration) -> None:
    assert found.measured["standard"].num_present < MIN_PRESENT
    assert found.misses(0.05, "standard") is None
    assert "misses are not known" in found.measured["standard"].line(0.05)
    app.library.calibrations.put(found)
    result = app.search("a purple square blinks", max_false_alarms=0.05)
    assert result.standard.max_false_alarms == 0.05
    assert result.conclusion.looks.misses is None


def test_with_enough_of_them_the_conclusion_says_how_often_a_search_misses(
    found: Calibration,
) -> None:
    told = replace(found.measured["standard"], misses=0.06, num_present=60)
    misses = replace(found, measured={"standard": told}).misses(0.05, "standard")
    assert misses
    assert (misses.share, misses.num_present) == (0.06, 60)
    assert 0.01 < misses.low < 0.06 < misses.high < 0.2


def test_a_calibration_of_an_earlier_release_promises_nothing(app: App, found: Calibration) -> None:
    app.library.calibrations.put(replace(found, looks_further=False))
    with pytest.raises(InputError, match="not since searches look at the nearest stretches"):
        app.search(SHOWN, max_false_alarms=0.05)
    assert app.search(SHOWN).standard.measured == ""


def test_queries_that_occur_are_left_out_and_unknown_ones_refused() -> None:
    assert NULL_QUERIES[3] not in absent_queries([NULL_QUERIES[3].upper()])
    assert len(absent_queries([])) == len(NULL_QUERIES)
    with pytest.raises(InputError, match="'a red car' is not one of the"):
        absent_queries(["a red car"])


def test_the_command_prints_its_queries_and_takes_those_that_occur(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], app: App
) -> None:
    assert run_command(["calibrate", "--queries"]) == 0
    assert tuple(capsys.readouterr().out.splitlines()) == NULL_QUERIES
    place = ["--library", str(app.library.path), "--model", "bundled"]
    assert run_command(["calibrate", *place]) == 2
    assert "SEARCHES, or --auto" in capsys.readouterr().err
    occurring = tmp_path / "occurs.csv"
    occurring.write_text("query\na red car\n")
    app.library.close()
    assert run_command(["calibrate", "--auto", *place, "--occurs-in", str(occurring)]) == 2
    assert "'a red car' is not one of the" in capsys.readouterr().err
