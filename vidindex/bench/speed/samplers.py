"""Sample frames at given times in four usual ways, for comparison with ours.

Each gives the frame that is on screen at each time, in RGB, at the size asked for, as a user
of that library would write it: in good faith, with its own threads, and without our limits.
"""

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import av
import ffmpeg
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from vidindex.adapters.media.ffmpeg import command

Times = Sequence[float]
Size = tuple[int, int]
Sampler = Callable[[Path, Times, Size], int]
"""Takes (path, ascending times in seconds, (width, height)); returns how many it took."""


def pyav_in_order(path: Path, times_s: Times, size: Size) -> int:
    """Every frame is decoded; those on screen at the times are kept."""
    taken, shown = 0, None
    with av.open(str(path)) as container:
        stream, start_s = _video(container)
        for frame in container.decode(stream):
            while taken < len(times_s) and frame.time - start_s > times_s[taken] + 1e-5:
                taken += _kept(shown or frame, size)
            if taken == len(times_s):
                return taken
            shown = frame
    return taken + sum(_kept(shown, size) for _ in times_s[taken:] if shown)


def pyav_seeking(path: Path, times_s: Times, size: Size) -> int:
    """A seek to the keyframe before each time, and decoding from there to the time."""
    taken = 0
    with av.open(str(path)) as container:
        stream, start_s = _video(container)
        assert stream.time_base
        for time_s in times_s:
            container.seek(int((time_s + start_s) / stream.time_base), stream=stream)
            shown = None
            for frame in container.decode(stream):
                if frame.time - start_s > time_s + 1e-5:
                    break
                shown = frame
            taken += _kept(shown, size) if shown else 0
    return taken


def decord(path: Path, times_s: Times, size: Size) -> int:
    """decord's own way of getting frames by number, which seeks as it sees fit.

    With its own number of threads, but for VP9, over which it stumbles with more than one.
    """
    import decord

    threads = 1 if path.suffix == ".webm" else 0
    reader = decord.VideoReader(str(path), width=size[0], height=size[1], num_threads=threads)
    per_s = reader.get_avg_fps()
    numbers = [min(int(time_s * per_s + 1e-4), len(reader) - 1) for time_s in times_s]
    return len(reader.get_batch(numbers).asnumpy())


def ffmpeg_pipe(path: Path, times_s: Times, size: Size) -> int:
    """The ffmpeg command at the rate of the times, its pictures read from a pipe."""
    per_s = (len(times_s) - 1) / (times_s[-1] - times_s[0])
    stream = ffmpeg.input(str(path)).filter("fps", per_s).filter("scale", *size)
    words = command(stream.output("pipe:", format="rawvideo", pix_fmt="rgb24"))
    taken = 0
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        assert process.stdout
        while process.stdout.read(3 * size[0] * size[1]):
            taken += 1
    return taken


SAMPLERS: dict[str, Sampler] = {
    "PyAV in order": pyav_in_order,
    "PyAV seeking": pyav_seeking,
    "decord": decord,
    "ffmpeg pipe": ffmpeg_pipe,
}


def _video(container: InputContainer) -> tuple[VideoStream, float]:
    """The stream, with threads of FFmpeg's choice, and when it begins."""
    stream = container.streams.video[0]
    stream.thread_type = "AUTO"
    return stream, float((stream.start_time or 0) * (stream.time_base or 0))


def _kept(frame: VideoFrame, size: Size) -> int:
    return len(frame.to_ndarray(width=size[0], height=size[1], format="rgb24")) // size[1]
