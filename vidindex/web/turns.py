"""Take turns at something slow, so that one film or one user cannot hold all of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio

from vidindex.web.errors import HttpError

MAX_WAITING = 100


@dataclass(slots=True)
class _Line:
    """Those who have, or wait for, a turn under one key."""

    places: anyio.Semaphore
    num_there: int = 0


@dataclass(slots=True)
class Turns:
    """At most so many at a time for each key; of one event loop."""

    _lines: dict[str, _Line] = field(default_factory=dict)

    @asynccontextmanager
    async def turn(self, key: str, most: int) -> AsyncIterator[None]:
        """Wait for one of the `most` places of `key`. Raises HttpError where too many wait."""
        line = self._lines.setdefault(key, _Line(anyio.Semaphore(most)))
        if line.num_there >= MAX_WAITING:
            raise HttpError(503, "server busy", "wait a little, and ask again")
        line.num_there += 1
        try:
            async with line.places:
                yield
        finally:
            line.num_there -= 1
            if not line.num_there:
                del self._lines[key]
