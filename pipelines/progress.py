"""How pipelines say where they are, and when they must stop; knows no terminal."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class Progress(Protocol):
    """Told about one pass at a time; `total` and `amount` are seconds of footage, or files."""

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
    """When a run has to stop, in seconds of `clock`; `why` names the option that said so."""

    at_s: float = float("inf")
    why: str = ""
    clock: Callable[[], float] = time.monotonic

    def check(self) -> None:
        """Raise OutOfTime once the deadline has passed; called between pieces of work."""
        if self.clock() >= self.at_s:
            raise OutOfTime(self.why)
