"""Questions that relate things in time, to films of two cameras at once, by the bundled model."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from vidindex.app import App, Settings, open_library
from vidindex.bench.films import Film, write_film
from vidindex.cli.main import run_command
from vidindex.core.answering.answers import Answer
from vidindex.errors import InputError
from vidindex.synthetic.clips import ClipSpec
from vidindex.synthetic.scenes import draw_event, draw_ground

# Its fixtures ingest films, which takes more than two seconds.
pytestmark = pytest.mark.slow

NOW = datetime(2024, 3, 1, 18, 0).astimezone()
BUNDLED = Settings(model="bundled", ocr=False)
CAM1 = (("red", "circle", "left"), ("blue", "square", "grows"), ("green", "cross", "up"))
CAM2 = (("yellow", "square", "grows"), ("white", "triangle", "down"), ("blue", "circle", "right"))


def film(name: str, seed: int, shown: tuple[tuple[str, str, str], ...]) -> Film:
    """A film of three things, of five seconds each, at 2, 12 and 22 s."""
    rng = np.random.default_rng(seed)
    starts_s = (2.0, 12.0, 22.0)
    events = [draw_event(rng, one, at, at + 5.0) for one, at in zip(shown, starts_s, strict=True)]
    return Film(name, ClipSpec(29.0, tuple(events), draw_ground(rng)))


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("related")
    footage = folder / "footage"
    footage.mkdir()
    write_film(film("cam1_20240301_140000.mp4", 5, CAM1), footage)
    write_film(film("cam2_20240301_140000.mp4", 7, CAM2), footage)
    with open_library(folder / "library", BUNDLED) as app:
        app.ingest(footage)
    return folder / "library"


@pytest.fixture(scope="module")
def app(library: Path) -> Iterator[App]:
    with open_library(library, BUNDLED, write=False) as opened:
        yield opened


def ask(app: App, question: str, calls: int | None = None) -> Answer:
    return app.ask(question, now=NOW, calls=calls)


@pytest.mark.parametrize(
    ("question", "verdict", "says"),
    [
        ("what happens after a red circle moves left?", "yes", "a blue square grows"),
        ("what happens before a green cross moves up?", "yes", "a blue square grows"),
        ("what happens between a red circle moving left and a green cross moving up on camera 1?",
         "yes", "a blue square grows"),
        ("what is the last thing in cam2_20240301_140000.mp4?", "yes", "a blue circle moves right"),
        ("what is the first thing that happens on camera 2?", "yes", "a yellow square grows"),
        ("did a red circle move left before a blue square grew on camera 1?", "yes", "Yes: "),
        ("did a red circle move left after a blue square grew on camera 1?", "no", "No: "),
        ("which came first on camera 1, a blue square or a green cross?", "yes",
         "“a blue square” (at 2024-03-01 14:00:12"),
        ("how long does a red circle move left?", "yes", "lasts 5.0 s"),
        ("how much time passes between a red circle moving left and a blue square growing on "
         "camera 1?", "yes", "begins 5.0 s after the end"),
        ("what happened on another camera while a red circle moved left on camera 1?", "yes",
         "a yellow square grows"),
        ("did a yellow square grow on camera 2 while a red circle moved left on camera 1?", "yes",
         "Yes: "),
        ("what happened between 14:00:10 and 14:00:20 on camera 1?", "yes", "a blue square grows"),
        ("Was passiert, nachdem a red circle moves left?", "yes", "Nach „a red circle moves left“"),
    ],
)  # fmt: skip
def test_a_relation_is_answered_from_verified_moments(
    app: App, question: str, verdict: str, says: str
) -> None:
    found = ask(app, question)
    assert found.verdict == verdict, found.sentences
    assert says in found.sentences[0].text
    assert found.sentences[0].cites
    numbers = {one.number for one in found.citations}
    assert {cite for one in found.sentences for cite in one.cites} <= numbers
    assert all(one.answer == "verified" for one in found.citations)


def test_nothing_is_said_of_what_relates_to_something_that_was_not_verified(app: App) -> None:
    found = ask(app, "what happens after a purple triangle blinks?")
    assert (found.verdict, found.citations) == ("unsure", ())
    assert "nothing can be said of what it relates to" in found.sentences[0].text
    assert found.conclusion.kind == "not there"


def test_a_relation_that_is_not_understood_is_not_answered(app: App) -> None:
    with pytest.raises(InputError, match="as soon as"):
        ask(app, "did a red circle move left as soon as a blue square grew?")


def test_two_questions_get_two_answers_and_the_higher_exit_code(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = "did a red circle move left on 2024-03-01? did a purple cross blink on 2024-03-01?"
    place = ["--library", str(library), "--model", "bundled", "-q"]
    assert run_command(["ask", *place, *words.split()]) == 3
    out = capsys.readouterr().out
    assert "Yes: “a red circle moves left”" in out
    assert "No: all " in out


def test_the_model_is_asked_no_more_often_than_is_allowed(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_library(library, BUNDLED, write=False) as fresh:
        found = ask(fresh, "what happens after a white triangle moves down?", calls=2)
    assert found.calls == 2
    assert sum(step.calls for step in found.steps) == 2
    assert any("checks were not made" in note for note in found.notes)


def test_every_step_is_logged_with_its_calls(app: App) -> None:
    found = ask(app, "what happens after a yellow square grows?")
    assert [step.kind for step in found.steps] == ["searched", "checked"]
    assert sum(step.calls for step in found.steps) == found.calls <= found.max_calls == 40


def test_the_sheet_of_an_answer_has_its_sentences_its_moments_and_its_steps(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = tmp_path / "answer.html"
    place = ["--library", str(library), "--model", "bundled", "-q", "--report", str(sheet)]
    asked = "what happens after a red circle moves left?"
    assert run_command(["ask", *place, asked]) == 0
    written = sheet.read_text(encoding="utf-8")
    assert asked in written
    assert "“a blue square grows” (at 2024-03-01 14:00:12" in written
    assert "How it was answered" in written
    assert "searched “a red circle moves left”: " in written
    assert written.count('class="candidate verified"') == 2
    assert run_command(["ask", *place, f"{asked} what happened?"]) == 2
    assert "one question at a time" in capsys.readouterr().err
