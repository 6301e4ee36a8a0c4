"""Build and run ffmpeg commands.

Which ffmpeg is run, `ffmpeg_choice` decides.
"""

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, Any

import ffmpeg
import psutil  # type: ignore[import-untyped]
import pysubs2

from vidindex.adapters.media.ffmpeg_choice import choose
from vidindex.errors import MediaError
from vidindex.types.plan import Picture

Options = Mapping[str, Any]
"""ffmpeg options without the dash, as ffmpeg-python takes them: {"g": 48, "crf": 20}."""

Feed = Callable[[IO[bytes]], None]

_SUBTITLE_CODECS = {".mp4": "mov_text", ".mov": "mov_text", ".m4v": "mov_text", ".webm": "webvtt"}
_ADDRESS = re.compile(r"^(\[[^]]*\] )+")  # "[libx264 @ 0x55d0c0] "
_MADE = re.compile(rb"(?:frame|total_size|out_time_us)=[^\n]*")
_LAST_BYTES, _LOOK_EVERY_S = 1000, 0.1
STALLED_S, MAX_BYTES = 60.0, 4 << 30
# The files that are made must be the same on every machine.
_BIT_EXACT = {"fflags": "+bitexact", "flags": "+bitexact", "threads": 1}


def command(stream: Any) -> list[str]:
    """The command line of an ffmpeg-python stream, quiet and overwriting its output."""
    quiet = stream.global_args("-hide_banner", "-nostdin", "-loglevel", "error")
    program = choose().chosen.path
    return [str(word) for word in ffmpeg.compile(quiet, cmd=program, overwrite_output=True)]


def run(
    stream: Any,
    pictures: Iterable[Picture] = (),
    progress_file: Path | None = None,
    feed: Feed | None = None,
    inherited: tuple[int, ...] = (),
) -> None:
    """Run it to the end, feeding `pictures` to its standard input, or what `feed` writes to it.

    inherited: descriptors of this process that it needs.
    progress_file: where ffmpeg writes its progress; see `proxy_done_s`.
    Raises MediaError with ffmpeg's own reason where it fails, and where it makes nothing for
    STALLED_S or needs more than MAX_BYTES of memory.
    """
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as words:
        progress_file = progress_file or Path(folder) / "told.txt"
        # A file, not a pipe: it is not read while pictures are written.
        process = subprocess.Popen(
            command(stream.global_args("-progress", plain(progress_file))),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=words,
            pass_fds=inherited,
        )
        try:
            _feed(process, feed or partial(_write_pictures, pictures))
            stopped = _watched(process, progress_file)
        finally:
            process.kill()
            failed = process.wait() != 0
        words.seek(0)
        lines = words.read().decode(errors="replace").strip().splitlines()
    if failed:
        # The first complaint is the cause; those after it are what followed.
        cause = _ADDRESS.sub("", lines[0]) if lines else f"exit status {process.returncode}"
        raise MediaError(f"ffmpeg failed: {stopped or cause}", "check the file and the disk space")


def _watched(process: "subprocess.Popen[bytes]", progress_file: Path) -> str:
    """Wait until it has ended; kill it at its limits and return which one it was, else ""."""
    before, changed_s = b"", time.monotonic()
    while True:
        with suppress(subprocess.TimeoutExpired):
            process.wait(_LOOK_EVERY_S)
            return ""
        now = _made_by_now(progress_file)
        if now != before:
            before, changed_s = now, time.monotonic()
        if time.monotonic() > changed_s + STALLED_S:
            return f"it made nothing for {STALLED_S:g} s"
        if _memory_bytes(process) > MAX_BYTES:
            return f"it needed more than {MAX_BYTES / 1e9:.1f} GB of memory"


def _made_by_now(progress_file: Path) -> bytes:
    """ffmpeg's latest words on frames, bytes and times; its speed and its clock change anyway."""
    try:
        with progress_file.open("rb") as file:
            file.seek(max(0, progress_file.stat().st_size - _LAST_BYTES))
            return b"".join(sorted(set(_MADE.findall(file.read()))))
    except OSError:
        return b""


def _memory_bytes(process: "subprocess.Popen[bytes]") -> int:
    try:
        return int(psutil.Process(process.pid).memory_info().rss)
    except psutil.Error:
        return 0


def _feed(process: "subprocess.Popen[bytes]", feed: Feed) -> None:
    assert process.stdin is not None
    try:
        with process.stdin as pipe:
            feed(pipe)
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


def _write_pictures(pictures: Iterable[Picture], pipe: IO[bytes]) -> None:
    for picture in pictures:
        pipe.write(picture.tobytes())


def _write_srt(path: Path, lines: list[tuple[float, float, str]]) -> None:
    track = pysubs2.SSAFile()
    for start_s, end_s, text in lines:
        times = pysubs2.make_time(s=start_s), pysubs2.make_time(s=end_s)
        track.append(pysubs2.SSAEvent(*times, text=text))
    path.write_text(track.to_string("srt"), encoding="utf-8")


def plain(path: Path) -> str:
    """The path as ffmpeg must read it: a name such as `concat:a.mp4` is a name, no protocol."""
    return f"file:{os.fspath(path)}"
