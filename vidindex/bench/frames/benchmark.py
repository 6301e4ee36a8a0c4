"""Measure search by frames: retrieval, verification, false alarms, and controls at chance.

The films have no captions and no text: what is found is found by the vectors of frames. A hit is
right where it shares at least half (IoU) with a stretch that shows what was asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipelines.progress import Progress
from vidindex.app import App, Settings, open_library
from vidindex.bench.frames.films import KINDS, KnownSearch, draw_films, draw_searches, write_film
from vidindex.core.retrieval.calibration import wilson
from vidindex.errors import InputError
from vidindex.types import FrameVector, Moment, Query, Span

Vectors = npt.NDArray[np.float32]
Stored = Mapping[str, tuple[npt.NDArray[np.float64], Vectors]]
"""Spans (n, 2) and vectors (n, dim) by video_id."""

RIGHT_IOU = 0.5
CANDIDATES = 10


@dataclass(frozen=True, slots=True)
class Share:
    """A counted share with its 95 % interval (Wilson)."""

    value: float
    low: float
    high: float
    count: int

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} – {self.high:.3f})"


@dataclass(frozen=True, slots=True)
class Row:
    """What one kind of search reaches in one system.

    recall: of searches for something shown, a right one is among the first ten candidates;
    first: the first candidate is right, verified: the first hit after verification is, None
    where nothing was verified. false_alarms, misses: of what is shown as verified.
    """

    system: str
    kind: str
    recall: Share
    first: Share
    verified: Share | None = None
    false_alarms: Share | None = None
    misses: Share | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured on which films."""

    seed: int
    frames: str
    model: str
    num_files: int
    duration_s: float
    num_vectors: int
    num_scenes: int
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Size:
    """How large the library is, and how many searches of each kind are made in it."""

    num_films: int = 60
    film_s: float = 120.0
    num_present: int = 60
    num_absent: int = 60


def run(folder: Path, frames: str, model: str, seed: int, size: Size, progress: Progress) -> Report:
    """Make, index, search and score; everything is left in `folder`.

    frames: the picture model; model: the vision model that verifies, "none" for none.
    """
    films = draw_films(seed, size.num_films, size.film_s)
    progress.start("films", len(films), "files")
    for film in films:
        write_film(film, folder / "footage")
        progress.advance(1, film.name)
    progress.finish()
    searches = draw_searches(films, seed, size.num_present, size.num_absent)
    only_frames = Settings(model="none", ocr=False, frames=frames)
    with open_library(folder / "library", only_frames) as app:
        app.ingest(folder / "footage", progress=progress)
        num_vectors = app.library.frame_vectors.count()
        space = app.library.frame_vectors.space
        if space is None:
            raise InputError(f"no frame was embedded by {frames!r}", "name one: --frames FOLDER")
    with open_library(folder / "library", replace(only_frames, model=model)) as app:
        rows = _measured(app, searches, progress, verifies=model != "none")
        rows += _controls(app, searches, seed)
    return Report(
        seed,
        f"{space.model}@{space.revision}",
        model,
        len(films),
        sum(len(film.scenes) for film in films) * 8.0,
        num_vectors,
        sum(len(film.scenes) for film in films),
        tuple(rows),
    )


def _measured(
    app: App, searches: Sequence[KnownSearch], progress: Progress, *, verifies: bool
) -> list[Row]:
    rows = []
    progress.start("searches", len(searches), "searches")
    for kind in KINDS:
        present, absent = _by_presence(searches, kind)
        row = _retrieval("frames", app, present, kind)
        if verifies:
            shown = []
            for one in (*present, *absent):
                shown.append(app.search(Query(one.text)).moments)
                progress.advance(1, one.text)
            row = _verified(row, present, shown[: len(present)], shown[len(present) :])
        rows.append(row)
    progress.finish()
    return rows


def _retrieval(system: str, app: App, present: Sequence[KnownSearch], kind: str) -> Row:
    found = [app.candidates(Query(one.text))[:CANDIDATES] for one in present]
    pairs = list(zip(present, found, strict=True))
    return Row(
        system,
        kind,
        recall=_share([any(_right(one, m) for m in moments) for one, moments in pairs]),
        first=_share([any(_right(one, m) for m in moments[:1]) for one, moments in pairs]),
    )


def _verified(
    row: Row,
    present: Sequence[KnownSearch],
    shown: Sequence[Sequence[Moment]],
    shown_absent: Sequence[Sequence[Moment]],
) -> Row:
    pairs = list(zip(present, shown, strict=True))
    return replace(
        row,
        verified=_share([any(_right(one, m) for m in moments[:1]) for one, moments in pairs]),
        misses=_share(
            [not any(_right(one, m) for m in moments if _is_verified(m)) for one, moments in pairs]
        ),
        false_alarms=_share([any(map(_is_verified, moments)) for moments in shown_absent]),
    )


def _controls(app: App, searches: Sequence[KnownSearch], seed: int) -> list[Row]:
    """The truth moved to other places, and vectors dealt to other frames: both must be chance."""
    rng = np.random.default_rng([seed, 31])
    rows = []
    golds = [one.gold for one in searches if one.gold]
    for kind in KINDS:
        present, _ = _by_presence(searches, kind)
        moved = [replace(one, gold=golds[int(rng.integers(len(golds)))]) for one in present]
        rows.append(_retrieval("truth moved", app, moved, kind))
    ids = [video.video_id for video in app.library.videos.all()]
    stored = {video_id: app.library.frame_vectors.of_video(video_id) for video_id in ids}
    vectors = np.concatenate([vectors for _, vectors in stored.values()])
    _store(app, stored, vectors[rng.permutation(len(vectors))])
    for kind in KINDS:
        present, _ = _by_presence(searches, kind)
        rows.append(_retrieval("vectors shuffled", app, present, kind))
    _store(app, stored, vectors)
    return rows


def _store(app: App, stored: Stored, vectors: Vectors) -> None:
    """Put vectors, in the order of the frames, in place of those that are stored."""
    dealt = iter(vectors)
    with app.library.transaction():
        for video_id, (spans, _) in stored.items():
            rows = [FrameVector(video_id, Span(*map(float, span)), next(dealt)) for span in spans]
            app.library.frame_vectors.replace(video_id, rows)
    app.library.refresh_indexes()


def _by_presence(
    searches: Sequence[KnownSearch], kind: str
) -> tuple[list[KnownSearch], list[KnownSearch]]:
    of_kind = [one for one in searches if one.kind == kind]
    return [one for one in of_kind if one.gold], [one for one in of_kind if not one.gold]


def _right(search: KnownSearch, moment: Moment) -> bool:
    return any(
        name == moment.path and span.iou(moment.verdict.span) >= RIGHT_IOU
        for name, span in search.gold
    )


def _is_verified(moment: Moment) -> bool:
    return moment.verdict.answer == "verified"


def _share(counted: Sequence[bool]) -> Share:
    value = sum(counted) / len(counted) if counted else 0.0
    return Share(value, *wilson(value, len(counted)), len(counted))
