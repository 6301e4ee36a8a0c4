"""Share calls among child processes; a child that dies is replaced."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from vidindex.adapters.isolation.asker import current_asker
from vidindex.adapters.isolation.memory_budget import MemoryBudget, machine_bytes
from vidindex.adapters.isolation.worker import START_S, Limits, WorkerDied, WorkerProcess

__all__ = ["Limits", "WorkerDied", "WorkerPool"]

R = TypeVar("R")

GIVES_WAY_S = 1.0
SHARE_OF_MACHINE = 1 / 3
"""Of its memory, for the calls of one pool together; a server has another in its ingest."""
_LEFT = "was stopped: the client has gone"


class WorkerPool:
    """Calls of functions that a child can import, under limits; safe to use from many threads.

    Children start when they are needed. Up to `workers` wait for the next call; with more
    calls at once there are more for as long. together_bytes: of memory, for all that are at
    work; by default a share of this machine's.
    """

    def __init__(
        self, limits: Limits, workers: int = 1, *, together_bytes: int | None = None
    ) -> None:
        self._limits = limits
        most = int(machine_bytes() * SHARE_OF_MACHINE) if together_bytes is None else together_bytes
        self._budget = MemoryBudget(most)
        self._workers = workers
        self._idle: list[WorkerProcess] = []
        self._lock = threading.Lock()
        self._warm_up: Callable[[WorkerProcess], Any] | None = None
        self._is_refilling = False

    def call(self, function: Callable[..., R], *args: Any, seconds: float | None = None) -> R:
        """`function(*args)`, done by a child within `seconds` (else the pool's own limit).

        Raises what it raises, and WorkerDied where it was stopped or died.
        """
        (result,) = list(self.stream(function, *args, seconds=seconds))
        return result  # type: ignore[no-any-return]

    def stream(
        self, function: Callable[..., Any], *args: Any, seconds: float | None = None
    ) -> Iterator[Any]:
        """The items of an iterator, one by one, each within the limit; the child works ahead."""
        asker = current_asker()
        if asker.left:
            raise WorkerDied(_LEFT)
        worker = self._take()
        try:
            limit_s = self._limits.seconds if seconds is None else seconds
            with (
                asker.waiting(partial(worker.kill, _LEFT)),
                closing(worker.run(function, *args, seconds=limit_s)) as items,  # type: ignore[type-var]
            ):
                yield from items
        finally:
            self._give_back(worker)

    def reserve(self, function: Callable[..., Any], *args: Any) -> None:
        """From now on keep a child ready beyond those at work; it has run `function(*args)`.

        So a call need not wait until one has started, however busy the others are: those that
        take long for an item give way to it.
        """
        self._limits = replace(self._limits, gives_way_s=GIVES_WAY_S)
        self._warm_up = lambda worker: list(worker.run(function, *args, seconds=START_S))
        self._workers += 1
        self._begin_refill()

    def close(self) -> None:
        """End the children that wait; others end with their call, all with this process."""
        self._warm_up = None
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.close()

    def _take(self) -> WorkerProcess:
        with self._lock:
            taken = self._taken()
            is_last = not self._idle
        if is_last and self._warm_up:
            self._begin_refill()
        return taken or WorkerProcess(self._limits, self._budget)

    def _taken(self) -> WorkerProcess | None:
        while self._idle:
            worker = self._idle.pop()
            if worker.alive:
                return worker
            worker.close()
        return None

    def _begin_refill(self) -> None:
        with self._lock:
            if self._is_refilling:
                return
            self._is_refilling = True
        threading.Thread(target=self._refill, daemon=True).start()

    def _refill(self) -> None:
        worker, warm_up = WorkerProcess(self._limits, self._budget), self._warm_up
        if warm_up:
            with suppress(WorkerDied):
                warm_up(worker)
        self._give_back(worker)
        self._is_refilling = False

    def _give_back(self, worker: WorkerProcess) -> None:
        is_small = worker.is_small
        with self._lock:
            if worker.alive and is_small and len(self._idle) < self._workers:
                self._idle.append(worker)
                return
        worker.close()
