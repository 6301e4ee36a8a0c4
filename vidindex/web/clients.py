"""Find a request's client and whether it came by TLS; only named proxies are trusted."""

from collections.abc import Collection
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import Scope


@dataclass(frozen=True, slots=True)
class Client:
    """The sender of a request. is_tls: whether it was encrypted on its way."""

    address: str
    is_tls: bool


def client_of(scope: Scope, proxies: Collection[str]) -> Client:
    """The sender; of a request that a proxy passes on, what that proxy says of it.

    proxies: addresses of reverse proxies that set X-Forwarded-For and X-Forwarded-Proto.
    """
    peer = (scope.get("client") or ("",))[0]
    if peer not in proxies:
        return Client(peer, scope.get("scheme") == "https")
    headers = Headers(scope=scope)
    # The last one is what the proxy itself has seen; anything before it may be forged.
    address = headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    scheme = headers.get("x-forwarded-proto", "").rpartition(",")[2].strip().lower()
    return Client(address or peer, scheme == "https")
