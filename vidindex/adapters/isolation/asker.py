"""End the child processes of a request once its client has gone away."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Asker:
    """The client that waits for some calls. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kills: set[Callable[[], None]] = set()
        self._left = False

    @property
    def left(self) -> bool:
        return self._left

    def leave(self) -> None:
        """Kill the processes that work for this caller; calls that begin later are refused."""
        with self._lock:
            self._left = True
            for kill in self._kills:  # within the lock: a child may serve another caller next
                kill()

    @contextmanager
    def waiting(self, kill: Callable[[], None]) -> Iterator[None]:
        """While within, `leave` calls `kill`."""
        with self._lock:
            self._kills.add(kill)
            if self._left:
                kill()
        try:
            yield
        finally:
            with self._lock:
                self._kills.discard(kill)


_PATIENT = Asker()
_ASKER: ContextVar[Asker] = ContextVar("asker", default=_PATIENT)


def current_asker() -> Asker:
    """Whom the calls of this thread or task are for; one that never leaves by default."""
    return _ASKER.get()


@contextmanager
def asked_by(asker: Asker) -> Iterator[None]:
    """Inside the block, calls in child processes are made for this caller."""
    token = _ASKER.set(asker)
    try:
        yield
    finally:
        _ASKER.reset(token)
