"""Ask questions with known answers about generated scenes, and score the replies.

A probe is one question put through the product's own port, so the figures hold for what
users get. It never sees weights: any model behind the port can be measured.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vidindex.core.formatting.time_format import parse_time
from vidindex.core.prompts.profile import QWEN25_VL, box_schema, ground_schema, segment_schema
from vidindex.synthetic.clips import ClipSpec, Pixels, frame_times, render
from vidindex.synthetic.descriptions import Description, phrase_of
from vidindex.synthetic.expected_replies import shown_span
from vidindex.types import Ask, FrameBatch, Reply

MAX_EVENTS = 8
MAX_CHARS = 60
MAX_TOKENS = 160
Score = tuple[str, float]
Spans = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Footage:
    """One scene as a model is shown it; `suite` names the figure's row."""

    suite: str
    spec: ClipSpec
    frames: FrameBatch


@dataclass(frozen=True, slots=True)
class SegmentProbe:
    """What happens when, in order; `truth` is the scene that the reply is held to."""

    key: str
    footage: Footage

    def ask(self) -> Ask:
        schema = segment_schema(MAX_EVENTS, MAX_CHARS)
        return _ask(self.key, QWEN25_VL.segment, self.footage.frames, schema)

    def scores(self, reply: Reply) -> list[Score]:
        found = events_of(reply)
        scores: list[Score] = [("segment valid JSON", float(found is not None))]
        truth = self.footage.spec
        taken: set[int] = set()
        for event in truth.events:
            span = shown_span(event, truth.duration_s)
            best, iou = _best(span, found or [], taken)
            taken.add(best)
            caption = (found or [])[best][1] if best >= 0 else ""
            scores.append(("segment temporal IoU", iou))
            scores.append(("caption right", float(caption == event.caption)))
        scores.append(("segment count right", float(len(found or []) == len(truth.events))))
        return scores


@dataclass(frozen=True, slots=True)
class GroundProbe:
    """When a described thing happens, or that it does not."""

    key: str
    footage: Footage
    description: Description
    query: str

    def ask(self) -> Ask:
        prompt = QWEN25_VL.ground.format(query=self.query)
        return _ask(self.key, prompt, self.footage.frames, ground_schema(MAX_EVENTS))

    def scores(self, reply: Reply) -> list[Score]:
        spec = self.footage.spec
        truth = [
            shown_span(event, spec.duration_s)
            for event in spec.events
            if self.description.fits(event)
        ]
        found = [span for span, _ in events_of(reply) or []]
        if truth:
            return [("ground temporal IoU", spans_iou(truth, found))]
        return [("ground 'does not occur'", float(not found))]


@dataclass(frozen=True, slots=True)
class YesNoProbe:
    """Whether the scene shows something; the truth is that of `spec`, whatever is shown."""

    key: str
    footage: Footage
    description: Description
    query: str
    figure: str

    def ask(self) -> Ask:
        prompt = QWEN25_VL.yes_no.format(query=self.query)
        return Ask(
            self.key, QWEN25_VL.system, prompt, self.footage.frames, 1, choices=("Yes", "No")
        )

    def scores(self, reply: Reply) -> list[Score]:
        truth = self.description.fits_scene(self.footage.spec)
        says_yes = reply.p_yes > 0.5 if reply.p_yes is not None else reply.text == "Yes"
        return [
            (self.figure, float(says_yes == truth)),
            (f"{self.figure}, {'true' if truth else 'false'} ones", float(says_yes == truth)),
        ]


@dataclass(frozen=True, slots=True)
class BoxProbe:
    """Where an object is in one picture."""

    key: str
    footage: Footage
    query: str

    def ask(self) -> Ask:
        height, width = self.footage.frames.pictures.shape[1:3]
        schema = box_schema(4, MAX_CHARS, width, height)
        return _ask(self.key, QWEN25_VL.box.format(query=self.query), self.footage.frames, schema)

    def scores(self, reply: Reply) -> list[Score]:
        height, width = self.footage.frames.pictures.shape[1:3]
        time_s = self.footage.frames.times_s[0]
        event = self.footage.spec.event_at(time_s)
        if event is None:
            return []
        found = _items(reply) or [{}]
        truth = event.box_at(time_s, height, width)
        named = found[0].get("label") == f"{event.colour} {event.shape}"
        return [
            ("box IoU", box_iou(truth, found[0].get("bbox_2d", (0, 0, 0, 0)))),
            ("box label right", float(named)),
        ]


Probe = SegmentProbe | GroundProbe | YesNoProbe | BoxProbe


@dataclass(slots=True)
class Tally:
    """Means by (suite, figure)."""

    values: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def add(self, suite: str, scores: Sequence[Score]) -> None:
        for figure, value in scores:
            self.values.setdefault((suite, figure), []).append(value)

    def mean(self, suite: str, figure: str) -> float:
        return float(np.mean(self.values[suite, figure]))


def shoot(
    suite: str, spec: ClipSpec, fps: float, size: tuple[int, int], show: str = "as it is"
) -> Footage:
    """Frames of the scene at `fps`; `show` may hide it ("grey") or mix its order ("shuffled")."""
    times_s = frame_times(round(spec.duration_s * fps), fps)
    seen = ClipSpec(spec.duration_s, (), spec.ground) if show == "grey" else spec
    pictures = render(seen, times_s, *size)
    if show == "shuffled":
        order = np.random.default_rng(spec.ground.seed).permutation(len(times_s))
        pictures = pictures[order]
    return Footage(suite, spec, _frames(pictures, times_s, fps))


def still_of(suite: str, spec: ClipSpec, time_s: float, size: tuple[int, int]) -> Footage:
    """One picture of the scene."""
    return Footage(suite, spec, _frames(render(spec, [time_s], *size), [time_s], None))


def events_of(reply: Reply) -> list[tuple[tuple[float, float], str]] | None:
    """((start_s, end_s), description) of each event; None where the reply is not readable."""
    items = _items(reply)
    if items is None:
        return None
    return [
        (
            (parse_time(item["start_time"]), parse_time(item["end_time"])),
            item.get("description", ""),
        )
        for item in items
        if "start_time" in item and "end_time" in item
    ]


def span_iou(one: tuple[float, float], other: tuple[float, float]) -> float:
    shared_s = max(0.0, min(one[1], other[1]) - max(one[0], other[0]))
    both_s = (one[1] - one[0]) + max(0.0, other[1] - other[0]) - shared_s
    return shared_s / both_s if both_s > 0 else 0.0


def spans_iou(truth: Spans, found: Spans) -> float:
    """Seconds in both sets of spans over seconds in either; spans within a set do not overlap."""
    shared_s = sum(
        max(0.0, min(one[1], other[1]) - max(one[0], other[0])) for one in truth for other in found
    )
    total_s = sum(max(0.0, end - start) for start, end in (*truth, *found))
    return shared_s / (total_s - shared_s) if total_s > shared_s else 0.0


def box_iou(truth: Sequence[float], found: Sequence[float]) -> float:
    wide = min(truth[2], found[2]) - max(truth[0], found[0])
    high = min(truth[3], found[3]) - max(truth[1], found[1])
    shared = max(0.0, wide) * max(0.0, high)
    areas = [max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1]) for box in (truth, found)]
    return shared / (sum(areas) - shared) if shared else 0.0


def query_text(description: Description, rng: np.random.Generator | None = None) -> str:
    return phrase_of(description, rng).text


def _ask(key: str, prompt: str, frames: FrameBatch, schema: Mapping[str, Any]) -> Ask:
    return Ask(key, QWEN25_VL.system, prompt, frames, MAX_TOKENS, schema=schema)


def _frames(pictures: Pixels, times_s: list[float], fps: float | None) -> FrameBatch:
    return FrameBatch(tuple(times_s), tuple(times_s), pictures, fps)


def _items(reply: Reply) -> list[dict[str, Any]] | None:
    try:
        items = json.loads(reply.text)
    except json.JSONDecodeError:
        return None
    return items if isinstance(items, list) else None


def _best(
    span: tuple[float, float], found: list[tuple[tuple[float, float], str]], taken: set[int]
) -> tuple[int, float]:
    """The found event that overlaps most and is not yet another's, or (-1, 0)."""
    ious = [
        (span_iou(span, other), -index)
        for index, (other, _) in enumerate(found)
        if index not in taken
    ]
    iou, index = max(ious, default=(0.0, 1))
    return (-index, iou) if iou > 0 else (-1, 0.0)
