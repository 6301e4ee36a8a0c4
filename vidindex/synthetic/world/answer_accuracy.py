"""Measure a vision model's answers on unseen scenes of several objects, with controls.

Segments, captions and Yes/No are asked by the product's own prompts through its port, as
`synthetic.accuracy` asks on the old world; "and" and "without" are asked besides.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from vidindex.core.prompts.profile import QWEN25_VL
from vidindex.core.retrieval.calibration import wilson
from vidindex.ports import VisionModel
from vidindex.synthetic.clips import ClipSpec, Ground
from vidindex.synthetic.probes import Footage, Score, SegmentProbe, Tally
from vidindex.synthetic.world.draw import TESTED, TESTED_BACKGROUNDS, TRAINED, Choice, draw_scene
from vidindex.synthetic.world.queries import Query, about, draw_absent, except_for
from vidindex.synthetic.world.render import render
from vidindex.synthetic.world.scene import Look, Moment, Scene
from vidindex.types import Ask, FrameBatch, Reply

SIDE_PX = 112
RATES_FPS, FRAMES = (1.0, 2.0), (8, 12, 16)
SUITES: dict[str, Choice] = {
    "trained combinations": TRAINED,
    "held-out combinations": TESTED,
    "held-out backgrounds": TESTED_BACKGROUNDS,
    "grey": TRAINED,
    "shuffled": TRAINED,
}


@dataclass(frozen=True, slots=True)
class Row:
    """One mean of n scored answers in one suite, with its 95 % interval."""

    suite: str
    figure: str
    n: int
    value: float
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class QueryProbe:
    """Whether a scene shows what a query asks for, compound ones among them."""

    key: str
    footage: Footage
    text: str
    truth: bool
    figure: str

    def ask(self) -> Ask:
        prompt = QWEN25_VL.yes_no.format(query=self.text)
        frames = self.footage.frames
        return Ask(self.key, QWEN25_VL.system, prompt, frames, 1, choices=("Yes", "No"))

    def scores(self, reply: Reply) -> list[Score]:
        says_yes = reply.p_yes > 0.5 if reply.p_yes is not None else reply.text == "Yes"
        right = float(says_yes == self.truth)
        return [
            (self.figure, right),
            (f"{self.figure}, {'true' if self.truth else 'false'}", right),
        ]


def measure(
    model: VisionModel, seed: int, scenes: int = 40, suites: Sequence[str] = tuple(SUITES)
) -> list[Row]:
    """Asks `model` about `scenes` new scenes in each suite."""
    # A first word no training run draws from: training seeds are (seed, step) pairs.
    rng = np.random.default_rng([seed, 2**32 - 1, 23])
    probes = {probe.key: probe for suite in suites for probe in _probes(rng, suite, scenes)}
    replies = dict(model.answer(probe.ask() for probe in probes.values()))
    tally = Tally()
    for key, probe in probes.items():
        tally.add(probe.footage.suite, probe.scores(replies[key]))
    return [
        Row(suite, figure, len(values), float(np.mean(values)), interval(values))
        for (suite, figure), values in tally.values.items()
    ]


def interval(values: Sequence[float]) -> tuple[float, float]:
    """95 %: by Wilson where all are 0 or 1, else by the spread of the mean."""
    mean, n = float(np.mean(values)), len(values)
    if set(values) <= {0.0, 1.0}:
        return wilson(mean, n)
    off = 1.96 * float(np.std(values)) / n**0.5
    return max(0.0, mean - off), min(1.0, mean + off)


def as_table(rows: Sequence[Row]) -> str:
    """One line a figure: suite, figure, n, mean and interval."""
    width = max(len(row.suite) for row in rows), max(len(row.figure) for row in rows)
    return "\n".join(
        f"{row.suite:{width[0]}}  {row.figure:{width[1]}}  n {row.n:4}  {row.value:.3f}"
        f"  ({row.interval[0]:.3f} to {row.interval[1]:.3f})"
        for row in rows
    )


def _probes(
    rng: np.random.Generator, suite: str, scenes: int
) -> Iterator[SegmentProbe | QueryProbe]:
    for index in range(scenes):
        fps, frames = float(rng.choice(RATES_FPS)), int(rng.choice(FRAMES))
        scene = draw_scene(rng, frames, fps, SUITES[suite], aspect=1.0, sign_share=0.0)
        footage = _shoot(rng, suite, scene)
        yield SegmentProbe(f"{suite}/{index}/segment", footage)
        moments = [scene.moment_at(time_s) for time_s in scene.times_s()]
        for number, (query, figure) in enumerate(_queries(rng, scene, moments)):
            key = f"{suite}/{index}/{number}"
            truth = any(query.holds_at(moment) for moment in moments)
            yield QueryProbe(key, footage, query.text, truth, figure)


def _shoot(rng: np.random.Generator, suite: str, scene: Scene) -> Footage:
    """Frames of the scene; its truth as a clip, each object for as long as it is seen."""
    times_s = scene.times_s()
    shown = replace(scene, objects=()) if suite == "grey" else scene
    pictures = render(shown, times_s, SIDE_PX, SIDE_PX)
    if suite == "shuffled":
        pictures = pictures[rng.permutation(len(pictures))]
    spans = [scene.span_of(number) for number in range(len(scene.objects))]
    events = tuple(
        replace(one, start_s=span[0], end_s=span[1])
        for one, span in zip(scene.objects, spans, strict=True)
        if span is not None
    )
    truth = ClipSpec(scene.duration_s, events, Ground())
    return Footage(suite, truth, FrameBatch(tuple(times_s), tuple(times_s), pictures, scene.fps))


def _queries(
    rng: np.random.Generator, scene: Scene, moments: Sequence[Moment]
) -> Iterator[tuple[Query, str]]:
    """Looks and motions, true and one or two attributes off; "and" and "without" of pairs."""
    whole = [Look(one.colour, one.shape, motion=one.motion) for one in scene.objects]
    look = whole[int(rng.integers(len(whole)))]
    for said, figure in (
        (look, "yes/no, look and motion"),
        (look.without_motion(), "yes/no, look"),
    ):
        yield about([said]), figure
        absent = draw_absent(rng, said, moments)
        if absent is not None:
            yield about([absent]), figure
    pairs = [one.without_motion() for one in whole if one.without_motion() != look.without_motion()]
    if pairs:
        first, second = look.without_motion(), pairs[int(rng.integers(len(pairs)))]
        absent = draw_absent(rng, second, moments)
        others = [second] if absent is None else [second, absent]
        for other in others:
            yield about([first, other]), "yes/no, and"
            yield except_for(first, other), "yes/no, without"
