"""Bound connections in number and requests in time, before any of them reaches the app."""

import asyncio
import ipaddress
import sys
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_S = 10.0
"""How long a request, its header and its body, may take to arrive."""

MAX_CONNECTIONS, MAX_OF_ADDRESS = 512, 128
_OTHER_FILES = 256
"""Open files that the library, the films and the child processes need."""

_LATE = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


@dataclass(slots=True)
class Connections:
    """All connections of one server, the oldest first.

    proxies: addresses that many users share, so that only `most` holds for them.
    """

    proxies: Collection[str]
    most: int
    most_of_address: int
    request_s: float
    open: dict["BoundedProtocol", str] = field(default_factory=dict)
    _count: Counter[str] = field(default_factory=Counter)

    def admit(self, new: "BoundedProtocol", address: str) -> bool:
        """Take it in, if need be in place of the oldest one that has no request in hand."""
        network = network_of(address)
        if address not in self.proxies and self._count[network] >= self.most_of_address:
            self._evict(network)
            if self._count[network] >= self.most_of_address:
                return False
        if len(self.open) >= self.most:
            self._evict(None)
            if len(self.open) >= self.most:
                return False
        self.open[new] = network
        self._count[network] += 1
        return True

    def forget(self, gone: "BoundedProtocol") -> None:
        network = self.open.pop(gone, None)
        if network is not None:
            self._count[network] -= 1
            if not self._count[network]:
                del self._count[network]

    def _evict(self, network: str | None) -> None:
        for old, its_network in self.open.items():
            if network in (None, its_network) and old.waits_for_request:
                self.forget(old)
                old.transport.abort()
                return


class BoundedProtocol(H11Protocol):
    """uvicorn's protocol, with a bound on how many there are and on how slowly requests come."""

    bounds: Connections

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._late: asyncio.TimerHandle | None = None
        address = str((transport.get_extra_info("peername") or ("",))[0])
        if self.bounds.admit(self, address):
            self._time()
        else:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.bounds.forget(self)
        self._stop_timing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._time()

    @property
    def waits_for_request(self) -> bool:
        """Whether nothing is being answered: its header has not come, or it is kept alive."""
        return self.cycle is None or bool(self.cycle.response_complete)

    def _time(self) -> None:
        """Start the clock of a request that is on its way; stop it once it is there."""
        arrives = self.conn.their_state in (h11.IDLE, h11.SEND_BODY)
        if not arrives or self.transport.is_closing():
            self._stop_timing()
        elif self._late is None:
            self._late = self.loop.call_later(self.bounds.request_s, self._end_late)

    def _stop_timing(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _end_late(self) -> None:
        self._late = None
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY) or self.transport.is_closing():
            return
        if self.waits_for_request:
            self.transport.write(_LATE)
        self.transport.close()


def bounded_protocol(proxies: Collection[str]) -> type[asyncio.Protocol]:
    """The protocol class of one server, for uvicorn. proxies: see `Connections`."""
    connections = Connections(proxies, most_connections(), MAX_OF_ADDRESS, REQUEST_S)
    return type("Protocol", (BoundedProtocol,), {"bounds": connections})


def network_of(address: str) -> str:
    """What one client has: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        number = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(number, ipaddress.IPv6Address):
        if number.ipv4_mapped:
            return str(number.ipv4_mapped)
        return str(ipaddress.ip_network((number, 64), strict=False))
    return str(number)


def most_connections() -> int:
    """As many as this process may have open files for, at most MAX_CONNECTIONS."""
    if sys.platform == "win32":
        return MAX_CONNECTIONS
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(64, min(MAX_CONNECTIONS, soft - _OTHER_FILES))
