"""Ask for moments in words: whole, partial, compound and absent descriptions, with truth.

A query is data and words at once, so whether it holds at a moment is computed, not judged.
Without a random generator the words are the plain ones; with it they vary a little.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from vidindex.synthetic.descriptions import PARAPHRASES
from vidindex.synthetic.world.scene import Look, Moment, Scene, spans_where
from vidindex.synthetic.world.vocabulary import COLOURS, MOTIONS, PLACES, SHAPES, SIZES

NUMBERS = ("no", "one", "two", "three", "four")
GROUNDS = {
    "plain": "a plain background",
    "grass": "grass",
    "sand": "sand",
    "water": "water",
    "sky": "a sky",
    "brick": "a brick wall",
    "wood": "wooden planks",
    "night": "a night scene",
    "stone": "stone",
    "checks": "a checked board",
}
_PLACE_WORDS = {
    "left": "on the left",
    "right": "on the right",
    "top": "at the top",
    "bottom": "at the bottom",
}
_PHRASES: dict[str, tuple[str, ...]] = {
    **PARAPHRASES,
    "spins": ("is spinning", "turns around"),
    "bounces": ("is bouncing", "jumps up and down"),
    "circles": ("goes in a circle", "goes round"),
}
_LEADS = ("", "", "", "", "show me ", "find ", "when is there ", "where is ")
_SWAPS: dict[str, tuple[str, ...]] = {
    "colour": tuple(COLOURS),
    "shape": SHAPES,
    "size": tuple(SIZES),
    "motion": tuple(MOTIONS),
    "place": PLACES,
}


@dataclass(frozen=True, slots=True)
class Query:
    """What a moment must show: all of `looks`, none of `without`, and the rest where said."""

    text: str
    looks: tuple[Look, ...] = ()
    without: tuple[Look, ...] = ()
    background: str | None = None
    count: int | None = None
    word: str | None = None

    def holds_at(self, moment: Moment) -> bool:
        return (
            moment.looks.issuperset(self.looks)
            and moment.looks.isdisjoint(self.without)
            and self.background in {None, moment.background}
            and self.count in {None, moment.count}
            and (self.word is None or self.word in moment.words)
        )

    def spans_in(self, scene: Scene) -> list[tuple[float, float]]:
        """Half-open spans on the frame grid in which the query holds."""
        moments = (scene.moment_at(time_s) for time_s in scene.times_s())
        return spans_where((self.holds_at(moment) for moment in moments), scene.fps)

    @property
    def needs_motion(self) -> bool:
        """Whether one picture cannot show it."""
        return any(look.motion is not None for look in (*self.looks, *self.without))


@dataclass(frozen=True, slots=True)
class TimedQuery:
    """One object's span held against another's: before it, after it, or at the same time."""

    text: str
    first: Look
    relation: str
    second: Look

    def spans_in(self, scene: Scene) -> list[tuple[float, float]]:
        """The spans of objects like `first` that stand in the relation to one like `second`."""
        return [
            span
            for number, span in _spans_of(scene, self.first)
            if any(
                other != number and related(span, self.relation, other_span)
                for other, other_span in _spans_of(scene, self.second)
            )
        ]


RELATIONS = {"before": "before", "after": "after", "while": "at the same time as"}


def related(one: tuple[float, float], relation: str, other: tuple[float, float]) -> bool:
    """Whether span `one` is before, after or (in part) at the same time as `other`."""
    if relation == "before":
        return one[1] <= other[0]
    if relation == "after":
        return one[0] >= other[1]
    return one[0] < other[1] and other[0] < one[1]


def timed(first: Look, relation: str, second: Look) -> TimedQuery:
    text = f"{words_of(first)} {RELATIONS[relation]} {words_of(second)}"
    return TimedQuery(text, first, relation, second)


def words_of(look: Look, rng: np.random.Generator | None = None) -> str:
    """A noun phrase, and what it does: "a small red circle on the left moves up"."""
    noun = look.shape or ("shape" if rng is None or rng.random() < 0.5 else "object")
    said = " ".join(part for part in (look.size, look.colour, noun) if part)
    if rng is not None and rng.random() < 0.2:
        article = str(rng.choice(("the", "one")))
    else:
        article = "an" if said[0] in "aeiou" else "a"
    place = f" {_PLACE_WORDS[look.place]}" if look.place else ""
    motion = f" {_motion_words(look.motion, rng)}" if look.motion else ""
    return f"{article} {said}{place}{motion}"


def about(looks: Sequence[Look], rng: np.random.Generator | None = None) -> Query:
    """All of these in one picture, joined with "and"."""
    joined = " and ".join(words_of(look, rng) for look in looks)
    return Query(_lead(rng) + joined, tuple(looks))


def except_for(look: Look, other: Look, rng: np.random.Generator | None = None) -> Query:
    return Query(
        f"{_lead(rng)}{words_of(look, rng)} without {words_of(other, rng)}", (look,), (other,)
    )


def counted(count: int) -> Query:
    noun = "object" if count == 1 else "objects"
    return Query(f"{NUMBERS[count]} {noun}", count=count)


def on_background(kind: str, look: Look | None = None) -> Query:
    """The kind of background alone, or an object on it."""
    if look is None:
        return Query(GROUNDS[kind], background=kind)
    return Query(f"{words_of(look)} on {GROUNDS[kind]}", (look,), background=kind)


def with_word(word: str) -> Query:
    return Query(f'the word "{word}"', word=word)


def whole_looks(moment: Moment) -> list[Look]:
    """Colour, shape, size and motion of each shown object; twins once, in a fixed order."""
    whole = {
        replace(look, place=None) for look in moment.looks if None not in (look.colour, look.shape)
    }
    kept = [look for look in whole if look.size and look.motion]
    return sorted(kept, key=lambda look: (str(look.colour), str(look.shape), str(look.size)))


def described(look: Look, slots: Iterable[str]) -> Look:
    """The same look with only these attributes said."""
    return Look(**{slot: getattr(look, slot) for slot in slots})


def swapped(rng: np.random.Generator, look: Look) -> Look:
    """The look with one of its said attributes changed: the hardest thing to tell from it."""
    said = [slot for slot in _SWAPS if getattr(look, slot) is not None]
    slot = said[int(rng.integers(len(said)))]
    others = [value for value in _SWAPS[slot] if value != getattr(look, slot)]
    return replace(look, **{slot: others[int(rng.integers(len(others)))]})


def draw_absent(
    rng: np.random.Generator, look: Look, moments: Sequence[Moment], tries: int = 40
) -> Look | None:
    """A look one or two attributes away that no moment shows; None where none was found."""
    for _ in range(tries):
        other = swapped(rng, look)
        if rng.random() < 0.25:
            other = swapped(rng, other)
        if not any(other in moment.looks for moment in moments):
            return other
    return None


def describe(moment: Moment) -> str:
    """Everything that the moment shows, in one plain sentence."""
    looks = whole_looks(moment)
    plain = [look if look.size != "medium" else replace(look, size=None) for look in looks]
    joined = " and ".join(words_of(look) for look in plain) or "nothing"
    written = "".join(f', the word "{word}"' for word in sorted(moment.words))
    return f"{joined} on {GROUNDS[moment.background]}{written}"


def _spans_of(scene: Scene, look: Look) -> list[tuple[int, tuple[float, float]]]:
    found = []
    for number, one in enumerate(scene.objects):
        span = scene.span_of(number)
        if span is None:
            continue
        said = (look.colour, look.shape, look.motion)
        true = (one.colour, one.shape, one.motion)
        if all(a in {None, b} for a, b in zip(said, true, strict=True)):
            found.append((number, span))
    return found


def _motion_words(motion: str, rng: np.random.Generator | None) -> str:
    if rng is None or rng.random() < 0.6:
        return MOTIONS[motion]
    return str(rng.choice(_PHRASES[motion]))


def _lead(rng: np.random.Generator | None) -> str:
    return "" if rng is None else str(rng.choice(_LEADS))


def all_words() -> set[str]:
    """Every word that a description can use, but for written ones."""
    said = [*COLOURS, *SHAPES, *SIZES, *MOTIONS.values(), *GROUNDS.values(), *NUMBERS, *_LEADS]
    said += [*_PLACE_WORDS.values(), *RELATIONS.values(), "a an the one shape object objects"]
    said += ["and without on the word shapes with in"]
    said += [phrase for phrases in _PHRASES.values() for phrase in phrases]
    return set(" ".join(said).split())
