"""No control or bidirectional character of a name reaches a terminal, whoever prints it."""

import os
import re
import sys
from pathlib import Path

import pytest
from support import film_assets as films
from support.library_assets import event
from support.processes import VIDINDEX, run_to_end

import vidindex.cli
from vidindex.app import Settings, open_library
from vidindex.cli.main import COMMANDS
from vidindex.cli.output.echo import echo, echo_lines
from vidindex.types import Mark, Span

HOSTILE = "gate\x1b[31m\x07\u202e4pm\u2066\x9b2J\x7f.mp4"
BREAKS = "line\nforged  \rbreak.mp4"
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of films with hostile names, one of them broken; marks, a hold, an event."""
    folder = tmp_path_factory.mktemp("named")
    footage = folder / "foot\u202eage"
    footage.mkdir()
    for number, name in enumerate((HOSTILE, BREAKS)):
        films.titled(footage / f"{number}.mp4", [(0.5, f"GATE {number}{i}") for i in range(2)])
        (footage / f"{number}.mp4").rename(footage / name)
    (footage / f"broken{HOSTILE}").write_bytes(b"no film at all")
    with open_library(folder / "library", Settings(model="none")) as app:
        app.ingest(footage)
        for video_id in app.find(["*"]):
            app.library.events.add([event("a man \x1b[2J\u202e opens it", 0, 1, video_id=video_id)])
            app.add_mark(Mark("gate\u202e", video_id, Span(0.0, 0.5), "keep", "", "set\u2066"))
    return folder


COMMAND_LINES = {
    "ask": ["ask", "is there a gate?"],
    "audit": ["audit"],
    "backup": ["backup", "{out}/{hostile}.backup"],
    "cameras": ["cameras"],
    "clip": ["clip", "GATE", "-o", "{out}"],
    "doctor": ["doctor"],
    "export": ["export", "--format", "csv", "-o", "{out}/{hostile}.csv"],
    "hold": ["hold", "*", "--reason", "why\u202e"],
    "import": ["import", "{folder}/no\u202ewhere.jsonl"],
    "ingest": ["ingest", "{folder}/foot\u202eage", "--model", "none"],
    "list": ["list"],
    "mark": ["mark", "list"],
    "models": ["models"],
    "plan": ["plan", "{folder}/foot\u202eage", "--model", "none"],
    "prune": ["prune", "--older-than", "1d", "--dry-run"],
    "remove": ["remove", "no such \u202e film", "--yes"],
    "restore": ["restore", "{folder}/no\u202ewhere"],
    "search": ["search", "GATE", "--model", "none"],
    "serve": ["serve", "--host", "no\u202esuch"],
    "status": ["status"],
    "summarize": ["summarize", HOSTILE],
    "tokens": ["tokens", "add", "a\u202eb"],
    "transcript": ["transcript", HOSTILE],
    "watch": ["watch", "{folder}/foot\u202eage", "--once", "--model", "none"],
    "nothing": ["no\u202esuch\x1b[2J"],
}
NAMES_NOTHING = {"bench", "calibrate", "demo", "eval", "evidence", "mcp"}
"""Their output has no name, is another program's, or is made of what the others print."""


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(COMMAND_LINES))
def test_what_a_command_prints_has_no_hidden_character(
    shelf: Path, tmp_path: Path, name: str
) -> None:
    words = [
        word.format(out=tmp_path, folder=shelf, hostile=HOSTILE) if "{" in word else word
        for word in COMMAND_LINES[name]
    ]
    where = ["--library", shelf / "library"] if name not in ("models", "nothing", "plan") else []
    done = run_to_end([*VIDINDEX, *words, *where], check=False, encoding="utf-8")
    printed = done.stdout + done.stderr
    assert printed.strip()
    assert "Traceback" not in printed
    hidden = {found for found in RAW.findall(printed) if found != "\r"}
    assert not hidden, f"{hidden} in {printed!r}"
    assert not [line for line in printed.splitlines() if line.startswith("forged")]


def test_every_command_is_tried_or_prints_no_names() -> None:
    assert {*COMMANDS} - {*COMMAND_LINES} <= NAMES_NOTHING


def test_a_line_break_in_a_name_makes_no_line_and_json_stays_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    echo(f"failed  {BREAKS}: {HOSTILE}")
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert "\\u001b[31m\\u0007\\u202e4pm" in out
    echo_lines('{\n "a": "\u202e"\n}')
    assert capsys.readouterr().out == '{\n "a": "\\u202e"\n}\n'


def test_every_line_goes_through_one_function() -> None:
    folder = Path(vidindex.cli.__file__).parent
    for path in folder.rglob("*.py"):
        if path.name != "echo.py":
            text = path.read_text(encoding="utf-8")
            assert "click.echo(" not in text, path
            assert "print(" not in re.sub(r"\w+_print\(|print_\w+\(|_print\(", "", text), path


def test_a_surrogate_of_a_name_that_is_no_text_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    echo(os.fsdecode(b"film\xff.mp4"))
    assert capsys.readouterr().out == "film\\udcff.mp4\n"
    assert sys.stdout is not None
