"""Draw questions with known answers over a generated corpus.

Each is about one file, in which what it names occurs once, so that its answer is one thing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from vidindex.bench.search.corpus import NEVER_SHOWN, Reel
from vidindex.synthetic.clips import COLOURS, MOTIONS, SHAPES, ClipEvent
from vidindex.types import Span


@dataclass(frozen=True, slots=True)
class DrawnQuestion:
    """A question and its truth.

    kind: what is asked. verdict: "yes", "no", "unsure" or "cannot be told", "" where it is not what
    is scored. spans: what must be cited, exactly; number: what must be said (seconds, a count);
    word: what must be said, among `words`.
    """

    kind: str
    text: str
    file: str
    verdict: str = ""
    spans: tuple[Span, ...] = ()
    number: float | None = None
    word: str = ""
    words: tuple[str, ...] = ()


_Maker = Callable[[np.random.Generator, Reel], DrawnQuestion | None]


def draw_questions(reels: Sequence[Reel], seed: int, per_kind: int) -> list[DrawnQuestion]:
    """`per_kind` questions of each kind, no two alike; fewer where the corpus has no more."""
    rng = np.random.default_rng([seed, 9])
    drawn: dict[str, DrawnQuestion] = {}
    for make in KINDS.values():
        found = 0
        for _ in range(60 * per_kind):
            reel = reels[int(rng.integers(len(reels)))]
            question = make(rng, reel)
            if question and question.text not in drawn:
                drawn[question.text] = question
                found += 1
            if found == per_kind:
                break
    return list(drawn.values())


def _single(reel: Reel) -> list[ClipEvent]:
    """The events of a reel whose combination occurs once in it, in order of time."""
    every = [event.combination for event in reel.scene.events]
    return [event for event in reel.scene.events if every.count(event.combination) == 1]


def _span(event: ClipEvent) -> Span:
    return Span(event.start_s, event.end_s)


def _past(event: ClipEvent) -> str:
    """`a red circle` and `move left`: subject and verb of a question with "did"."""
    verb = {
        "left": "move left",
        "right": "move right",
        "up": "move up",
        "down": "move down",
        "grows": "grow",
        "shrinks": "shrink",
        "blinks": "blink",
        "still": "stay still",
    }
    return f"a {event.colour} {event.shape} {verb[event.motion]}"  # fmt: skip


def _pair(rng: np.random.Generator, reel: Reel) -> tuple[ClipEvent, ClipEvent] | None:
    """Two different events in order of time."""
    those = _single(reel)
    if len(those) < 2:
        return None
    first, second = sorted(rng.permutation(len(those))[:2])
    return those[int(first)], those[int(second)]


def _order(word: str, *, is_true: bool) -> _Maker:
    """Whether one thing was before or after another; `is_true`: it was."""

    def make(rng: np.random.Generator, reel: Reel) -> DrawnQuestion | None:
        pair = _pair(rng, reel)
        if pair is None:
            return None
        early, late = pair
        asked, other = (early, late) if (word == "before") == is_true else (late, early)
        text = f"did {_past(asked)} {word} {other.caption} in {reel.name}?"
        verdict = "yes" if is_true else "no"
        spans = (_span(asked), _span(other))
        return DrawnQuestion(f"{word}, {verdict}", text, reel.name, verdict, spans)

    return make


def _beside(word: str, step: int) -> _Maker:
    """What happens right after or right before one thing."""

    def make(rng: np.random.Generator, reel: Reel) -> DrawnQuestion | None:
        events, those = reel.scene.events, _single(reel)
        if not those:
            return None
        anchor = those[int(rng.integers(len(those)))]
        place = events.index(anchor) + step
        if not 0 <= place < len(events):
            return None
        text = f"what happens right {word} {anchor.caption} in {reel.name}?"
        spans = (_span(events[place]), _span(anchor))
        return DrawnQuestion(f"what is {word}", text, reel.name, "yes", spans)

    return make


def _between(rng: np.random.Generator, reel: Reel) -> DrawnQuestion | None:
    pair = _pair(rng, reel)
    if pair is None:
        return None
    events = reel.scene.events
    first, last = (events.index(one) for one in pair)
    inside = events[first + 1 : last]
    if not 1 <= len(inside) <= 4:
        return None
    text = f"what happens between {pair[0].caption} and {pair[1].caption} in {reel.name}?"
    spans = tuple(map(_span, (*inside, *pair)))
    return DrawnQuestion("what is between", text, reel.name, "yes", spans)


def _edge(word: str) -> _Maker:
    """The first or last thing in a file."""

    def make(_: np.random.Generator, reel: Reel) -> DrawnQuestion | None:
        if not reel.scene.events:
            return None
        event = reel.scene.events[0 if word == "first" else -1]
        text = f"what is the {word} thing that happens in {reel.name}?"
        return DrawnQuestion(f"{word} in a file", text, reel.name, "yes", (_span(event),))

    return make


def _seen(word: str) -> _Maker:
    """When something that occurs several times was first or last seen."""

    def make(rng: np.random.Generator, reel: Reel) -> DrawnQuestion | None:
        shape = SHAPES[int(rng.integers(len(SHAPES)))]
        those = [event for event in reel.scene.events if event.shape == shape]
        if len(those) < 2:
            return None
        event = those[0 if word == "first" else -1]
        text = f"when was a {shape} {word} seen in {reel.name}?"
        return DrawnQuestion(f"{word} seen", text, reel.name, "yes", (_span(event),))

    return make


def _lasts(rng: np.random.Generator, reel: Reel) -> DrawnQuestion | None:
    those = _single(reel)
    if not those:
        return None
    event = those[int(rng.integers(len(those)))]
    text = f"for how long did {_past(event)} in {reel.name}?"
    number = event.end_s - event.start_s
    return DrawnQuestion("how long", text, reel.name, "yes", (_span(event),), number)


def _gap(rng: np.random.Generator, reel: Reel) -> DrawnQuestion | None:
    pair = _pair(rng, reel)
    if pair is None:
        return None
    text = f"how much time passes between {pair[0].caption} and {pair[1].caption} in {reel.name}?"
    number = pair[1].start_s - pair[0].end_s
    return DrawnQuestion("time between", text, reel.name, "yes", tuple(map(_span, pair)), number)


def _came_first(rng: np.random.Generator, reel: Reel) -> DrawnQuestion | None:
    pair = _pair(rng, reel)
    if pair is None:
        return None
    one, other = pair if rng.random() < 0.5 else pair[::-1]
    text = f"which came first in {reel.name}, {one.caption} or {other.caption}?"
    return DrawnQuestion("which came first", text, reel.name, "yes", tuple(map(_span, pair)))


def _different(rng: np.random.Generator, reel: Reel) -> DrawnQuestion | None:
    shape = SHAPES[int(rng.integers(len(SHAPES)))]
    those = {event.combination for event in reel.scene.events if event.shape == shape}
    if not those:
        return None
    plural = "crosses" if shape == "cross" else f"{shape}s"
    text = f"how many different {plural} are there in {reel.name}?"
    return DrawnQuestion("how many different", text, reel.name, "yes", (), float(len(those)))


def _unfounded(rng: np.random.Generator, reel: Reel) -> DrawnQuestion | None:
    """What happens after something that never happens."""
    shape = SHAPES[int(rng.integers(len(SHAPES)))]
    motion = list(MOTIONS.values())[int(rng.integers(len(MOTIONS)))]
    text = f"what happens after a {NEVER_SHOWN} {shape} {motion} in {reel.name}?"
    return DrawnQuestion("after nothing", text, reel.name, "unsure")


def _colour(rng: np.random.Generator, reel: Reel) -> DrawnQuestion | None:
    """The colour of what does something that nothing else of its shape does there."""
    every = [(event.shape, event.motion) for event in reel.scene.events]
    those = [e for e in reel.scene.events if every.count((e.shape, e.motion)) == 1]
    if not those:
        return None
    event = those[int(rng.integers(len(those)))]
    text = f"what colour was the {event.shape} that {MOTIONS[event.motion]} in {reel.name}?"
    return DrawnQuestion("open: colour", text, reel.name, "answered", (_span(event),),
                         word=event.colour, words=tuple(COLOURS))  # fmt: skip


def _why(rng: np.random.Generator, reel: Reel) -> DrawnQuestion | None:
    """Why a shape does what it does: no frame shows it."""
    those = _single(reel)
    if not those:
        return None
    event = those[int(rng.integers(len(those)))]
    text = f"why did {_past(event)} in {reel.name}?"
    return DrawnQuestion("open: unanswerable", text, reel.name, "cannot be told")


KINDS: dict[str, _Maker] = {
    "before, yes": _order("before", is_true=True),
    "before, no": _order("before", is_true=False),
    "after, yes": _order("after", is_true=True),
    "after, no": _order("after", is_true=False),
    "what is after": _beside("after", 1),
    "what is before": _beside("before", -1),
    "what is between": _between,
    "first in a file": _edge("first"),
    "last in a file": _edge("last"),
    "first seen": _seen("first"),
    "last seen": _seen("last"),
    "how long": _lasts,
    "time between": _gap,
    "which came first": _came_first,
    "how many different": _different,
    "after nothing": _unfounded,
    "open: colour": _colour,
    "open: unanswerable": _why,
}
"""Of each kind of question, what draws one about a reel, or None where the reel has none."""
