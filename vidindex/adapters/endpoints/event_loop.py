"""Run an event loop in a thread, for synchronous callers.

It ends with its owner, or with the process: nothing that is under way holds either up.
"""

import asyncio
import threading
import weakref
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")
_END_WITHIN_S = 5.0


class EventLoopThread:
    """Runs coroutines beside the caller."""

    def __init__(self, at_end: Callable[[], Awaitable[object]]) -> None:
        """at_end: is awaited last, after all that was under way was cancelled."""
        self._loop = asyncio.new_event_loop()
        thread = threading.Thread(
            target=_run, args=(self._loop, at_end), name="vidindex-endpoints", daemon=True
        )
        thread.start()
        self.close = weakref.finalize(self, _stop, self._loop, thread)

    def begin(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Start it; cancelling the future ends it."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Its result, waited for."""
        future = self.begin(coroutine)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise


def _run(loop: asyncio.AbstractEventLoop, at_end: Callable[[], Awaitable[object]]) -> None:
    asyncio.set_event_loop(loop)
    loop.run_forever()
    with suppress(Exception):
        loop.run_until_complete(_finish(at_end))
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


async def _finish(at_end: Callable[[], Awaitable[object]]) -> None:
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    await at_end()


def _stop(loop: asyncio.AbstractEventLoop, thread: threading.Thread) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_END_WITHIN_S)
