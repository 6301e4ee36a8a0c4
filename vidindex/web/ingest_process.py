"""Run an ingest that the page asked for, in a process of its own, one at a time.

So it takes neither time nor memory from those who search, and ends with the server at the latest.
"""

import io
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from vidindex.app import Settings
from vidindex.web.errors import HttpError


class Ingests:
    """Starts `vidindex ingest` on this library."""

    def __init__(self, library: Path, settings: Settings) -> None:
        self._library = library
        self._settings = settings
        self._running: subprocess.Popen[bytes] | None = None
        self._said: IO[bytes] = io.BytesIO()

    @property
    def running(self) -> bool:
        """Whether one that was started here is at it."""
        return self._running is not None and self._running.poll() is None

    def start(self, paths: Sequence[Path], root: Path) -> None:
        """Begin, with nothing that is not below `root`, links considered.

        Its progress is in the library (`store.progress_file`). Refused while one runs.
        """
        if self.running:
            raise HttpError(409, "an ingest is running", "wait until it has ended")
        self._said.close()
        self._said = tempfile.TemporaryFile()  # noqa: SIM115
        self._running = subprocess.Popen(
            [
                *(sys.executable, "-m", "vidindex", "ingest", "--quiet"),
                *("--library", str(self._library)),
                *("--model", self._settings.model, *self._settings.backend.options),
                *self._settings.embedding.options,
                *("--no-follow-links", "--within", str(root)),
                *("--", *map(str, paths)),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._said,
        )

    def failure(self) -> str:
        """Why the last one ended without doing its work; "" where it did, or is at it."""
        if self._running is None or not self._running.poll():
            return ""
        self._said.seek(0)
        words = self._said.read().decode(errors="replace").strip()
        return words.splitlines()[-1] if words else f"exit code {self._running.returncode}"

    def close(self) -> None:
        """Stop it; what it has finished is kept."""
        if self._running and self._running.poll() is None:
            self._running.terminate()
            self._running.wait()
        self._said.close()
