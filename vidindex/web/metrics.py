"""Count searches, seconds, queues and errors of one server, for Prometheus."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from datetime import datetime

    from vidindex.web.library_pool import LibraryPool

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
Kind = Literal["search", "thorough", "ask"]


class Metrics:
    """The figures of one server; those of threads are read when they are asked for."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._searches = Histogram(
            "vidindex_search_seconds",
            "Searches and questions, to their last verdict.",
            ["kind", "ended"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._responses = Counter(
            "vidindex_responses", "Answers to requests.", ["status"], registry=registry
        )
        self._queue = Gauge(
            "vidindex_queue_length",
            "Pieces of work that wait or are done, by their threads.",
            ["threads"],
            registry=registry,
        )
        self._busy = Gauge(
            "vidindex_busy_seconds",
            "Seconds of work since the start; verify is the thread that asks the model.",
            ["threads"],
            registry=registry,
        )
        self._ingest = Gauge(
            "vidindex_last_ingest_timestamp_seconds",
            "When the last finished ingest ended; 0 before it.",
            registry=registry,
        )

    @contextmanager
    def search(self, kind: Kind) -> Iterator[None]:
        """Time one search; it failed where it raises, and was left where it is closed."""
        began_s, ended = monotonic(), "done"
        try:
            yield
        except Exception:
            ended = "failed"
            raise
        except BaseException:  # a stream that is closed, a task that is cancelled
            ended = "gone away"
            raise
        finally:
            self._searches.labels(kind, ended).observe(monotonic() - began_s)

    def respond(self, status: int) -> None:
        """Count one answer."""
        self._responses.labels(str(status)).inc()

    def text(self, pools: "Mapping[str, LibraryPool]", last_ingest: "datetime | None") -> bytes:
        """All of it, as Prometheus reads it."""
        for name, pool in pools.items():
            self._queue.labels(name).set(pool.num_there)
            self._busy.labels(name).set(pool.busy_s)
        self._ingest.set(last_ingest.timestamp() if last_ingest else 0.0)
        return generate_latest(self._registry)


class CountResponses:
    """The ASGI layer that counts answers by their status, refused ones too."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._metrics.respond(message["status"])
            await send(message)

        await self._app(scope, receive, send_counted)
