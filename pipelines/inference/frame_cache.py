"""Cache decoded frames, so that repeated questions about a stretch decode it once."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence

from vidindex.ports import Decoder
from vidindex.types import Frame, Source

MAX_BYTES = 512 * 2**20

Key = tuple[Source, tuple[float, ...], tuple[int, int] | None]


class CachingDecoder:
    """Keeps the latest frames of another decoder, at most `max_bytes` of pictures."""

    def __init__(self, decoder: Decoder, max_bytes: int = MAX_BYTES) -> None:
        self.name = decoder.name
        self._decoder = decoder
        self._max_bytes = max_bytes
        self._kept: OrderedDict[Key, list[Frame]] = OrderedDict()
        self._num_bytes = 0

    def frames(
        self, source: Source, times_s: Sequence[float], size: tuple[int, int] | None
    ) -> Iterator[Frame]:
        """As the decoder that it asks; what fails is not remembered."""
        key = (source, tuple(times_s), size)
        if key not in self._kept:
            self._keep(key, list(self._decoder.frames(source, times_s, size)))
        self._kept.move_to_end(key)
        return iter(self._kept[key])

    def _keep(self, key: Key, frames: list[Frame]) -> None:
        self._kept[key] = frames
        self._num_bytes += _size(frames)
        while self._num_bytes > self._max_bytes and len(self._kept) > 1:
            self._num_bytes -= _size(self._kept.popitem(last=False)[1])


def _size(frames: Sequence[Frame]) -> int:
    return sum(frame.picture.nbytes for frame in frames)
