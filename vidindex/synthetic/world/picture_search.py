"""Measure search by frame vectors alone on unseen generated scenes, with controls beside it.

Works through the product's port. A scene's score is the mean of its best four frames, and a
search is right at k where one of the k best scenes shows what was asked for. Hidden objects
(grey) and vectors dealt to other frames (shuffled) must bring every figure to chance.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from vidindex.core.retrieval.calibration import wilson
from vidindex.ports import FrameEmbedder
from vidindex.synthetic.world.draw import (
    EVERY_LOOK,
    TESTED_BACKGROUNDS,
    TRAINED,
    Choice,
    draw_scene,
)
from vidindex.synthetic.world.queries import Query, about, described, except_for, whole_looks
from vidindex.synthetic.world.render import render
from vidindex.synthetic.world.scene import Look, Moment, Scene
from vidindex.synthetic.world.vocabulary import held_out_look

HELD_OUT = "held-out combinations"
"""Asked for among scenes of all combinations: alone, their colours would tell them apart."""
SUITES: dict[str, Choice] = {
    "trained combinations": TRAINED,
    HELD_OUT: EVERY_LOOK,
    "held-out backgrounds": TESTED_BACKGROUNDS,
    "grey": TRAINED,
    "shuffled": TRAINED,
}
KINDS = ("one object", "one object, size said", "two objects", "one without another")
HEIGHT, WIDTH, FPS, FRAMES = 240, 320, 1.0, 6
BEST_FRAMES = 4
Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of query in one suite: shares with 95 % intervals, and what chance reaches."""

    suite: str
    kind: str
    n: int
    first: float
    first_interval: tuple[float, float]
    ten: float
    ten_interval: tuple[float, float]
    ten_by_chance: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Library:
    """Scenes with the truth of their frames and a vector for each frame, in order."""

    moments: tuple[tuple[Moment, ...], ...]
    vectors: Vectors

    def ranked(self, text: Vectors) -> list[int]:
        """Numbers of the scenes, best first."""
        scores = (self.vectors @ text).reshape(len(self.moments), -1)
        best = np.sort(scores, axis=1)[:, -BEST_FRAMES:].mean(axis=1)
        return list(np.argsort(-best, kind="stable"))

    def right(self, query: Query) -> set[int]:
        """The scenes that show what is asked for in at least one frame."""
        return {
            number
            for number, moments in enumerate(self.moments)
            if any(query.holds_at(moment) for moment in moments)
        }


def measure(
    embedder: FrameEmbedder,
    seed: int,
    num_scenes: int = 400,
    num_queries: int = 80,
    suites: Sequence[str] = tuple(SUITES),
    kinds: Sequence[str] = KINDS,
) -> list[Row]:
    """Rows by suite and kind, at most `num_queries` searches each, over `num_scenes` scenes."""
    rows = []
    for suite in suites:
        # A first word no training run draws from: training seeds are (seed, step) pairs.
        rng = np.random.default_rng([seed, 2**32 - 1, 19])
        library = build(embedder, rng, suite, num_scenes)
        for kind in kinds:
            queries = draw_queries(rng, library, kind, num_queries, suite == HELD_OUT)
            rows.append(_row(embedder, library, suite, kind, queries))
    return rows


def build(embedder: FrameEmbedder, rng: np.random.Generator, suite: str, count: int) -> Library:
    moments: list[tuple[Moment, ...]] = []
    vectors: list[Vectors] = []
    for _ in range(count):
        scene = draw_scene(rng, FRAMES, FPS, SUITES[suite], aspect=WIDTH / HEIGHT)
        shown = _hidden(scene) if suite == "grey" else scene
        pictures = render(shown, scene.times_s(), HEIGHT, WIDTH)
        vectors.append(embedder.embed_pictures(list(pictures)))
        moments.append(tuple(scene.moment_at(time_s) for time_s in scene.times_s()))
    joined = np.concatenate(vectors)
    if suite == "shuffled":
        joined = joined[rng.permutation(len(joined))]
    return Library(tuple(moments), joined)


def draw_queries(
    rng: np.random.Generator, library: Library, kind: str, most: int, held_out: bool = False
) -> list[Query]:
    """Different searches of one kind, each of something that the library shows.

    held_out: only those whose first object is of a combination that training never shows.
    """
    queries: dict[str, Query] = {}
    for number in rng.permutation(len(library.moments)):
        moments = library.moments[int(number)]
        looks = whole_looks(moments[int(rng.integers(len(moments)))])
        query = _query(rng, kind, [described(one, ("colour", "shape", "size")) for one in looks])
        wanted = query is not None and (not held_out or _is_held_out(query.looks[0]))
        if query is not None and wanted and library.right(query):
            queries.setdefault(query.text, query)
        if len(queries) == most:
            break
    return list(queries.values())


def _is_held_out(look: Look) -> bool:
    return held_out_look(str(look.colour), str(look.shape))


def _query(rng: np.random.Generator, kind: str, looks: Sequence[Look]) -> Query | None:
    if kind == "one object, size said":
        looks = [look for look in looks if look.size != "medium"]
    else:
        plain = {(str(look.colour), str(look.shape)) for look in looks}
        looks = [Look(*names) for names in sorted(plain)]
    order = [looks[int(at)] for at in rng.permutation(len(looks))]
    # What is held out is rare: it comes first where there is some.
    order.sort(key=lambda look: not _is_held_out(look))
    if kind.startswith("one object"):
        return about(order[:1]) if order else None
    if len(order) < 2:
        return None
    return about(order[:2]) if kind == "two objects" else except_for(order[0], order[1])


def _row(
    embedder: FrameEmbedder, library: Library, suite: str, kind: str, queries: Sequence[Query]
) -> Row:
    first, ten, chance = [], [], []
    vectors = embedder.embed_texts([query.text for query in queries])
    for query, vector in zip(queries, vectors, strict=True):
        right, ranked = library.right(query), library.ranked(vector)
        first.append(ranked[0] in right)
        ten.append(bool(right.intersection(ranked[:10])))
        chance.append(_by_chance(len(library.moments), len(right), 10))
    n = len(queries)
    shares = [float(np.mean(values)) if n else float("nan") for values in (first, ten, chance)]
    intervals = [wilson(share, n) if n else (0.0, 1.0) for share in shares[:2]]
    return Row(suite, kind, n, shares[0], intervals[0], shares[1], intervals[1], shares[2])


def _by_chance(total: int, right: int, tries: int) -> float:
    """How often `tries` random ones of `total` hold at least one of the right ones."""
    missed = 1.0
    for taken in range(min(tries, total)):
        missed *= max(0, total - right - taken) / (total - taken)
    return 1 - missed


def _hidden(scene: Scene) -> Scene:
    return replace(scene, objects=(), signs=())


def as_table(rows: Sequence[Row]) -> str:
    """Rows for reading: R@1 and R@10 with their intervals, and chance."""
    cells = [["suite", "query", "n", "R@1", "95 %", "R@10", "95 %", "R@10 by chance"]]
    for row in rows:
        first, ten = (f"{a:.3f} to {b:.3f}" for a, b in (row.first_interval, row.ten_interval))
        shares = f"{row.first:.3f}", f"{row.ten:.3f}", f"{row.ten_by_chance:.3f}"
        cells.append([row.suite, row.kind, str(row.n), shares[0], first, shares[1], ten, shares[2]])
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )
