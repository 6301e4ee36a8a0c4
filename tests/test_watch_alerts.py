"""Standing searches: the command runs once for each verified hit in new footage, come what may."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support import film_assets as films
from support.processes import DEVNULL, PIPE, VIDINDEX, started
from support.watch_assets import Kit, Watched, kit_of

from pipelines.watch.hook import MAX_VARIABLE_BYTES, Hook
from store import Library
from store.tables.alerts import MAX_ATTEMPTS
from vidindex.cli.main import run_command
from vidindex.errors import InputError
from vidindex.settings import Settings

HOSTILE = "GATE 7; touch owned $(touch owned) `touch owned`"
NASTY = '\'; touch owned; "$(touch owned)" `touch owned`\n--flag\x1b[2J %s {} \u202e|& > owned'


@pytest.fixture(scope="module")
def kit() -> Kit:
    return kit_of(Settings(model="none"))


@pytest.fixture
def watched(tmp_path: Path, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> Watched:
    (tmp_path / "mount").mkdir()
    monkeypatch.chdir(tmp_path)
    return Watched(tmp_path / "mount", tmp_path / "library", *kit)


@pytest.fixture
def calls(tmp_path: Path) -> Callable[[], list[dict[str, Any]]]:
    """What the command of `noting` was told, call by call: its input, and its environment."""

    def read() -> list[dict[str, Any]]:
        log = tmp_path / "calls.jsonl"
        lines = log.read_text("utf-8").splitlines() if log.exists() else []
        return [json.loads(line) for line in lines]

    return read


def noting(folder: Path, then: str = "") -> Hook:
    """A command that notes how it was called, and then does something else."""
    script = folder / "note.py"
    script.write_text(
        "import json, os, sys, time\n"
        "own = {k: v for k, v in os.environ.items() if k.startswith('VIDINDEX_')}\n"
        "call = {'told': json.load(sys.stdin), 'own': own, 'argv': sys.argv[1:]}\n"
        f"with open({str(folder / 'calls.jsonl')!r}, 'a') as log:\n"
        "    log.write(json.dumps(call) + '\\n')\n"
        f"{then}\n",
        encoding="utf-8",
    )
    return Hook.parse(f"{sys.executable} {script} 'two words' $HOME", 60.0)


def test_the_command_runs_once_for_each_hit_with_the_text_literally(
    watched: Watched, tmp_path: Path, calls: Callable[[], list[dict[str, Any]]]
) -> None:
    films.titled(watched.folder / "gate.mp4", [(2, HOSTILE.replace(" $", "\n$"))])
    options = {"searches": ("gate 7",), "hook": noting(tmp_path)}
    watch = watched.start(**options)
    watched.rounds(watch, 4)
    watched.rounds(watched.start(**options), 4)
    (call,) = calls()
    with Library.open(watched.library) as library:
        texts = {e.text for v in library.videos.all() for e in library.events.of_video(v.video_id)}
    told, own = call["told"], call["own"]
    assert told["text"] == own["VIDINDEX_TEXT"]
    assert told["text"] in texts
    assert ";" in told["text"]
    assert call["argv"] == ["two words", "$HOME"]
    assert own["VIDINDEX_FILE"] == told["file"] == str(watched.folder / "gate.mp4")
    assert (float(own["VIDINDEX_START"]), float(own["VIDINDEX_END"])) == pytest.approx(
        (0.0, 2.0), abs=0.3
    )
    assert own["VIDINDEX_SEARCH"] == "gate 7"
    assert own["VIDINDEX_PROBABILITY"] == ""
    assert not list(tmp_path.rglob("owned"))
    assert len(watched.messages("hit")) == 1


def test_whatever_a_text_says_reaches_a_command_as_it_is_and_starts_nothing(
    tmp_path: Path, calls: Callable[[], list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    hook = noting(tmp_path)
    assert hook.run({"text": NASTY, "probability": None}) == ""
    assert hook.run({"text": "nul \0 byte", "probability": 0.5}) == ""
    assert hook.run({"text": "é" * 100_000}) == ""
    nasty, nul, long = calls()
    assert nasty["told"]["text"] == nasty["own"]["VIDINDEX_TEXT"] == NASTY
    assert nul["told"]["text"] == "nul \0 byte"
    assert nul["own"]["VIDINDEX_TEXT"] == "nul \ufffd byte"
    assert long["told"]["text"] == "é" * 100_000
    assert long["own"]["VIDINDEX_TEXT"] == "é" * (MAX_VARIABLE_BYTES // 2)
    assert not list(tmp_path.rglob("owned"))


def test_footage_that_the_library_held_before_is_old_to_a_new_search(
    watched: Watched, tmp_path: Path, calls: Callable[[], list[dict[str, Any]]]
) -> None:
    films.titled(watched.folder / "old.mp4", [(1, "NORTH GATE"), (1, "PIER 7")])
    watched.rounds(watched.start(), 4)
    watch = watched.start(searches=("north gate",), hook=noting(tmp_path))
    watched.rounds(watch, 4)
    assert calls() == []
    (watched.folder / "old.mp4").rename(watched.folder / "moved.mp4")
    films.titled(watched.folder / "new.mp4", [(1, "NORTH GATE")])
    films.titled(watched.folder / "other.mp4", [(1, "SOUTH GATE")])
    watched.rounds(watch, 4)
    assert [call["told"]["name"] for call in calls()] == ["new.mp4"]
    both = watched.start(searches=("north gate", "south gate"), hook=noting(tmp_path))
    watched.rounds(both, 4)
    assert len(calls()) == 1


def test_an_interruption_between_ingest_and_command_misses_and_repeats_nothing(
    watched: Watched, tmp_path: Path, calls: Callable[[], list[dict[str, Any]]]
) -> None:
    films.titled(watched.folder / "gate.mp4", [(1, "NORTH GATE")])
    options = {"searches": ("north gate",), "hook": noting(tmp_path)}
    for stops_at in ("ingested", "hit"):
        watch = watched.start(**options)

        watched.stops_at = stops_at
        with pytest.raises(KeyboardInterrupt):
            watched.rounds(watch, 4)
        assert calls() == []
    watched.stops_at = ""
    watched.rounds(watched.start(**options), 4)
    watched.rounds(watched.start(**options), 4)
    assert len(calls()) == 1


@pytest.mark.slow
def test_a_hanging_command_is_stopped_reported_and_given_up_and_the_watch_goes_on(
    watched: Watched, tmp_path: Path, calls: Callable[[], list[dict[str, Any]]]
) -> None:
    films.titled(watched.folder / "gate.mp4", [(1, "NORTH GATE")])
    child = "import subprocess; subprocess.run(['sleep', '600'])"
    hook = Hook(noting(tmp_path, child).argv, timeout_s=3.0)  # it must have begun by then
    watch = watched.start(searches=("north gate",), hook=hook)
    watched.rounds(watch, 4)
    films.titled(watched.folder / "pier.mp4", [(1, "PIER 7")])
    watched.rounds(watch, 6)
    assert watched.names() == ["gate.mp4", "pier.mp4"]
    assert len(calls()) == MAX_ATTEMPTS
    assert {call["told"]["alert"] for call in calls()} == {1}
    reported = watched.messages("command")
    assert len(reported) == MAX_ATTEMPTS
    assert "took longer than 3 s" in reported[0]
    assert "tried again" in reported[0]
    assert "given up" in reported[-1]
    assert len(watched.messages("hit")) == 1
    assert (watch.counts.commands_failed, watch.counts.given_up) == (MAX_ATTEMPTS, 1)


def test_a_command_that_fails_once_is_run_again_and_then_no_more(
    watched: Watched, tmp_path: Path, calls: Callable[[], list[dict[str, Any]]]
) -> None:
    films.titled(watched.folder / "gate.mp4", [(1, "NORTH GATE")])
    flag = str(tmp_path / "flag")
    fails = f"if not os.path.exists({flag!r}):\n    open({flag!r}, 'w').close()\n    sys.exit(7)"
    watch = watched.start(searches=("north gate",), hook=noting(tmp_path, fails))
    watched.rounds(watch, 8)
    assert len(calls()) == 2
    (reported,) = watched.messages("command")
    assert "exit code 7" in reported


def test_hits_are_told_before_a_burst_is_over(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.watch.run.BATCH", 2)
    films.titled(watched.folder / "00.mp4", [(1, "NORTH GATE")])
    for number in range(1, 4):
        films.titled(watched.folder / f"{number:02d}.mp4", [(0.25, f"TAKE {number}")])
    watched.rounds(watched.start(searches=("north gate",)), 4)
    order = [what for what, _ in watched.told if what in ("hit", "ingested")]
    assert order == ["ingested", "hit", "ingested"]


def test_what_is_not_verified_is_no_hit(watched: Watched) -> None:
    said = [(0.2, 0.8, "The north gate is open.")]
    films.titled(watched.folder / "said.mp4", [(1, "PIER 7")], said)
    watch = watched.start(searches=("the north gate is open",))
    watched.rounds(watch, 4)
    assert watched.names() == ["said.mp4"]
    assert watched.messages("hit") == []


def test_erasing_a_video_erases_what_was_to_be_told_of_it(watched: Watched, tmp_path: Path) -> None:
    films.titled(watched.folder / "gate.mp4", [(1, "CANARY GATE")])
    hook = Hook.parse(f"{sys.executable} -c 'raise SystemExit(1)'", 10.0)
    watched.rounds(watched.start(searches=("canary gate",), hook=hook), 3)
    with Library.open(watched.library, write=True) as library:
        assert library.alerts.due(["canary gate"])
        library.remove(library.videos.all()[0].video_id)
        assert library.alerts.due(["canary gate"]) == []
    for path in watched.library.rglob("*"):
        assert not path.is_file() or b"canary" not in path.read_bytes().lower()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--exec", "true"], "nothing is searched for"),
        (["--search", "x", "--exec", "no-such-program-here"], "unknown program"),
        (["--search", "x", "--exec", "echo 'open"], "check its quotes"),
    ],
)
def test_a_command_that_cannot_run_is_refused_at_the_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    place = ["--library", str(tmp_path / "library"), "--model", "none"]
    assert run_command(["watch", str(tmp_path), *words, *place]) == 2
    assert says in capsys.readouterr().err


def test_an_empty_command_is_refused() -> None:
    with pytest.raises(InputError, match="unknown program"):
        Hook.parse("  ", 1.0)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent otherwise there")
def test_the_program_stops_at_ctrl_c_and_the_next_one_does_nothing_twice(
    watched: Watched, tmp_path: Path, calls: Callable[[], list[dict[str, Any]]]
) -> None:
    films.titled(watched.folder / "gate.mp4", [(1, "NORTH GATE")])
    words = ["watch", str(watched.folder), "--library", str(watched.library), "--model", "none"]
    words += ["--search", "north gate", "--exec", " ".join(map(repr, noting(tmp_path).argv[:2]))]
    words += ["--settle", "0.2", "--every", "0.1", "--json"]
    one_thread = os.environ | {"OMP_NUM_THREADS": "1"}
    with started([*VIDINDEX, *words], stdout=PIPE, stderr=DEVNULL, env=one_thread) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if json.loads(line)["what"] == "hit":
                break
        while not calls():
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130
    assert run_command([*words, "--once"]) == 0
    assert len({call["told"]["alert"] for call in calls()}) == 1
