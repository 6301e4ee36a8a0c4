"""Draw searches with known answers over a generated corpus, for present and absent things.

A search for something absent is easy where its colour never occurs at all, and hard
where a neighbour does: the same object with another action, the same action in another
colour, or the very thing in files that the search leaves out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from vidindex.bench.search.corpus import NEVER_SHOWN, Reel
from vidindex.synthetic.clips import COLOURS, MOTIONS
from vidindex.synthetic.descriptions import Description, draw_part, full_description, phrase_of
from vidindex.types import Span

Kind = Literal["shown", "said", "easy", "other action", "other colour", "other file"]
HARD: tuple[Kind, ...] = ("other action", "other colour", "other file")
SAID_SHARE = 0.1
FULL_SHARE = 0.8
"""The others say only a part: "a red shape", "something moves left"."""


@dataclass(frozen=True, slots=True)
class DrawnSearch:
    """A search and its whole truth. search_in: globs that it is limited to; empty: everywhere.

    description: what it says about shapes; None for a query about speech.
    gold: (file name, span) of every event that fits; empty where it is absent.
    """

    text: str
    description: Description | None
    kind: Kind
    search_in: tuple[str, ...]
    gold: tuple[tuple[str, Span], ...]


def draw_searches(
    reels: Sequence[Reel], seed: int, num_present: int, num_absent: int
) -> list[DrawnSearch]:
    """That many of each, no two alike; half of the absent ones easy, half hard in equal parts."""
    rng = np.random.default_rng([seed, 5])
    spoken = _draw_said(rng, reels, round(SAID_SHARE * num_present))
    makers: list[tuple[Kind, int]] = [
        ("shown", num_present - len(spoken)),
        ("easy", num_absent // 2),
    ]
    hard = num_absent - num_absent // 2
    makers += [(kind, (hard + place) // len(HARD)) for place, kind in enumerate(HARD)]
    searches: dict[tuple[str, tuple[str, ...]], DrawnSearch] = {}
    for kind, count in makers:
        before = len(searches)
        stream = _draw(rng, reels, kind)
        while len(searches) < before + count:
            search = next(stream)
            searches.setdefault((search.text, search.search_in), search)
    return [*spoken, *searches.values()]


def _draw_said(rng: np.random.Generator, reels: Sequence[Reel], count: int) -> list[DrawnSearch]:
    """What is spoken in different reels, asked for in its own words."""
    chosen = rng.permutation(len(reels))[:count]
    searches = []
    for reel in (reels[int(place)] for place in chosen):
        start_s, end_s, line = reel.said[0]
        gold = ((reel.name, Span(start_s, end_s)),)
        searches.append(DrawnSearch(line.rstrip("."), None, "said", (), gold))
    return searches


def _draw(rng: np.random.Generator, reels: Sequence[Reel], kind: Kind) -> Iterator[DrawnSearch]:
    """Searches of one kind without end; those that turn out to be of another are left out."""
    events = [event for reel in reels for event in reel.scene.events]
    while True:
        event = events[int(rng.integers(len(events)))]
        description = full_description(event)
        where: tuple[str, ...] = ()
        if kind == "shown":
            description = draw_part(rng, description, FULL_SHARE)
        elif kind == "easy":
            description = draw_part(rng, replace(description, colour=NEVER_SHOWN), FULL_SHARE)
            if description.colour is None:
                continue
        elif kind == "other action":
            description = replace(description, motion=_other(rng, tuple(MOTIONS), event.motion))
        elif kind == "other colour":
            description = replace(description, colour=_other(rng, tuple(COLOURS), event.colour))
        else:
            where = _file_without(rng, reels, description)
            if not where:
                continue
        gold = truth(reels, description, where)
        if bool(gold) == (kind == "shown"):
            yield DrawnSearch(phrase_of(description, rng).text, description, kind, where, gold)


def _other(rng: np.random.Generator, values: Sequence[str], now: str) -> str:
    pool = [value for value in values if value not in (now, NEVER_SHOWN)]
    return pool[int(rng.integers(len(pool)))]


def _file_without(
    rng: np.random.Generator, reels: Sequence[Reel], description: Description
) -> tuple[str, ...]:
    """One file that does not show it; none where every file does."""
    names = [reel.name for reel in reels if not description.fits_scene(reel.scene)]
    return (names[int(rng.integers(len(names)))],) if names else ()


def truth(
    reels: Sequence[Reel], description: Description, where: Sequence[str]
) -> tuple[tuple[str, Span], ...]:
    """Every event of these files (all without a name) that the description fits."""
    return tuple(
        (reel.name, Span(event.start_s, event.end_s))
        for reel in reels
        if not where or reel.name in where
        for event in reel.scene.events
        if description.fits(event)
    )
