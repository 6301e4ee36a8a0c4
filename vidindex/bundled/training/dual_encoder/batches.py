"""Draw training batches: pictures, texts, and which text fits which picture.

Every text is held against every picture by the scenes' truth, so that one step judges some
eight thousand pairs. A step's batch is a function of seed and step alone.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from vidindex.bundled.training.dual_encoder.geometry import PATCHES_A_SIDE, SIDE_PX
from vidindex.bundled.training.dual_encoder.tokenizer import Words
from vidindex.synthetic.world.backgrounds import Floats
from vidindex.synthetic.world.draw import TRAINED, Choice, draw_scene
from vidindex.synthetic.world.queries import (
    Query,
    about,
    counted,
    described,
    except_for,
    on_background,
    swapped,
    whole_looks,
)
from vidindex.synthetic.world.render import mask_of, render
from vidindex.synthetic.world.scene import Look, Moment, Scene
from vidindex.synthetic.world.vocabulary import COLOURS, SHAPES, SIZES, held_out_look

FRAMES_A_SCENE = 4
CELLS_A_SIDE = 4
_COLOURS, _SHAPES, _SIZES = (
    {name: number + 1 for number, name in enumerate(names)} for names in (COLOURS, SHAPES, SIZES)
)
_COVERED_SHARE = 0.3
# What texts say of one object, and how often.
_SLOTS = (
    (0.42, ("colour", "shape")),
    (0.16, ("colour", "shape", "size")),
    (0.12, ("colour",)),
    (0.12, ("shape",)),
    (0.05, ("size", "shape")),
    (0.04, ("size", "colour")),
    (0.06, ("colour", "shape", "place")),
    (0.03, ("colour", "place")),
)
_KINDS = ("one", "two", "without", "count", "background", "on")
_KIND_SHARES = (0.68, 0.12, 0.05, 0.05, 0.03, 0.07)


@dataclass(slots=True)
class Batch:
    """pixels (n, 3, side, side); ids (q, 16); truth (q, n); patches (n, kept, 3) of classes.

    Classes of a patch: colour, shape and size of the object on it, 0 for none. cells (n, kept,
    cells): which of its cells an object covers. kept: the numbers (n, kept) of the patches that
    this step looks at.
    """

    pixels: torch.Tensor
    ids: torch.Tensor
    truth: torch.Tensor
    patches: torch.Tensor
    cells: torch.Tensor
    kept: torch.Tensor
    queries: list[Query]
    moments: list[Moment]


def draw_batch(
    rng: np.random.Generator,
    words: Words,
    num_scenes: int,
    num_kept: int = PATCHES_A_SIDE**2,
    choice: Choice = TRAINED,
) -> Batch:
    """`num_kept` patches of each picture, those with objects first, halve the work or better."""
    pictures, moments, patches, cells = [], [], [], []
    for _ in range(num_scenes):
        scene = draw_scene(rng, choice=choice, sign_share=0.1)
        seen = _times_s(rng, scene)
        pictures.append(_softened(rng, render(scene, seen, SIDE_PX, SIDE_PX)))
        moments += [scene.moment_at(time_s) for time_s in seen]
        patches += [patch_classes(scene, time_s) for time_s in seen]
        cells += [patch_cells(scene, time_s) for time_s in seen]
    queries = draw_queries(rng, moments)
    truth = [[query.holds_at(moment) for moment in moments] for query in queries]
    classes = np.stack(patches)
    kept = keep_patches(rng, classes, num_kept)
    return Batch(
        pixels_of(np.concatenate(pictures)),
        torch.tensor(words.ids([query.text for query in queries])),
        torch.tensor(truth),
        torch.from_numpy(np.take_along_axis(classes, kept[..., None], axis=1)),
        torch.from_numpy(np.take_along_axis(np.stack(cells), kept[..., None], axis=1)),
        torch.from_numpy(kept),
        queries,
        moments,
    )


def pixels_of(pictures: npt.NDArray[np.uint8]) -> torch.Tensor:
    """(n, height, width, 3) of bytes as (n, 3, height, width) of -1 to 1."""
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1


def draw_queries(rng: np.random.Generator, moments: list[Moment]) -> list[Query]:
    """For each moment a text that fits it, and the same with one attribute swapped."""
    queries: list[Query] = []
    for moment in moments:
        looks = [described(look, ("colour", "shape", "size")) for look in whole_looks(moment)]
        kind = str(rng.choice(_KINDS, p=_KIND_SHARES))
        if not looks or kind in {"count", "background"}:
            fits = on_background(moment.background) if kind == "background" else None
            queries.append(fits or counted(min(moment.count, 4)))
            continue
        look = _partial(rng, looks[int(rng.integers(len(looks)))], moment)
        other = _partial(rng, looks[int(rng.integers(len(looks)))], moment)
        queries.append(_compound(rng, kind, look, other, moment))
        queries.append(_compound(rng, kind, _near_miss(rng, look), other, moment))
    return queries


def _compound(
    rng: np.random.Generator, kind: str, look: Look, other: Look, moment: Moment
) -> Query:
    if kind == "two" and apart(look, other):
        return about([look, other] if rng.random() < 0.5 else [other, look], rng)
    if kind == "without":
        return except_for(look, _near_miss(rng, other), rng)
    if kind == "on":
        return on_background(moment.background, look)
    return about([look], rng)


def apart(one: Look, other: Look) -> bool:
    """Whether no single object fits both, so that "and" asks for two of them."""
    return any(
        None not in (a, b) and a != b
        for a, b in ((one.colour, other.colour), (one.shape, other.shape))
    )


def _partial(rng: np.random.Generator, look: Look, moment: Moment) -> Look:
    shares = [share for share, _ in _SLOTS]
    slots = _SLOTS[int(rng.choice(len(_SLOTS), p=shares))][1]
    said = described(look, [slot for slot in slots if slot != "place"])
    if "place" in slots:
        places = sorted(
            one.place
            for one in moment.looks
            if one.place and (one.colour, one.shape) == (look.colour, look.shape)
        )
        return replace(said, place=str(rng.choice(places))) if places else said
    # Few people say that something is of medium size.
    return replace(said, size=None) if said.size == "medium" and rng.random() < 0.8 else said


def _near_miss(rng: np.random.Generator, look: Look) -> Look:
    """One attribute swapped; never to what is held out, which would be learned as absent."""
    if look == Look():
        return look
    while True:
        other = swapped(rng, look)
        if not (other.colour and other.shape and held_out_look(other.colour, other.shape)):
            return other


def patch_classes(scene: Scene, time_s: float) -> npt.NDArray[np.int64]:
    """Colour, shape and size (patches, 3) of the object that covers most of each patch."""
    side = PATCHES_A_SIDE
    classes = np.zeros((side, side, 3), np.int64)
    most = np.full((side, side), _COVERED_SHARE)
    starts = np.arange(side) / side
    for one in scene.objects:
        if not one.shown_at(time_s):
            continue
        x1, y1, x2, y2 = one.corners_at(time_s, scene.aspect)
        across = np.clip(np.minimum(x2, starts + 1 / side) - np.maximum(x1, starts), 0, None)
        along = np.clip(np.minimum(y2, starts + 1 / side) - np.maximum(y1, starts), 0, None)
        covered = along[:, None] * across[None] * side * side
        # A small object on a corner of four patches is still on the one it is most on.
        covered[covered == covered.max()] += _COVERED_SHARE * (covered.max() > 0)
        here = covered > most
        most[here] = covered[here]
        classes[here] = (
            _COLOURS[one.colour],
            _SHAPES[one.shape],
            _SIZES[one.size_at(time_s)],
        )
    return classes.reshape(-1, 3)


def patch_cells(scene: Scene, time_s: float) -> Floats:
    """How much of each cell of each patch (patches, cells) an object covers, 0 to 1."""
    side = PATCHES_A_SIDE * CELLS_A_SIDE
    mask = mask_of(scene, time_s, side, side)
    parted = mask.reshape(PATCHES_A_SIDE, CELLS_A_SIDE, PATCHES_A_SIDE, CELLS_A_SIDE)
    return np.ascontiguousarray(parted.swapaxes(1, 2)).reshape(-1, CELLS_A_SIDE**2)


def keep_patches(
    rng: np.random.Generator, classes: npt.NDArray[np.int64], count: int
) -> npt.NDArray[np.int64]:
    """Numbers (n, count) in order: patches on and beside objects first, then any."""
    side = PATCHES_A_SIDE
    on = (classes[..., 0] > 0).reshape(-1, side, side)
    wide = np.pad(on, ((0, 0), (1, 1), (1, 1)))
    beside = wide[:, :-2, 1:-1] | wide[:, 2:, 1:-1] | wide[:, 1:-1, :-2] | wide[:, 1:-1, 2:]
    wanted = (2 * on + beside).reshape(len(classes), -1) + rng.uniform(0, 1.5, classes.shape[:2])
    return np.sort(np.argsort(-wanted, axis=1)[:, :count], axis=1)


def _times_s(rng: np.random.Generator, scene: Scene) -> list[float]:
    """Random moments at which nothing is half in; the middle one where there is none."""
    grid = scene.times_s()
    clear = [time_s for time_s in grid if scene.moment_at(time_s).certain] or [grid[len(grid) // 2]]
    return [clear[int(rng.integers(len(clear)))] for _ in range(FRAMES_A_SCENE)]


def _softened(rng: np.random.Generator, pictures: npt.NDArray[np.uint8]) -> Any:
    """Now and then blurred a little, as scaled and compressed video is."""
    if rng.random() < 0.5:
        return pictures
    wide = np.pad(pictures, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge").astype(np.uint16)
    rows = wide[:, :-2] + 2 * wide[:, 1:-1] + wide[:, 2:]
    soft = rows[:, :, :-2] + 2 * rows[:, :, 1:-1] + rows[:, :, 2:]
    return (soft >> 4).astype(np.uint8)
