"""Questions to films of three cameras: yes, no and unsure, with spans, wall clock and coverage."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from support import film_assets as films

from vidindex.app import App, Settings, open_library
from vidindex.bench.films import Film, write_film
from vidindex.cli.main import run_command
from vidindex.core.answering.answers import Answer
from vidindex.errors import InputError
from vidindex.synthetic.clips import ClipEvent, ClipSpec
from vidindex.synthetic.scenes import draw_event, draw_ground
from vidindex.types import Filters

# Its fixtures ingest films, which takes more than two seconds.
pytestmark = pytest.mark.slow

NOW = datetime(2024, 3, 1, 18, 0).astimezone()
ZONE = NOW.isoformat()[-6:]
BUNDLED = Settings(model="bundled", ocr=False)


def film(name: str, seed: int, lasts_s: float, *shown: tuple[str, str, str, float]) -> Film:
    """A film of things that each last five seconds from their time on."""
    rng = np.random.default_rng(seed)
    events = tuple(draw_event(rng, thing, at, at + 5.0) for *thing, at in shown)  # type: ignore[arg-type]
    return Film(name, ClipSpec(lasts_s, events, draw_ground(rng)))


def halves() -> list[Film]:
    """What begins in one file of camera 1 and goes on in the next."""
    rng = np.random.default_rng(8)
    ground = draw_ground(rng)
    whole: ClipEvent = draw_event(rng, ("red", "square", "still"), 4.0, 16.0)
    return [
        Film("cam1_20240301_140000.mp4", ClipSpec(10.0, (whole,), ground)),
        Film("cam1_20240301_140010.mp4", ClipSpec(10.0, (whole.shifted(-10.0),), ground)),
    ]


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("asked") / "footage"
    folder.mkdir()
    circles = ("red", "circle", "left", 2.0), ("red", "circle", "left", 10.0)
    filmed = [
        film("cam3_20240301_140000.mp4", 5, 17.0, *circles),
        film("cam2_20240229_090000.mp4", 7, 9.0, ("yellow", "square", "grows", 3.0)),
        *halves(),
    ]
    for one in filmed:
        write_film(one, folder)
    return folder


@pytest.fixture(scope="module")
def library(footage: Path) -> Path:
    place = footage.parent / "library"
    with open_library(place, BUNDLED) as app:
        app.ingest(footage)
    return place


@pytest.fixture(scope="module")
def app(library: Path) -> Iterator[App]:
    with open_library(library, BUNDLED, write=False) as opened:
        yield opened


def ask(app: App, question: str, given: Filters | None = None) -> Answer:
    return app.ask(question, given, now=NOW)


def test_yes_with_spans_wall_clock_and_coverage(app: App) -> None:
    found = ask(app, "did a red circle move left today in camera 3?")
    assert found.asked.where_and_when == f"camera cam3, 2024-03-01 00:00 – 24:00{ZONE}"
    assert (found.verdict, found.count) == ("yes", 2)
    first, second = found.citations
    assert (first.name, first.camera, first.answer) == (
        "cam3_20240301_140000.mp4", "cam3", "verified",
    )  # fmt: skip
    assert first.span.start_s == pytest.approx(2.0, abs=1.0)
    assert first.span.end_s == pytest.approx(7.0, abs=1.0)
    assert first.starts_at
    assert (first.starts_at - datetime(2024, 3, 1, 14).astimezone()).total_seconds() == (
        pytest.approx(first.span.start_s)
    )
    assert second.span.start_s == pytest.approx(10.0, abs=1.0)
    assert found.sentences[0].cites == (1, 2)
    assert found.sentences[0].text.startswith(
        "Yes: “a red circle moves left” was found twice by camera cam3, "
    )
    assert found.coverage.num_files == 1
    assert found.coverage.duration_s == pytest.approx(17.0, abs=0.2)
    assert [gap.camera for gap in found.coverage.gaps] == ["cam3", "cam3"]
    stored = {e.event_id for e in app.library.events.of_video(first.video_id)}
    assert {i for one in found.citations for i in one.event_ids} <= stored


def test_no_with_what_it_rests_on(app: App) -> None:
    found = ask(app, "did a purple square move right today in camera 3?")
    assert (found.verdict, found.citations, found.lacking) == ("no", (), "")
    assert found.sentences[0].text == (
        "No: all 2 stretches (17.0 s) were looked at, and nothing shows “a purple square moves "
        "right”; misses are not known."
    )
    assert "1 file, 17.0 s searched" in found.basis
    assert "cam3 has no recording" in found.basis


@pytest.mark.parametrize(
    "question",
    [
        "did a yellow square grow today in camera 2?",
        "did a red circle move left in camera 3 after 15:00?",
        "did a red circle move left on 2024-02-20?",
    ],
)
def test_unsure_where_nothing_was_recorded(app: App, question: str) -> None:
    found = ask(app, question)
    assert found.verdict == "unsure"
    assert "no recordings in" in found.lacking


def test_unsure_where_no_model_has_looked(footage: Path, tmp_path: Path) -> None:
    with open_library(tmp_path / "library", Settings(model="none", ocr=False)) as unseen:
        unseen.ingest(footage)
        found = ask(unseen, "did a red circle move left today in camera 3?")
    assert found.verdict == "unsure"
    assert found.conclusion.kind == "not looked at"
    assert "no vision model is in use" in found.lacking


def test_unsure_where_no_model_can_check(library: Path) -> None:
    with open_library(library, Settings(model="none"), write=False) as blind:
        found = ask(blind, "did a red circle move left today in camera 3?")
    assert (found.verdict, found.count) == ("unsure", 0)
    assert {one.answer for one in found.citations} == {"unchecked"}


def test_words_in_quotes_are_read_off_the_screen(tmp_path: Path) -> None:
    films.titled(tmp_path / "gate.mp4", [(3, "NORTH GATE")])
    with open_library(tmp_path / "library", Settings(model="none")) as reading:
        reading.ingest(tmp_path / "gate.mp4")
        found = ask(reading, 'did a sign say "north gate"?')
        assert (found.verdict, found.citations[0].channel) == ("yes", "screen")
        assert found.sentences[0].text.endswith("at 00:00:00.0 of gate.mp4.")
        assert ask(reading, 'did a sign say "south pier"?').verdict == "unsure"


def test_hours_narrow_to_what_happened_then(app: App) -> None:
    found = ask(app, "did a red circle move left today between 14:00:08 and 14:01 in camera 3?")
    assert found.count == 1
    assert found.citations[0].span.start_s == pytest.approx(10.0, abs=1.0)


def test_what_goes_on_over_files_is_counted_once(app: App) -> None:
    found = ask(app, "how many times did a red square stay still today?")
    assert (found.verdict, found.count) == ("yes", 1)
    assert {one.name for one in found.citations} == {
        "cam1_20240301_140000.mp4", "cam1_20240301_140010.mp4",
    }  # fmt: skip
    assert found.total_s == pytest.approx(12.0, abs=1.5)


def test_a_file_is_searched_where_the_question_names_it(app: App) -> None:
    found = ask(app, "did a yellow square grow in cam2_20240229_090000.mp4?")
    assert (found.verdict, found.coverage.num_files) == ("yes", 1)
    assert ask(app, "did a yellow square grow in cam3_20240301_140000.mp4?").verdict == "no"


def test_what_is_not_in_the_library_is_refused_by_name(app: App) -> None:
    with pytest.raises(InputError, match="cam1, cam2, cam3"):
        ask(app, "did a red circle move left in camera 9?")
    with pytest.raises(InputError, match=r"called 'gone\.mp4'"):
        ask(app, "did a red circle move left in gone.mp4?")
    with pytest.raises(InputError, match="say it once"):
        ask(app, "did it move in cam2_20240229_090000.mp4?", Filters(globs=("cam1*",)))


def test_a_citation_is_kept_under_its_number(library: Path) -> None:
    with open_library(library, BUNDLED, write=False) as reading:
        found = ask(reading, "did a red circle move left in camera 3?")
        saved = reading.library.saved_answers.last()
    assert saved
    assert [(hit.rank, hit.span) for hit in saved] == [
        (one.number, one.span) for one in found.citations
    ]


def test_the_small_models_own_words_are_dropped_and_the_rules_stand(app: App) -> None:
    question = "did a red circle move left today in camera 3?"
    told = app.ask(question, rephrase=True, now=NOW)
    plain = ask(app, question)
    assert told.sentences == plain.sentences
    assert told.rephrased
    assert told.rephrased.problem == ""
    assert told.rephrased.sentences == ()
    assert len(told.rephrased.dropped) >= 1
    nothing = app.ask("did a purple square move right?", rephrase=True, now=NOW).rephrased
    assert nothing
    assert nothing.problem == "no events to rephrase"


def test_a_summary_counts_what_happened_and_cites_it(app: App) -> None:
    day = app.summarize(filters=Filters(cameras=("3",), days=(NOW.date(),)))
    assert day.title == f"camera cam3, 2024-03-01 00:00 – 24:00{ZONE}"
    (part,) = day.parts
    assert part.title == f"camera cam3, 2024-03-01 14:00 – 15:00{ZONE}"
    (line,) = part.lines
    assert line.text.startswith("a red circle moves left: twice, ")
    assert [one.name for one in day.citations] == ["cam3_20240301_140000.mp4"] * 2
    assert any("has no recording" in one for one in day.quiet)
    assert "Nothing of it was verified" in day.caution
    (of_file,) = app.summarize("cam2_20240229_090000.mp4").parts
    assert of_file.title == "cam2_20240229_090000.mp4"
    told = app.summarize("cam2_20240229_090000.mp4", rephrase=True).rephrased
    assert told
    assert told.sentences == ()
    assert told.dropped


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ("did a red circle move left on 2024-03-01 in camera 3", 0, "Yes: "),
        ("did a purple square move right on 2024-03-01 in camera 3", 3, "No: "),
        ("did a red circle move left on 2024-02-20", 5, "Unsure: evidence is lacking"),
        ("did a red circle move left in camera 9", 2, "cam1, cam2, cam3"),
        ("what happened in camera 3", 0, "“a red circle moves left” (at 2024-03-01 14:00:02"),
        ("did anything happen in camera 3", 2, "vidindex summarize --camera cam3"),
    ],
)
def test_the_exit_code_is_the_answer(
    library: Path, capsys: pytest.CaptureFixture[str], words: str, code: int, says: str
) -> None:
    place = ["--library", str(library), "--model", "bundled"]
    assert run_command(["ask", *place, *words.split()]) == code
    printed = capsys.readouterr()
    assert says in (printed.err if code == 2 else printed.out)


def test_answers_and_summaries_as_json_can_be_read_back(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ["--library", str(library), "--model", "bundled", "--camera", "cam3", "--json"]
    assert run_command(["ask", *place, "when", "did", "a", "red", "circle", "move", "left"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["verdict"] == "yes"
    assert found["sentences"][0]["cites"] == [one["number"] for one in found["citations"]]
    assert run_command(["summarize", *place]) == 0
    assert json.loads(capsys.readouterr().out)["num_events"] == 2


def test_a_summary_is_printed_with_its_citations(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ["--library", str(library), "--model", "none"]
    assert run_command(["summarize", *place, "--camera", "3", "--day", "2024-03-01"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == f"camera cam3, 2024-03-01 00:00 – 24:00{ZONE}: 2 events"
    assert out[2].endswith("[1][2]")
    assert any(line.startswith("[1] ·  cam3_20240301_140000.mp4  00:00:0") for line in out)
    assert run_command(["summarize", *place, "--day", "2024-02-20"]) == 3
