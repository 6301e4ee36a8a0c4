"""Notify about hits of standing searches, each once across restarts.

Where there is a command, a hit counts as delivered once the command has succeeded. A command
that fails is run again in later rounds, `MAX_ATTEMPTS` times in all; a watch that is killed
while one runs will run it again, with the same number in `alert`.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from pipelines.ingest.report import IngestReport
from pipelines.watch.hook import Hook
from store.library import Library
from store.tables.alerts import MAX_ATTEMPTS, Alert
from vidindex.core.formatting.terminal import one_line
from vidindex.core.formatting.time_format import format_time


class Notify(Protocol):
    """Receives what happens: a word for programs, a line for people, and facts."""

    def __call__(self, what: str, message: str, **facts: object) -> None: ...


@dataclass(slots=True)
class WatchCounts:
    """What a watch has done so far. failed: files; given_up: hits whose command kept failing."""

    files: int = 0
    failed: int = 0
    missing: int = 0
    events: int = 0
    hits: int = 0
    commands_failed: int = 0
    given_up: int = 0

    def add(self, report: IngestReport) -> None:
        self.files += report.files
        self.failed += report.failed
        self.missing += report.missing
        self.events += report.events


@dataclass(slots=True)
class AlertNotifier:
    """Deliver what is due. The library is not locked while a command runs: it may use it."""

    library: Library
    writer: Callable[[], AbstractContextManager[Library]]
    searches: Sequence[str]
    hook: Hook | None
    notify: Notify
    counts: WatchCounts
    clock: Callable[[], float] = time.monotonic
    _owed: set[int] = field(default_factory=set)

    def run(self) -> bool:
        """Deliver for about as long as one command may take; True if hits are left never tried."""
        if not self.searches:
            return False
        self._settle()
        due = self.library.alerts.due(self.searches)
        began_s = self.clock()
        for place, alert in enumerate(due, start=1):
            self._one(alert)
            if self.hook and self.clock() - began_s >= self.hook.timeout_s:
                return any(one.attempts == 0 for one in due[place:])
        return False

    def _one(self, alert: Alert) -> None:
        facts = self._facts(alert)
        if alert.attempts == 0:
            self.counts.hits += 1
            self.notify("hit", _line(facts), **facts)
        with self.writer() as library:
            library.alerts.try_(alert.alert_id)
        why = self.hook.run(facts) if self.hook else ""
        if why:
            self._failed(alert, facts, why)
        else:
            # Owed until it is written: meanwhile another process may hold the library.
            self._owed.add(alert.alert_id)
            self._settle()

    def _settle(self) -> None:
        """Record which hits were delivered."""
        if self._owed:
            with self.writer() as library:
                for alert_id in self._owed:
                    library.alerts.delivered(alert_id)
            self._owed.clear()

    def _failed(self, alert: Alert, facts: Mapping[str, Any], why: str) -> None:
        self.counts.commands_failed += 1
        attempt = alert.attempts + 1
        over = attempt >= MAX_ATTEMPTS
        self.counts.given_up += over
        then = "given up" if over else "it is tried again"
        message = (
            f"the command failed on {facts['name']} at {format_time(facts['start'])}, "
            f"attempt {attempt} of {MAX_ATTEMPTS}: {why}; {then}"
        )
        named = {name: facts[name] for name in ("alert", "name", "video_id", "start", "end")}
        self.notify("command", message, why=why, attempt=attempt, given_up=over, **named)

    def _facts(self, alert: Alert) -> dict[str, Any]:
        """The hit, and the present path of its file."""
        videos = self.library.videos
        place = videos.present_location(alert.video_id)
        return {
            "alert": alert.alert_id,
            "library": str(self.library.path),
            "file": str(place.path) if place else None,
            "name": videos.name(alert.video_id),
            **alert.facts,
        }


def _line(facts: Mapping[str, Any]) -> str:
    """`0.93 ✓  gate.mp4  00:02:15.2 – 00:02:45.0  a man opens the gate  (“a man at the gate”)`."""
    probability, score = facts["probability"], facts["score"]
    sure = f"{probability:.0%}" if probability is not None else f"{score or 0.0:.2f}"
    return "  ".join(
        (
            f"{sure} ✓",
            one_line(facts["name"]),
            f"{format_time(facts['start'])} – {format_time(facts['end'])}",
            *([facts["starts_at"]] if facts["starts_at"] else []),
            one_line(facts["text"]),
            f"(“{one_line(facts['search'])}”)",
        )
    )
