"""Read text as release 0.1 did: at every look, in this process, by ONNX Runtime."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import ceil, floor

from vidindex.core.sampling.grid import fit_within
from vidindex.core.screen_text.boxes import SAME_PLACE, iou
from vidindex.core.screen_text.frame_diff import Blocks, changed, lie_within
from vidindex.core.screen_text.frame_reader import MAX_SIDE_PX, NOTHING, step_s
from vidindex.ports import Decoder, TextReader
from vidindex.types import Box, Frame, Source, Span, TextReading
from vidindex.types.plan import Picture


@dataclass(frozen=True, slots=True)
class EveryLookReader:
    """A `vidindex.ports.SegmentReader`: each look that changes anything is read in full."""

    decoder: Decoder
    reader: TextReader
    workers: int = 1

    @property
    def name(self) -> str:
        return self.reader.name

    def read(self, source: Source, span: Span) -> list[TextReading]:
        """What is on screen in `span`, look by look."""
        return [line for lines in self._looks(source, span) for line in lines]

    def _looks(self, source: Source, span: Span) -> Iterator[list[TextReading]]:
        step, page = step_s(source.picture_end_s), _LastLook(self.reader)
        numbers = range(ceil(span.start_s / step - 1e-9), ceil(span.end_s / step - 1e-9))
        times_s = [number * step for number in numbers]
        for frame in self.decoder.frames(source, times_s, fit_within(source, MAX_SIDE_PX)):
            at_s = max(frame.pts_s, span.start_s)
            if page.turn(replace(frame, time_s=at_s)):
                yield page.lines or [replace(NOTHING, time_s=at_s)]


@dataclass(slots=True)
class _LastLook:
    """The lines of the last look, and its picture."""

    reader: TextReader
    lines: list[TextReading] = field(default_factory=list)
    picture: Picture | None = None

    def turn(self, frame: Frame) -> bool:
        """Read the frame; False where nothing in it changed."""
        before, self.picture = self.picture, frame.picture
        if before is None:
            self.lines = self.reader.read(frame)
            return True
        blocks = changed(before, frame.picture)
        if not blocks.any():
            self.picture = before
            return False
        boxes = [line.box for line in self.lines]
        if not lie_within(blocks, boxes):
            boxes = self.reader.find(frame)
        lines: list[TextReading] = []
        for box in boxes:
            kept = [one for one in self._unchanged(blocks) if iou(box, one.box) >= SAME_PLACE][:1]
            lines += [replace(one, time_s=frame.time_s) for one in kept] or self.reader.read(
                frame, [box]
            )
        self.lines = sorted(lines, key=lambda line: (line.box[1], line.box[0]))
        return True

    def _unchanged(self, blocks: Blocks) -> list[TextReading]:
        return [line for line in self.lines if not _reaches_into(blocks, line.box)]


def _reaches_into(blocks: Blocks, box: Box) -> bool:
    """Whether a changed block has any part in the box, its rim included."""
    rows, columns = blocks.shape
    x1, y1, x2, y2 = box
    across = slice(floor(x1 * columns), ceil(x2 * columns))
    return bool(blocks[floor(y1 * rows) : ceil(y2 * rows), across].any())
