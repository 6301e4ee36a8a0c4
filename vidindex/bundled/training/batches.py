"""Build training batches: many questions behind each clip's pictures.

All clips of a batch have one frame count and one size, so the pictures need no padding.
The sequence of a clip is cut in two: a prefix (system words and pictures), paid once, and
questions that each see the prefix and themselves only.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from vidindex.adapters.vision.qwen.mrope import VisionBlock, sequence_positions
from vidindex.adapters.vision.qwen.patches import MERGE, MIN_PIXELS, pack_video
from vidindex.bundled.training.hints import IGNORED, Hints, hints_of
from vidindex.core.prompts.profile import QWEN25_VL
from vidindex.synthetic.clips import (
    HELD_OUT,
    ClipSpec,
    all_combinations,
    frame_times,
    render,
)
from vidindex.synthetic.descriptions import (
    Description,
    Phrase,
    draw_near_miss,
    draw_part,
    full_description,
    phrase_of,
)
from vidindex.synthetic.expected_replies import box_reply, ground_reply, segment_reply, yes_no_reply
from vidindex.synthetic.scenes import FRAME_COUNTS, LADDER_FPS, draw_scene

SIZES_PX = ((112, 112), (112, 112), (84, 140), (140, 84), (84, 112), (112, 84))
FRAME_WEIGHTS = np.array([2, 2, 3, 3, 3, 3, 5]) / 21
TOKENS_PER_SECOND = 2
TRAINED = tuple(all_combinations(held_out=False))
MAX_FRAMES = max(FRAME_COUNTS)


@dataclass(frozen=True, slots=True)
class Mix:
    """How a stage of training draws: the curriculum, as data."""

    clips: int = 12
    max_events: int = 3
    grounds: int = 4
    yes_nos: int = 12
    full_share: float = 0.6
    borrow_share: float = 0.5
    boxes: int = 48
    glances: int = 0


@dataclass(slots=True)
class TrainingQuestion:
    """Token ids after the pictures, where the answer starts, and hints on single words.

    A hint (position, shown) says which frames fit the description up to that token; for
    the whole description it is given again where the answer starts.
    """

    ids: list[int]
    answer_at: int
    hints: list[tuple[int, np.ndarray[Any, Any]]] = field(default_factory=list)


@dataclass(slots=True)
class Group:
    """Questions of one kind, padded to one length: ids (clips, questions, tokens)."""

    kind: str
    ids: torch.Tensor
    labels: torch.Tensor
    hint_at: torch.Tensor
    hint_shown: torch.Tensor
    start_at: torch.Tensor
    start_shown: torch.Tensor


@dataclass(slots=True)
class Batch:
    """`patches` (clips, groups, patches, 1176), prefix ids (n) and positions (clips, 3, n)."""

    patches: torch.Tensor
    grid_thw: tuple[int, int, int]
    prefix_ids: torch.Tensor
    prefix_positions: torch.Tensor
    vision_at: slice
    groups: list[Group]
    hints: Hints


class Wording:
    """The chat template around questions, as token ids; words are encoded once."""

    def __init__(self, encode: Callable[[str], list[int]]) -> None:
        self._encode = encode
        self._known: dict[str, list[int]] = {}
        self._turn = "<|im_end|>\n<|im_start|>assistant\n"

    def ids(self, text: str) -> list[int]:
        if text not in self._known:
            self._known[text] = self._encode(text)
        return self._known[text]

    def prefix(self, pad: str, count: int) -> tuple[list[int], int]:
        """Ids up to the last picture token, and where the pictures begin."""
        head = self._encode(
            f"<|im_start|>system\n{QWEN25_VL.system}<|im_end|>\n<|im_start|>user\n<|vision_start|>"
        )
        return head + self.ids(pad) * count, len(head)

    def question(
        self, prompt: str, phrase: Phrase | None, reply: str, shown: Callable[[Description], Any]
    ) -> TrainingQuestion:
        before, _, after = prompt.partition("{query}")
        ids = [*self.ids("<|vision_end|>"), *self.ids(before)]
        hints = []
        if phrase is not None:
            for index, (word, known) in enumerate(zip(phrase.words, phrase.so_far, strict=True)):
                ids += self.ids(f" {word}" if index else word)
                hints.append((len(ids) - 1, shown(known)))
            ids += self.ids(after)
        ids += self.ids(self._turn)
        return TrainingQuestion([*ids, *self._encode(f"{reply}<|im_end|>")], len(ids), hints)


def draw_clip_batch(rng: np.random.Generator, wording: Wording, mix: Mix) -> Batch:
    """Clips of random rate, with one segment question and several of the other kinds."""
    frames = int(rng.choice(FRAME_COUNTS, p=FRAME_WEIGHTS))
    height, width = SIZES_PX[int(rng.integers(len(SIZES_PX)))]
    rates = rng.choice(LADDER_FPS, size=mix.clips)
    specs = [
        draw_scene(rng, frames, float(fps), TRAINED, max_events=mix.max_events) for fps in rates
    ]
    times = [frame_times(frames, float(fps)) for fps in rates]
    pictures = [
        _weathered(rng, render(spec, times_s, height, width))
        for spec, times_s in zip(specs, times, strict=True)
    ]
    asked = [
        _clip_questions(rng, wording, spec, times_s, mix)
        for spec, times_s in zip(specs, times, strict=True)
    ]
    groups = [_pad_group(kind, [clip[kind] for clip in asked]) for kind in asked[0]]
    return _batch(
        wording,
        "<|video_pad|>",
        pictures,
        seconds_per_grid=[2 / float(fps) for fps in rates],
        groups=groups,
        hints=hints_of(specs, times),
    )


def draw_eye_batch(rng: np.random.Generator, wording: Wording, mix: Mix) -> Batch:
    """Glances of two temporal groups at many scenes, without questions, for the eyes alone."""
    height, width = SIZES_PX[int(rng.integers(len(SIZES_PX)))]
    specs = [
        draw_scene(rng, 4, 1.0, TRAINED, max_events=1, cut_share=0.5) for _ in range(mix.glances)
    ]
    times = [frame_times(4, 1.0)] * mix.glances
    pictures = [_weathered(rng, render(spec, times[0], height, width)) for spec in specs]
    return _batch(
        wording,
        "<|video_pad|>",
        pictures,
        seconds_per_grid=[2.0] * mix.glances,
        groups=[],
        hints=hints_of(specs, times),
    )


def draw_box_batch(rng: np.random.Generator, wording: Wording, mix: Mix) -> Batch:
    """Single pictures with one question for the object's box each."""
    height, width = SIZES_PX[int(rng.integers(len(SIZES_PX)))]
    specs = [
        draw_scene(rng, 8, 1.0, TRAINED, max_events=1, empty_share=0.03) for _ in range(mix.boxes)
    ]
    times = [[float(_moment(rng, spec))] * 2 for spec in specs]
    pictures = [
        _weathered(rng, np.repeat(render(spec, times_s[:1], height, width), 2, axis=0))
        for spec, times_s in zip(specs, times, strict=True)
    ]
    asked = [
        [_box_question(rng, wording, spec, times_s[0], (height, width))]
        for spec, times_s in zip(specs, times, strict=True)
    ]
    hints = hints_of(specs, times)
    # One picture shows no motion.
    hints.motion[hints.motion > 0] = IGNORED
    return _batch(
        wording,
        "<|image_pad|>",
        pictures,
        seconds_per_grid=[0.0] * mix.boxes,
        groups=[_pad_group("box", asked)],
        hints=hints,
    )


def _moment(rng: np.random.Generator, spec: ClipSpec) -> float:
    """A time at which the scene's object is on screen, if it has one."""
    event = spec.events[0] if spec.events else None
    if event is None:
        return 0.0
    start_s, end_s = max(0.0, event.start_s), min(spec.duration_s, event.end_s)
    return float(rng.uniform(start_s, end_s - 0.01))


def _weathered(rng: np.random.Generator, frames: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Now and then a slight blur, as resizing and compression leave on real video."""
    if rng.random() < 0.5:
        return frames
    wide = frames.astype(np.uint16)
    wide = wide + np.roll(wide, 1, axis=1)
    wide = wide + np.roll(wide, 1, axis=2)
    return (wide >> 2).astype(np.uint8)


def _clip_questions(
    rng: np.random.Generator, wording: Wording, spec: ClipSpec, times_s: list[float], mix: Mix
) -> dict[str, list[TrainingQuestion]]:
    def shown(description: Description) -> np.ndarray[Any, Any]:
        return _shown(spec, times_s, description)

    def ask(prompt: str, description: Description, reply: str) -> TrainingQuestion:
        return wording.question(prompt, phrase_of(description, rng), reply, shown)

    grounds = [
        _draw_description(rng, spec, mix, yes=rng.random() < 0.64) for _ in range(mix.grounds)
    ]
    yes_nos = [
        _draw_description(rng, spec, mix, yes=rng.random() < 0.48) for _ in range(mix.yes_nos)
    ]
    return {
        "segment": [wording.question(QWEN25_VL.segment, None, segment_reply(spec), shown)],
        "ground": [ask(QWEN25_VL.ground, one, ground_reply(spec, one)) for one in grounds],
        "yes_no": [ask(QWEN25_VL.yes_no, one, yes_no_reply(spec, one)) for one in yes_nos],
    }


def _draw_description(
    rng: np.random.Generator, spec: ClipSpec, mix: Mix, *, yes: bool
) -> Description:
    """A description of one of the scene's events, or a near miss of one."""
    if not spec.events:
        return Description(*TRAINED[int(rng.integers(len(TRAINED)))])
    event = spec.events[int(rng.integers(len(spec.events)))]
    description = draw_part(rng, full_description(event), mix.full_share)
    if yes:
        return description
    miss = draw_near_miss(rng, description, spec, HELD_OUT, mix.borrow_share)
    miss = miss or draw_near_miss(rng, full_description(event), spec, HELD_OUT)
    return miss or description


def _box_question(
    rng: np.random.Generator, wording: Wording, spec: ClipSpec, time_s: float, size: tuple[int, int]
) -> TrainingQuestion:
    event = spec.event_at(time_s)
    description = _draw_description(rng, spec, Mix(full_share=0.3), yes=rng.random() < 0.88)
    # One picture shows no motion: a query that differs in motion alone is still pointed at.
    still = Description(description.colour, description.shape)
    seen = event if event is not None and still.fits(event) else None
    return wording.question(
        QWEN25_VL.box,
        phrase_of(description, rng),
        box_reply(seen, time_s, *size),
        lambda known: np.full(
            2, event is not None and Description(known.colour, known.shape).fits(event)
        ),
    )


def _shown(spec: ClipSpec, times_s: list[float], known: Description) -> np.ndarray[Any, Any]:
    events = [spec.event_at(time_s) for time_s in times_s]
    return np.array([event is not None and known.fits(event) for event in events])


def _pad_group(kind: str, asked: Sequence[list[TrainingQuestion]]) -> Group:
    clips, count = len(asked), len(asked[0])
    length = max(len(question.ids) for clip in asked for question in clip)
    ids = torch.zeros((clips, count, length), dtype=torch.long)
    labels = torch.full((clips, count, length), IGNORED)
    at: list[tuple[int, int, int]] = []
    start: list[tuple[int, int, int]] = []
    shown, start_shown = [], []
    for row, clip in enumerate(asked):
        for column, question in enumerate(clip):
            size = len(question.ids)
            ids[row, column, :size] = torch.tensor(question.ids)
            first = question.answer_at
            # The label is put where the token before it is read.
            labels[row, column, first - 1 : size - 1] = torch.tensor(question.ids[first:])
            for position, frames in question.hints:
                at.append((row, column, position))
                shown.append(frames)
            if question.hints:
                start.append((row, column, first - 1))
                start_shown.append(question.hints[-1][1])
    return Group(kind, ids, labels, *_hint_tensors(at, shown), *_hint_tensors(start, start_shown))


def _hint_tensors(
    at: list[tuple[int, int, int]], shown: list[np.ndarray[Any, Any]]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Places (hints, 3) and frames (hints, MAX_FRAMES), 1 where the frame fits."""
    padded = [np.pad(frames, (0, MAX_FRAMES - len(frames))) for frames in shown]
    frames = torch.from_numpy(np.array(padded, np.float32).reshape(-1, MAX_FRAMES))
    return torch.tensor(at).reshape(-1, 3), frames


def _batch(
    wording: Wording,
    pad: str,
    pictures: list[np.ndarray[Any, Any]],
    *,
    seconds_per_grid: list[float],
    groups: list[Group],
    hints: Hints,
) -> Batch:
    stacked = np.concatenate(pictures)
    packed = pack_video(stacked, 1.0, MIN_PIXELS)
    clips = len(pictures)
    per_group = packed.grid_thw[1] * packed.grid_thw[2]
    grid = (packed.grid_thw[0] // clips, packed.grid_thw[1], packed.grid_thw[2])
    tokens = grid[0] * per_group // MERGE**2
    ids, at = wording.prefix(pad, tokens)
    positions = torch.stack(
        [
            sequence_positions(len(ids), VisionBlock(at, grid, seconds), TOKENS_PER_SECOND)
            for seconds in seconds_per_grid
        ]
    )
    return Batch(
        patches=packed.patches.view(clips, grid[0], per_group, -1),
        grid_thw=grid,
        prefix_ids=torch.tensor(ids),
        prefix_positions=positions,
        vision_at=slice(at, at + tokens),
        groups=groups,
        hints=hints,
    )
