"""Report progress of pipelines, and stop them at their deadline."""

import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from store.progress_file import Doing, ProgressFile


class Progress(Protocol):
    """Reports one pass at a time; `total` and `amount` are seconds of footage, or files."""

    def start(self, stage: str, total: float, unit: str) -> None: ...

    def advance(self, amount: float, name: str) -> None: ...

    def note(self, message: str) -> None: ...

    def finish(self) -> None: ...


class Quiet:
    """A `Progress` that says nothing."""

    def start(self, stage: str, total: float, unit: str) -> None:
        """Ignored."""

    def advance(self, amount: float, name: str) -> None:
        """Ignored."""

    def note(self, message: str) -> None:
        """Ignored."""

    def finish(self) -> None:
        """Ignored."""


class OutOfTime(Exception):
    """The time given to a run is over; what was finished is kept."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a run has to stop, in seconds of `clock`; `why` names the option that set it."""

    at_s: float = float("inf")
    why: str = ""
    clock: Callable[[], float] = time.monotonic

    def check(self) -> None:
        """Raise OutOfTime once the deadline has passed; called between pieces of work."""
        if self.clock() >= self.at_s:
            raise OutOfTime(self.why)


EVERY_S = 0.5
MAX_NOTES = 20


class SharedProgress:
    """A `Progress` that reports to another one, and to a file at most twice a second."""

    def __init__(
        self, progress: Progress, file: ProgressFile, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._told = progress
        self._file = file
        self._clock = clock
        self._stage, self._total, self._unit = "", 0.0, "s"
        self._done, self._name = 0.0, ""
        self._notes: deque[str] = deque(maxlen=MAX_NOTES)
        self._began_s = self._written_s = float("-inf")

    def start(self, stage: str, total: float, unit: str) -> None:
        """A pass begins: always written."""
        self._stage, self._total, self._unit = stage, total, unit
        self._done, self._name, self._began_s = 0.0, "", self._clock()
        self._write()
        self._told.start(stage, total, unit)

    def advance(self, amount: float, name: str) -> None:
        self._done += amount
        self._name = name
        self._told.advance(amount, name)
        if self._clock() - self._written_s >= EVERY_S:
            self._write()

    def note(self, message: str) -> None:
        self._notes.append(message)
        self._told.note(message)

    def finish(self) -> None:
        """A pass ends; what is written stays until the next one, or `close`."""
        self._told.finish()

    def close(self) -> None:
        """The run is over: nothing is shared any more."""
        self._file.clear()

    def _write(self) -> None:
        self._written_s = self._clock()
        left = self._total - self._done
        spent_s = self._written_s - self._began_s
        doing = Doing(
            stage=self._stage,
            done=self._done,
            total=self._total,
            unit=self._unit,
            file=self._name,
            eta_s=max(0.0, left) * spent_s / self._done if self._done else None,
            notes=tuple(self._notes),
        )
        with suppress(OSError):  # a full disk costs the view of the run, not the run
            self._file.write(doing)
