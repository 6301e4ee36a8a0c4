"""Log the events of a run as JSON Lines."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, Protocol, TextIO

from vidindex.errors import InputError


class RunLog(Protocol):
    """Receives the events of a run. fields: JSON-able."""

    def write(self, event: str, **fields: Any) -> None: ...


class NoLog:
    """A `RunLog` that keeps nothing."""

    def write(self, event: str, **fields: Any) -> None:
        """Ignored."""


class JsonLines:
    """A `RunLog` that writes a line for each event, at once: {"at": …, "event": …, …}."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = Lock()

    def write(self, event: str, **fields: Any) -> None:
        line = {"at": datetime.now(UTC).isoformat(), "event": event, **fields}
        with self._lock:
            self._stream.write(json.dumps(line, ensure_ascii=False) + "\n")
            self._stream.flush()


@contextmanager
def log_to(path: Path | None) -> Iterator[RunLog]:
    """A log that is added to the end of this file; none for None."""
    if path is None:
        yield NoLog()
        return
    try:
        # A new log names films and holds a model's replies about them: only its owner may read it.
        number = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        stream = os.fdopen(number, "a", encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}", "name another file") from error
    with stream:
        yield JsonLines(stream)
