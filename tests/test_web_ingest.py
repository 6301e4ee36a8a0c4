"""An ingest is watched through the web face, wherever it runs, and can be started there."""

import io
import json
import os
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import pytest
from support import film_assets as films
from support.processes import run_to_end
from support.web_assets import events, served, wait_for

from pipelines.progress import EVERY_S, MAX_NOTES, Quiet, SharedProgress
from store import Library
from store.progress_file import Doing, ProgressFile
from vidindex.app import Settings, open_library
from vidindex.web.state import ServerOptions

PLAIN = Settings(model="none")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    Library.open(tmp_path / "library", create=True).close()
    return tmp_path / "library"


def progress(client: httpx.Client) -> Generator[dict[str, Any], None, None]:
    with client.stream("GET", "/api/progress") as response:
        yield from (data for _, data in events(response.iter_lines()))


class Clock:
    """A clock that stops until it is moved."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_progress_is_written_at_most_twice_a_second_with_the_time_left(library: Path) -> None:
    clock, file = Clock(), ProgressFile(library)
    shared = SharedProgress(Quiet(), file, clock)
    shared.start("captions", 100.0, "s")
    clock.now_s += EVERY_S / 2
    shared.advance(10.0, "a.mp4")
    written = file.read()
    assert written
    assert (written.done, written.eta_s) == (0.0, None)
    clock.now_s += EVERY_S / 2
    shared.advance(10.0, "b.mp4")
    written = file.read()
    assert written
    assert (written.stage, written.done, written.total, written.file) == (
        "captions", 20.0, 100.0, "b.mp4",
    )  # fmt: skip
    assert written.eta_s == pytest.approx(4 * EVERY_S)
    for number in range(MAX_NOTES + 1):
        shared.note(str(number))
    shared.finish()
    shared.start("embed", 1.0, "texts")
    written = file.read()
    assert written
    assert (written.notes[0], written.notes[-1], written.done) == ("1", str(MAX_NOTES), 0.0)
    shared.close()
    assert file.read() is None
    assert not (library / "progress.json").exists()


def test_who_is_told_beside_the_file_hears_everything(library: Path) -> None:
    said: list[object] = []

    class Told(Quiet):
        def advance(self, amount: float, name: str) -> None:
            said.append((amount, name))

        def note(self, message: str) -> None:
            said.append(message)

    shared = SharedProgress(Told(), ProgressFile(library), Clock())
    shared.start("scan", 2, "files")
    shared.advance(1, "a.mp4")
    shared.advance(1, "b.mp4")
    shared.note("b.mp4 is broken")
    assert said == [(1, "a.mp4"), (1, "b.mp4"), "b.mp4 is broken"]


def test_a_place_that_cannot_be_written_to_stops_no_run(tmp_path: Path) -> None:
    shared = SharedProgress(Quiet(), ProgressFile(tmp_path / "nowhere"))
    shared.start("scan", 2, "files")
    shared.close()


def test_of_a_process_that_was_killed_nothing_is_running(library: Path) -> None:
    code = (
        "import os, pathlib, sys; from store.progress_file import Doing, ProgressFile;"
        "ProgressFile(pathlib.Path(sys.argv[1])).write(Doing('scan', 1, 2, 'files', 'zebra.mp4'));"
        "os.kill(os.getpid(), 9)"
    )
    run_to_end([sys.executable, "-c", code, library], check=False)
    assert json.loads((library / "progress.json").read_text(encoding="utf-8"))["done"] == 1
    assert ProgressFile(library).read() is None


def test_what_a_killed_ingest_left_goes_with_the_video_it_names(library: Path) -> None:
    (library / "progress.json").write_text('{"file": "zebra.mp4"}', encoding="utf-8")
    with Library.open(library, write=True) as opened:
        assert opened.clean()
    assert not (library / "progress.json").exists()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"stage": 1, "notes": null}'])
def test_a_broken_progress_file_is_no_progress(library: Path, text: str) -> None:
    (library / "progress.json").write_text(text, encoding="utf-8")
    assert ProgressFile(library).read() is None


def test_an_ingest_elsewhere_is_seen_pass_by_pass_until_it_ends(library: Path) -> None:
    with served(ServerOptions(library, PLAIN)) as client:
        told = progress(client)
        assert next(told)["running"] is False
        file = ProgressFile(library)
        file.write(Doing("scan", 1.0, 2.0, "files", "a.mp4", 3.4, ("b.mp4 is broken",)))
        assert next(told) == {
            "running": True, "stage": "scan", "done": 1.0, "total": 2.0, "unit": "files",
            "file": "a.mp4", "eta_s": 3, "notes": ["b.mp4 is broken"],
        }  # fmt: skip
        file.clear()
        assert next(told)["running"] is False
        told.close()


def test_every_ingest_shares_its_progress_and_clears_it_away(tmp_path: Path) -> None:
    films.titled(tmp_path / "gate.mp4", [(1, "NORTH GATE")])
    seen: list[Doing] = []
    with open_library(tmp_path / "library", PLAIN) as app:
        file = ProgressFile(app.library.path)

        class Looking(Quiet):
            def finish(self) -> None:
                if now := file.read():
                    seen.append(now)

        app.ingest(tmp_path / "gate.mp4", progress=Looking())
        assert file.read() is None
    assert {"scan", "plan", "screen"} <= {doing.stage for doing in seen}
    assert {doing.pid for doing in seen} == {os.getpid()}


@pytest.mark.slow
def test_a_folder_below_a_root_is_ingested_and_no_other(library: Path, tmp_path: Path) -> None:
    root, other = tmp_path / "footage", tmp_path / "private"
    (root / "day 1").mkdir(parents=True)
    other.mkdir()
    (root / "way out").symlink_to(other)
    films.titled(root / "day 1" / "gate.mp4", [(1, "NORTH GATE")])
    serving = ServerOptions(library, Settings(model="none"), ingest_roots=(root,))
    with served(serving) as client:

        def start(*paths: Path | str) -> httpx.Response:
            return client.post("/api/ingest", json={"paths": [str(path) for path in paths]})

        for path in (other, root / "way out", root / ".." / "private", "/", "x", "-h", "a\0b"):
            assert start(path).status_code == 403
            assert start(root, path).status_code == 403
        assert start(root / "day 2").status_code == 404
        assert client.get("/api/status").json()["ingest_roots"] == [str(root)]
        assert start(root / "day 1").status_code == 202
        assert start(root / "day 1").status_code == 409
        told = progress(client)
        assert next(told)["running"] is True
        told.close()
        wait_for(lambda: client.get("/api/status").json()["last_run"])
        run = wait_for(lambda: client.get("/api/status").json()["last_run"]["finished_at"])
        assert run
        (video,) = client.get("/api/videos").json()["videos"]
        assert video["name"].endswith("gate.mp4")
    log = (library / "audit.log").read_text(encoding="utf-8")
    assert [json.loads(line)["what"] for line in io.StringIO(log)].count("ingest") == 2


def test_why_an_ingest_failed_is_said(library: Path, tmp_path: Path) -> None:
    with (
        served(ServerOptions(library, PLAIN, ingest_roots=(tmp_path,))) as client,
        Library.open(library, write=True),
    ):
        assert client.post("/api/ingest", json={"paths": [str(tmp_path)]}).status_code == 202
        told = progress(client)
        notes = next(data["notes"] for data in told if data["notes"])
        told.close()
    assert "another process writes" in notes[0]
