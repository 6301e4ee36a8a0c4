"""Leave out what a speech model invents over silence, music and noise, and its loops."""

import re
from collections import Counter
from collections.abc import Sequence

from vidindex.core.speech.word_times import align
from vidindex.types import Span
from vidindex.types.speech import SpokenText, Transcript, Word

MAX_NO_SPEECH, MIN_LOG_PROBABILITY = 0.6, -1.0
"""Whisper's own: beyond both, there was no speech. Either alone is common in clear speech."""

MAX_IN_A_ROW, MAX_LOOP_WORDS = 3, 12
"""So often the same words may come in a row; a longer run is a loop and is kept once."""

_SOUNDS = re.compile(r"^\W*([\[(（【*♪♫].*[\])）】*♪♫]|[♪♫]+.*)\W*$", re.DOTALL)


def transcript(texts: Sequence[SpokenText], voices: Sequence[Span]) -> Transcript:
    """The words that were spoken, with true times, and how many texts were left out and why.

    voices: stretches in which a voice was detected, in order and disjoint.
    """
    dropped: Counter[str] = Counter()
    kept: list[Word] = []
    for text in texts:
        reason = _reason(text)
        if reason:
            dropped[reason] += 1
            continue
        words, silent = align(text.words, voices)
        dropped["no voice"] += bool(silent)
        kept += words
    words, loops = _without_loops(kept)
    dropped["repeated"] += loops
    return Transcript(tuple(words), {reason: n for reason, n in dropped.items() if n})


def _reason(text: SpokenText) -> str:
    """Why the text cannot be real speech, or ""."""
    if _SOUNDS.match(text.text):
        return "sound"
    if text.no_speech > MAX_NO_SPEECH and text.log_probability < MIN_LOG_PROBABILITY:
        return "no speech"
    return ""


def _without_loops(words: Sequence[Word]) -> tuple[list[Word], int]:
    """The words with every loop kept once, and how many loops there were."""
    said = [re.sub(r"\W", "", word.text).casefold() for word in words]
    kept: list[Word] = []
    place = loops = 0
    while place < len(words):
        length, times = _loop(said, place)
        kept += words[place : place + length]
        place += length * times
        loops += times > 1
    return kept, loops


def _loop(said: Sequence[str], place: int) -> tuple[int, int]:
    """How many words from here on come again at once, and how often; (1, 1) for no loop."""
    for length in range(1, MAX_LOOP_WORDS + 1):
        pattern = said[place : place + length]
        times = 1
        while said[place + times * length : place + (times + 1) * length] == pattern:
            times += 1
        if times > MAX_IN_A_ROW and any(pattern):
            return length, times
    return 1, 1
