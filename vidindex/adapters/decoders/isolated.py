"""Run any decoder in child processes with limits, so that a bad file fails alone.

Pictures come through shared memory, and the child decodes ahead of the consumer.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache

from vidindex.adapters.isolation import WorkerDied, WorkerPool
from vidindex.errors import DecodeError
from vidindex.ports import Decoder
from vidindex.types import Frame, Source


class ChildDecoder:
    """Implements `vidindex.ports.Decoder` by another; may be used from many threads.

    make: the class of the other one, or a function that a child can import. guard: whose
    children decode; its seconds count until the next picture.
    """

    def __init__(self, make: Callable[[], Decoder], pool: WorkerPool) -> None:
        self.name = make().name
        self._make = make
        self._pool = pool

    def frames(
        self, source: Source, times_s: Sequence[float], size: tuple[int, int] | None = None
    ) -> Iterator[Frame]:
        """As the other decoder does; DecodeError where it hangs, crashes or eats memory."""
        try:
            yield from self._pool.stream(_decode, self._make, source, tuple(times_s), size)
        except WorkerDied as died:
            what = str(died)
            what += " without a picture" if what.startswith("took") else ""
            raise DecodeError(
                f"{source.path.name}: decoding {what}",
                "the file may be damaged; convert it, or leave it out",
            ) from died


def warm_up(make: Callable[[], Decoder]) -> None:
    """In the child: load what the first picture needs."""
    _made(make)


def _decode(
    make: Callable[[], Decoder],
    source: Source,
    times_s: Sequence[float],
    size: tuple[int, int] | None,
) -> Iterator[Frame]:
    """In the child: the decoder is kept from call to call."""
    return _made(make).frames(source, times_s, size)


@cache
def _made(make: Callable[[], Decoder]) -> Decoder:
    return make()
