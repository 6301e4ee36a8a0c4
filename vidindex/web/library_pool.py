"""Run library work in threads, each with its own open library."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path
from typing import TypeVar

from vidindex.adapters.isolation import current_asker
from vidindex.app import App, Settings, open_library
from vidindex.errors import VidindexError
from vidindex.web.errors import HttpError

T = TypeVar("T")


class LibraryPool:
    """Threads, each with the library opened for reading; too long a queue is refused.

    stays: one thread keeps it open from one piece of work to the next, for models and vectors,
    which are slow to load; otherwise it is opened for each, which takes a millisecond.
    num_there: pieces of work that wait or are done now; busy_s: seconds of work so far.
    """

    def __init__(
        self, library: Path, settings: Settings, *, size: int, queue: int, stays: bool = False
    ) -> None:
        self._library = library
        self._settings = settings
        self._room = threading.Semaphore(size + queue)
        self._counting = threading.Lock()
        self.num_there = 0
        self.busy_s = 0.0
        self._stays = stays
        self._threads = ThreadPoolExecutor(size)
        self._app: App | None = None
        self.closed = False

    async def run(self, work: Callable[[App], T]) -> T:
        """What `work` makes of the library, in one of the threads. Raises HttpError when full.

        Work that has not begun when its client goes away is not done.
        """
        if not self._room.acquire(blocking=False):
            raise HttpError(503, "server busy", "wait a little, and ask again")
        self._count(1)
        future = self._threads.submit(copy_context().run, self._timed, work)
        future.add_done_callback(lambda _: self._leave())
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """What waits is not done any more; what is being done is not waited for."""
        self.closed = True
        if self._stays:
            self._threads.submit(self._let_go)
        self._threads.shutdown(wait=False)

    def _count(self, there: int, busy_s: float = 0.0) -> None:
        with self._counting:
            self.num_there += there
            self.busy_s += busy_s

    def _leave(self) -> None:
        self._count(-1)
        self._room.release()

    def _timed(self, work: Callable[[App], T]) -> T:
        began_s = time.monotonic()
        try:
            return self._work(work)
        finally:
            self._count(0, time.monotonic() - began_s)

    def _work(self, work: Callable[[App], T]) -> T:
        if self.closed:
            raise HttpError(503, "the server is ending", "ask the next one")
        if current_asker().left:
            raise HttpError(503, "the client has gone away", "ask again")
        if not self._stays:
            with open_library(self._library, self._settings, write=False) as app:
                return work(app)
        self._app = self._app or open_library(self._library, self._settings, write=False)
        try:
            return work(self._app)
        except VidindexError:
            raise
        except Exception as error:
            # Whatever it was, the next one begins with a freshly opened library.
            self._let_go(error)
            raise

    def _let_go(self, error: Exception | None = None) -> None:
        """Close what is kept; an error of SQLite leaves as a LibraryError."""
        app, self._app = self._app, None
        if app:
            app.__exit__(type(error) if error else None, error, None)
