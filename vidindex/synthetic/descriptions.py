"""Describe a scene: captions, partial descriptions, paraphrases and near misses.

Says what is true of a scene as data; puts no prompt around it and sees no pixel.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vidindex.synthetic.clips import (
    COLOURS,
    MOTIONS,
    SHAPES,
    ClipEvent,
    ClipSpec,
    Combination,
)

PARAPHRASES: dict[str, tuple[str, ...]] = {
    "left": ("moving left", "moves to the left", "goes left", "is moving to the left"),
    "right": ("moving right", "moves to the right", "goes right", "is moving to the right"),
    "up": ("moving up", "goes up", "moves upwards", "is moving up"),
    "down": ("moving down", "goes down", "moves downwards", "is moving down"),
    "grows": ("growing", "gets bigger", "gets larger", "is growing"),
    "shrinks": ("shrinking", "gets smaller", "is shrinking", "is getting smaller"),
    "blinks": ("blinking", "flashes", "is blinking", "is flashing"),
    "still": ("is still", "does not move", "is not moving", "stands still"),
}
_ARTICLES = ("a", "a", "a", "the", "")
_NOUNS = ("shape", "object")
_SUBJECT = "something"
_SLOTS = ("colour", "shape", "motion")


@dataclass(frozen=True, slots=True)
class Description:
    """What a query says; None means that it does not say."""

    colour: str | None = None
    shape: str | None = None
    motion: str | None = None

    def fits(self, event: ClipEvent) -> bool:
        return (
            self.colour in {None, event.colour}
            and self.shape in {None, event.shape}
            and self.motion in {None, event.motion}
        )

    def fits_scene(self, spec: ClipSpec) -> bool:
        return any(self.fits(event) for event in spec.events)

    @property
    def said(self) -> tuple[str, ...]:
        return tuple(slot for slot in _SLOTS if getattr(self, slot) is not None)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A query in words, and what is stated by the end of each word."""

    words: tuple[str, ...]
    so_far: tuple[Description, ...]

    @property
    def text(self) -> str:
        return " ".join(self.words)


def query_words() -> list[str]:
    """All words that a phrase can hold, sorted."""
    texts = [*COLOURS, *SHAPES, *MOTIONS.values(), *_ARTICLES, *_NOUNS, _SUBJECT]
    paraphrases = [text for group in PARAPHRASES.values() for text in group]
    return sorted({word for text in [*texts, *paraphrases] for word in text.split()})


def full_description(event: ClipEvent) -> Description:
    return Description(event.colour, event.shape, event.motion)


def phrase_of(description: Description, rng: np.random.Generator | None = None) -> Phrase:
    """The caption's own words without `rng`; with it, now and then a light paraphrase."""
    words: list[str] = []
    so_far: list[Description] = []
    known = Description()
    for slot, text in _parts(description, rng):
        part = text.split()
        words += part
        so_far += [known] * (len(part) - 1)
        if slot is not None:
            known = replace(known, **{slot: getattr(description, slot)})
        so_far += [known] * bool(part)
    return Phrase(tuple(words), tuple(so_far))


def draw_part(rng: np.random.Generator, description: Description, full_share: float) -> Description:
    """The whole description with `full_share`, else one or two of its attributes."""
    if rng.random() < full_share:
        return description
    kept = rng.permutation(len(_SLOTS))[: int(rng.integers(1, 3))]
    return Description(**{_SLOTS[slot]: getattr(description, _SLOTS[slot]) for slot in kept})


def draw_near_miss(
    rng: np.random.Generator,
    description: Description,
    spec: ClipSpec,
    unsaid: frozenset[Combination] = frozenset(),
    borrow_share: float = 0.5,
) -> Description | None:
    """`description` with one or two attributes swapped so that nothing in `spec` fits.

    A `borrow_share` of the swaps borrow from another event of the scene, where it has one:
    right colour, wrong object.
    Nothing in `unsaid` is asked: a combination held out of training must not be learned
    as a constant No. None when no attempt works (a crowded scene, a vague description).
    """
    for _ in range(8):
        swaps = 1 if rng.random() < 0.75 else 2
        changed = description
        for slot in rng.permutation(description.said)[:swaps]:
            other = _other(rng, str(slot), changed, spec, borrow_share)
            changed = replace(changed, **{str(slot): other})
        asked = (changed.colour, changed.shape, changed.motion)
        if asked not in unsaid and not changed.fits_scene(spec):
            return changed
    return None


def _other(
    rng: np.random.Generator, slot: str, description: Description, spec: ClipSpec, borrow: float
) -> str:
    values: Sequence[str] = {"colour": tuple(COLOURS), "shape": SHAPES, "motion": tuple(MOTIONS)}[
        slot
    ]
    now = getattr(description, slot)
    near = [getattr(event, slot) for event in spec.events if getattr(event, slot) != now]
    pool = near if near and rng.random() < borrow else [value for value in values if value != now]
    return str(pool[int(rng.integers(len(pool)))])


def _parts(
    description: Description, rng: np.random.Generator | None
) -> list[tuple[str | None, str]]:
    """(attribute completed by the end of the words, words) in speaking order."""
    if description.shape is None and rng is not None and rng.random() < 0.4:
        subject: list[tuple[str | None, str]] = [(None, _SUBJECT)]
        subject += [("colour", description.colour)] if description.colour else []
    else:
        subject = [(None, _pick(rng, _ARTICLES))]
        subject += [("colour", description.colour)] if description.colour else []
        if description.shape:
            subject.append(("shape", description.shape))
        else:
            subject.append((None, _pick(rng, _NOUNS)))
    if description.motion is not None:
        subject.append(("motion", _motion_words(description.motion, rng)))
    return subject


def _motion_words(motion: str, rng: np.random.Generator | None) -> str:
    if rng is None or rng.random() < 0.6:
        return MOTIONS[motion]
    return _pick(rng, PARAPHRASES[motion])


def _pick(rng: np.random.Generator | None, options: tuple[str, ...]) -> str:
    return options[0] if rng is None else options[int(rng.integers(len(options)))]
