"""Values of sampling: which frames a model is shown, and the frames themselves."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vidindex.types.span import Span

Picture = npt.NDArray[np.uint8]
"""One RGB picture, uint8, shape (height, width, 3), upright."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """One model call: an even grid of frames over one stretch of one video.

    times_s: the grid (media time), `times_s[i] = span.start_s + i / fps`, an even count.
    width, height: the pixel size asked for, whole tokens of the model (28 or 32).
    continues: the picture does not change against the chunk before; that chunk's
    captions are extended over this one and no model is asked.
    """

    index: int
    span: Span
    fps: float
    times_s: tuple[float, ...]
    width: int
    height: int
    continues: bool = False

    @property
    def num_frames(self) -> int:
        return len(self.times_s)


@dataclass(frozen=True, slots=True)
class FramePlan:
    """What will be decoded and asked for one video; `reason` says why in one line."""

    video_id: str
    policy: str
    chunks: tuple[Chunk, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """The picture on screen at `time_s`; its own media time is `pts_s` (<= time_s).

    `held` marks a picture that is repeated because the source has no newer one.
    """

    time_s: float
    pts_s: float
    picture: Picture
    held: bool = False


@dataclass(frozen=True, slots=True)
class FrameBatch:
    """Frames of one model call. A video has an even rate `fps`; a still picture has none.

    times_s: the even grid that the model is given (n), pts_s: the true times (n),
    pictures: uint8 RGB of shape (n, height, width, 3).
    """

    times_s: tuple[float, ...]
    pts_s: tuple[float, ...]
    pictures: Picture
    fps: float | None

    @classmethod
    def of(cls, frames: "list[Frame]", fps: float | None) -> "FrameBatch":
        """Stack frames of one size."""
        return cls(
            times_s=tuple(frame.time_s for frame in frames),
            pts_s=tuple(frame.pts_s for frame in frames),
            pictures=np.stack([frame.picture for frame in frames]),
            fps=fps,
        )
