"""Hold sound and transcripts: words with their times, and what was left out of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

SAMPLES_PER_S = 16_000

Samples = npt.NDArray[np.float32]
"""Mono sound at SAMPLES_PER_S, -1 to 1."""


@dataclass(frozen=True, slots=True)
class Word:
    """One spoken word, [start_s, end_s) in seconds; `start_s <= end_s`.

    text: as the model writes it, with the space before it where the language has spaces.
    probability: the model's own, 0 to 1. language: a code such as "en". is_segment: all words of
    a stretch in one, from a model that gives no times of words; its own times are rough.
    """

    start_s: float
    end_s: float
    text: str
    probability: float = 1.0
    language: str = ""
    is_segment: bool = False

    @property
    def middle_s(self) -> float:
        return (self.start_s + self.end_s) / 2


@dataclass(frozen=True, slots=True)
class SpokenText:
    """What a speech model makes of a stretch of sound, before it is judged.

    no_speech: its probability of no speech; log_probability: mean of its tokens.
    """

    words: tuple[Word, ...]
    no_speech: float = 0.0
    log_probability: float = 0.0

    @property
    def text(self) -> str:
        return "".join(word.text for word in self.words).strip()


@dataclass(frozen=True, slots=True)
class Transcript:
    """The words of a stretch of sound, in order; dropped: left-out texts by reason."""

    words: tuple[Word, ...] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)
