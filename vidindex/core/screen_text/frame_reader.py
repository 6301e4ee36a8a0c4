"""Read on-screen text of one stretch of a video, only where the picture has changed."""

from collections.abc import Sequence
from dataclasses import replace
from math import ceil

from vidindex.core.sampling.grid import fit_within
from vidindex.core.screen_text.boxes import iou
from vidindex.core.screen_text.frame_diff import Blocks, changed, lie_within, touched
from vidindex.ports import Decoder, TextReader
from vidindex.types import Box, Frame, Source, Span, TextReading
from vidindex.types.plan import Picture

STEP_S = 0.95
"""Not a whole second, so that readings of a clock fall into every part of its second."""

MIN_LOOKS = 12
MIN_STEP_S = 0.25

MAX_SIDE_PX = 1920
"""Lines are recognised at this size: small print in a scaled-down picture loses its colons."""

SAME_PLACE = 0.8
NOTHING = TextReading(0.0, "", 0.0, (0.0, 0.0, 0.0, 0.0))


def step_s(duration_s: float) -> float:
    """Seconds between looks: below one, and shorter in films of a few seconds."""
    return min(STEP_S, max(MIN_STEP_S, duration_s / MIN_LOOKS))


def read_segment(
    decoder: Decoder, reader: TextReader, source: Source, span: Span
) -> list[TextReading]:
    """Every text line in the picture, at each look in `span` where the picture changed.

    Looks are on one grid over the whole video, and each segment begins with a full
    reading, so segments read apart or again give the same. A reading's time is that of the
    frame itself. A picture without text gives one reading with an empty text: what was read
    stays until the next time that is among the readings.
    Raises DecodeError or UnsupportedMedia as the decoder does.
    """
    step = step_s(source.picture_end_s)
    first, last = ceil(span.start_s / step - 1e-9), ceil(span.end_s / step - 1e-9)
    times_s = [i * step for i in range(first, last)]
    page = _Page(reader)
    readings: list[TextReading] = []
    for frame in decoder.frames(source, times_s, fit_within(source, MAX_SIDE_PX)):
        time_s = max(frame.pts_s, span.start_s)
        if page.turn(replace(frame, time_s=time_s)):
            readings += page.lines or [replace(NOTHING, time_s=time_s)]
    return readings


class _Page:
    """The lines in the picture now, and the picture in which they were read."""

    def __init__(self, reader: TextReader) -> None:
        self.lines: list[TextReading] = []
        self._reader = reader
        self._picture: Picture | None = None

    def turn(self, frame: Frame) -> bool:
        """Read what this frame changes; False where it changes nothing.

        Only where something changed outside the known lines, lines are sought again: of a
        running clock just the digits are recognised again.
        """
        if self._picture is None:
            self.lines = self._reader.read(frame)
        else:
            blocks = changed(self._picture, frame.picture)
            if not blocks.any():
                return False
            boxes = [line.box for line in self.lines]
            if not lie_within(blocks, boxes):
                boxes = self._reader.find(frame)
            self.lines = self._read(frame, boxes, blocks)
        self._picture = frame.picture
        return True

    def _read(self, frame: Frame, boxes: Sequence[Box], blocks: Blocks) -> list[TextReading]:
        """The lines in `boxes`; one in which no block changed keeps its text."""
        still = [line for line in self.lines if not touched(blocks, line.box)]
        known = {box: _at(box, still) for box in boxes}
        read = self._reader.read(frame, [box for box, line in known.items() if line is None])
        kept = [replace(line, time_s=frame.time_s) for line in known.values() if line]
        return sorted(read + kept, key=lambda line: (line.box[1], line.box[0]))


def _at(box: Box, lines: Sequence[TextReading]) -> TextReading | None:
    """The line that is in this box and fills it."""
    return next((line for line in lines if iou(box, line.box) >= SAME_PLACE), None)
