"""Transcribe speech to words with times by faster-whisper (an extra, without downloads)."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Protocol

from vidindex.adapters.speech.installed import AUTO, InstalledModel, find_installed
from vidindex.adapters.speech.voices import find_voices
from vidindex.core.speech.inventions import transcript
from vidindex.core.speech.pieces import shifted
from vidindex.core.speech.word_times import unheard
from vidindex.errors import DecodeError, MissingPackage, ModelNotFound
from vidindex.types.speech import SAMPLES_PER_S, Samples, SpokenText, Transcript, Word

SETTINGS = {
    "vad_filter": True,
    "word_timestamps": True,
    "condition_on_previous_text": False,
    "temperature": 0.0,
}
"""Each window is heard by itself: a text that goes in circles is not carried into the next.
Nothing is drawn at random: windows that are drawn again at a higher temperature, as Whisper does
where it doubts, differ from run to run, and in noise have twice as many wrong words."""


MARGIN_S = 0.4
"""Sound beside a stretch that is heard a second time."""


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


class WhisperTranscriber:
    """Calls faster-whisper on pieces of sound; the weights load at the first piece."""

    def __init__(self, model: str, words: Sequence[str] = ()) -> None:
        """model: a name, a folder, or "auto" for the best one that is on this machine.

        words: names and terms to expect.
        """
        self._wanted = model
        self._hotwords = " ".join(words) or None

    @cached_property
    def _found(self) -> InstalledModel:
        return find_installed() if self._wanted == AUTO else InstalledModel(self._wanted)

    @property
    def name(self) -> str:
        """Raises ModelNotFound where it is "auto" and none is on this machine."""
        return f"faster-whisper:{self._found.name}"

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
            texts = self._texts(model, samples, 0.0)
            heard = [word for text in texts for word in text.words]
            for span in unheard(heard, voices):
                begin_s = max(0.0, span.start_s - MARGIN_S)
                begin, end = (round(t * SAMPLES_PER_S) for t in (begin_s, span.end_s + MARGIN_S))
                texts += self._texts(model, samples[begin:end], begin_s)
            return transcript(sorted(texts, key=_start_s), voices)
        except (RuntimeError, ValueError, OSError) as error:
            raise DecodeError(
                f"the sound cannot be transcribed ({error})", "check the file"
            ) from error

    def _texts(self, model: Any, samples: Samples, start_s: float) -> list[SpokenText]:
        """What the model makes of samples that begin at `start_s`."""
        segments, info = model.transcribe(samples, **SETTINGS, hotwords=self._hotwords)
        texts = [_spoken(one, info.language) for one in segments]
        return [replace(text, words=tuple(shifted(text.words, start_s))) for text in texts]

    @cached_property
    def _model(self) -> Any:
        return load_model(self._found.place)


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


def _start_s(text: SpokenText) -> float:
    return text.words[0].start_s if text.words else 0.0


def _spoken(segment: Segment, language: str) -> SpokenText:
    words = tuple(
        Word(float(word.start), float(word.end), word.word, float(word.probability), language)
        for word in segment.words or ()
    )
    return SpokenText(words, segment.no_speech_prob, segment.avg_logprob)
