"""Ask one endpoint from synchronous code, again where that may help."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from vidindex.adapters.endpoints.address import Address
from vidindex.adapters.endpoints.endpoint import (
    BadResponse,
    Endpoint,
    EndpointError,
    RequestRejected,
)
from vidindex.adapters.endpoints.event_loop import EventLoopThread
from vidindex.errors import InputError, ModelError

AUTO = "auto"
MAX_BREAKS = 4
"""A request that was under way so often when a reply broke may be what breaks it."""

FIRST_REST_S, LONGEST_REST_S = 0.5, 30.0

T = TypeVar("T")


class SingleEndpoint:
    """One address; it is contacted at the first request."""

    def __init__(
        self,
        written: str,
        *,
        timeout_s: float = 300.0,
        patience_s: float = 180.0,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        """timeout_s: for one reply; patience_s: how long it may be unreachable or busy.

        environment: holds the key, if one is needed. Raises InputError for what is no address.
        """
        self.address = Address.of(written, environment)
        self._endpoint = Endpoint(self.address, timeout_s)
        self._patience_s = patience_s
        self._loop = EventLoopThread(self._endpoint.close)

    def model(self, wanted: str) -> str:
        """The name of the model to ask for: `wanted`, or for "auto" the only one it serves.

        Raises InputError where it serves several or does not say, ModelError if unreachable.
        """
        if wanted != AUTO:
            return wanted
        cards = self._loop.run(self._patiently(self._endpoint.cards))
        if len(cards) == 1:
            return cards[0].name
        names = ", ".join(card.name for card in cards) or "none that it names"
        raise InputError(f"{self.address.url} serves {names}", "name the model that is meant")

    def post(
        self,
        route: str,
        body: bytes,
        read: Callable[[Any], T],
        content_type: str = "application/json",
    ) -> T:
        """What `read` makes of the reply; `read` raises BadResponse where it is not valid.

        Raises RequestRejected if this request is not answered, ModelError where none would be.
        """

        async def ask() -> T:
            return read(await self._endpoint.post(route, body, content_type))

        return self._loop.run(self._patiently(ask))

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        breaks, rest_s, began_s = 0, FIRST_REST_S, time.monotonic()
        while True:
            try:
                return await ask()
            except EndpointError as error:
                breaks += isinstance(error, BadResponse)
                rest_s = max(error.wait_s, rest_s)
                if breaks == MAX_BREAKS:
                    raise RequestRejected(
                        f"asked {breaks} times in vain, at last: {error}"
                    ) from error
                if time.monotonic() + rest_s - began_s > self._patience_s:
                    raise ModelError(
                        f"endpoint {self.address.url} does not answer ({error})",
                        "see to the server, then run it again: what was done is kept",
                    ) from error
            await asyncio.sleep(rest_s)
            rest_s = min(LONGEST_REST_S, 2 * rest_s)

    def close(self) -> None:
        """End all connections; also done when this is forgotten."""
        self._loop.close()
