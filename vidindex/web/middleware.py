"""Check every request before it is handled: origin, token, length.

A page on another site can make a browser send requests here; it can neither read the answers
nor send what changes anything.
"""

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vidindex.web.access import Access
from vidindex.web.clients import client_of
from vidindex.web.errors import error_response

OWN_HEADER = "x-vidindex"
MAX_QUERY_BYTES, MAX_BODY_BYTES = 8_000, 64_000
PICTURES, MAX_PICTURE_BYTES = "/api/pictures", 12_000_000
LOOPBACK = ("localhost", "127.0.0.1", "::1")

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_OPEN_PATHS = ("/api/login",)
_METRICS = "/metrics"
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class RequestGuard:
    """The outermost ASGI layer.

    hosts: the names that this server goes by, beside loopback ones. access: who may come in;
    without it no token is needed, and then only loopback names and `hosts` are accepted. With
    tokens, numeric addresses are accepted, too: no foreign name can be pointed at them.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str], access: Access | None) -> None:
        self._app = app
        self._hosts = {*LOOPBACK, *(host.lower() for host in hosts)}
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                if scope["path"].startswith("/api/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        if why := self._refusal(scope, Headers(scope=scope)):
            await error_response(*why)(scope, receive, send_guarded)
        else:
            await self._app(scope, _bounded(receive, _most_bytes(scope)), send_guarded)

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str, str] | None:
        """(status, what is wrong, what to do), or None for what may be looked at."""
        if foreign := self._foreign(scope, headers):
            return 403, *foreign
        if len(scope["query_string"]) > MAX_QUERY_BYTES:
            return 414, "the address is too long", "ask by POST, or for less"
        if int(headers.get("content-length", 0)) > (most := _most_bytes(scope)):
            return 413, "the request is too long", f"send at most {most:,} bytes"
        return self._unknown(scope, headers) if self._access else None

    def _foreign(self, scope: Scope, headers: Headers) -> tuple[str, str] | None:
        """Why the request is not one of our own page or of a program of the user."""
        host = headers.get("host", "")
        here = "open the page of this server itself"
        if not self._is_ours(host):
            return f"this server is not called {host!r}", "start it with --allow-host NAME"
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2].lower() != host.lower():
            return f"requests from {origin} are refused", here
        site = headers.get("sec-fetch-site", "none")
        navigates = headers.get("sec-fetch-mode") == "navigate" and scope["path"] == "/"
        if site not in ("same-origin", "none") and not navigates:
            return "requests from other sites are refused", here
        if scope["method"] not in _SAFE_METHODS and OWN_HEADER not in headers:
            return "the header X-Vidindex is missing", "send it with every change: X-Vidindex: 1"
        return None

    def _is_ours(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return name in self._hosts or (self._access is not None and _is_number(name))

    def _unknown(self, scope: Scope, headers: Headers) -> tuple[int, str, str] | None:
        """Why the request has no known user; notes the user if it has. The page is open."""
        assert self._access
        client = client_of(scope, self._access.proxies)
        path = scope["path"]
        if path == _METRICS or (path not in _OPEN_PATHS and path.startswith("/api/")):
            user = self._access.user(headers, client)
            scope["vidindex.user"] = user
            if user is None and self._access.refused.are_too_many(client):
                return 429, "too many wrong tokens", "wait a minute, and show the right one"
            if user is None:
                hint = "log in with a token; on the server: vidindex tokens add NAME"
                return 401, "a token is needed", hint
        return None


def _most_bytes(scope: Scope) -> int:
    """How long the body of this request may be."""
    return MAX_PICTURE_BYTES if scope["path"] == PICTURES else MAX_BODY_BYTES


def _bounded(receive: Receive, most: int) -> Receive:
    """For bodies that do not say how long they are."""
    received = 0

    async def receive_some() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > most:
            raise HTTPException(413, "the request is too long")
        return message

    return receive_some


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
