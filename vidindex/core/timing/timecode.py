"""Compute frame numbers, rates and SMPTE timecode.

Rates are fractions, as 23.976 frames a second are 24000/1001: with a float, 90 minutes
would be off by frames. A label counts whole frames (24 for 23.976); drop-frame (SMPTE
ST 12-1) skips labels, never frames, so that it keeps up with real time at 29.97 and 59.94.
"""

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Protocol

from vidindex.errors import InputError
from vidindex.types import VideoInfo

EDITING_RATES = tuple(
    Fraction(rate)
    for rate in ("24000/1001", "24", "25", "30000/1001", "30", "50", "60000/1001", "60")
)
"""What a timeline of an editing program can run at, in frames per second."""

_CONSTANT_RATES = (
    *EDITING_RATES,
    *(Fraction(rate) for rate in ("25/2", "15000/1001", "48000/1001", "120000/1001")),
    *(Fraction(rate) for rate in range(1, 241)),
)
_CONSTANT_WITHIN = 0.0003  # containers round; 23.976 and 24 are 0.001 apart
MAX_CAMERA_FPS = 1000
"""Rates above are units of time that a container gave for a rate: raw DV says 60,000."""

_LABEL = re.compile(r"(\d{1,2}):([0-5]\d):([0-5]\d)([:;.,])(\d{2,3})")


class RatedStream(Protocol):
    """A video stream with the rates that its container says, as PyAV has them."""

    @property
    def average_rate(self) -> Fraction | None: ...
    @property
    def guessed_rate(self) -> Fraction | None: ...


def camera_rate(stream: RatedStream) -> Fraction | None:
    """The first of its rates that a camera may have, in frames per second."""
    rates = (stream.average_rate, stream.guessed_rate)
    return next((rate for rate in rates if rate and 0 < rate <= MAX_CAMERA_FPS), None)


@cache
def nominal_rate(average_fps: float) -> Fraction:
    """The constant rate of an average: 23.976023 is 24000/1001.

    An average that is no constant rate is of variable frames; they are counted at the
    nearest editing rate, or, far below those, at the nearest whole rate.
    """
    nearest = min(_CONSTANT_RATES, key=lambda rate: abs(float(rate) - average_fps))
    if math.isclose(nearest, average_fps, rel_tol=_CONSTANT_WITHIN):
        return nearest
    if average_fps < EDITING_RATES[0] * 0.9:
        return Fraction(max(1, round(average_fps)))
    return min(EDITING_RATES, key=lambda rate: abs(float(rate) - average_fps))


def editing_rate(rate: Fraction) -> Fraction:
    """The rate itself, else the lowest editing rate that holds each of its frames whole."""
    if rate in EDITING_RATES:
        return rate
    multiples = (one for one in EDITING_RATES if (one / rate).denominator == 1)
    return next(multiples, EDITING_RATES[-1])


@dataclass(frozen=True, slots=True)
class Timebase:
    """How frames are counted: `rate` a second in truth, and by which labels.

    drop: drop-frame labels, which only 29.97 and its multiples have. Raises ValueError.
    """

    rate: Fraction
    drop: bool = False

    def __post_init__(self) -> None:
        if self.drop and not can_drop(self.rate):
            raise ValueError(f"no drop-frame timecode exists at {self.rate} frames per second")

    @property
    def counted(self) -> int:
        """Frames per second of a label: 30 for 29.97."""
        return math.ceil(self.rate)

    @property
    def frames_per_day(self) -> int:
        """Labels run from 00:00:00:00 to just before 24:00:00:00."""
        return 144 * self._frames_per_ten_minutes

    @property
    def _dropped(self) -> int:
        """Labels that are skipped at the start of a minute, save every tenth."""
        return self.counted // 15 if self.drop else 0

    @property
    def _frames_per_ten_minutes(self) -> int:
        return self.counted * 600 - 9 * self._dropped

    def frame_at(self, time_s: float) -> int:
        """The frame whose beginning is nearest to `time_s`; 0 is at 0."""
        return round(Fraction(time_s) * self.rate)

    def frames(self, start_s: float, end_s: float) -> tuple[int, int]:
        """The first frame of a stretch of time and the one behind its last.

        What rounds to no frame is the one that it begins in.
        """
        first, end = self.frame_at(start_s), self.frame_at(end_s)
        if first < end:
            return first, end
        first = math.floor(Fraction(start_s) * self.rate)
        return first, first + 1

    def time_of(self, frame: int) -> Fraction:
        """The second at which the frame begins, exactly."""
        return frame / self.rate

    def label(self, frame: int) -> str:
        """hh:mm:ss:ff of a frame, `;` before ff for drop-frame; wraps after 24 hours."""
        tens, rest = divmod(frame % self.frames_per_day, self._frames_per_ten_minutes)
        # The first of ten minutes has all its labels.
        minutes = max(0, (rest - self._dropped) // (self.counted * 60 - self._dropped))
        number = tens * self.counted * 600 + rest + minutes * self._dropped
        seconds, frames = divmod(number, self.counted)
        minutes, seconds = divmod(seconds, 60)
        width = max(2, len(str(self.counted - 1)))
        mark = ";" if self.drop else ":"
        return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}{mark}{frames:0{width}d}"

    def frame_of(self, label: str) -> int:
        """The frame that a label such as 01:00:00:00 names; its last mark is not looked at.

        Raises InputError where no frame of this rate has such a label.
        """
        match = _LABEL.fullmatch(label.strip())
        if match is None:
            raise InputError(f"{label!r} is not a timecode", "write it as 01:00:00:00")
        hours, minutes, seconds, frames = (int(match[part]) for part in (1, 2, 3, 5))
        total_minutes = hours * 60 + minutes
        if frames >= self.counted or hours > 23:
            raise InputError(
                f"no timecode exists {label} at {self.counted} frames a second", "check the rate"
            )
        if seconds == 0 and minutes % 10 and frames < self._dropped:
            raise InputError(f"drop-frame timecode skips {label}", "take the next one it has")
        skipped = self._dropped * (total_minutes - total_minutes // 10)
        return (total_minutes * 60 + seconds) * self.counted + frames - skipped


def can_drop(rate: Fraction) -> bool:
    """Whether drop-frame timecode exists at this rate: 29.97, 59.94, 119.88."""
    return rate.denominator == 1001 and math.ceil(rate) % 30 == 0


@dataclass(frozen=True, slots=True)
class SourceClock:
    """The source timecode of a video: media time 0 is the frame `start` of `base`.

    known: False where the file has no timecode; editing programs then begin at 00:00:00:00.
    """

    base: Timebase
    start: int = 0
    known: bool = False

    def label_at(self, time_s: float) -> str:
        """The timecode of the frame nearest to media time `time_s`."""
        return self.base.label(self.start + self.base.frame_at(time_s))


def source_clock(video: VideoInfo) -> SourceClock:
    """The rate and timecode of a file, as an editing program counts its frames."""
    rate = nominal_rate(video.average_fps)
    match = _LABEL.fullmatch((video.timecode_start or "").strip())
    if match is None:
        return SourceClock(Timebase(rate))
    base = Timebase(rate, drop=match[4] != ":" and can_drop(rate))
    try:
        return SourceClock(base, base.frame_of(match[0]), known=True)
    except InputError:
        # A label of another rate, or one that drop-frame skips: not a time of this file.
        return SourceClock(Timebase(rate))
