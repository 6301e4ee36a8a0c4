"""`vidindex serve`, as a process of its own: it says where it is, serves, and ends when told to."""

import signal
import socket
from pathlib import Path

import httpx
import pytest
from support.library_assets import add_video, video
from support.processes import PIPE, VIDINDEX, started

from store import Library
from vidindex.app import Settings
from vidindex.cli.main import run_command
from vidindex.web.server import listen, server_of
from vidindex.web.state import ServerOptions


@pytest.fixture
def library(tmp_path: Path) -> Path:
    with Library.open(tmp_path / "library", create=True) as opened:
        add_video(opened, video("a" * 32), "cam1/film.mp4")
    return tmp_path / "library"


@pytest.mark.slow
def test_it_says_where_it_is_and_ends_when_interrupted_though_somebody_looks(
    library: Path,
) -> None:
    words = ["serve", "--library", str(library), "--model", "none", "--port", "0"]
    with started([*VIDINDEX, *words], stdout=PIPE) as server:
        assert server.stdout
        url = server.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:")
        assert httpx.get(f"{url}api/status", timeout=60).json()["library"] == str(library)
        assert httpx.get(url).headers["content-type"].startswith("text/html")
        with httpx.stream("GET", f"{url}api/progress") as response:
            next(response.iter_lines())
            server.send_signal(signal.SIGINT)
            assert server.wait(60) == 0


def test_the_address_is_said_when_the_server_accepts_and_not_before(library: Path) -> None:
    reached: list[bool] = []
    with listen("127.0.0.1", 0) as listening:

        def reach() -> None:
            socket.create_connection(listening.getsockname(), timeout=60).close()
            reached.append(server.lifespan.startup_event.is_set())
            server.should_exit = True

        server = server_of(ServerOptions(library, Settings(model="none")), reach)
        server.run(sockets=[listening])
    assert reached == [True]


def test_a_port_that_is_taken_is_said(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        words = ["serve", "--library", str(library), "--model", "none", "--port", port]
        assert run_command(words) == 2
    assert "name another --host or --port" in capsys.readouterr().err


def test_without_a_library_there_is_nothing_to_serve(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["serve", "--library", str(tmp_path / "none"), "--model", "none"]) == 2
    assert "no library at" in capsys.readouterr().err
