"""Read on-screen text of one stretch of a video, only where and when it changes.

Text is sought on a coarse grid, on which everything that is shown for `MIN_SHOWN_S` falls. Where
the lines of two such looks differ, `between_looks` tells at which look between them they changed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil

from vidindex.core.sampling.grid import fit_within
from vidindex.core.screen_text.between_looks import Page, settle
from vidindex.core.screen_text.boxes import SAME_PLACE, iou
from vidindex.core.screen_text.clock_prediction import ClockWatch
from vidindex.core.screen_text.frame_diff import Blocks, changed, lie_within, touched
from vidindex.ports import Decoder, TextReader
from vidindex.types import Box, Frame, Source, Span, TextReading

STEP_S = 0.95
"""Not a whole second, so that readings of a clock fall into every part of its second."""

MIN_LOOKS = 12
MIN_STEP_S = 0.25

MIN_SHOWN_S = 1.9
"""Text shown as long as this is found; briefer one where a look of the coarse grid meets it."""

MAX_SIDE_PX = 1920
"""Lines are recognised at this size: small print in a scaled-down picture loses its colons."""

NOTHING = TextReading(0.0, "", 0.0, (0.0, 0.0, 0.0, 0.0))


def step_s(duration_s: float) -> float:
    """Seconds between looks: below one, and shorter in films of a few seconds."""
    return min(STEP_S, max(MIN_STEP_S, duration_s / MIN_LOOKS))


def read_segment(
    decoder: Decoder, reader: TextReader, source: Source, span: Span
) -> Iterator[list[TextReading]]:
    """What each look in `span` adds: every line in the picture, nothing where none changed.

    Looks are on one grid over the whole video, and text is sought at the first and last of the
    span, so what is read in it depends on no other. A reading's time is that of the
    frame itself. A picture without text gives one reading with an empty text: what was read
    stays until the next time that is among the readings.
    Raises DecodeError or UnsupportedMedia as the decoder does.
    """
    step = step_s(source.picture_end_s)
    first, last = ceil(span.start_s / step - 1e-9), ceil(span.end_s / step - 1e-9)
    frames = decoder.frames(
        source, [i * step for i in range(first, last)], fit_within(source, MAX_SIDE_PX)
    )
    stride, pages = max(1, int(MIN_SHOWN_S / step + 1e-9)), _Pages(reader)
    for index, shown in enumerate(frames, first):
        frame = replace(shown, time_s=max(shown.pts_s, span.start_s))
        if index % stride == 0 or index in (first, last - 1):
            found = pages.search(frame, is_last=index == last - 1)
            yield [reading for page in found for reading in _readings(page)]
        else:
            pages.leave(frame)
            yield []


@dataclass(frozen=True, slots=True)
class SegmentReaderHere:
    """A `vidindex.ports.SegmentReader` in this process, one stretch at a time."""

    decoder: Decoder
    reader: TextReader
    workers: int = 1

    @property
    def name(self) -> str:
        return self.reader.name

    def read(self, source: Source, span: Span) -> list[TextReading]:
        """As `read_segment` does."""
        found = read_segment(self.decoder, self.reader, source, span)
        return [reading for look in found for reading in look]


def _readings(page: Page) -> list[TextReading]:
    return list(page.lines) or [replace(NOTHING, time_s=page.frame.time_s)]


class _Pages:
    """The pages of a stretch of video, one after the other."""

    def __init__(self, reader: TextReader) -> None:
        self._reader = reader
        self._clocks = ClockWatch()
        self._page: Page | None = None
        self._left: list[Frame] = []

    def leave(self, frame: Frame) -> None:
        """Keep a frame for the case that those around it show different lines."""
        self._left.append(frame)

    def search(self, frame: Frame, *, is_last: bool) -> list[Page]:
        """What this frame adds: nothing where it changes nothing, or clocks as expected.

        Only where something changed outside the known lines, lines are sought again: of a
        running clock just the digits are recognised again.
        """
        before = self._page
        if before is None:
            lines = self._reader.read(frame, self._boxes(frame, []))
            return self._turn(Page(frame, tuple(lines)))
        blocks = changed(before.frame.picture, frame.picture)
        boxes = [line.box for line in before.lines]
        if not lie_within(blocks, boxes):
            boxes = self._boxes(frame, boxes)
        if _are_those_of(boxes, before):
            touching = [line for line in before.lines if touched(blocks, line.box)]
            if not touching:
                self._page = replace(before, frame=frame)
                self._left.clear()
                return []
            if not is_last and all(self._clocks.can_tell(one, frame.time_s) for one in touching):
                self.leave(frame)
                return []
        return self._turn(Page(frame, tuple(self._read(before, frame, boxes, blocks))))

    def _turn(self, page: Page) -> list[Page]:
        """The new page, behind those of frames that were left."""
        before, self._page = self._page, page
        self._clocks.note(page.lines)
        settled = settle(self._reader, self._clocks, before, self._left, page) if before else ()
        pages = [*settled, page]
        self._left.clear()
        return pages

    def _boxes(self, frame: Frame, known: list[Box]) -> list[Box]:
        """Where lines are; without a trace of others, the known places are read again."""
        if not self._reader.may_hold_text(frame, known):
            return known
        return self._reader.find(frame)

    def _read(
        self, page: Page, frame: Frame, boxes: Sequence[Box], blocks: Blocks
    ) -> list[TextReading]:
        """The lines in `boxes`; one in which no block changed keeps its text."""
        still = [line for line in page.lines if not touched(blocks, line.box)]
        known = {box: _at(box, still) for box in boxes}
        read = self._reader.read(frame, [box for box, line in known.items() if line is None])
        kept = [replace(line, time_s=frame.time_s) for line in known.values() if line]
        return sorted(read + kept, key=lambda line: (line.box[1], line.box[0]))


def _are_those_of(boxes: Sequence[Box], page: Page) -> bool:
    """Whether the boxes hold each line of the page, and no other."""
    return len(boxes) == len(page.lines) and all(_at(box, page.lines) for box in boxes)


def _at(box: Box, lines: Sequence[TextReading]) -> TextReading | None:
    """The line that is in this box and fills it."""
    return next((line for line in lines if iou(box, line.box) >= SAME_PLACE), None)
