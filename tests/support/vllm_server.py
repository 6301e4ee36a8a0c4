"""Real vLLM servers on loopback for tests: started with the command that doctor prints, stopped."""

import importlib.util
import os
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from support.processes import STDOUT, Process, kill, started
from vidindex.adapters.vision.checkpoints.catalog import read_config, resolve
from vidindex.adapters.vision.vllm.placement import QUIET, ServedModel, place, serve_arguments

REQUIRED = "VIDINDEX_REQUIRE_VLLM"
UP_WITHIN_S = 240
SERVES_S = 1800
"""How long a server may run, for all the tests of a session."""

# In place of `vllm serve`, which does not find the name under which the CPU build is installed.
PROGRAM = (sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model")


@dataclass(frozen=True, slots=True)
class RunningServer:
    """One server: where it listens, the process that leads its group, what it wrote."""

    url: str
    process: Process
    log: Path

    def kill(self) -> None:
        """As a crash does: all its processes at once, without a word to its clients."""
        kill(self.process)


def require_vllm() -> None:
    """Skip where vLLM is not installed; fail instead where VIDINDEX_REQUIRE_VLLM is 1."""
    if importlib.util.find_spec("vllm"):
        return
    reason = "vLLM is not installed here: `make test-vllm` runs this"
    if os.environ.get(REQUIRED) == "1":
        pytest.fail(f"{REQUIRED}=1, but {reason}")
    pytest.skip(reason)


@contextmanager
def starting(folder: Path, name: str, log: Path) -> Iterator[RunningServer]:
    """A server of the checkpoint in `folder`, called `name`, that is starting: see `wait_until_up`.

    It is stopped in the end, always.
    """
    checkpoint = resolve(str(folder))
    assert checkpoint is not None
    model = replace(ServedModel.of(checkpoint, read_config(folder)), name=name)
    port = free_port()
    arguments = serve_arguments(model, place(model, ()), port)
    quiet = {**QUIET, "VLLM_CPU_KVCACHE_SPACE": "1", "OMP_NUM_THREADS": "1"}
    settings: dict[str, Any] = {"env": os.environ | quiet, "bound_s": SERVES_S, "grace_s": 20.0}
    with (
        log.open("wb") as stream,
        started([*PROGRAM, *arguments], stdout=stream, stderr=STDOUT, **settings) as process,
    ):
        yield RunningServer(f"http://127.0.0.1:{port}/v1", process, log)


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


def free_port() -> int:
    """A loopback port that no process listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
