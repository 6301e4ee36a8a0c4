"""Measure the way from a file to model input, against two frames a second.

Ours looks at the whole file first and then takes what its plan says; the usual ways take
uniform frames with decord or OpenCV. All pictures are of the size that the plan would give them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from vidindex.adapters.decoders.pyav import PyAVDecoder
from vidindex.adapters.media.activity_signals import read_signals
from vidindex.adapters.media.probe import probe
from vidindex.bench.speed.rounds import Spread, interleaved
from vidindex.bench.speed.samplers import Size, decord
from vidindex.core.sampling.grid import decode_times
from vidindex.core.sampling.planner import make_plan, settings_for
from vidindex.types import VideoInfo

OURS = "vidindex"
UNIFORM_FPS = 2.0


@dataclass(frozen=True, slots=True)
class Prepared:
    """One file. seconds and frames by way; ratios: of our seconds to those of each other way."""

    about: str
    seconds: dict[str, float]
    num_frames: dict[str, int]
    ratios: dict[str, Spread]


def prepare(about: str, path: Path, num_rounds: int) -> Prepared:
    """Every way in turn."""
    video = probe(path, "")
    size = _size(video, path)
    times_s = [i / UNIFORM_FPS for i in range(int(video.duration_s * UNIFORM_FPS))]
    ways: dict[str, Callable[[], int]] = {
        OURS: partial(_ours, video, path),
        "decord at 2 fps": partial(decord, path, times_s, size),
        "OpenCV at 2 fps": partial(_opencv, path, times_s, size),
    }
    num_frames = {way: take() for way, take in ways.items()}
    rounds = interleaved(ways, num_rounds)
    seconds = {way: rounds.seconds(way) for way in ways}
    ratios = {way: rounds.ratio(OURS, way) for way in ways if way != OURS}
    return Prepared(about, seconds, num_frames, ratios)


def _ours(video: VideoInfo, path: Path) -> int:
    """As an ingest does: signals, plan, and every chunk that does not go on as before."""
    source, decoder = video.source(path), PyAVDecoder()
    plan = make_plan(video, read_signals(source), settings_for(None, "adaptive"))
    return sum(
        1
        for chunk in plan.chunks
        if not chunk.continues
        for _ in decoder.frames(source, decode_times(chunk), (chunk.width, chunk.height))
    )


def _size(video: VideoInfo, path: Path) -> Size:
    settings = replace(settings_for(None, "uniform"), uniform_fps=UNIFORM_FPS)
    chunk = make_plan(video, read_signals(video.source(path)), settings).chunks[0]
    return chunk.width, chunk.height


def _opencv(path: Path, times_s: list[float], size: Size) -> int:
    """Every frame is decoded; those wanted are retrieved, resized, and their colours turned."""
    import cv2

    film = cv2.VideoCapture(str(path))
    per_s, taken, number = film.get(cv2.CAP_PROP_FPS), 0, 0
    while taken < len(times_s) and film.grab():
        if number >= int(times_s[taken] * per_s):
            _, picture = film.retrieve()
            cv2.cvtColor(cv2.resize(picture, size), cv2.COLOR_BGR2RGB)
            taken += 1
        number += 1
    film.release()
    return taken
