"""Lock a library for the one process that ingests into it, erases from it or migrates it."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from store.sqlite.file_modes import file_mode, restrict
from vidindex.errors import LibraryLocked


@contextmanager
def writer_lock(path: Path, wait_s: float = 0.0) -> Iterator[None]:
    """Hold the lock of the library in `path`, or raise LibraryLocked that names its holder.

    wait_s: how long to wait for another holder first.
    The operating system frees the lock of a process that dies, however it dies. Who holds it
    is in a file of its own, since trying for the lock may empty the lock file.
    """
    holder = path / "library.holder"
    lock = FileLock(path / "library.lock", timeout=wait_s, thread_local=False, mode=file_mode(path))
    try:
        lock.acquire()
    except Timeout:
        raise LibraryLocked(
            f"another process writes to {path}: {_who(holder)}",
            "wait until it ends, or stop it; searching works meanwhile",
        ) from None
    try:
        with _holder_noted(holder):
            yield
    finally:
        lock.release()


@contextmanager
def _holder_noted(holder: Path) -> Iterator[None]:
    """Note who holds the lock while it is held, where the disk has room."""
    with suppress(OSError):
        holder.write_text(f"process {os.getpid()} on {socket.gethostname()}", encoding="utf-8")
        restrict(holder)
    try:
        yield
    finally:
        with suppress(OSError):
            holder.unlink()


def _who(holder: Path) -> str:
    with suppress(OSError):
        return holder.read_text(encoding="utf-8") or "it has just started"
    return "it has just started"
