"""Decide whose a request is: by token, or by session; count and fold what is refused."""

import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response

from store.audit_log import AuditLog
from vidindex.web.clients import Client
from vidindex.web.connections import network_of
from vidindex.web.sessions import SESSION_S, Sessions
from vidindex.web.tokens import Tokens

COOKIE, SECURE_COOKIE = "vidindex", "__Host-vidindex"
"""A browser takes the second by TLS only, and from this very host."""

WINDOW_S = 60.0
MAX_LOGGED, MAX_REFUSED, MAX_ADDRESSES = 5, 20, 1000
"""In each window: refusals logged one by one, refusals of one address, addresses counted."""


@dataclass(slots=True)
class RefusedLogins:
    """Wrong tokens of the last minute. write: adds a line to the log."""

    write: Callable[..., None]
    clock: Callable[[], float] = time.monotonic
    _by_address: OrderedDict[str, int] = field(default_factory=OrderedDict)
    _begun_s: float = 0.0
    _logged: int = 0
    _folded: int = 0

    def note(self, client: Client) -> None:
        """Count one; the first of a minute are logged, the others as one line after it."""
        self._turn()
        network = network_of(client.address)
        self._by_address[network] = self._by_address.get(network, 0) + 1
        if len(self._by_address) > MAX_ADDRESSES:
            self._by_address.popitem(last=False)
        if self._logged < MAX_LOGGED:
            self._logged += 1
            self.write("", "login refused", address=client.address)
        else:
            self._folded += 1

    def are_too_many(self, client: Client) -> bool:
        """Whether this address has shown so many wrong ones that only a right one helps."""
        self._turn()
        return self._by_address.get(network_of(client.address), 0) >= MAX_REFUSED

    def close(self) -> None:
        """Log what was folded."""
        if self._folded:
            addresses = len(self._by_address)
            self.write("", "logins refused", count=self._folded, addresses=addresses)
        self._logged = self._folded = 0
        self._by_address.clear()

    def _turn(self) -> None:
        if self.clock() >= self._begun_s + WINDOW_S:
            self.close()
            self._begun_s = self.clock()


class Access:
    """Who may come in, where others can reach the server. proxies: see `clients`."""

    def __init__(self, library: Path, audit: AuditLog, proxies: Collection[str]) -> None:
        self.proxies = proxies
        self.tokens, self.sessions = Tokens(library), Sessions(library)
        self.refused = RefusedLogins(audit.write)

    def user(self, headers: Headers, client: Client) -> str | None:
        """The owner of the request's token, or None. A wrong token is noted."""
        if token := bearer(headers):
            user = self.tokens.owner(token)
            if user is None:
                self.refused.note(client)
            return user
        session_id = session_of(headers, client)
        return self.sessions.owner(session_id) if session_id else None

    def log_in(self, token: str, client: Client) -> tuple[str, str] | None:
        """(name, id of a new session) for a right token; None, and noted, for a wrong one."""
        name = self.tokens.owner(token)
        if name is None:
            self.refused.note(client)
            return None
        return name, self.sessions.begin(token)


def bearer(headers: Headers) -> str:
    """The token of a program, or ""."""
    kind, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def session_of(headers: Headers, client: Client) -> str:
    """The session's id in the cookie of this request, or ""."""
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(_name(client))
    except CookieError:
        return ""
    return cookie.value if cookie else ""


def set_session(response: Response, session_id: str, client: Client) -> None:
    """Give the browser its cookie: scripts cannot read it and other sites cannot send it."""
    response.set_cookie(
        _name(client),
        session_id,
        max_age=SESSION_S,
        path="/",
        secure=client.is_tls,
        httponly=True,
        samesite="strict",
    )


def clear_session(response: Response, client: Client) -> None:
    """Take the cookie back."""
    name = _name(client)
    response.delete_cookie(name, path="/", secure=client.is_tls, httponly=True, samesite="strict")


def _name(client: Client) -> str:
    return SECURE_COOKIE if client.is_tls else COOKIE
