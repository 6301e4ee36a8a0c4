"""Balance requests over endpoints that serve one model.

The one with the least to do is asked. One that fails rests, longer each time, and is then
tried with a single question; one that is busy gets fewer at once. The others go on. All
times are seconds of the monotonic clock.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from vidindex.adapters.endpoints.endpoint import (
    BadResponse,
    Endpoint,
    EndpointBusy,
    EndpointError,
    RequestRejected,
    Unreachable,
)
from vidindex.adapters.vision.remote.openai_format import Completion
from vidindex.errors import ModelError

FIRST_REST_S, LONGEST_REST_S = 0.5, 30.0
# A question that was under way so often when a connection broke may be what breaks it.
MOST_BREAKS = 4


@dataclass(frozen=True, slots=True)
class ReplicaStats:
    """How one endpoint has fared. refused, cut: replies; left_out: times it failed and rested.

    latencies_s: of answered requests, in their order.
    """

    url: str
    requests: int
    answered: int
    refused: int
    cut: int
    left_out: int
    latencies_s: tuple[float, ...]


@dataclass(slots=True, eq=False)
class Replica:
    """One endpoint and its state.

    room: how many requests it takes at once, as far as it has shown. failing_since_s: None
    while it answers. given_up: why no question is put to it any more, None while there is hope.
    """

    endpoint: Endpoint
    room: float
    in_flight: int = 0
    failures: int = 0
    failed_at_s: float = 0.0
    rests_until_s: float = 0.0
    failing_since_s: float | None = None
    given_up: ModelError | None = None
    last_error: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    latencies_s: list[float] = field(default_factory=list)

    def rest(self, error: EndpointError, asked_at_s: float) -> None:
        """It failed a request of that time; what fails together counts as one failure."""
        now_s = time.monotonic()
        if asked_at_s >= self.failed_at_s:
            self.failures += 1
            if isinstance(error, EndpointBusy):
                self.room = max(1.0, self.in_flight / 2)
        rest_s = min(LONGEST_REST_S, FIRST_REST_S * 2 ** (self.failures - 1))
        self.rests_until_s = max(self.rests_until_s, now_s + max(error.wait_s, rest_s))
        self.failed_at_s, self.last_error = now_s, str(error)
        if self.failing_since_s is None:
            self.failing_since_s = now_s
            self.counts["left out"] += 1

    @property
    def stats(self) -> ReplicaStats:
        of = self.counts
        return ReplicaStats(
            url=self.endpoint.address.url,
            requests=of["requests"],
            answered=len(self.latencies_s),
            refused=of["refused"],
            cut=of["cut"],
            left_out=of["left out"],
            latencies_s=tuple(self.latencies_s),
        )

    def works(self, asked_at_s: float) -> None:
        """It answered a request of that time; what was under way when it failed proves nothing."""
        if asked_at_s >= self.failed_at_s:
            self.failures, self.failing_since_s, self.rests_until_s = 0, None, 0.0


class Replicas:
    """Endpoints that take each other's place; lives in one event loop."""

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        most_each: int,
        patience_s: float,
        is_the_same: Callable[[Endpoint], Awaitable[None]],
    ) -> None:
        """most_each: requests in flight; patience_s: how long none of them may answer.

        is_the_same: raises Failed where an endpoint that comes back serves another model.
        """
        self.all = [Replica(endpoint, most_each) for endpoint in endpoints]
        self.counts: Counter[str] = Counter()
        self._most_each, self._patience_s = most_each, patience_s
        self._is_the_same = is_the_same
        self._changed = asyncio.Condition()

    def leave_out(self, silent: Mapping[Endpoint, str]) -> None:
        """These do not answer from the beginning, for the reason given."""
        for one in self.all:
            if one.endpoint in silent:
                one.rest(Unreachable(silent[one.endpoint]), time.monotonic())

    def hope(self) -> None:
        """Restart the count of how long no endpoint has answered."""
        for one in self.all:
            one.given_up = None
            if one.failing_since_s is not None:
                one.failing_since_s = time.monotonic()

    async def ask(self, body: bytes, read: Callable[[Any], Completion]) -> Completion:
        """What `read` makes of the completion, asked again as often as needed.

        read: raises BadResponse where it is not valid. Raises RequestRejected if this
        question is not answered, ModelError where no further one would be.
        """
        breaks = 0
        while True:
            replica = await self._take()
            asked_at_s = time.monotonic()
            try:
                return await self._ask_one(replica, body, read)
            except EndpointError as error:
                replica.rest(error, asked_at_s)
                self._count(error)
                breaks += isinstance(error, BadResponse)
                if breaks == MOST_BREAKS:
                    raise RequestRejected(
                        f"asked {breaks} times in vain, at last: {error}"
                    ) from error
            except ModelError as error:
                replica.given_up, replica.last_error = error, error.message
                self.counts["retries"] += 1
            finally:
                async with self._changed:
                    replica.in_flight -= 1
                    self._changed.notify_all()

    async def _ask_one(
        self, replica: Replica, body: bytes, read: Callable[[Any], Completion]
    ) -> Completion:
        if replica.failures:
            await self._is_the_same(replica.endpoint)
        replica.counts["requests"] += 1
        began_s = time.monotonic()
        try:
            completion = read(await replica.endpoint.complete(body))
        except RequestRejected:
            replica.works(began_s)
            replica.counts["refused"] += 1
            raise
        replica.works(began_s)
        replica.room = min(self._most_each, replica.room + 1 / replica.room)
        replica.counts["cut"] += completion.finish_reason == "length"
        replica.latencies_s.append(time.monotonic() - began_s)
        return completion

    async def _take(self) -> Replica:
        while True:
            self._require_hope()
            now_s = time.monotonic()
            ready = [one for one in self.all if one.rests_until_s <= now_s and self._has_room(one)]
            if ready:
                chosen = min(ready, key=lambda one: one.in_flight)
                chosen.in_flight += 1
                return chosen
            resting = [
                one.rests_until_s - now_s
                for one in self.all
                if one.rests_until_s > now_s and not one.given_up
            ]
            await self._wait(min(resting, default=None))

    async def _wait(self, most_s: float | None) -> None:
        with suppress(TimeoutError):
            async with self._changed, asyncio.timeout(most_s):
                await self._changed.wait()

    def _has_room(self, replica: Replica) -> bool:
        if replica.given_up:
            return False
        return replica.in_flight < (1 if replica.failures else int(replica.room))

    def _require_hope(self) -> None:
        """Raises ModelError where none will answer, or none has for too long."""
        if any(self._may_answer(one) for one in self.all):
            return
        reasons = [one.given_up for one in self.all if one.given_up]
        if len(reasons) == len(self.all):
            raise reasons[0]
        each = "; ".join(f"{one.endpoint.address.url}: {one.last_error}" for one in self.all)
        raise ModelError(
            f"no endpoint answers any more ({each})",
            "see to the servers, then run it again: what was answered is kept",
        )

    def _may_answer(self, replica: Replica) -> bool:
        if replica.given_up or replica.failing_since_s is None:
            return not replica.given_up
        next_s = max(time.monotonic(), replica.rests_until_s)
        return next_s - replica.failing_since_s <= self._patience_s

    def _count(self, error: EndpointError) -> None:
        self.counts["retries"] += 1
        self.counts["asked again"] += isinstance(error, BadResponse)
        self.counts["found busy"] += isinstance(error, EndpointBusy)
        self.counts["out of reach"] += isinstance(error, Unreachable)
