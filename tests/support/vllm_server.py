"""Real vLLM servers on loopback for tests: started with the command that doctor prints, stopped."""

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from vidindex.adapters.vision.checkpoints.catalog import read_config, resolve
from vidindex.adapters.vision.vllm.placement import QUIET, ServedModel, place, serve_arguments

REQUIRED = "VIDINDEX_REQUIRE_VLLM"
UP_WITHIN_S = 240
# In place of `vllm serve`, which does not find the name under which the CPU build is installed.
PROGRAM = (sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model")


@dataclass(frozen=True, slots=True)
class RunningServer:
    """One server: where it listens, the process that leads its group, what it wrote."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def kill(self) -> None:
        """As a crash does: all its processes at once, without a word to its clients."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def require_vllm() -> None:
    """Skip where vLLM is not installed; fail instead where VIDINDEX_REQUIRE_VLLM is 1."""
    if importlib.util.find_spec("vllm"):
        return
    reason = "vLLM is not installed here: `make test-vllm` runs this"
    if os.environ.get(REQUIRED) == "1":
        pytest.fail(f"{REQUIRED}=1, but {reason}")
    pytest.skip(reason)


@contextmanager
def running(folder: Path, name: str, log: Path) -> Iterator[RunningServer]:
    """A server of the checkpoint in `folder`, called `name`, ready; stopped in the end, always."""
    server = start(folder, name, log)
    try:
        wait_until_up(server)
        yield server
    finally:
        stop(server)


def start(folder: Path, name: str, log: Path) -> RunningServer:
    """A server that is starting; it may be waited for later, with others."""
    checkpoint = resolve(str(folder))
    assert checkpoint is not None
    model = replace(ServedModel.of(checkpoint, read_config(folder)), name=name)
    port = free_port()
    arguments = serve_arguments(model, place(model, ()), port)
    quiet = {**QUIET, "VLLM_CPU_KVCACHE_SPACE": "1", "OMP_NUM_THREADS": "1"}
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [*PROGRAM, *arguments],
            env=os.environ | quiet,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return RunningServer(f"http://127.0.0.1:{port}/v1", process, log)


def wait_until_up(server: RunningServer) -> None:
    """Until it answers; fails with what it wrote where it ends before, or takes too long."""
    health = server.url.removesuffix("/v1") + "/health"
    end_s = time.monotonic() + UP_WITHIN_S
    while time.monotonic() < end_s and server.process.poll() is None:
        try:
            with urllib.request.urlopen(health, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    tail = server.log.read_text(errors="replace")[-3000:]
    pytest.fail(f"the server is not up after {UP_WITHIN_S} s, or has ended:\n{tail}")


def stop(server: RunningServer) -> None:
    """Ask it to end, then end what is left of its group."""
    server.process.terminate()
    with suppress(subprocess.TimeoutExpired):
        server.process.wait(timeout=20)
    with suppress(ProcessLookupError):
        os.killpg(server.process.pid, signal.SIGKILL)
    server.process.wait()


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
