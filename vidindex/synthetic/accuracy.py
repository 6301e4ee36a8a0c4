"""Measure a model on unseen generated scenes, with controls beside every figure.

Works through the product's port, not on weights. A figure is worth something only if
its control falls: grey frames and shuffled frames must bring it to chance, a delayed event
must move its span by the delay, and held-out combinations must do as well as the others.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from vidindex.ports import VisionModel
from vidindex.synthetic.clips import ClipSpec, Combination, all_combinations
from vidindex.synthetic.descriptions import draw_near_miss, draw_part, full_description
from vidindex.synthetic.probes import (
    BoxProbe,
    Footage,
    GroundProbe,
    Probe,
    SegmentProbe,
    Tally,
    YesNoProbe,
    events_of,
    query_text,
    shoot,
    still_of,
)
from vidindex.synthetic.scenes import FRAME_COUNTS, LADDER_FPS, draw_scene

SIZE_PX = (112, 112)
# Seconds that several rates can show within the model's 4 to 16 frames.
SHARED_SECONDS = ((8.0, (0.5, 1.0, 2.0)), (4.0, (1.0, 2.0, 4.0)))
GREY, SHUFFLED, HELD_OUT_SUITE, DELAYED = "grey frames", "shuffled frames", "held out", "delayed"


@dataclass(frozen=True, slots=True)
class Figure:
    """One mean: `suite` is a rate or a control, `n` the number of scored answers."""

    suite: str
    name: str
    value: float
    n: int


@dataclass(frozen=True, slots=True)
class AccuracyReport:
    """All figures of one seed."""

    seed: int
    figures: tuple[Figure, ...]

    def value(self, suite: str, name: str) -> float:
        """Raises KeyError where nothing was measured under these names."""
        for figure in self.figures:
            if (figure.suite, figure.name) == (suite, name):
                return figure.value
        raise KeyError(f"no figure {name!r} for {suite!r}")

    def as_json(self) -> dict[str, Any]:
        return {"seed": self.seed, "figures": [asdict(figure) for figure in self.figures]}

    def as_table(self) -> str:
        """Figures as rows, rates and controls as columns, '-' where not measured."""
        suites = list(dict.fromkeys(figure.suite for figure in self.figures))
        names = list(dict.fromkeys(figure.name for figure in self.figures))
        cells = {(figure.suite, figure.name): f"{figure.value:.3f}" for figure in self.figures}
        rows = [["", *suites]] + [
            [name, *(cells.get((suite, name), "-") for suite in suites)] for name in names
        ]
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        )


def measure(model: VisionModel, seed: int, scenes: int = 24) -> AccuracyReport:
    """Asks `model` about `scenes` new scenes per rate and per control."""
    probes = {probe.key: probe for probe in _probes(seed, scenes)}
    # Replies come as they are done; scored in the order of asking, a table is always the same.
    replies = dict(model.answer(probe.ask() for probe in probes.values()))
    tally = Tally()
    for key, probe in probes.items():
        tally.add(probe.footage.suite, probe.scores(replies[key]))
    answers = {
        key: events_of(replies[key])
        for key, probe in probes.items()
        if isinstance(probe, SegmentProbe)
    }
    _compare_pairs(answers, tally)
    return AccuracyReport(
        seed,
        tuple(
            Figure(suite, name, float(np.mean(values)), len(values))
            for (suite, name), values in tally.values.items()
        ),
    )


def _probes(seed: int, scenes: int) -> Iterator[Probe]:
    # A first word no training run draws from: training seeds are (seed, step) pairs.
    rng = np.random.default_rng([seed, 2**32 - 1, 77])
    trained, held_out = all_combinations(held_out=False), all_combinations(held_out=True)
    for fps in LADDER_FPS:
        for index in range(scenes):
            spec = _scene(rng, fps, trained)
            footage = shoot(f"{fps:g} fps", spec, fps, SIZE_PX)
            yield from _all_questions(rng, f"{fps:g}/{index}", footage)
    for suite, combinations, show in (
        (HELD_OUT_SUITE, held_out, "as it is"),
        (GREY, trained, "grey"),
        (SHUFFLED, trained, "shuffled"),
    ):
        for index in range(scenes):
            fps = float(rng.choice(LADDER_FPS))
            spec = _scene(rng, fps, combinations)
            footage = shoot(suite, spec, fps, SIZE_PX, show)
            yield from _all_questions(rng, f"{suite}/{index}", footage)
    yield from _delay_probes(rng, scenes, trained)
    yield from _shared_seconds_probes(rng, scenes, trained)
    yield from _box_probes(rng, 2 * scenes, trained)


def _scene(rng: np.random.Generator, fps: float, combinations: list[Combination]) -> ClipSpec:
    frames = int(rng.choice(FRAME_COUNTS[2:]))
    return draw_scene(rng, frames, fps, combinations, empty_share=0.0)


def _all_questions(rng: np.random.Generator, key: str, footage: Footage) -> Iterator[Probe]:
    """One segment question, and a true and a false one of each other kind."""
    spec = footage.spec
    yield SegmentProbe(f"{key}/segment", footage)
    event = spec.events[int(rng.integers(len(spec.events)))]
    full = full_description(event)
    part = draw_part(rng, full, 0.0)
    for name, one in (("whole", full), ("part", part)):
        miss = draw_near_miss(rng, one, spec)
        for truth, description in (("true", one), ("false", miss)):
            if description is None:
                continue
            at, query = f"{key}/{name}/{truth}", query_text(description, rng)
            yield YesNoProbe(f"{at}/yes_no", footage, description, query, f"yes/no, {name}")
            if name == "whole":
                yield GroundProbe(f"{at}/ground", footage, description, query)


def _delay_probes(
    rng: np.random.Generator, scenes: int, combinations: list[Combination]
) -> Iterator[Probe]:
    """The same event twice, the second time later by a whole number of frames."""
    for index in range(scenes):
        fps = float(LADDER_FPS[index % len(LADDER_FPS)])
        spec = draw_scene(rng, 8, fps, combinations, max_events=1, cut_share=0.0, empty_share=0.0)
        longer = ClipSpec(16 / fps, spec.events, spec.ground)
        delay = int(rng.integers(1, 9))
        for by in (0, delay):
            footage = shoot(DELAYED, longer.delayed(by / fps), fps, SIZE_PX)
            yield SegmentProbe(f"delay {fps:g} fps/{index}/{by}", footage)


def _shared_seconds_probes(
    rng: np.random.Generator, scenes: int, combinations: list[Combination]
) -> Iterator[Probe]:
    """The same seconds of the same scene, sampled at each rate that fits."""
    for index in range(scenes):
        duration_s, rates = SHARED_SECONDS[index % len(SHARED_SECONDS)]
        slowest = rates[0]
        spec = draw_scene(
            rng, round(duration_s * slowest), slowest, combinations, max_events=1, empty_share=0.0
        )
        for fps in rates:
            footage = shoot("same seconds", spec, fps, SIZE_PX)
            yield SegmentProbe(f"same/{index}/{fps:g}", footage)


def _box_probes(
    rng: np.random.Generator, pictures: int, combinations: list[Combination]
) -> Iterator[Probe]:
    for index in range(pictures):
        spec = draw_scene(rng, 8, 1.0, combinations, max_events=1, cut_share=0.0, empty_share=0.0)
        event = spec.events[0]
        time_s = float(rng.uniform(event.start_s, event.end_s - 0.01))
        footage = still_of("single picture", spec, time_s, SIZE_PX)
        yield BoxProbe(f"box/{index}", footage, f"{event.colour} {event.shape}")


def _compare_pairs(answers: dict[str, Any], tally: Tally) -> None:
    """Whether a delay of d moved the span by d, and whether all rates say the same start."""
    series: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for key, events in answers.items():
        kind, index, by = (*key.split("/"), "")[:3]
        if kind == "same" or kind.startswith("delay"):
            start_s = events[0][0][0] if events else float("nan")
            series.setdefault((kind, index), []).append((float(by), start_s))
    for (kind, _), members in series.items():
        (first, start_s), *others = sorted(members)
        for amount, other_s in others:
            if kind == "same":
                same = abs(other_s - start_s) < 1e-6
                tally.add("same seconds", [("start as at the slowest rate", float(same))])
            else:
                fps = float(kind.split()[1])
                moved = round((other_s - start_s) * fps, 3) == amount - first
                tally.add(DELAYED, [("start moved by exactly the delay", float(moved))])
