"""Start programs in tests so that each ends, with all that it started, whatever fails."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Event, Timer
from typing import Any

import psutil  # type: ignore[import-untyped]

Process = subprocess.Popen[str]
Finished = subprocess.CompletedProcess[str]
VIDINDEX = (sys.executable, "-m", "vidindex")
PIPE, STDOUT, DEVNULL = subprocess.PIPE, subprocess.STDOUT, subprocess.DEVNULL

BOUND_S = 120.0
"""How long a program may run; then it is killed, so that reading from it or waiting for it ends."""

GRACE_S = 10.0
"""How long a program that is asked to end may take."""


@contextmanager
def started(
    words: Sequence[object],
    *,
    bound_s: float = BOUND_S,
    grace_s: float = GRACE_S,
    **options: Any,
) -> Iterator[Process]:
    """A program that runs, in a process group of its own; `options` are those of Popen.

    On exit it and what it started have ended: asked to (SIGTERM), and killed after `grace_s`.
    Raises AssertionError where it had to be killed after `bound_s`.
    """
    process = subprocess.Popen(
        [str(word) for word in words], text=True, start_new_session=True, **options
    )
    is_late = Event()

    def stop() -> None:
        is_late.set()
        kill(process)

    alarm = Timer(bound_s, stop)
    alarm.daemon = True
    alarm.start()
    with process:  # closes its pipes
        try:
            yield process
        finally:
            alarm.cancel()
            end(process, grace_s)
            assert not is_late.is_set(), f"{words[0]} was killed: it ran for {bound_s:g} s"


def run_to_end(
    words: Sequence[object], *, bound_s: float = BOUND_S, check: bool = True, **options: Any
) -> Finished:
    """What a program that ran to its end wrote; AssertionError, with it, where it failed."""
    with started(words, bound_s=bound_s, stdout=PIPE, stderr=PIPE, **options) as process:
        out, err = process.communicate()
    assert not check or process.returncode == 0, f"exit code {process.returncode}:\n{out}\n{err}"
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def end(process: Process, grace_s: float) -> None:
    """Ask it to end, then kill what is left of it and of what it started."""
    family = _family(process)
    if process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(grace_s)
    _kill(process, family)
    process.wait()


def kill(process: Process) -> None:
    """End it and what it started at once, as a crash does."""
    _kill(process, _family(process))
    process.wait()


def _family(process: Process) -> list[psutil.Process]:
    """What it has started and is its own still, also in sessions of their own."""
    with suppress(psutil.NoSuchProcess):
        return list(psutil.Process(process.pid).children(recursive=True))
    return []


def _kill(process: Process, family: list[psutil.Process]) -> None:
    process.kill()
    for one in family:
        with suppress(psutil.NoSuchProcess):
            one.kill()  # compares the time at which it began: a number that was given again is safe
    if os.name == "posix":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
