"""Reads on-screen text of one stretch of a video: only where the picture has changed."""

from collections.abc import Sequence
from math import ceil

from vidindex.changes import Blocks, Box, block_means, changed, lie_within
from vidindex.ports import Decoder, TextReader
from vidindex.sampling import fit_within
from vidindex.types import Frame, Source, Span, TextReading

STEP_S = 0.95
"""Not a whole second, so that readings of a clock fall into every part of its second."""

MIN_READINGS = 12
MIN_STEP_S = 0.25
MAX_SIDE_PX = 960

MAX_STRIDE = 8
"""While nothing but numbers changes, every eighth look is read at the least."""


def step_s(duration_s: float) -> float:
    """Seconds between looks: below one, and shorter in films of a few seconds."""
    return min(STEP_S, max(MIN_STEP_S, duration_s / MIN_READINGS))


def read_segment(
    decoder: Decoder, reader: TextReader, source: Source, span: Span
) -> list[TextReading]:
    """Readings at the looks inside `span` that differ from the look before.

    A picture without text gives one reading with an empty text, so that its time is
    known; what was read stands until the next time that is among the readings.
    Raises DecodeError or UnsupportedMedia as the decoder does.
    """
    step = step_s(source.duration_s)
    first, last = ceil(span.start_s / step - 1e-9), ceil(span.end_s / step - 1e-9)
    times_s = [i * step for i in range(first, last)]
    attention = _Attention()
    readings: list[TextReading] = []
    for frame in decoder.frames(source, times_s, fit_within(source, MAX_SIDE_PX)):
        if attention.wants(frame):
            seen = reader.read(frame)
            attention.note(seen)
            readings += seen or [TextReading(frame.time_s, "", 0.0, (0.0, 0.0, 0.0, 0.0))]
    return readings


class _Attention:
    """Decides which looks are read: those that changed, and of a mere clock ever fewer.

    As long as all change lies in boxes that hold numbers, a clock is running; once it was
    read often enough to be fitted, it is read at growing intervals.
    """

    def __init__(self) -> None:
        self._blocks: Blocks | None = None
        self._pending: Blocks | None = None
        self._number_boxes: list[Box] = []
        self._num_read = 0
        self._stride = 1
        self._passed = 0

    def wants(self, frame: Frame) -> bool:
        """Whether this look is to be read."""
        now = block_means(frame.picture)
        self._pending = now
        if self._blocks is None:
            return True
        blocks = changed(self._blocks, now)
        if not blocks.any():
            return False
        if not lie_within(blocks, self._number_boxes):
            self._stride, self._num_read = 1, 0
            return True
        self._passed += 1
        return self._passed >= self._stride

    def note(self, seen: Sequence[TextReading]) -> None:
        """The look was read, and this is what stood there."""
        self._blocks, self._passed = self._pending, 0
        self._number_boxes = [r.box for r in seen if any(map(str.isdigit, r.text))]
        self._num_read += 1
        if self._num_read > MIN_READINGS:
            self._stride = min(MAX_STRIDE, 2 * self._stride)
