"""Store runs: command, settings and results."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlite_utils import Database

from store.sqlite.encoding import dump


@dataclass(frozen=True, slots=True)
class Run:
    """One run; `finished_at` is None if it was killed. seconds: per stage.

    figures: how the calls of its model went; empty if none was asked.
    """

    run_id: int
    command: str
    settings: Mapping[str, Any]
    started_at: datetime
    finished_at: datetime | None
    counts: Mapping[str, int]
    seconds: Mapping[str, float]
    figures: Mapping[str, Any] = field(default_factory=dict)


class Runs:
    """The log of runs."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def start(self, command: str, settings: Mapping[str, Any]) -> int:
        """Note that a run began; its id. settings: JSON-able."""
        row = self._db.execute(
            "INSERT INTO runs (command, settings, started_at) VALUES (?, ?, ?)",
            [command, dump(settings), datetime.now(UTC).isoformat()],
        )
        return int(row.lastrowid or 0)

    def last_finished(self, command: str) -> datetime | None:
        """When the last run of this command ended by itself; None before that."""
        (at,) = self._db.execute(
            "SELECT max(finished_at) FROM runs WHERE command = ?", [command]
        ).fetchone()
        return datetime.fromisoformat(at) if at else None

    def finish(
        self,
        run_id: int,
        counts: Mapping[str, int],
        seconds: Mapping[str, float],
        figures: Mapping[str, Any] | None = None,
    ) -> None:
        """Note that the run ended, what it counted, and the seconds spent in each stage.

        figures: of its model's calls, JSON-able; they must name no file.
        """
        self._db.execute(
            "UPDATE runs SET finished_at = ?, counts = ?, seconds = ?, figures = ?"
            " WHERE run_id = ?",
            [
                datetime.now(UTC).isoformat(),
                dump(counts),
                dump(seconds),
                dump(figures or {}),
                run_id,
            ],
        )

    def last(self, command: str | None = None) -> Run | None:
        """The latest run, of this command where one is named."""
        return self._one("? IS NULL OR command = ?", [command, command])

    def get(self, run_id: int) -> Run | None:
        """The run of that number, or None."""
        return self._one("run_id = ?", [run_id])

    def _one(self, which: str, values: list[Any]) -> Run | None:
        row = self._db.execute(
            "SELECT run_id, command, settings, started_at, finished_at, counts, seconds, figures"
            f" FROM runs WHERE {which} ORDER BY run_id DESC LIMIT 1",
            values,
        ).fetchone()
        return None if row is None else _run(row)


def _run(row: tuple[Any, ...]) -> Run:
    run_id, command, settings, started_at, finished_at, counts, seconds, figures = row
    return Run(
        run_id=run_id,
        command=command,
        settings=json.loads(settings),
        started_at=datetime.fromisoformat(started_at),
        finished_at=None if finished_at is None else datetime.fromisoformat(finished_at),
        counts=json.loads(counts),
        seconds=json.loads(seconds),
        figures=json.loads(figures),
    )
