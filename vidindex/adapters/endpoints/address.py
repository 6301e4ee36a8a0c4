"""Parse the address of an endpoint, and find its API key.

Frames, sound and texts go to endpoints that the user named and to no other: no proxy is used
between this machine and itself, and no redirect is followed (`endpoints.endpoint`).
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from vidindex.errors import InputError

OWN_KEY = "VIDINDEX_API_KEY"
_ALIBABA_KEY, _USUAL_KEY = "DASHSCOPE_API_KEY", "OPENAI_API_KEY"
_EXAMPLE = "write it as http://127.0.0.1:8000/v1"
_ROUTES = ("/chat/completions", "/audio/transcriptions", "/embeddings")


@dataclass(frozen=True, slots=True)
class Address:
    """One endpoint. url: up to and with its version, as in http://127.0.0.1:8000/v1.

    key: "" without one; it is shown nowhere and stored nowhere.
    """

    url: str
    is_here: bool
    key: str = field(default="", repr=False)

    @classmethod
    def of(cls, written: str, environment: Mapping[str, str]) -> "Address":
        """What the user wrote, with the key of `environment` for it.

        Raises InputError where it is not the address of an endpoint.
        """
        url = written.strip().rstrip("/")
        for route in _ROUTES:
            url = url.removesuffix(route)
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError as error:
            raise InputError(f"endpoint {written!r}: {error}", _EXAMPLE) from error
        if parts.username or parts.password:
            raise InputError("an endpoint's address holds no name and password", f"set {OWN_KEY}")
        if parts.scheme not in {"http", "https"} or not host or parts.query or parts.fragment:
            raise InputError(f"{written!r} is not the address of an endpoint", _EXAMPLE)
        if not parts.path:
            url += "/v1"
        is_here = _is_this_machine(host)
        is_private = is_here or parts.scheme == "https"
        return cls(url, is_here, _key_for(host, environment, is_private=is_private))

    @property
    def root(self) -> str:
        """The base URL of vLLM's own routes, outside OpenAI's interface."""
        return self.url.removesuffix("/v1")


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _key_for(host: str, environment: Mapping[str, str], *, is_private: bool) -> str:
    """vidindex's own key goes wherever the user points it; others' never unencrypted over a net."""
    names = [OWN_KEY]
    if is_private:
        names.append(_ALIBABA_KEY if host.endswith(".aliyuncs.com") else _USUAL_KEY)
    found = (environment.get(name, "").strip() for name in names)
    return next((key for key in found if key), "")
