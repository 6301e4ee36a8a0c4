"""End the work for a request once its client has gone away (an ASGI layer)."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vidindex.adapters.isolation import Asker, asked_by

MAX_READ_AHEAD = 8
"""Parts of a body that wait for the application; no more are read before it takes them."""


class EndWithClient:
    """Calls in child processes that the application makes for a request end with its client."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asker = Asker()
        inbox = _Inbox(receive, asker)
        listening = asyncio.create_task(inbox.listen())
        try:
            with asked_by(asker):
                await self._app(scope, inbox.receive, send)
        finally:
            listening.cancel()
            asker.leave()


class _Inbox:
    """Reads messages before they are asked for, so that a disconnect is noticed at once."""

    def __init__(self, receive: Receive, asker: Asker) -> None:
        self._receive, self._asker = receive, asker
        self._waiting: asyncio.Queue[Message | Exception] = asyncio.Queue(MAX_READ_AHEAD)

    async def listen(self) -> None:
        while True:
            try:
                message = await self._receive()
            except Exception as error:  # it is the application's to answer, such as a 413
                await self._waiting.put(error)
                return
            if message["type"] == "http.disconnect":
                self._asker.leave()
            await self._waiting.put(message)
            if message["type"] == "http.disconnect":
                return

    async def receive(self) -> Message:
        found = await self._waiting.get()
        if isinstance(found, Exception):
            raise found
        if found["type"] == "http.disconnect":
            self._waiting.put_nowait(found)  # it stays so, however often it is asked for
        return found
