"""The scripts in examples/ run as they are written, on films made for it."""

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import film_assets as films
from support.processes import run_to_end

from vidindex.settings import Settings
from vidindex.web.server import listen, server_of
from vidindex.web.state import ServerOptions

# Whole programs on films.
pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def run(folder: Path, name: str, *words: str) -> str:
    command = [sys.executable, EXAMPLES / f"{name}.py", *words]
    return run_to_end(command, cwd=folder, env=os.environ | {"VIDINDEX_MODEL": "none"}).stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which footage/ was indexed by the first example."""
    folder = tmp_path_factory.mktemp("examples")
    (folder / "footage").mkdir()
    films.clock(folder / "footage" / "clock.mp4", 8, 80)
    shown = run(folder, "index_and_search", "footage", "01:23")
    assert shown.splitlines() == [
        "1 files, 0 failures",
        "clock.mp4  3.0-4.0 s  verified",
    ]
    return folder


@pytest.fixture
def url(folder: Path) -> Iterator[str]:
    serving = ServerOptions(folder / "example.library", Settings(model="none"))
    with listen("127.0.0.1", 0) as listening:
        server = server_of(serving)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(30)


def test_the_cost_of_a_folder_is_printed(folder: Path) -> None:
    assert "1 videos, 0.1 min" in run(folder, "plan_cost", "footage")


def test_hits_are_exported_as_an_edit(folder: Path) -> None:
    shown = run(folder, "export_fcpxml", "example.library", "hits.fcpxml", "01:23")
    assert shown.startswith("wrote hits.fcpxml: 1 hits")
    assert "clock.mp4" in (folder / "hits.fcpxml").read_text(encoding="utf-8")


def test_a_running_server_is_searched_over_rest(folder: Path, url: str) -> None:
    shown = run(folder, "rest_client", url, "01:23")
    assert shown.splitlines() == ["clock.mp4  3.0-4.0 s", "1 files searched"]
