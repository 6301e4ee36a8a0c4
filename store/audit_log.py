"""Append to, and read, the audit log of searches and exports, with their users.

It holds the words of searches by design; it never holds what videos say, nor their names.
"""

import errno
import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock

from vidindex.errors import LibraryError

NAME, LOCK = "audit.log", "audit.lock"
LOCK_S, BLOCK_BYTES = 10.0, 4096


class AuditLog:
    """One JSON object a line; several processes may add to one file."""

    def __init__(self, library: Path) -> None:
        self._path = library / NAME
        self._lock = FileLock(library / LOCK, timeout=LOCK_S, mode=0o600)

    def write(self, who: str, what: str, **details: object) -> None:
        """Add a line. Raises LibraryError where that fails: what cannot be logged is not done."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"at": at, "who": who, "what": what, **details}, ensure_ascii=True)
        try:
            self._path.parent.stat()  # the lock would make the folder
            with self._lock:
                log = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
                try:
                    _add(log, f"{line}\n".encode())
                finally:
                    os.close(log)
        except OSError as error:  # Timeout of the lock is one
            why = f"the log cannot be written: {error.strerror or error}"
            raise LibraryError(why, f"see {self._path}") from error

    def read(self) -> tuple[list[dict[str, Any]], int]:
        """Every line, the oldest first, and how many could not be read.

        Raises LibraryError where the log may not be read.
        """
        try:
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return [], 0
        except OSError as error:
            why = f"the log cannot be read: {error.strerror or error}"
            raise LibraryError(why, f"see {self._path}") from error
        entries = [entry for line in lines if (entry := _entry(line))]
        return entries, len(lines) - len(entries)


def _entry(line: bytes) -> dict[str, Any] | None:
    """What a line says; None where it is not one of `write`."""
    try:
        entry = json.loads(line)
        if not all(isinstance(entry[name], str) for name in ("at", "who", "what")):
            return None
        if datetime.fromisoformat(entry["at"]).tzinfo is None:
            return None
    except (ValueError, TypeError, LookupError):
        return None
    return dict(entry)


def _add(log: int, line: bytes) -> None:
    """The whole line, or none of it. Raises OSError; half a line of a crash goes first."""
    size = _end_of_lines(log)
    try:
        written = os.write(log, line)
        if written < len(line):  # so it is with a disk that is full
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    except OSError:
        with suppress(OSError):
            os.ftruncate(log, size)
        raise


def _end_of_lines(log: int) -> int:
    """The size of the file, cut back to the end of its last whole line."""
    size = os.fstat(log).st_size
    end = size
    while end > 0:
        begin = max(0, end - BLOCK_BYTES)
        os.lseek(log, begin, os.SEEK_SET)
        newline = os.read(log, end - begin).rfind(b"\n")
        if newline >= 0:
            end = begin + newline + 1
            break
        end = begin
    if end < size:
        os.ftruncate(log, end)
    return end
