"""Append to the audit log of searches and exports, with their users.

It holds the words of searches by design; it never holds what videos say, nor their names.
"""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

from vidindex.errors import LibraryError

NAME = "audit.log"


class AuditLog:
    """One JSON object a line; several processes may add to one file."""

    def __init__(self, library: Path) -> None:
        self._path = library / NAME

    def write(self, who: str, what: str, **details: object) -> None:
        """Add a line. Raises LibraryError where that fails: what cannot be logged is not done."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"at": at, "who": who, "what": what, **details}, ensure_ascii=True)
        try:
            # One write of a whole line to a file opened for appending is not torn apart.
            log = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(log, f"{line}\n".encode())
            finally:
                os.close(log)
        except OSError as error:
            why = f"the log cannot be written: {error.strerror}"
            raise LibraryError(why, f"see {self._path}") from error
