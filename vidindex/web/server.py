"""Build the web app over one library."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version

import uvicorn
from fastapi import FastAPI

from vidindex.errors import InputError, LibraryError
from vidindex.web.connections import bounded_protocol
from vidindex.web.disconnect import EndWithClient
from vidindex.web.errors import DOCUMENTED, handle_errors
from vidindex.web.metrics import CountResponses
from vidindex.web.middleware import RequestGuard
from vidindex.web.routes import (
    calibration,
    clips,
    exports,
    health,
    marks,
    media,
    pictures,
    searches,
    transcripts,
    videos,
)
from vidindex.web.routes import ingest as ingesting
from vidindex.web.routes import pages as entry
from vidindex.web.state import ServerOptions, ServerState

END_S = 2
"""How long streams that have no end of their own hold up the end of the server."""


class _Server(uvicorn.Server):
    """A server that says when it can be reached: the app has started and the sockets accept."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()


def server_of(options: ServerOptions, ready: Callable[[], None] = lambda: None) -> uvicorn.Server:
    """A server that can be run; what a proxy in front of it claims is not believed.

    ready: called once, when it can be reached.
    """
    config = uvicorn.Config(
        create_app(options),
        http=bounded_protocol(options.proxies),
        ws="none",
        log_level="warning",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=END_S,
    )
    return _Server(config, ready)


def listen(host: str, port: int) -> socket.socket:
    """A socket at this address; port 0: any that is free. Raises InputError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, or asyncio leaves small answers waiting for 40 ms (Nagle).
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        what = f"cannot listen at {host}:{port}: {error.strerror}"
        raise InputError(what, "name another --host or --port") from error
    return listening


def create_app(options: ServerOptions) -> FastAPI:
    """The ASGI app: the page at `/`, the REST interface below `/api`, OpenAPI beside it."""
    state = ServerState(options)

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        with suppress(LibraryError):
            state.proxies.sweep()
        warming = asyncio.create_task(state.warm_up()) if options.warm else None
        yield
        if warming:
            warming.cancel()
        state.close()

    app = FastAPI(
        title="vidindex",
        version=version("vidindex"),
        lifespan=running,
        openapi_url="/api/openapi.json",
        docs_url=None,  # these pages load scripts from elsewhere
        redoc_url=None,
        responses={**DOCUMENTED},
    )
    app.state.vidindex = state
    for part in (
        entry,
        health,
        searches,
        pictures,
        videos,
        transcripts,
        media,
        marks,
        exports,
        clips,
        ingesting,
        calibration,
    ):
        app.include_router(part.router)
    handle_errors(app)
    app.add_middleware(EndWithClient)
    access = state.access if options.needs_token else None
    app.add_middleware(RequestGuard, hosts=options.hosts, access=access)
    app.add_middleware(CountResponses, metrics=state.metrics)
    return app
