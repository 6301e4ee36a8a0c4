"""The web face as browsers and programs meet it: a real server at a free port, and its client."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from vidindex.web.server import listen, server_of
from vidindex.web.state import ServerOptions

OWN = {"X-Vidindex": "1"}
PATIENCE_S = 60.0


@contextmanager
def served(serving: ServerOptions) -> Iterator[httpx.Client]:
    """A server that runs; the client sends what the page sends."""
    server = server_of(serving)
    listening = listen("127.0.0.1", 0)
    # A daemon: one that does not end fails its test, and does not keep the interpreter.
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    try:
        wait_for(lambda: server.started)
        base = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with httpx.Client(base_url=base, headers=OWN, timeout=PATIENCE_S) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(PATIENCE_S)
    assert not thread.is_alive(), "the server did not end"


def wait_for(done: Any) -> Any:
    """What `done` returns once that is something; AssertionError where it takes too long."""
    ends_s = time.monotonic() + PATIENCE_S
    while not (found := done()):
        assert time.monotonic() < ends_s, "it did not happen"
        time.sleep(0.02)
    return found


def events(lines: Iterator[str]) -> Iterator[tuple[str, Any]]:
    """(name, data) of server-sent events."""
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        if line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def streamed(client: httpx.Client, **asked: Any) -> list[tuple[str, Any]]:
    """All events of a search."""
    with client.stream("GET", "/api/search", params=asked) as response:
        assert response.status_code == 200, response.read()
        assert response.headers["content-type"].startswith("text/event-stream")
        return list(events(response.iter_lines()))
