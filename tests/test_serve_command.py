"""`vidindex serve`, as a process of its own: it says where it is, serves, and ends when told to."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from support.library_assets import add_video, video

from store import Library
from vidindex.cli.main import run_command


@pytest.fixture
def library(tmp_path: Path) -> Path:
    with Library.open(tmp_path / "library", create=True) as opened:
        add_video(opened, video("a" * 32), "cam1/film.mp4")
    return tmp_path / "library"


def test_it_says_where_it_is_and_ends_when_interrupted_though_somebody_looks(
    library: Path,
) -> None:
    words = ["serve", "--library", str(library), "--model", "none", "--port", "0"]
    with subprocess.Popen(
        [sys.executable, "-m", "vidindex", *words], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout
        url = server.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:")
        assert httpx.get(f"{url}api/status", timeout=60).json()["library"] == str(library)
        assert httpx.get(url).headers["content-type"].startswith("text/html")
        with httpx.stream("GET", f"{url}api/progress") as response:
            next(response.iter_lines())
            server.send_signal(signal.SIGINT)
            assert server.wait(60) == 0


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
