"""Decode the first sound track of a file to mono samples for a speech model (PyAV)."""

from collections.abc import Iterator

import av
import av.error
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from vidindex.adapters.media.verified_open import opened_source
from vidindex.errors import DecodeError
from vidindex.types import Source
from vidindex.types.speech import SAMPLES_PER_S, Samples

PIECE_S = 30


def sound_start_s(source: Source) -> float:
    """The container's time of the first sound. Raises DecodeError without any."""
    with opened_source(source) as container:
        if not container.streams.audio:
            raise DecodeError(f"{source.path.name} has no sound", "leave it out of transcription")
        stream = container.streams.audio[0]
        if stream.start_time is None or stream.time_base is None:
            return (container.start_time or 0) / av.time_base
        return float(stream.start_time * stream.time_base)


def read_sound(source: Source, from_s: float = 0.0) -> Iterator[Samples]:
    """Pieces of about PIECE_S seconds, without the first `from_s` seconds of the sound.

    Packets that cannot be decoded are passed over.
    """
    skipped = round(from_s * SAMPLES_PER_S)
    for samples in _whole_sound(source):
        if skipped < len(samples):
            yield samples[skipped:]
        skipped = max(0, skipped - len(samples))


def _whole_sound(source: Source) -> Iterator[Samples]:
    resampler = AudioResampler(format="s16", layout="mono", rate=SAMPLES_PER_S)
    waiting: list[npt.NDArray[np.int16]] = []
    with opened_source(source) as container:
        for frame in _frames(container):
            waiting += [_mono(one) for one in resampler.resample(frame)]
            if sum(map(len, waiting)) >= PIECE_S * SAMPLES_PER_S:
                yield _scaled(waiting)
                waiting = []
    if waiting:
        yield _scaled(waiting)


def _frames(container: "av.container.InputContainer") -> Iterator[AudioFrame | None]:
    for packet in container.demux(container.streams.audio[0]):
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            continue
        for frame in frames:
            if isinstance(frame, AudioFrame):
                frame.pts = None  # gaps are closed, as the speech model's own reader does
                yield frame
    yield None  # what the resampler still holds


def _mono(frame: AudioFrame) -> npt.NDArray[np.int16]:
    return np.asarray(frame.to_ndarray(), dtype=np.int16).reshape(-1)


def _scaled(pieces: list[npt.NDArray[np.int16]]) -> Samples:
    return np.concatenate(pieces).astype(np.float32) / 32768.0
