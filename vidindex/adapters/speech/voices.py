"""Find the stretches in which somebody speaks, by Silero's voice detector (faster-whisper)."""

from vidindex.errors import MissingPackage
from vidindex.types import Span
from vidindex.types.speech import SAMPLES_PER_S, Samples

MIN_SILENCE_MS = 300
"""Shorter silences are within a sentence, and often within a word."""


def find_voices(samples: Samples) -> list[Span]:
    """Stretches with a voice, in order and disjoint. MissingPackage without faster-whisper."""
    try:
        from faster_whisper.vad import VadOptions, get_speech_timestamps
    except ImportError as error:
        raise MissingPackage(
            "faster-whisper, which detects voices, is not installed",
            "run: pip install 'vidindex[speech]'",
        ) from error
    options = VadOptions(min_silence_duration_ms=MIN_SILENCE_MS, speech_pad_ms=0)
    found = get_speech_timestamps(samples, options)
    edges_s = [(one["start"] / SAMPLES_PER_S, one["end"] / SAMPLES_PER_S) for one in found]
    return [Span(start_s, end_s) for start_s, end_s in edges_s if start_s < end_s]
