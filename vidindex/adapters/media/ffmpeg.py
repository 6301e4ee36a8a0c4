"""Builds and runs every ffmpeg command; knows no library, no plan and no PyAV.

Which ffmpeg is run, `ffmpeg_choice` decides.
"""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import ffmpeg
import pysubs2

from vidindex.adapters.media.ffmpeg_choice import choose
from vidindex.errors import MediaError
from vidindex.types.plan import Picture

Options = Mapping[str, Any]
"""ffmpeg options without the dash, as ffmpeg-python takes them: {"g": 48, "crf": 20}."""

_SUBTITLE_CODECS = {".mp4": "mov_text", ".mov": "mov_text", ".m4v": "mov_text", ".webm": "webvtt"}
_ADDRESS = re.compile(r"^(\[[^]]*\] )+")  # "[libx264 @ 0x55d0c0] "
_OUT_TIME_US = re.compile(r"^out_time_us=(\d+)$", re.MULTILINE)
# The files that are made must be the same on every machine.
_BIT_EXACT = {"fflags": "+bitexact", "flags": "+bitexact", "threads": 1}


def command(stream: Any) -> list[str]:
    """The command line of an ffmpeg-python stream, quiet and overwriting its output."""
    quiet = stream.global_args("-hide_banner", "-nostdin", "-loglevel", "error")
    program = choose().chosen.path
    return [str(word) for word in ffmpeg.compile(quiet, cmd=program, overwrite_output=True)]


def run(stream: Any, pictures: Iterable[Picture] = ()) -> None:
    """Run it to the end, feeding `pictures` to its standard input.

    Raises MediaError with ffmpeg's own reason where it fails.
    """
    with tempfile.TemporaryFile() as words:
        # A file, not a pipe: nobody reads it while pictures are written.
        process = subprocess.Popen(
            command(stream), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=words
        )
        try:
            _feed(process, pictures)
        finally:
            failed = process.wait() != 0
        words.seek(0)
        said = words.read().decode(errors="replace").strip().splitlines()
    if failed:
        # The first complaint is the cause; those after it are what followed.
        cause = _ADDRESS.sub("", said[0]) if said else f"exit status {process.returncode}"
        raise MediaError(f"ffmpeg failed: {cause}", "check the file and the free disk space")


def _feed(process: "subprocess.Popen[bytes]", pictures: Iterable[Picture]) -> None:
    assert process.stdin is not None
    try:
        with process.stdin as pipe:
            for picture in pictures:
                pipe.write(picture.tobytes())
    except BrokenPipeError:
        return  # ffmpeg gave up; its exit status and words say why


def encode(
    path: Path,
    pictures: Iterable[Picture],
    width: int,
    height: int,
    fps: float,
    *,
    subtitles: Iterable[tuple[float, float, str]] = (),
    options: Options | None = None,
) -> None:
    """Encode RGB pictures of shape (height, width, 3) at a constant rate, with no sound.

    subtitles: (start_s, end_s, text) lines, muxed as a text stream. options: ffmpeg's,
    over the defaults (H.264, a keyframe every 48 frames).
    """
    shown = ffmpeg.input("pipe:", format="rawvideo", pix_fmt="rgb24", s=f"{width}x{height}", r=fps)
    chosen = {"vcodec": "libx264", "g": 48, "pix_fmt": "yuv420p", **_BIT_EXACT, **(options or {})}
    lines = list(subtitles)
    if not lines:
        run(ffmpeg.output(shown, str(path), **chosen), pictures)
        return
    with tempfile.TemporaryDirectory() as folder:
        spoken = Path(folder) / "lines.srt"
        _write_srt(spoken, lines)
        chosen["scodec"] = _SUBTITLE_CODECS.get(path.suffix.lower(), "srt")
        run(ffmpeg.output(shown, ffmpeg.input(str(spoken)), str(path), **chosen), pictures)


def _write_srt(path: Path, lines: list[tuple[float, float, str]]) -> None:
    track = pysubs2.SSAFile()
    for start_s, end_s, text in lines:
        times = pysubs2.make_time(s=start_s), pysubs2.make_time(s=end_s)
        track.append(pysubs2.SSAEvent(*times, text=text))
    path.write_text(track.to_string("srt"), encoding="utf-8")


def proxy(
    path: Path, stream_index: int, output: Path, height: int, told: Path | None = None
) -> None:
    """Write the whole video small enough for any player: H.264 `height` pixels high, AAC.

    Every frame keeps its time, also where the rate varies. told: a file in which ffmpeg says
    meanwhile how far it is; see `proxy_done_s`.
    """
    opened = ffmpeg.input(plain(path))
    streams = opened[str(stream_index)], opened["a?"]
    small = f"scale=-2:{height // 2 * 2}"
    kept = {"vcodec": "libx264", "crf": 26, "acodec": "aac", "movflags": "+faststart"}
    kept["preset"] = "veryfast"  # somebody waits to see it
    made = ffmpeg.output(*streams, str(output), vf=small, pix_fmt="yuv420p", **kept)
    run(made.global_args("-progress", plain(told)) if told else made)


def proxy_done_s(told: Path) -> float:
    """How many seconds of the proxy are made by now; 0 where ffmpeg has not said yet."""
    try:
        said = _OUT_TIME_US.findall(told.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return 0.0
    return int(said[-1]) / 1e6 if said else 0.0


def plain(path: Path) -> str:
    """The path as ffmpeg must read it: a name such as `concat:a.mp4` is a name, no protocol."""
    return f"file:{os.fspath(path)}"
