"""Speak random sentences by espeak-ng at known times, plain, in noise and over music."""

import random
import shutil
import subprocess
import tempfile
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vidindex.errors import MissingPackage
from vidindex.types import Span
from vidindex.types.speech import SAMPLES_PER_S, Samples

VOICES = ("en-us", "en-gb", "en-us+f3", "en-us+m3", "en-gb+f2", "en-us+f4")
WORDS_PER_MINUTE = (130, 150, 170)
GAP_S = (0.6, 5.0)
SPEAKING_S = 60.0

NOISE_DB, MUSIC_DB = -10.0, -12.0
"""How loud, against the voices."""

_PARTS = (
    ("the driver", "the young woman", "our neighbor", "the old man", "a police officer"),
    ("opened", "closed", "painted", "repaired", "delivered", "found", "cleaned", "photographed"),
    ("the wooden door", "a red bicycle", "the broken window", "the large box", "a yellow truck",
     "the garden table", "the black suitcase", "an old camera"),
    ("near the station", "behind the house", "in the market", "beside the river",
     "at the north gate", "in the basement", "across the street", "under the bridge"),
    ("yesterday", "this morning", "on Tuesday", "before lunch", "after the meeting", "last week",
     "in the evening", "during the storm"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spoken:
    """One sentence, and where in the sound it is said."""

    text: str
    span: Span


def sentences(count: int, seed: int) -> list[str]:
    """Random sentences of ordinary words, without numbers."""
    rng = random.Random(seed)
    texts = [" ".join(rng.choice(words) for words in _PARTS) for _ in range(count)]
    return [f"{text[0].upper()}{text[1:]}." for text in texts]


def speak(texts: Sequence[str], seed: int) -> tuple[Samples, list[Spoken]]:
    """The sentences one after the other, in changing voices, with random pauses.

    Raises MissingPackage without espeak-ng.
    """
    rng = random.Random(seed)
    parts = [np.zeros(2 * SAMPLES_PER_S, np.float32)]
    spoken, begin = [], 2 * SAMPLES_PER_S
    for text in texts:
        said = say(text, rng.choice(VOICES), rng.choice(WORDS_PER_MINUTE))
        end = begin + len(said)
        spoken.append(Spoken(text, Span(begin / SAMPLES_PER_S, end / SAMPLES_PER_S)))
        gap = round(rng.uniform(*GAP_S) * SAMPLES_PER_S)
        parts += [said, np.zeros(gap, np.float32)]
        begin = end + gap
    return np.concatenate(parts), spoken


def noise(duration_s: float, seed: int) -> Samples:
    """White noise of power 1."""
    rng = np.random.default_rng(seed)
    return _samples(rng.normal(0, 1, round(duration_s * SAMPLES_PER_S)))


def music(duration_s: float, seed: int) -> Samples:
    """Chords and a tune of decaying tones with overtones, of power 1."""
    rng, beat = np.random.default_rng(seed), SAMPLES_PER_S // 2
    times_s = np.arange(beat) / SAMPLES_PER_S
    beats = []
    for place in range(int(np.ceil(duration_s * 2))):
        root = 110 * 2 ** ((0, 5, 7, 0)[place // 8 % 4] / 12)
        tune = root * 2 ** (rng.choice([12, 14, 16, 19, 21, 24]) / 12)
        tones = [root, root * 2 ** (4 / 12), root * 2 ** (7 / 12), tune, tune]
        waves = [np.sin(2 * np.pi * f * k * times_s) / k for f in tones for k in (1, 2, 3, 4)]
        beats.append(np.sum(waves, axis=0) * np.exp(-3 * times_s))
    whole = np.concatenate(beats)[: round(duration_s * SAMPLES_PER_S)]
    return _samples(whole / np.sqrt(np.mean(whole**2)))


def mixed(voices: Samples, behind: Samples, loudness_db: float) -> Samples:
    """The voices with something of power 1 behind them, so loud against them."""
    power = float(np.mean(voices[np.abs(voices) > 0.01] ** 2))
    both = voices + behind[: len(voices)] * np.sqrt(power) * 10 ** (loudness_db / 20)
    return _samples(both / max(1.0, float(np.abs(both).max())))


def say(text: str, voice: str, words_per_minute: int) -> Samples:
    """The sentence, without silence before and after it. MissingPackage without espeak-ng."""
    program = shutil.which("espeak-ng")
    if program is None:
        raise MissingPackage("espeak-ng is not installed", "run: apt-get install espeak-ng")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said.wav"
        words = [program, "-v", voice, "-s", str(words_per_minute), "-w", str(path), text]
        subprocess.run(words, check=True, timeout=SPEAKING_S, capture_output=True)
        with wave.open(str(path)) as file:
            rate, data = file.getframerate(), file.readframes(file.getnframes())
    said = np.frombuffer(data, np.int16).astype(np.float32) / 32768
    places = np.arange(int(len(said) * SAMPLES_PER_S / rate)) * (rate / SAMPLES_PER_S)
    spoken = _samples(np.interp(places, np.arange(len(said)), said))
    loud = np.flatnonzero(np.abs(spoken) > 0.01)
    return spoken[loud[0] : loud[-1] + 1]


def _samples(values: npt.NDArray[np.floating]) -> Samples:
    return values.astype(np.float32)
