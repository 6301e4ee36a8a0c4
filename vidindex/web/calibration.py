"""Calibrate in the server's queue of checks, one query at a time, so that searches go between."""

import asyncio
from collections.abc import Callable, Sequence
from contextvars import Context
from dataclasses import dataclass, field
from functools import partial

from vidindex.app import App
from vidindex.errors import VidindexError
from vidindex.web.errors import HttpError
from vidindex.web.library_pool import LibraryPool

FULL_S = 1.0
"""How long to wait where the queue is full."""


@dataclass(slots=True)
class Calibrations:
    """The calibration that runs, if one does, and how the last one ended.

    occurring: the shipped queries that somebody said do occur in this library; done, total:
    queries; failure: why the last calibration ended without a result, else "".
    """

    pool: LibraryPool
    occurring: tuple[str, ...] = ()
    done: int = 0
    total: int = 0
    failure: str = ""
    _task: "asyncio.Task[None] | None" = field(default=None, repr=False)

    @property
    def running(self) -> bool:
        return self._task is not None and not self._task.done()

    def start(self, queries: Sequence[str], occurring: Sequence[str], max_alarms: float) -> None:
        """Begin; queries: those to run before the rates are drawn. Refused while one runs."""
        if self.running:
            raise HttpError(409, "a calibration is running", "wait until it has ended")
        self.occurring, self.done, self.total, self.failure = tuple(occurring), 0, len(queries), ""
        # In a context of its own: it goes on when the client that began it has gone.
        work = self._run(list(queries), max_alarms)
        self._task = asyncio.create_task(work, context=Context())

    async def _run(self, queries: Sequence[str], max_alarms: float) -> None:
        """Every query is a piece of work of its own; verdicts are kept from one to the next."""
        try:
            for query in queries:
                await self._queued(partial(App.check_query, text=query))
                self.done += 1
            await self._queued(
                partial(App.auto_calibrate, occurring=self.occurring, max_false_alarms=max_alarms)
            )
        except VidindexError as error:
            self.failure = str(error)
        except HttpError as error:
            self.failure = error.refusal.error

    async def _queued(self, work: Callable[[App], object]) -> None:
        """Wait for a turn, also where the queue is full just now."""
        while True:
            try:
                await self.pool.run(work)
                return
            except HttpError as error:
                if error.status != 503 or self.pool.closed:
                    raise
                await asyncio.sleep(FULL_S)

    def close(self) -> None:
        """Stop after the query that is being run; its verdicts and all before are kept."""
        if self._task:
            self._task.cancel()
