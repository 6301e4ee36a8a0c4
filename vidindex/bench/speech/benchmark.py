"""Transcribe synthetic speech by vidindex and by bare faster-whisper, and count inventions."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from vidindex.adapters.speech.whisper import SETTINGS, WhisperTranscriber, load_model
from vidindex.bench.speech.score import Line, Score, score
from vidindex.bench.speech.voices import (
    MUSIC_DB,
    NOISE_DB,
    Spoken,
    mixed,
    music,
    noise,
    sentences,
    speak,
)
from vidindex.core.speech.pieces import Pieces, shifted
from vidindex.core.speech.sentences import sentences as as_sentences
from vidindex.core.speech.sentences import text_of
from vidindex.types import Span
from vidindex.types.speech import SAMPLES_PER_S, Samples, Word


@dataclass(frozen=True, slots=True)
class Heard:
    """One kind of sound: ours, and bare faster-whisper with the same settings."""

    sound: str
    duration_s: float
    ours: Score
    bare: Score

    @property
    def wall_ratio(self) -> float:
        return self.ours.seconds / self.bare.seconds


@dataclass(frozen=True, slots=True)
class Unspoken:
    """Sound in which nobody speaks; events: what was heard all the same, dropped: left out."""

    sound: str
    duration_s: float
    events: int
    dropped: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figures:
    model: str
    seed: int
    heard: list[Heard]
    unspoken: list[Unspoken]


def measure(
    model: str, num_sentences: int, minutes: float, seed: int, say: Callable[[str], None]
) -> Figures:
    """minutes: how long each sound is in which nobody speaks."""
    ours, bare = WhisperTranscriber(model), load_model(model)
    voices, spoken = speak(sentences(num_sentences, seed), seed)
    ours(voices[: 10 * SAMPLES_PER_S])  # weights are loaded before the clock runs
    duration_s = len(voices) / SAMPLES_PER_S
    sounds = {
        "plain": mixed(voices, noise(duration_s, seed), -60.0),
        "in noise": mixed(voices, noise(duration_s, seed), NOISE_DB),
        "over music": mixed(voices, music(duration_s, seed), MUSIC_DB),
    }
    heard = []
    for name, samples in sounds.items():
        say(f"{num_sentences} sentences {name}, {duration_s:.0f} s")
        heard.append(_heard(name, samples, spoken, ours, bare))
    length_s = minutes * 60
    silent = {
        "silence": np.zeros(round(length_s * SAMPLES_PER_S), np.float32),
        "noise": 0.1 * noise(length_s, seed + 1),
        "music": 0.1 * music(length_s, seed + 1),
    }
    unspoken = []
    for name, samples in silent.items():
        say(f"{minutes:g} minutes of {name}")
        lines, dropped = transcribe(ours, samples)
        unspoken.append(Unspoken(name, length_s, len(lines), dict(dropped)))
    return Figures(model, seed, heard, unspoken)


def _heard(
    name: str, samples: Samples, spoken: Sequence[Spoken], ours: WhisperTranscriber, bare: object
) -> Heard:
    started_s = time.monotonic()
    theirs = _bare(bare, samples)
    between_s = time.monotonic()
    lines, _ = transcribe(ours, samples)
    ended_s = time.monotonic()
    return Heard(
        name,
        len(samples) / SAMPLES_PER_S,
        score(spoken, lines, ended_s - between_s),
        score(spoken, theirs, between_s - started_s),
    )


def transcribe(whisper: WhisperTranscriber, sound: Samples) -> tuple[list[Line], Counter[str]]:
    """Sentences as an ingest makes them, and what was left out."""
    pieces, words, dropped = Pieces(), dict[int, list[Word]](), Counter[str]()
    for index, samples in pieces.cut([sound]):
        heard = whisper(samples)
        words[index] = shifted(heard.words, pieces.start_s(index))
        dropped.update(heard.dropped)
    found = as_sentences(pieces.join(words))
    spans = [(one[0].start_s, max(word.end_s for word in one)) for one in found]
    lines = zip(spans, found, strict=True)
    return [(Span(*span), text_of(one)) for span, one in lines if span[0] < span[1]], dropped


def _bare(model: object, sound: Samples) -> list[Line]:
    """The segments of faster-whisper, with the settings that vidindex uses."""
    segments, _ = model.transcribe(sound, **SETTINGS)  # type: ignore[attr-defined]
    return [(Span(one.start, one.end), one.text) for one in segments if one.start < one.end]
