"""Encode a whole video small enough for any player, and report its progress."""

import math
import re
from functools import partial
from pathlib import Path
from typing import Any

import ffmpeg

from vidindex.adapters.media.ffmpeg import plain, run
from vidindex.adapters.media.packet_reader import stream_packets
from vidindex.adapters.media.verified_open import HeldFile, held
from vidindex.types import Source

_OUT_TIME_US = re.compile(r"^out_time_us=(\d+)$", re.MULTILINE)


def proxy(source: Source, output: Path, height: int, progress_file: Path | None = None) -> None:
    """Write the whole video as H.264, `height` pixels high, and AAC, in media time.

    Every frame keeps its time, also where the rate varies. progress_file: where ffmpeg
    writes its progress; see `proxy_done_s`. Raises MediaError where ffmpeg fails.
    """
    with held(source) as file:
        _encode(source, file, output, height, progress_file)


def _encode(
    source: Source, file: HeldFile, output: Path, height: int, progress_file: Path | None
) -> None:
    if source.clock is None:
        named = {"f": source.container} if source.container else {}
        opened, feed = ffmpeg.input(plain(file.path), **named), None
        streams = opened[str(source.stream_index)], opened["a?"]
    else:
        opened = ffmpeg.input("pipe:", format="nut")
        streams = opened["v"], opened["a?"]
        feed = partial(stream_packets, source, None, 0.0, math.inf)
    kept: dict[str, Any] = {"vcodec": "libx264", "crf": 26, "acodec": "aac"}
    kept |= {"movflags": "+faststart", "pix_fmt": "yuv420p", "vf": f"scale=-2:{height // 2 * 2}"}
    kept["preset"] = "veryfast"  # somebody waits to see it
    made = ffmpeg.output(*streams, str(output), **kept)
    run(made, progress_file=progress_file, feed=feed, inherited=file.inherited)


def proxy_done_s(progress_file: Path) -> float:
    """Seconds of the proxy that are made by now; 0 until ffmpeg first reports."""
    try:
        times_us = _OUT_TIME_US.findall(progress_file.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return 0.0
    return int(times_us[-1]) / 1e6 if times_us else 0.0
