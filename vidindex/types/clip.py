"""Values of clips: what to cut out of a file, its style, and the result."""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path

from vidindex.types.media import Source
from vidindex.types.span import Span


@dataclass(frozen=True, slots=True)
class Canvas:
    """The picture that a clip has: width and height are even, in square pixels.

    fps: frames per second of a constant rate; None: each frame keeps its own time. sound:
    whether a piece of a reel has a sound track, silent where its source has none.
    """

    width: int
    height: int
    fps: Fraction | None = None
    sound: bool = False

    def num_frames(self, duration_s: float) -> int:
        """How many frames of the constant rate a piece of this length has: at least one."""
        assert self.fps is not None, "frames have times of their own"
        return max(1, round(Fraction(duration_s) * self.fps))

    def place(self, width: int, height: int) -> tuple[int, int, int, int]:
        """(x, y, width, height) of a picture on it: whole, in its shape, in the middle."""
        w, h = width, height
        # Evened by a line, it is left as it is.
        if not (0 <= self.width - w < 2 and 0 <= self.height - h < 2):
            scale = min(self.width / w, self.height / h)
            w, h = max(1, round(w * scale)), max(1, round(h * scale))
        return (self.width - w) // 2, (self.height - h) // 2, w, h


@dataclass(frozen=True, slots=True)
class Stamp:
    """What is written into the pictures besides media time, as far as it is known.

    wall_start: the wall clock of media time 0, with its UTC offset. timecode: the source
    timecode of media time 0, `;` before its frames for drop-frame; fps: by which it counts.
    """

    wall_start: datetime | None = None
    timecode: str | None = None
    fps: Fraction = Fraction(25)

    def text_px(self, canvas: Canvas) -> int:
        """How high its text is: the longest line fills a third to half of the width."""
        return max(10, round(min(canvas.height / 24, canvas.width / 28)))

    def foot_px(self, canvas: Canvas) -> int:
        """How much of the picture's foot its lines take at most."""
        lines = 1 + (self.wall_start is not None) + (self.timecode is not None)
        return min(canvas.height, round(self.text_px(canvas) * (1.5 * lines + 1)))


@dataclass(frozen=True, slots=True)
class Cut:
    """A stretch of a file that is to become a file of its own.

    first_s: media time of the frame on screen at the start of `span`, which may have begun
    before it. sound: the audio streams to keep. title, comment: its metadata.
    whole: decode from the file's start, for files in which no seek finds the frame.
    """

    source: Source
    span: Span
    first_s: float
    canvas: Canvas
    sound: tuple[int, ...] = ()
    stamp: Stamp | None = None
    title: str = ""
    comment: str = ""
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Chapter:
    """A stretch of a reel, in seconds of its own time, and what it shows."""

    span: Span
    title: str


@dataclass(frozen=True, slots=True)
class Clip:
    """What became of one hit.

    name: the file that it was cut from, as the library calls it; video_id: of that file. span:
    the media time asked for, with its handles. path: the clip; None where `problem` says why
    it has none. holds: the media time of the source that the clip shows; more than `span`
    only for a stream copy. begins_s: where it begins in the file at `path`. notes: what else
    is to be known.
    """

    name: str
    video_id: str
    span: Span
    path: Path | None = None
    holds: Span | None = None
    begins_s: float = 0.0
    notes: tuple[str, ...] = ()
    problem: str = ""
