"""Generate files to decode: codecs and groups of pictures as they occur in practice.

What they show does not matter; that it moves and has grain does, because still and smooth
pictures decode several times faster than what cameras make.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import ffmpeg

from vidindex.adapters.media.ffmpeg import run as run_ffmpeg


@dataclass(frozen=True, slots=True)
class Recording:
    """One file to make: a name, how it is coded, and what sampling it is asked for.

    sample_fps: frames a second that are asked of it; coded: ffmpeg's options without the dash.
    """

    name: str
    about: str
    sample_fps: float
    coded: Mapping[str, object]
    size: tuple[int, int] = (1280, 720)
    fps: int = 30
    still: bool = False

    def make(self, folder: Path, duration_s: int) -> Path:
        """Encode so much of it below `folder`. Raises MediaError where ffmpeg cannot."""
        path = folder / self.name
        width, height = self.size
        picture = ffmpeg.input(
            f"testsrc2=size={width}x{height}:rate={self.fps}:duration={duration_s}",
            format="lavfi",
        )
        if self.still:
            picture = picture.filter("loop", loop=-1, size=1).filter("trim", end=duration_s)
        grain = picture.filter("noise", alls=2 if self.still else 8, allf="t")
        run_ffmpeg(grain.output(str(path), **{"pix_fmt": "yuv420p", **self.coded}))
        return path


_SMALL = (640, 360)
_PAL = (720, 576)


def _h264(group: int) -> dict[str, object]:
    return {"vcodec": "libx264", "preset": "veryfast", "g": group, "crf": 26}


_HEVC = {"vcodec": "libx265", "preset": "superfast", "g": 60, "x265-params": "log-level=none"}
_VP9 = {"vcodec": "libvpx-vp9", "deadline": "realtime", "cpu-used": 8, "g": 128, "b:v": "3M"}
_AV1 = {"vcodec": "libsvtav1", "preset": 12, "g": 240}
_MPEG2 = {"vcodec": "mpeg2video", "g": 12, "bf": 2, "b:v": "6M"}
_MJPEG = {"vcodec": "mjpeg", "q:v": 4}
_PRORES = {"vcodec": "prores_ks", "pix_fmt": "yuv422p10le", "profile": 0}

RECORDINGS = (
    Recording("camera.mp4", "H.264 720p30, GOP 48", 1.0, _h264(48)),
    Recording("web.mp4", "H.264 720p30, GOP 250", 1.0, _h264(250)),
    Recording("web-slow.mp4", "H.264 720p30, GOP 250", 0.2, _h264(250)),
    Recording("camera-slow.mkv", "H.264 720p30, GOP 48", 0.2, _h264(48)),
    Recording("small.mp4", "H.264 360p25, GOP 12", 4.0, _h264(12), _SMALL, 25),
    Recording("intra.mov", "H.264 720p30, all intra", 2.0, _h264(1)),
    Recording("phone.mp4", "HEVC 720p30, GOP 60", 2.0, _HEVC),
    Recording("stream.webm", "VP9 720p30, GOP 128", 1.0, _VP9),
    Recording("stream.mp4", "AV1 720p30, GOP 240", 1.0, _AV1),
    Recording("tape.ts", "MPEG-2 576p25, GOP 12", 0.5, _MPEG2, _PAL, 25),
    Recording("edit.avi", "Motion JPEG 720p30", 1.0, _MJPEG),
    Recording("rushes.mov", "ProRes 720p25", 1.0, _PRORES, fps=25),
    Recording("night.mp4", "H.264 720p30, GOP 250, still", 0.2, _h264(250), still=True),
)
