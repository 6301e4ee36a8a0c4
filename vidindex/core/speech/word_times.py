"""Align word times to the stretches in which a voice was detected.

A speech model guesses where a word begins from its attention, and spreads the first and the
last word of an utterance over the silence beside it. A voice detector hears the edges to 0.03 s.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from vidindex.types import Span
from vidindex.types.speech import Word

SNAP_S = 0.7
"""A word that ends so far inside a stretch, and is its last, goes on to the edge: the model's
word times are that far off at pauses, and hardly ever more."""

REACH_S = 0.5
"""A word that is further than this from every voice was not heard by the detector."""

SURE, SURE_REACH_S = 0.5, 2.0
"""Words in a row, of which the model is this sure on average, and which are no further than this
from a voice, were spoken all the same: in noise the detector misses what the model understands.
They keep the model's own times. Further away is where the model was given no sound to hear."""

MIN_UNHEARD_S = 2.0
"""A shorter voice without words may be a laugh or a cough."""


def align(words: Sequence[Word], voices: Sequence[Span]) -> tuple[list[Word], list[Word]]:
    """The words with true edges, and those that were not spoken; both in order.

    voices: stretches with a voice, in order and disjoint.
    """
    aligned: list[Word] = []
    silent: list[Word] = []
    for place, run in groupby(words, lambda word: _nearest(word, voices)):
        own = list(run)
        if place is not None and own[0].is_segment:
            aligned += [_trimmed(segment, voices) for segment in own]
        elif place is not None:
            aligned += _snapped(own, voices[place])
        elif _is_sure(own, voices):
            aligned += own
        else:
            silent += own
    return sorted(aligned, key=lambda word: word.start_s), silent


def unheard(words: Sequence[Word], voices: Sequence[Span]) -> list[Span]:
    """Stretches with voices of which the model made no word, MIN_UNHEARD_S long or more.

    A model may pass over a whole window in which somebody speaks. voices: in order and disjoint.
    """
    found: list[Span] = []
    for voice in voices:
        if any(_shared(word, voice) > 0 for word in words):
            continue
        if found and not any(found[-1].end_s <= w.middle_s <= voice.start_s for w in words):
            found[-1] = Span(found[-1].start_s, voice.end_s)
        else:
            found.append(voice)
    return [span for span in found if span.duration_s >= MIN_UNHEARD_S]


def _is_sure(words: Sequence[Word], voices: Sequence[Span]) -> bool:
    gap_s = min((_gap(word, voice) for word in words for voice in voices), default=math.inf)
    return gap_s <= SURE_REACH_S and sum(w.probability for w in words) >= SURE * len(words)


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


def _trimmed(segment: Word, voices: Sequence[Span]) -> Word:
    """The segment without the silence before its first voice and after its last."""
    own = [voice for voice in voices if _shared(segment, voice) > 0]
    if not own:
        return segment
    start_s, end_s = max(segment.start_s, own[0].start_s), min(segment.end_s, own[-1].end_s)
    return replace(segment, start_s=start_s, end_s=end_s)


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
