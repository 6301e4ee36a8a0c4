"""Prefetch results in background threads, in order, within a byte budget.

Results come in the order of the items, whatever takes longest, and what waits to be taken
is bounded in bytes.
"""

import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Prefetcher:
    """How far ahead: results of up to `max_bytes`, made by `workers` threads.

    One result is always under way, however large it is.
    """

    max_bytes: int = 128 << 20
    workers: int = 1

    def results(
        self, items: Iterable[T], work: Callable[[T], R], bytes_of: Callable[[T], int]
    ) -> Generator[tuple[T, "Future[R]"], None, None]:
        """Each item with its finished result, in order.

        items: read by the caller's thread, and only as far as is worked ahead. What `work`
        raises is in the future. Closed early, it takes up nothing more and waits for nothing.
        """
        jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        for _ in range(self.workers):
            threading.Thread(target=_do, args=[jobs], daemon=True).start()
        waiting: deque[tuple[T, Future[R]]] = deque()
        try:
            for item in items:
                while waiting and sum(bytes_of(one) for one, _ in waiting) >= self.max_bytes:
                    yield _ready(waiting)
                future: Future[R] = Future()
                jobs.put(_job(future, work, item))
                waiting.append((item, future))
            while waiting:
                yield _ready(waiting)
        finally:
            for _, future in waiting:
                future.cancel()
            for _ in range(self.workers):
                jobs.put(None)


def _ready(waiting: "deque[tuple[T, Future[R]]]") -> "tuple[T, Future[R]]":
    _, future = waiting[0]
    future.exception()  # waits; what it raises is for the one who takes it
    return waiting.popleft()


def _job(future: "Future[Any]", work: Callable[[T], R], item: T) -> Callable[[], None]:
    def job() -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(work(item))
        except BaseException as error:
            future.set_exception(error)

    return job


def _do(jobs: "queue.SimpleQueue[Callable[[], None] | None]") -> None:
    """Until None comes. A daemon: what hangs here must not keep the program from ending."""
    while job := jobs.get():
        job()
