"""Decode a sound track to mono samples in media time for a speech model (PyAV).

Sample i is heard at media time i / SAMPLES_PER_S, whatever the packets are like: what is missing
before the first, between two, or beyond a broken one is silence.
"""

from collections.abc import Iterator

import av
import av.error
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.container import InputContainer

from vidindex.adapters.media.verified_open import opened_source
from vidindex.core.timing.clock_map import retimed
from vidindex.errors import DecodeError
from vidindex.types import Source
from vidindex.types.speech import SAMPLES_PER_S, Samples

PIECE_S = 30

TOLERANCE_S = 0.1
"""Timestamps and samples may differ by this: containers round times, and encoders by a packet."""

_Mono = npt.NDArray[np.int16]


def read_sound(
    source: Source, end_s: float, track: int = 1, from_s: float = 0.0
) -> Iterator[Samples]:
    """Pieces of about PIECE_S seconds, from `from_s` to the end of the track, `end_s` at most.

    track: its number among the sound tracks of the file, from 1. Raises DecodeError without it.
    """
    first, end = (round(time_s * SAMPLES_PER_S) for time_s in (from_s, end_s))
    waiting: list[_Mono] = []
    at = 0
    for samples in _in_media_time(source, track, end):
        waiting.append(samples[max(0, first - at) : max(0, end - at)])
        at += len(samples)
        if sum(map(len, waiting)) >= PIECE_S * SAMPLES_PER_S:
            yield _scaled(waiting)
            waiting = []
        if at >= end:
            break
    if any(map(len, waiting)):
        yield _scaled(waiting)


def _in_media_time(source: Source, track: int, end: int) -> Iterator[_Mono]:
    """All samples from media time 0 on, in short consecutive arrays; no silence beyond `end`."""
    resampler = AudioResampler(format="s16", layout="mono", rate=SAMPLES_PER_S)
    given, is_first = 0, True
    with opened_source(source) as container:
        for frame, time_s in _frames(container, source, track):
            samples = _resampled(resampler, frame)
            ahead = 0 if time_s is None else round(time_s * SAMPLES_PER_S) - given
            if is_first or abs(ahead) > TOLERANCE_S * SAMPLES_PER_S:
                yield from _silence(min(ahead, end - given))
                samples = samples[max(0, -ahead) :]
                given += max(0, ahead)
            is_first = False
            given += len(samples)
            yield samples
        yield _resampled(resampler, None)


def _frames(
    container: InputContainer, source: Source, track: int
) -> Iterator[tuple[AudioFrame, float | None]]:
    """The frames of a track with their media times; packets that cannot be decoded are left out."""
    if not 1 <= track <= len(container.streams.audio):
        raise DecodeError(
            f"{source.path.name} has {len(container.streams.audio)} sound tracks, no track {track}",
            "choose another by --track; they count from 1",
        )
    packets = container.demux(container.streams.audio[track - 1])
    for packet in retimed(packets, source.clock, source.start_s):
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            continue
        for frame in frames:
            if isinstance(frame, AudioFrame):
                time_s = None if frame.time is None else frame.time - source.start_s
                yield frame, time_s


def _resampled(resampler: AudioResampler, frame: AudioFrame | None) -> _Mono:
    if frame is not None:
        frame.pts = None  # the resampler would fill or cut at gaps by rules of its own
    pieces = [
        np.asarray(one.to_ndarray(), np.int16).reshape(-1) for one in resampler.resample(frame)
    ]
    return np.concatenate(pieces) if pieces else np.zeros(0, np.int16)


def _silence(count: int) -> Iterator[_Mono]:
    piece = PIECE_S * SAMPLES_PER_S
    for begin in range(0, count, piece):
        yield np.zeros(min(piece, count - begin), np.int16)


def _scaled(pieces: list[_Mono]) -> Samples:
    return np.concatenate(pieces).astype(np.float32) / 32768.0
