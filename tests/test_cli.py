"""The command line: results on stdout, exit codes that mean something, errors with a remedy."""

import json
import shlex
from pathlib import Path

import click
import pytest
from support import film_assets as films
from support.processes import VIDINDEX, run_to_end

from pipelines.progress import Quiet
from store import Library
from vidindex.app import Settings, open_library
from vidindex.cli.main import group, run_command
from vidindex.errors import InputError


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    footage = folder / "footage"
    footage.mkdir()
    films.titled(footage / "gate.mp4", [(3, "NORTH GATE")], [(0.5, 2.0, "The gate is open.")])
    films.clock(footage / "clock.mp4", 6, 80)
    (footage / "broken.mp4").write_bytes(b"nothing")
    code = run_command(
        ["ingest", str(footage), "--library", str(folder / "library"), "--model", "none", "-q"]
    )
    assert code == 1, "one file failed, so the exit code is 1"
    return folder / "library"


def call(library: Path, *words: str) -> int:
    return run_command([words[0], "--library", str(library), *words[1:]])


def test_a_hit_line_says_where_and_when(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(library, "search", "north gate", "--model", "none") == 0
    line = capsys.readouterr().out.splitlines()[0]
    assert line.split("  ")[:3] == ["1", "1.00 ✓", "gate.mp4"]
    assert "00:00:00.0 – 00:00:03.0" in line
    assert "NORTH GATE" in line


def test_not_looked_at_is_exit_code_5_with_the_coverage(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(library, "search", "an elephant", "--model", "none") == 5
    out = capsys.readouterr().out
    assert "not looked at: no vision model is in use" in out
    assert "2 files, 9.0 s searched; 1 file failed" in out
    assert "not seen" in out


def test_a_search_as_json_can_be_read_back(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(library, "search", "01:23", "--json", "--model", "none") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["moments"][0]["verdict"]["answer"] == "verified"
    assert answer["moments"][0]["verdict"]["span"]["start_s"] == pytest.approx(3.0, abs=0.3)
    assert answer["coverage"]["failed"] == 1


def test_list_and_status_show_files_and_failures(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(library, "list") == 0
    assert "gate.mp4" in capsys.readouterr().out
    assert call(library, "status") == 0
    out = capsys.readouterr().out
    assert "broken.mp4 (scan)" in out
    assert "1 subtitle" in out


def test_export_writes_one_file_or_one_for_each_video(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(library, "export", "-o", str(tmp_path / "all.json")) == 0
    assert len(json.loads((tmp_path / "all.json").read_text("utf-8"))["videos"]) == 2
    (tmp_path / "srt").mkdir()
    assert call(library, "export", "--format", "srt", "-o", str(tmp_path / "srt")) == 0
    assert (tmp_path / "srt" / "gate.mp4.srt").exists()
    assert (tmp_path / "srt" / "clock.mp4.srt").exists()
    capsys.readouterr()
    assert call(library, "export", "gate.mp4", "--format", "vtt") == 0
    assert capsys.readouterr().out.startswith("WEBVTT")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["export", "no-such.mp4", "--format", "json"], "no video in the library is called"),
        (["export", "--format", "docx"], "unknown export format 'docx'"),
        (["search", "x", "--start", "one"], "not a time"),
        (["search", "x", "--model", "/no/such/model"], "neither a folder nor in the cache"),
    ],
)
def test_bad_input_is_named_with_a_remedy(
    library: Path, capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    assert call(library, *words) in (1, 2)
    assert says in capsys.readouterr().err


def test_an_absent_folder_and_an_absent_library_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(tmp_path / "library", "ingest", str(tmp_path / "nothing"), "--model", "none") == 2
    assert "no such file or folder" in capsys.readouterr().err
    assert call(tmp_path / "other", "search", "x") == 2
    assert "vidindex ingest" in capsys.readouterr().err


def test_plan_prints_the_cost_and_writes_nothing(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = films.clock(tmp_path / "clock.mp4", 6)
    assert run_command(["plan", str(film), "--model", "none", "--chunks", "-q"]) == 0
    out = capsys.readouterr().out
    assert "1 file, 6.0 s" in out
    assert "vision tokens" in out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clock.mp4"]


def test_remove_erases_a_video_and_leaves_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = films.titled(tmp_path / "secret.mp4", [(2, "CANARY WORD")])
    library = tmp_path / "library"
    assert call(library, "ingest", str(film), "--model", "none", "-q") == 0
    assert call(library, "remove", "secret.mp4", "--yes") == 0
    assert film.exists()
    for path in library.rglob("*"):
        if path.is_file():
            assert b"CANARY" not in path.read_bytes()
            assert b"canary" not in path.read_bytes()


def test_doctor_says_what_this_machine_can_do(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call(library, "doctor")
    out = capsys.readouterr().out
    assert "text model: all-MiniLM-L6-v2" in out
    assert "licence" in out
    assert "is sound" in out


def test_a_config_file_is_read_and_a_flag_beats_it(
    library: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'library = "{library}"\nmodel = "none"\n', encoding="utf-8")
    monkeypatch.setenv("VIDINDEX_CONFIG", str(config))
    monkeypatch.delenv("VIDINDEX_LIBRARY", raising=False)
    assert run_command(["list"]) == 0
    assert "gate.mp4" in capsys.readouterr().out
    assert run_command(["list", "--library", str(tmp_path / "none")]) == 2


def test_the_model_is_taken_from_the_environment_and_a_flag_beats_it(
    library: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VIDINDEX_MODEL", "/no/such/model")
    assert call(library, "search", "north gate") == 1
    assert "/no/such/model" in capsys.readouterr().err
    assert call(library, "search", "north gate", "--model", "none") == 0


def test_a_search_beside_a_writer_answers_and_its_hits_can_be_marked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = films.titled(tmp_path / "gate.mp4", [(2, "WEST GATE")])
    place = tmp_path / "library"
    assert call(place, "ingest", str(film), "--model", "none", "-q") == 0
    with Library.open(place, write=True):
        assert call(place, "search", "west gate", "--model", "none") == 0
        assert run_command(["mark", "keep", "1", "--library", str(place)]) == 0
    printed = capsys.readouterr()
    assert "1.00 ✓  gate.mp4" in printed.out
    assert printed.err == ""
    with Library.open(place, write=False) as opened:
        assert [mark.answer for mark in opened.marks.all()] == ["keep"]


class Looking(Quiet):
    """Runs `vidindex status` whenever a pass of an ingest begins that has work to do."""

    def __init__(self, library: Path) -> None:
        self.library = library

    def start(self, stage: str, total: float, unit: str) -> None:
        if total:
            assert call(self.library, "status") == 0
            assert call(self.library, "status", "--run") == 0


def test_an_ingest_that_runs_is_said_to_run_and_one_that_was_killed_is_interrupted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "footage").mkdir()
    films.titled(tmp_path / "footage" / "gate.mp4", [(1, "GATE")])
    place = tmp_path / "library"
    with open_library(place, Settings(model="none")) as app:
        app.ingest(tmp_path / "footage", progress=Looking(place))
    told = capsys.readouterr().out.splitlines()
    runs = [line for line in told if line.startswith(("last run", "run 1:"))]
    assert len(runs) >= 4, "each pass shows both lines"
    assert all("running: scan" in line for line in runs[:2])
    assert all("running: " in line for line in runs)
    assert not [line for line in told if "interrupted" in line]
    assert call(place, "status") == 0
    assert ", ended " in capsys.readouterr().out
    with Library.open(place, write=True) as library:
        library.runs.start("ingest", {})
    assert call(place, "status") == 0
    assert capsys.readouterr().out.rstrip().endswith(", interrupted")


def test_a_folder_without_a_video_is_said_to_have_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty, full = tmp_path / "empty", tmp_path / "full"
    empty.mkdir()
    full.mkdir()
    films.titled(full / "gate.mp4", [(1, "GATE")])
    (empty / "notes.txt").write_text("no film")
    model = ["--model", "none", "-q"]
    assert call(tmp_path / "library", "ingest", str(empty), str(full), *model) == 0
    assert f"no video was found in {empty}\n" in (out := capsys.readouterr().out)
    assert f"found in {full}" not in out
    assert run_command(["plan", str(empty), *model]) == 0
    assert f"no video was found in {empty}\n" in capsys.readouterr().out


@pytest.mark.parametrize("ends", ["</dev/null", "<&-"])
def test_the_end_of_input_is_a_no(library: Path, ends: str) -> None:
    words = shlex.join([*VIDINDEX, "remove", "gate.mp4", "--library", str(library)])
    ran = run_to_end(["sh", "-c", f"exec {words} {ends}"], check=False)
    assert ran.returncode == 1
    assert "answered no: nothing was erased" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert "exit code 1" in " ".join(run_to_end([*VIDINDEX, "remove", "--help"]).stdout.split())
    with Library.open(library) as opened:
        assert len(opened.videos.all()) == 2


def commands(of: click.Command, context: click.Context) -> dict[str, click.Command]:
    """Every command below this one that runs something, by its words: "bench ask"."""
    if not isinstance(of, click.Group):
        return {context.command_path: of}
    found: dict[str, click.Command] = {}
    for name in of.list_commands(context):
        if command := of.get_command(context, name):
            found |= commands(command, click.Context(command, parent=context, info_name=name))
    return found


def test_help_shows_filters_before_what_runs_the_model() -> None:
    both = 0
    for name, command in commands(group, click.Context(group, info_name="vidindex")).items():
        places = {param.name: place for place, param in enumerate(command.params)}
        filters = [
            places[one] for one in ("globs", "cameras", "first", "channels") if one in places
        ]
        runs = [places[one] for one in ("model", "backend", "endpoint") if one in places]
        if filters and runs:
            both += 1
            assert max(filters) < min(runs), name
    assert both >= 4


def test_a_search_of_more_than_500_characters_is_refused(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(library, "search", "red " * 126, "--model", "none") == 2
    assert "the search has 504 characters; at most 500 are read" in capsys.readouterr().err
    with (
        open_library(library, Settings(model="none")) as app,
        pytest.raises(InputError, match="at most 500 are read"),
    ):
        app.search("x" * 501)
