"""Serve calls in a child process, one at a time, until the parent ends.

Requests come in on stdin, replies leave by what was stdout; large arrays go through the
arena. A thread of its own reads the requests, so that the end of the parent, however
sudden, is noticed in the middle of a call too.
"""

import gc
import os
import pickle
import queue
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, BinaryIO

from vidindex.adapters.isolation.shared_memory import Ring, SharedMemory

# Room for shared libraries and the stacks of threads, which are addresses and hardly memory.
_ADDRESSES_FOR_CODE = 1 << 30


def main(handle: str, arena_bytes: int, limit_bytes: int) -> None:
    """Serve until the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    requests, replies = sys.stdin.buffer, _own_stdout()
    _limit_memory(limit_bytes + arena_bytes)
    server = _Server(Ring(SharedMemory.open(handle, arena_bytes)), replies)
    threading.Thread(target=server.listen, args=[requests], daemon=True).start()
    server.serve()


def _own_stdout() -> BinaryIO:
    """Where replies go; whatever a library prints goes to stderr."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return replies


def _limit_memory(limit_bytes: int) -> None:
    try:
        import resource
    except ImportError:  # Windows: the parent watches alone
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    most = _ADDRESSES_FOR_CODE + limit_bytes
    with suppress(ValueError, OSError):  # a lower one may be set already
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


class _Server:
    def __init__(self, ring: Ring, replies: BinaryIO) -> None:
        self._ring = ring
        self._replies = replies
        self._calls: queue.SimpleQueue[tuple[int, bytes]] = queue.SimpleQueue()
        self._unwanted = 0

    def listen(self, requests: BinaryIO) -> None:
        """Take requests as they come; the end of the stream is the end of this process."""
        with suppress(EOFError, OSError):
            while True:
                kind, *rest = pickle.load(requests)
                if kind == "call":
                    self._calls.put((rest[0], rest[1]))
                elif kind == "come back":
                    self._ring.come_back(rest[0])
                elif kind == "stop":
                    self._unwanted = rest[0]
        _leave()

    def serve(self) -> None:
        while True:
            number, call = self._calls.get()
            try:
                self._run(number, call)
            except MemoryError:
                self._send("memory", None)
            except Exception as error:
                self._send("error", _portable(error))
            gc.collect()  # opened media are in cycles, and hold far more than their objects say

    def _run(self, number: int, call: bytes) -> None:
        function, args = pickle.loads(call)  # imports its module, which takes a while at first
        self._send("begun", None)
        result = function(*args)
        if not isinstance(result, Iterator):
            self._send("result", result)
            return
        for item in result:
            self._send("item", item)
            if self._unwanted == number:
                break
        self._send("end", None)

    def _send(self, kind: str, value: Any) -> None:
        buffers: list[pickle.PickleBuffer] = []
        data = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
        places, room = self._ring.put(buffers)
        if len(places) < len(buffers):  # larger than the arena: through the pipe
            data = pickle.dumps(value, protocol=5)
        pickle.dump((kind, data, places, room), self._replies)
        self._replies.flush()


def _leave() -> None:
    """End at once, with what this process started."""
    with suppress(OSError):
        if os.name == "posix" and os.getpgrp() == os.getpid():
            os.killpg(0, signal.SIGKILL)
    os._exit(0)


def _portable(error: Exception) -> Exception:
    """The error itself where it can travel, else its words."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
