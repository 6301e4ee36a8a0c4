"""Align word times to the stretches in which a voice was detected.

A speech model guesses where a word begins from its attention, and spreads the first and the
last word of an utterance over the silence beside it. A voice detector hears the edges to 0.03 s.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from vidindex.types import Span
from vidindex.types.speech import Word

SNAP_S = 0.7
"""A word that ends so far inside a stretch, and is its last, goes on to the edge: the model's
word times are that far off at pauses, and hardly ever more."""

REACH_S = 0.5
"""A word that is further than this from every voice was not spoken."""


def align(words: Sequence[Word], voices: Sequence[Span]) -> tuple[list[Word], list[Word]]:
    """The words with true edges, and those that lie where there is no voice; both in order.

    voices: stretches with a voice, in order and disjoint.
    """
    heard: dict[int, list[Word]] = {}
    silent: list[Word] = []
    for word in words:
        place = _nearest(word, voices)
        if place is None:
            silent.append(word)
        else:
            heard.setdefault(place, []).append(word)
    aligned = [word for place, own in heard.items() for word in _snapped(own, voices[place])]
    return sorted(aligned, key=lambda word: word.start_s), silent


def _nearest(word: Word, voices: Sequence[Span]) -> int | None:
    """The stretch that shares most with the word, else the nearest within reach."""
    if not voices:
        return None
    place = min(
        range(len(voices)), key=lambda i: (-_shared(word, voices[i]), _gap(word, voices[i]))
    )
    return place if _gap(word, voices[place]) <= REACH_S else None


def _shared(word: Word, voice: Span) -> float:
    return max(0.0, min(word.end_s, voice.end_s) - max(word.start_s, voice.start_s))


def _gap(word: Word, voice: Span) -> float:
    return max(0.0, voice.start_s - word.end_s, word.start_s - voice.end_s)


def _snapped(words: Sequence[Word], voice: Span) -> Iterable[Word]:
    """The words of one stretch: inside it, and from edge to edge where they come near."""
    start_s = words[0].start_s if words[0].start_s - voice.start_s > SNAP_S else voice.start_s
    end_s = words[-1].end_s if voice.end_s - words[-1].end_s > SNAP_S else voice.end_s
    for place, word in enumerate(words):
        begins_s = start_s if place == 0 else word.start_s
        ends_s = end_s if place == len(words) - 1 else word.end_s
        begins_s = min(max(begins_s, voice.start_s), voice.end_s)
        ends_s = min(max(ends_s, begins_s), voice.end_s)
        yield replace(word, start_s=begins_s, end_s=ends_s)
