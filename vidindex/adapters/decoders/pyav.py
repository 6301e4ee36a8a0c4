"""Decode with PyAV (FFmpeg), exact to the frame: the default decoder.

Turns pictures upright and to square pixels.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter

from vidindex.adapters.decoders.pyav_stream import EPSILON_S, Decoded, VideoFile, ascending
from vidindex.types import Frame, Source
from vidindex.types.plan import Picture


class PyAVDecoder:
    """Implements `vidindex.ports.Decoder`. Holds nothing between calls."""

    name = "pyav"

    def frames(
        self, source: Source, times_s: Sequence[float], size: tuple[int, int] | None = None
    ) -> Iterator[Frame]:
        """One upright RGB frame per time; see `vidindex.ports.Decoder.frames`.

        `held` marks a picture that was given for the time before it as well, or that
        fills in where the video has none: before its first frame and past its end.
        """
        ascending(times_s)
        width, height = size or (source.width, source.height)
        resizer = VideoReformatter()
        before: Decoded | None = None
        picture: Picture | None = None
        with VideoFile(source) as video:
            for time_s in times_s:
                shown = video.at(time_s)
                if picture is None or shown is not before:
                    picture = upright(resizer, shown.frame, width, height, source.rotation_deg)
                outside = time_s >= source.picture_end_s or shown.pts_s > time_s + EPSILON_S
                yield Frame(time_s, shown.pts_s, picture, held=outside or shown is before)
                before = shown


def upright(
    resizer: VideoReformatter, frame: VideoFrame, width: int, height: int, rotation_deg: int
) -> Picture:
    """RGB of shape (height, width, 3), turned clockwise by `rotation_deg`.

    Resized in the same pass as the colours: by area where it shrinks, else bicubic. resizer:
    kept from frame to frame, because setting up a new one takes longer than resizing.
    """
    turned = rotation_deg % 180 != 0
    stored_width, stored_height = (height, width) if turned else (width, height)
    shrinks = stored_width <= frame.width and stored_height <= frame.height
    by = Interpolation.AREA if shrinks else Interpolation.BICUBIC
    resized = resizer.reformat(frame, stored_width, stored_height, "rgb24", interpolation=by)
    picture = np.asarray(resized.to_ndarray(), dtype=np.uint8)
    return np.ascontiguousarray(np.rot90(picture, -(rotation_deg // 90)))
