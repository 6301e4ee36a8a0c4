"""Convert errors to responses: `{"error", "hint"}`, without a traceback."""

from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import TypeAdapter
from starlette.exceptions import HTTPException

from vidindex.errors import (
    InputError,
    LibraryError,
    LibraryLocked,
    MediaError,
    ModelError,
    VidindexError,
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What went wrong, and what to do about it."""

    error: str
    hint: str


class HttpError(Exception):
    """A request that gets this status (HTTP) and refusal."""

    def __init__(self, status: int, error: str, hint: str = "") -> None:
        super().__init__(error)
        self.status = status
        self.refusal = Refusal(error, hint)


_STATUSES: tuple[tuple[type[VidindexError], int], ...] = (
    (InputError, 400),
    (LibraryLocked, 409),
    (MediaError, 409),
    (LibraryError, 503),
    (ModelError, 503),
    (VidindexError, 500),
)

DOCUMENTED: dict[int | str, dict[str, Any]] = {
    # Written out, so that it is JSON where the path itself gives something else, too.
    status: {
        "description": what,
        "content": {"application/json": {"schema": TypeAdapter(Refusal).json_schema()}},
    }
    for status, what in {
        400: "invalid request",
        401: "a token is needed",
        403: "not from there, or not here",
        404: "not found",
        409: "not now, or the file is not what it was",
        413: "too much",
        414: "the address is too long",
        422: "not what the schema says",
        429: "too many wrong tokens",
        503: "server busy, or something is missing on this machine",
    }.items()
}
"""For OpenAPI: every path may give these."""


def error_response(status: int, error: str, hint: str = "") -> JSONResponse:
    """The response."""
    return JSONResponse({"error": error, "hint": hint}, status)


def response_for(error: VidindexError) -> JSONResponse:
    """An error of the application as a response."""
    status = next(status for kind, status in _STATUSES if isinstance(error, kind))
    return error_response(status, error.message, error.hint)


def handle_errors(app: FastAPI) -> None:
    """Convert every exception to that shape; unexpected ones are logged, without details."""

    async def on_http_error(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HttpError)
        return error_response(error.status, error.refusal.error, error.refusal.hint)

    async def on_error(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, VidindexError)
        return response_for(error)

    async def on_starlette(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        response = error_response(error.status_code, str(error.detail), "see /api/openapi.json")
        response.headers.update(error.headers or {})
        return response

    async def on_invalid(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return error_response(422, f"{where}: {first['msg']}", "see /api/openapi.json")

    async def on_surprise(_: Request, __: Exception) -> JSONResponse:
        return error_response(
            500, "this is a fault of vidindex", "the server's own output says more"
        )

    app.add_exception_handler(HttpError, on_http_error)
    app.add_exception_handler(VidindexError, on_error)
    app.add_exception_handler(HTTPException, on_starlette)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(Exception, on_surprise)
