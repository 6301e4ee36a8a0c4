"""Read text in child processes with limits, each decoding what it reads.

A child works with one thread, so that as many as there are processors keep them all busy.
"""

from collections.abc import Callable, Iterator
from functools import cache, cached_property

from vidindex.adapters.isolation import WorkerDied, WorkerPool
from vidindex.adapters.ocr_rapid.reader import RapidOcrReader, ReaderSettings
from vidindex.core.screen_text.frame_reader import read_segment
from vidindex.errors import DecodeError
from vidindex.ports import Decoder
from vidindex.types import Source, Span, TextReading


class ChildSegmentReader:
    """Implements `vidindex.ports.SegmentReader`; may be used from many threads.

    make_decoder: the class of the decoder, or a function that a child can import. pool: whose
    children read; its seconds count until the next look.
    """

    def __init__(
        self,
        make_decoder: Callable[[], Decoder],
        settings: ReaderSettings,
        pool: WorkerPool,
        workers: int,
    ) -> None:
        self.workers = workers
        self._how = make_decoder, settings
        self._pool = pool

    @cached_property
    def name(self) -> str:
        return RapidOcrReader(self._how[1]).name

    def read(self, source: Source, span: Span) -> list[TextReading]:
        """As `read_segment` does; DecodeError where the child hangs, crashes or eats memory."""
        try:
            looks = self._pool.stream(_read, *self._how, source, span)
            return [reading for look in looks for reading in look]
        except WorkerDied as died:
            what = str(died)
            what += " without a picture" if what.startswith("took") else ""
            raise DecodeError(
                f"{source.path.name}: reading its text {what}",
                "the file may be damaged; convert it, or leave it out",
            ) from died


def _read(
    make_decoder: Callable[[], Decoder],
    settings: ReaderSettings,
    source: Source,
    span: Span,
) -> Iterator[list[TextReading]]:
    """In the child: decoder and networks are kept from call to call."""
    return read_segment(_made(make_decoder), _reader(settings), source, span)


@cache
def _made(make_decoder: Callable[[], Decoder]) -> Decoder:
    return make_decoder()


@cache
def _reader(settings: ReaderSettings) -> RapidOcrReader:
    return RapidOcrReader(settings)
