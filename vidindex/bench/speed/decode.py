"""Measure planning and sampling speed against usual ways, on generated files.

One process, no model: what is left is reading, decoding and resizing.
"""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path

import av

from vidindex.adapters.decoders.pyav import PyAVDecoder
from vidindex.adapters.media.activity_signals import MIN_LOOK_GAP_S, read_signals
from vidindex.adapters.media.probe import probe
from vidindex.bench.speed.file_to_frames import Prepared, prepare
from vidindex.bench.speed.rounds import Spread, interleaved
from vidindex.bench.speed.sample_files import Recording
from vidindex.bench.speed.samplers import SAMPLERS
from vidindex.types import Source

OURS = "vidindex"
ALL_FRAMES = "all frames"
CHUNK_S = 30.0
PICTURE = (448, 252)


@dataclass(frozen=True, slots=True)
class Sampled:
    """One file, sampled. speed: hours of it in an hour; ratios: ours to other ways' seconds.

    A way that does not give as many frames as were asked for has no ratio.
    """

    about: str
    sample_fps: float
    speed: float
    best: str
    ratio: Spread
    ratios: dict[str, Spread]


@dataclass(frozen=True, slots=True)
class Planned:
    """One file's signals. ratio: of its seconds to those of decoding the same keyframes only."""

    about: str
    speed: float
    ratio: Spread


@dataclass(frozen=True, slots=True)
class Figures:
    """Of every file in turn."""

    planning: list[Planned]
    sampling: list[Sampled]
    preparing: list[Prepared]


def measure(
    recordings: Sequence[Recording],
    duration_s: int,
    num_rounds: int,
    say: Callable[[str], None],
) -> Figures:
    """All figures of every file. Raises MediaError where one cannot be made."""
    figures = Figures([], [], [])
    with tempfile.TemporaryDirectory() as folder:
        for recording in recordings:
            say(f"{recording.name}: {recording.about}")
            path = recording.make(Path(folder), duration_s)
            source = probe(path, "").source(path)
            figures.planning.append(_planned(recording, source, num_rounds))
            figures.sampling.append(_sampled(recording, source, num_rounds))
            figures.preparing.append(prepare(recording.about, path, num_rounds))
            path.unlink()
    return figures


def _planned(recording: Recording, source: Source, num_rounds: int) -> Planned:
    ways: dict[str, Callable[[], object]] = {
        OURS: partial(read_signals, source),
        "bare": partial(_keyframes, source),
    }
    rounds = interleaved(ways, num_rounds)
    speed = source.picture_end_s / rounds.seconds(OURS)
    return Planned(recording.about, speed, rounds.ratio(OURS, "bare"))


def _keyframes(source: Source) -> int:
    """The same keyframes, decoded and thrown away, with the threads that suit that."""
    decoded, last_s = 0, -MIN_LOOK_GAP_S
    with av.open(str(source.path)) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_type = "FRAME"
        stream.codec_context.skip_frame = "NONKEY"
        for packet in container.demux(stream):
            if packet.pts is None or not packet.is_keyframe:
                continue
            time_s = float(packet.pts * packet.time_base)
            if time_s - last_s >= MIN_LOOK_GAP_S:
                last_s = time_s
                decoded += len(stream.codec_context.decode(packet))
        return decoded + len(stream.codec_context.decode(None))


def _sampled(recording: Recording, source: Source, num_rounds: int) -> Sampled:
    step_s = 1 / recording.sample_fps
    times_s = [i * step_s for i in range(int(source.picture_end_s / step_s))]
    ways: dict[str, Callable[[], int]] = {
        OURS: partial(_ours, source, times_s),
        **{n: partial(take, source.path, times_s, PICTURE) for n, take in SAMPLERS.items()},
    }
    wrong = {way for way, take in ways.items() if take() != len(times_s)}
    right = {way: take for way, take in ways.items() if way not in wrong}
    rounds = interleaved({**right, ALL_FRAMES: partial(_every_frame, source)}, num_rounds)
    best = rounds.best(OURS, ALL_FRAMES)
    ratios = {way: rounds.ratio(OURS, way) for way in rounds.spent_s if way != OURS}
    speed = source.picture_end_s / rounds.seconds(OURS)
    return Sampled(recording.about, recording.sample_fps, speed, best, ratios[best], ratios)


def _ours(source: Source, times_s: Sequence[float]) -> int:
    """In chunks, as an ingest asks for them: each reopens the file."""
    decoder = PyAVDecoder()
    chunks = groupby(times_s, key=lambda time_s: time_s // CHUNK_S)
    return sum(1 for _, some_s in chunks for _ in decoder.frames(source, [*some_s], PICTURE))


def _every_frame(source: Source) -> int:
    """A full decode, nothing resized."""
    with av.open(str(source.path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        return sum(1 for _ in container.decode(container.streams.video[0]))
