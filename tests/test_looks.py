"""Before "not there" is concluded the model looks, also at footage without captions."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support import film_assets as films

from vidindex.app import App, Settings, open_library
from vidindex.bench.films import Film, write_film
from vidindex.cli.main import run_command
from vidindex.synthetic.clips import ClipSpec
from vidindex.synthetic.scenes import draw_event, draw_ground
from vidindex.types import Filters, Query

BUNDLED, BLIND = Settings(model="bundled", ocr=False), Settings(model="none", ocr=False)
SHOWN, ABSENT = "a red circle moves left", "a purple square moves right"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of a film in which a red circle moves left, and no caption says so."""
    folder = tmp_path_factory.mktemp("looked")
    (folder / "footage").mkdir()
    rng = np.random.default_rng(5)
    shown = tuple(draw_event(rng, ("red", "circle", "left"), at, at + 5.0) for at in (2.0, 10.0))
    write_film(Film("shapes.mp4", ClipSpec(17.0, shown, draw_ground(rng))), folder / "footage")
    films.clock(folder / "footage" / "clock.mp4", 6, 80, "CAM 1")
    with open_library(folder / "library", BLIND) as app:
        app.ingest(folder / "footage")
    return folder / "library"


@pytest.fixture
def app(place: Path) -> Iterator[App]:
    with open_library(place, BUNDLED, write=False) as opened:
        yield opened


SHAPES = Filters(globs=("shapes.mp4",))


def test_what_no_caption_tells_of_is_found_by_looking(app: App) -> None:
    result = app.search(Query(SHOWN, SHAPES))
    assert result.conclusion.kind == "found"
    best = result.moments[0]
    assert (best.verdict.answer, best.text) == ("verified", "(no caption)")
    assert best.verdict.span.start_s == pytest.approx(2.0, abs=1.5)


def test_not_there_is_said_once_all_of_the_footage_was_looked_at(app: App) -> None:
    result = app.search(Query(ABSENT, SHAPES))
    assert (result.moments, result.conclusion.kind) == ((), "not there")
    looks = result.conclusion.looks
    assert looks.looked_at == looks.stretches >= 1
    assert result.rejected
    assert {one.verdict.answer for one in result.rejected} == {"rejected"}
    answer = app.ask("did a purple square move right in shapes.mp4?")
    assert (answer.verdict, answer.conclusion.kind, answer.lacking) == ("no", "not there", "")
    assert answer.sentences[0].text.startswith("No: ")


@pytest.mark.parametrize(
    ("words", "options", "code", "says"),
    [
        (ABSENT, ["--model", "bundled", "--file", "shapes.mp4"], 3, "not there: "),
        (ABSENT, ["--model", "none"], 5, "not looked at: no vision model is in use"),
        (ABSENT, ["--model", "bundled", "--no-verify"], 5, "not looked at: verification is off"),
        (ABSENT, ["--model", "bundled", "--file", "none.mp4"], 5, "no recording fits"),
        (ABSENT, ["--model", "none", "--channel", "speech"], 5, "the footage has no sound"),
    ],
)
def test_the_exit_code_of_a_search_tells_not_there_from_not_looked_at(
    place: Path,
    capsys: pytest.CaptureFixture[str],
    words: str,
    options: list[str],
    code: int,
    says: str,
) -> None:
    assert run_command(["search", "--library", str(place), *options, *words.split()]) == code
    assert says in capsys.readouterr().out


@pytest.mark.parametrize("command", ["search", "ask"])
def test_of_an_empty_library_it_is_not_said_that_no_recording_fits(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "films").mkdir()
    with open_library(tmp_path / "library", BLIND) as app:
        app.ingest(tmp_path / "films")
    place = ["--library", str(tmp_path / "library"), "--model", "none"]
    assert run_command([command, *place, "is a man there?"]) == 5
    said = capsys.readouterr().out
    assert "the library is empty" in said
    assert "filters" not in said


@pytest.mark.parametrize("words", [[""], ["  "], ["", " "]])
def test_a_search_for_blanks_is_refused(
    place: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["search", "--library", str(place), "--model", "none", *words]) == 2
    assert "say what to look for" in capsys.readouterr().err


def test_no_model_is_no_no(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["did", "a", "purple", "square", "move", "right?"]
    assert run_command(["ask", "--library", str(place), "--model", "none", *words]) == 5
    assert "Unsure: evidence is lacking: no vision model is in use" in capsys.readouterr().out


def test_of_long_footage_ten_stretches_are_looked_at_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vidindex.core.retrieval import stretches

    films.clock(tmp_path / "long.mp4", 90, 80, "CAM 1", generated=True)
    monkeypatch.setattr(stretches, "STRETCH_S", 1.0)
    with open_library(tmp_path / "library", BLIND) as app:
        app.ingest(tmp_path / "long.mp4")
    with open_library(tmp_path / "library", BUNDLED) as app:
        result = app.search(ABSENT)
    assert result.conclusion.kind == "not found"
    assert "misses are not known" in result.conclusion.sentence
    assert result.conclusion.looks.looked_at == 10 < result.conclusion.looks.stretches
    assert result.coverage.checked >= 10


def test_silent_footage_is_not_transcribed_and_an_answer_says_so(tmp_path: Path) -> None:
    films.titled(tmp_path / "film.mp4", [(8, "REEL")])
    with open_library(tmp_path / "library", Settings(model="none", ocr=False)) as app:
        app.ingest(tmp_path / "film.mp4")
        found = app.search(Query("fire", Filters(channels=("speech",))))
    assert found.conclusion.kind == "not looked at"
    assert "the footage has no sound" in found.conclusion.sentence
    assert found.coverage.silent_s == found.coverage.duration_s > 0
