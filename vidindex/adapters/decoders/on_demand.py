"""Load a decoder when the first picture is asked for."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

from vidindex.ports import Decoder
from vidindex.types import Frame, Source


def pyav_decoder() -> Decoder:
    """PyAV's decoder, which is imported here."""
    from vidindex.adapters.decoders.pyav import PyAVDecoder

    return PyAVDecoder()


def decord_decoder() -> Decoder:
    """Decord's decoder, which is imported here."""
    from vidindex.adapters.decoders.decord import DecordDecoder

    return DecordDecoder()


class DecoderOnDemand:
    """A `Decoder` whose library is imported with its first use."""

    def __init__(self, name: str, load: Callable[[str], Decoder]) -> None:
        """load: makes the decoder of a name."""
        self.name = name
        self._load = load

    def frames(
        self, source: Source, times_s: Sequence[float], size: tuple[int, int] | None
    ) -> Iterator[Frame]:
        return self._decoder.frames(source, times_s, size)

    @cached_property
    def _decoder(self) -> Decoder:
        return self._load(self.name)
