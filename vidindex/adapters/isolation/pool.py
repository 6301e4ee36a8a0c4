"""A few children that take turns: one that dies is replaced, and its call says why."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any, TypeVar

from vidindex.adapters.isolation.worker import Limits, WorkerDied, WorkerProcess

__all__ = ["Limits", "WorkerDied", "WorkerPool"]

R = TypeVar("R")


class WorkerPool:
    """Calls of functions that a child can import, under limits; safe to use from many threads.

    Children start when they are needed. Up to `workers` wait for the next call; with more
    calls at once there are more for as long.
    """

    def __init__(self, limits: Limits, workers: int = 1) -> None:
        self._limits = limits
        self._workers = workers
        self._idle: list[WorkerProcess] = []
        self._lock = threading.Lock()

    def call(self, function: Callable[..., R], *args: Any, seconds: float | None = None) -> R:
        """`function(*args)`, done by a child within `seconds` (else the pool's own limit).

        Raises what it raises, and Stopped where it was stopped or died.
        """
        (result,) = list(self.stream(function, *args, seconds=seconds))
        return result  # type: ignore[no-any-return]

    def stream(
        self, function: Callable[..., Any], *args: Any, seconds: float | None = None
    ) -> Iterator[Any]:
        """The items of an iterator, one by one, each within the limit; the child works ahead."""
        worker = self._take()
        try:
            limit_s = self._limits.seconds if seconds is None else seconds
            with closing(worker.run(function, *args, seconds=limit_s)) as items:  # type: ignore[type-var]
                yield from items
        finally:
            self._give_back(worker)

    def close(self) -> None:
        """End the children that wait; others end with their call, all with this process."""
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.close()

    def _take(self) -> WorkerProcess:
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.alive:
                    return worker
                worker.close()
        return WorkerProcess(self._limits)

    def _give_back(self, worker: WorkerProcess) -> None:
        with self._lock:
            if worker.alive and len(self._idle) < self._workers:
                self._idle.append(worker)
                return
        worker.close()
