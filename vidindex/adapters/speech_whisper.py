"""Transcribe speech to words with times by faster-whisper (an extra, without downloads)."""

import logging
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Protocol

from vidindex.core.speech.inventions import transcript
from vidindex.errors import DecodeError, MissingPackage, ModelNotFound
from vidindex.types import Span
from vidindex.types.speech import SAMPLES_PER_S, Samples, SpokenText, Transcript, Word

MIN_SILENCE_MS = 300
"""Shorter silences are within a sentence, and often within a word."""


SETTINGS = {"vad_filter": True, "word_timestamps": True, "condition_on_previous_text": False}
"""Each window is heard by itself: a text that goes in circles is not carried into the next."""


class SpokenWord(Protocol):
    """A word as faster-whisper yields it."""

    start: float
    end: float
    word: str
    probability: float


class Segment(Protocol):
    """A segment as faster-whisper yields it."""

    words: Sequence[SpokenWord] | None
    no_speech_prob: float
    avg_logprob: float
    compression_ratio: float


class WhisperTranscriber:
    """Calls faster-whisper on pieces of sound; the weights load at the first piece."""

    def __init__(self, model: str) -> None:
        self._model_name = model

    @property
    def name(self) -> str:
        return f"faster-whisper:{self._model_name}"

    def __call__(self, samples: Samples) -> Transcript:
        """Words in seconds from the first sample, each with the language detected.

        Raises DecodeError where the model fails on the sound, MissingPackage without
        faster-whisper, ModelNotFound without its weights.
        """
        model = self._model
        try:
            voices = find_voices(samples)
            if not voices:
                return Transcript()
            segments, info = model.transcribe(samples, **SETTINGS)
            return transcript([_spoken(one, info.language) for one in segments], voices)
        except (RuntimeError, ValueError, OSError) as error:
            raise DecodeError(
                f"the sound cannot be transcribed ({error})", "check the file"
            ) from error

    @cached_property
    def _model(self) -> Any:
        return load_model(self._model_name)


def load_model(name: str) -> Any:
    """The faster-whisper model of that name or folder.

    Raises MissingPackage without faster-whisper, ModelNotFound without the weights.
    """
    try:
        import ctranslate2
        from faster_whisper import WhisperModel
    except ImportError as error:
        raise MissingPackage(
            "faster-whisper is not installed", "run: pip install 'vidindex[speech]'"
        ) from error
    ctranslate2.set_log_level(logging.ERROR)  # that half precision is widened is no news
    try:
        return WhisperModel(name, local_files_only=True)
    except (OSError, ValueError, RuntimeError) as error:
        raise ModelNotFound(
            f"the speech model {name!r} is not on this machine ({error})",
            "give a folder with a model converted to CTranslate2, or fetch it once: python -c "
            f"\"import faster_whisper; faster_whisper.download_model('{name}')\"",
        ) from error


def find_voices(samples: Samples) -> list[Span]:
    """Stretches in which the voice detector of faster-whisper (Silero) hears a voice, in order."""
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(min_silence_duration_ms=MIN_SILENCE_MS, speech_pad_ms=0)
    found = get_speech_timestamps(samples, options)
    edges_s = [(one["start"] / SAMPLES_PER_S, one["end"] / SAMPLES_PER_S) for one in found]
    return [Span(start_s, end_s) for start_s, end_s in edges_s if start_s < end_s]


def _spoken(segment: Segment, language: str) -> SpokenText:
    words = tuple(
        Word(float(word.start), float(word.end), word.word, float(word.probability), language)
        for word in segment.words or ()
    )
    return SpokenText(words, segment.no_speech_prob, segment.avg_logprob, segment.compression_ratio)
