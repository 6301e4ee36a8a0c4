"""Bound the memory of child processes together; the largest of them goes first."""

import threading
from contextlib import suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]

_CONTAINER_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


class MemoryBudget:
    """What the calls of one pool may take together. Safe to use from many threads.

    Most children take a small part of their own limit, so that many fit; where they do not,
    the one that takes most is the one to end.
    """

    def __init__(self, num_bytes: int) -> None:
        self.num_bytes = num_bytes
        self._used: dict[int, int] = {}
        self._lock = threading.Lock()

    def is_exceeded_by(self, pid: int, num_bytes: int) -> bool:
        """Note what this process takes now; whether it has to end so that the rest fits."""
        with self._lock:
            self._used[pid] = num_bytes
            together, most = sum(self._used.values()), max(self._used.values())
        return together > self.num_bytes and num_bytes == most

    def release(self, pid: int) -> None:
        """No call waits for this process any more."""
        with self._lock:
            self._used.pop(pid, None)


def machine_bytes() -> int:
    """The memory of this machine, or of the container that this process runs in."""
    limits = [int(psutil.virtual_memory().total)]
    for path in _CONTAINER_LIMITS:
        with suppress(OSError, ValueError):  # "max" where there is no limit
            limits.append(int(path.read_text()))
    return min(limits)
