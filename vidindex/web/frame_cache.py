"""Cache the latest frames as JPEG files in memory, bounded in bytes."""

import threading
from collections import OrderedDict
from collections.abc import Callable

MAX_BYTES = 64_000_000


class Stills:
    """Keeps what is shown again and again: the thumbnails of an answer."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._num_bytes = 0
        self._lock = threading.Lock()

    def get(self, key: str, make: Callable[[], bytes]) -> bytes:
        """The picture of this key, made where it is not kept."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            self._num_bytes += len(made) - len(self._kept.pop(key, b""))
            self._kept[key] = made
            while self._num_bytes > self._max_bytes:
                self._num_bytes -= len(self._kept.popitem(last=False)[1])
        return made
