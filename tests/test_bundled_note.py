"""The bundled model says that it cannot judge footage, wherever it answers about some."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.web_assets import served, streamed

from vidindex.adapters.media.ffmpeg import encode
from vidindex.adapters.vision.checkpoints.catalog import resolve
from vidindex.adapters.vision.qwen.limits import read_limits
from vidindex.app import Settings, open_library
from vidindex.app.base import BUNDLED_NOTE
from vidindex.bench.films import Film, write_film
from vidindex.cli.main import run_command
from vidindex.core.retrieval.verification import unknown_words
from vidindex.synthetic.clips import ClipSpec, render
from vidindex.synthetic.descriptions import query_words
from vidindex.synthetic.scenes import draw_event, draw_ground
from vidindex.types import Filters, Query, SearchResult
from vidindex.web.state import ServerOptions

WORDS = "a red square moves left"
OF_THE_MODEL = ["--model", "bundled"]


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same four seconds twice: as the demo writes it, and from a camera."""
    folder = tmp_path_factory.mktemp("footage")
    rng = np.random.default_rng(5)
    events = (draw_event(rng, ("red", "square", "left"), 1.0, 3.0),)
    scene = ClipSpec(4.0, events, draw_ground(rng))
    write_film(Film("made.mp4", scene), folder)
    times_s = [place / 12 for place in range(48)]
    encode(folder / "camera.mp4", render(scene, times_s, 240, 320), 320, 240, 12)
    return folder


@pytest.fixture(scope="module")
def library(footage: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library") / "library"
    with open_library(folder, Settings(model="bundled", ocr=False)) as app:
        assert app.ingest(footage).notes.count(BUNDLED_NOTE) == 1
    return folder


def noted(capsys: pytest.CaptureFixture[str], *words: str) -> int:
    """How often a command says it."""
    run_command(list(words))
    said = capsys.readouterr()
    return (said.out + said.err).count(BUNDLED_NOTE)


@pytest.mark.parametrize(("name", "count"), [("camera.mp4", 1), ("made.mp4", 0)])
def test_a_quiet_ingest_says_it_of_footage_and_not_of_the_demos_own_films(
    footage: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, count: int
) -> None:
    where = ["--library", str(tmp_path / "library"), "--no-ocr", "-q", *OF_THE_MODEL]
    assert noted(capsys, "ingest", str(footage / name), *where) == count


@pytest.mark.parametrize("command", ["search", "ask", "summarize"])
@pytest.mark.parametrize(
    ("file", "count"), [([], 1), (["--file", "camera.mp4"], 1), (["--file", "made.mp4"], 0)]
)
def test_an_answer_says_it_once_where_footage_was_looked_at(
    library: Path,
    capsys: pytest.CaptureFixture[str],
    command: str,
    file: list[str],
    count: int,
) -> None:
    question = {"search": [WORDS], "ask": [f"did {WORDS}?"], "summarize": []}[command]
    where = ["--library", str(library), *OF_THE_MODEL, *file]
    assert noted(capsys, command, *question, *where) == count


def test_hits_that_the_bundled_model_captioned_say_it_whoever_searches(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--library", str(library), "--model", "none", "--no-verify"]
    assert noted(capsys, "search", WORDS, *where) == 1


def test_json_the_sheet_and_the_page_hold_it(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = tmp_path / "sheet.html"
    where = ["--library", str(library), *OF_THE_MODEL]
    run_command(["search", WORDS, "--json", "--report", str(sheet), *where])
    assert json.loads(capsys.readouterr().out)["notes"].count(BUNDLED_NOTE) == 1
    assert BUNDLED_NOTE in sheet.read_text(encoding="utf-8")
    with served(ServerOptions(library, Settings(model="bundled"))) as client:
        name, last = streamed(client, q=WORDS)[-1]
        assert (name, last["result"]["notes"].count(BUNDLED_NOTE)) == ("done", 1)
        with open_library(library, Settings(model="none"), write=False) as app:
            ids = {name: one for one, name in app.find(["camera.mp4", "made.mp4"]).items()}
        notes = {
            name: client.get(f"/api/videos/{one}").json()["notes"] for name, one in ids.items()
        }
    assert BUNDLED_NOTE in notes["camera.mp4"]
    assert BUNDLED_NOTE not in notes["made.mp4"]


def test_a_library_of_generated_films_is_known_by_the_films_own_tag(library: Path) -> None:
    with open_library(library, Settings(model="none"), write=False) as app:
        videos = app.library.videos
        assert not videos.are_generated(Filters())
        assert videos.are_generated(Filters(globs=("made.mp4",)))
        assert not videos.are_generated(Filters(globs=("camera.mp4",)))


def test_the_caution_of_a_summary_is_made_of_whole_sentences(library: Path) -> None:
    with open_library(library, Settings(model="bundled"), write=False) as app:
        caution = app.summarize("camera.mp4").caution
    assert caution.endswith(f"looks again. Note: {BUNDLED_NOTE}.")


@pytest.mark.parametrize(("file", "code"), [("camera.mp4", 5), ("made.mp4", 3)])
def test_it_is_no_ground_for_absence_in_footage(
    library: Path, capsys: pytest.CaptureFixture[str], file: str, code: int
) -> None:
    absent = "a green triangle moves right"
    words = ["search", absent, "--file", file, "--library", str(library), *OF_THE_MODEL]
    assert run_command(words) == code
    shown = capsys.readouterr().out
    assert ("the bundled model cannot judge footage" in shown) == (file == "camera.mp4")


def of_the_demos_film(library: Path, words: str) -> SearchResult:
    with open_library(library, Settings(model="bundled", ocr=False)) as app:
        return app.search(Query(words, Filters(globs=("made.mp4",))))


def test_the_words_that_the_bundled_model_learned_are_those_of_its_training() -> None:
    checkpoint = resolve("bundled")
    assert checkpoint
    limits = read_limits(checkpoint)
    assert limits.query_words == tuple(query_words())
    assert unknown_words("A red square moves LEFT, and a dog", limits) == ("and", "dog")
    assert unknown_words("a dog", replace(limits, query_words=())) == ()


def test_a_yes_about_words_that_the_model_never_learned_is_no_more_than_unsure(
    library: Path,
) -> None:
    known = of_the_demos_film(library, WORDS)
    assert [moment.verdict.answer for moment in known.moments] == ["verified"]
    assert not known.notes
    found = of_the_demos_film(library, "a red square car moves left")
    assert {moment.verdict.answer for moment in found.moments} <= {"unsure"}
    if found.moments:
        assert found.conclusion.kind == "unsure"
    assert found.notes == ("the model (bundled) never learned 'car': its Yes counts as unsure",)


def test_a_no_about_words_that_the_model_never_learned_is_no_ground_for_not_there(
    library: Path,
) -> None:
    found = of_the_demos_film(library, "birthday cake")
    assert found.conclusion.kind in ("not looked at", "unsure")
    assert "never learned 'birthday', 'cake'" in found.notes[0]
