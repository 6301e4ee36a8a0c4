"""Transcribe speech to timed text with faster-whisper (an extra, without downloads)."""

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from vidindex.errors import DecodeError, MissingPackage, ModelNotFound
from vidindex.types import Event, Span, VideoInfo


class Segment(Protocol):
    """What faster-whisper yields: seconds from the start of the decoded sound, and words."""

    start: float
    end: float
    text: str


class Sound(Protocol):
    """start_s: raw time of the first sample in the container; samples: 16 kHz mono, -1 to 1."""

    @property
    def start_s(self) -> float: ...

    @property
    def samples(self) -> npt.NDArray[np.float32]: ...


class WhisperTranscriber:
    """Calls faster-whisper on the sound of whole files; the weights load at the first file.

    read_sound: decodes the first sound track of a file.
    """

    def __init__(self, model: str, read_sound: Callable[[Path], Sound]) -> None:
        self._name = model
        self._read_sound = read_sound

    def __call__(self, video: VideoInfo, path: Path) -> list[Event]:
        """Events of channel "speech" in media time, their source ending in the language heard.

        Raises DecodeError or ProbeError for broken sound, MissingPackage without
        faster-whisper, ModelNotFound without its weights.
        """
        model = self._model
        sound = self._read_sound(path)
        try:
            # faster-whisper works as its segments are asked for.
            segments, info = model.transcribe(sound.samples, vad_filter=True)
            source = f"faster-whisper:{self._name}:{info.language}"
            return list(events(segments, video, source, sound.start_s - video.start_s))
        except (RuntimeError, ValueError, OSError) as error:
            raise DecodeError(
                f"{path.name}: its sound cannot be transcribed ({error})", "check the file"
            ) from error

    @cached_property
    def _model(self) -> Any:
        try:
            from faster_whisper import WhisperModel
        except ImportError as error:
            raise MissingPackage(
                "faster-whisper is not installed", "run: pip install 'vidindex[speech]'"
            ) from error
        try:
            return WhisperModel(self._name, local_files_only=True)
        except (OSError, ValueError, RuntimeError) as error:
            raise ModelNotFound(
                f"the speech model {self._name!r} is not on this machine ({error})",
                "give a folder with a model converted to CTranslate2, or fetch it once: python -c "
                f"\"import faster_whisper; faster_whisper.download_model('{self._name}')\"",
            ) from error


def events(
    segments: Iterable[Segment], video: VideoInfo, source: str, audio_start_s: float
) -> Iterator[Event]:
    """Segments as events of `video`, clipped to it; those outside it hold no footage.

    audio_start_s: media time at which the sound begins.
    """
    whole = Span(0.0, video.duration_s)
    for segment in segments:
        start_s, end_s = segment.start + audio_start_s, segment.end + audio_start_s
        span = Span(start_s, end_s).within(whole) if start_s < end_s else None
        text = " ".join(segment.text.split())
        if span is not None and text:
            yield Event(video.video_id, span, text, "speech", source)
