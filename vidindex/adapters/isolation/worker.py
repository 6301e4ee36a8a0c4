"""Control one child process: send calls, read replies, kill it at its limits."""

import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, Any

import psutil  # type: ignore[import-untyped]

from vidindex.adapters.isolation.memory_budget import MemoryBudget
from vidindex.adapters.isolation.shared_memory import SharedMemory

# A few frames of the size that models see; what is larger goes through the pipe.
SHARED_BYTES = 16 << 20
# A child and what it calls have to be loaded first, also on a busy machine.
START_S = 60.0
_WATCH_EVERY_S = 0.1
_WAITING_SHARE = 0.25
"""Of its limit: a child that holds more after its call is ended rather than kept."""
LOW_PRIORITY = 15
# Not `-m`: that would look for modules in the working directory, which may be footage.
_BEGIN = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]);"
    "from vidindex.adapters.isolation.child import main;"
    "main(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))"
)


class WorkerDied(Exception):
    """A call that did not come back; `str()` says why, e.g. "crashed (SIGSEGV)"."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call may take. seconds: until its next item, or its end; num_bytes: of memory.

    gives_way_s: after so much processor time for an item the child yields to other processes.
    """

    seconds: float
    num_bytes: int
    gives_way_s: float | None = None


class WorkerProcess:
    """A child process; used by one thread at a time. After `WorkerDied` it is gone."""

    def __init__(self, limits: Limits, budget: MemoryBudget) -> None:
        self._limits = limits
        self._shared = SharedMemory.make(SHARED_BYTES)
        self._process = _start(self._shared, limits.num_bytes)
        self._watch = _Watch(self._process, limits, budget)
        self._number = 0
        self.close = weakref.finalize(self, _end, self._process, self._watch, self._shared)

    def run(self, function: Callable[..., Any], *args: Any, seconds: float) -> Iterator[Any]:
        """The items that `function(*args)` yields there, or its one result.

        Raises what it raises, and WorkerDied where it was stopped or died.
        """
        self._number += 1
        self._send("call", self._number, pickle.dumps((function, args)))
        kind = ""
        try:
            while kind in ("", "begun", "item"):
                kind, value = self._receive(seconds if kind else max(START_S, seconds))
                if kind == "error":
                    raise value
                if kind == "memory":
                    raise WorkerDied(_too_much(self._limits.num_bytes))
                if kind in ("item", "result"):
                    yield value
        except GeneratorExit:
            if kind == "item":
                self._rest(seconds)
            raise
        except KeyboardInterrupt:  # perhaps in the middle of a message
            self.close()
            raise

    def _rest(self, seconds: float) -> None:
        """What is left is not wanted: wait until the child has noticed."""
        with suppress(WorkerDied):
            self._send("stop", self._number)
            while self._receive(seconds)[0] == "item":
                pass

    @property
    def alive(self) -> bool:
        """Whether it can be called again; one that gave way stays slow, and is not."""
        return self._process.poll() is None and not self._watch.why and not self._watch.gave_way

    @property
    def is_small(self) -> bool:
        """Whether it takes so little memory that it may wait for its next call."""
        return self._watch.memory_bytes() <= self._limits.num_bytes * _WAITING_SHARE

    def kill(self, why: str) -> None:
        """End it in the middle of a call, which raises WorkerDied; from any thread."""
        self._watch.kill(why)

    def _send(self, *message: object) -> None:
        """Where the child is gone already, reading what it left says so."""
        assert self._process.stdin
        with suppress(OSError):
            pickle.dump(message, self._process.stdin)
            self._process.stdin.flush()

    def _receive(self, seconds: float) -> tuple[str, Any]:
        assert self._process.stdout
        try:
            with self._watch.at_most(seconds):
                kind, data, places, room = pickle.load(self._process.stdout)
        except (EOFError, pickle.UnpicklingError, OSError):
            raise self._why_gone() from None
        value = pickle.loads(data, buffers=[self._shared.copy(place) for place in places])
        if room:
            self._send("come back", room)
        return kind, value

    def _why_gone(self) -> WorkerDied:
        _kill_group(self._process)
        code = self._process.wait()
        self.close()
        return WorkerDied(self._watch.why or f"crashed ({_signal_name(code)})")


class _Watch:
    """Kills a process that takes too long or too much memory, and remembers why."""

    def __init__(
        self, process: "subprocess.Popen[bytes]", limits: Limits, budget: MemoryBudget
    ) -> None:
        self.why, self.gave_way = "", False
        self._process, self._limits, self._budget = process, limits, budget
        self._until_s: float | None = None
        self._seconds = 0.0
        self._spent_before_s: float | None = None
        self._is_due = threading.Event()
        self._is_over = False
        threading.Thread(target=self._run, daemon=True).start()

    @contextmanager
    def at_most(self, seconds: float) -> Iterator[None]:
        """While within, the process is given this long."""
        self._seconds, self._until_s = seconds, time.monotonic() + seconds
        self._spent_before_s = None
        self._is_due.set()
        try:
            yield
        finally:
            self._until_s = None
            self._is_due.clear()
            self._budget.release(self._process.pid)

    def end(self) -> None:
        self._is_over = True
        self._is_due.set()

    def _run(self) -> None:
        while self._is_due.wait() and not self._is_over:
            time.sleep(_WATCH_EVERY_S)
            until_s, used = self._until_s, self.memory_bytes()
            if until_s is None:
                continue
            if time.monotonic() > until_s:
                self.kill(f"took longer than {self._seconds:g} s")
            elif used > self._limits.num_bytes + SHARED_BYTES:
                self.kill(_too_much(self._limits.num_bytes))
            elif self._budget.is_exceeded_by(self._process.pid, used):
                self.kill(_too_much_together(self._budget.num_bytes))
            elif self._limits.gives_way_s and self._spent_s() > self._limits.gives_way_s:
                self.gave_way = True
                _give_way(self._process.pid)

    def memory_bytes(self) -> int:
        try:
            return int(psutil.Process(self._process.pid).memory_info().rss)
        except psutil.Error:
            return 0

    def _spent_s(self) -> float:
        """Processor time since the item that is waited for was asked for."""
        with suppress(psutil.Error):
            times = psutil.Process(self._process.pid).cpu_times()
            spent_s = float(times.user + times.system)
            if self._spent_before_s is None:
                self._spent_before_s = spent_s
            return spent_s - self._spent_before_s
        return 0.0

    def kill(self, why: str) -> None:
        self.why = self.why or why
        self._is_over = True
        _kill_group(self._process)


def _start(shared: SharedMemory, limit_bytes: int) -> "subprocess.Popen[bytes]":
    arguments = [json.dumps(sys.path), shared.handle, str(SHARED_BYTES), str(limit_bytes)]
    # One arena of malloc per child: others reserve addresses that count as memory.
    frugal = {"MALLOC_ARENA_MAX": "2", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-P", "-c", _BEGIN, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pass_fds=() if shared.fd is None else (shared.fd,),
        start_new_session=os.name == "posix",  # a terminal's Ctrl-C is the parent's to answer
        env=os.environ | frugal,
    )


def _end(process: "subprocess.Popen[bytes]", watch: _Watch, shared: SharedMemory) -> None:
    watch.end()
    _kill_group(process)
    process.wait()
    for stream in (process.stdin, process.stdout):
        _close(stream)
    shared.close()


def _kill_group(process: "subprocess.Popen[bytes]") -> None:
    """Kill the process and those that it started, such as an ffmpeg."""
    if process.returncode is not None:  # its number may be another's by now
        return
    with suppress(OSError, psutil.Error):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
    process.kill()


def _give_way(pid: int) -> None:
    """Let every thread of the process run only when others leave room."""
    with suppress(psutil.Error, OSError):
        process = psutil.Process(pid)
        if sys.platform == "linux":  # where each thread has a priority of its own
            for thread in process.threads():
                os.setpriority(os.PRIO_PROCESS, thread.id, LOW_PRIORITY)
        else:
            low = psutil.BELOW_NORMAL_PRIORITY_CLASS if os.name == "nt" else LOW_PRIORITY
            process.nice(low)


def _close(stream: IO[bytes] | None) -> None:
    with suppress(OSError):  # what was not sent yet has no one to read it
        if stream:
            stream.close()


def _too_much(num_bytes: int) -> str:
    return f"needed more than {num_bytes / 1e9:.1f} GB of memory"


def _too_much_together(num_bytes: int) -> str:
    most = f"{num_bytes / 1e9:.1f} GB"
    return f"needed the most of more than {most} of memory, with the files read beside it"


def _signal_name(code: int) -> str:
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"exit code {code}"
