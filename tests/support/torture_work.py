"""The whole of what a library is for, on small films, and what is to be told of a library at rest.

Draws no fault and judges nothing.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.evidence.verify import check_package
from pipelines.progress import Quiet
from pipelines.services import Services
from store.library import Library
from support.film_assets import titled
from support.torture_memory import remembering
from support.torture_taps import TappedDecoder, Taps, tapped, tapped_services
from vidindex.app import App, Settings, open_library
from vidindex.bench.films import Film, write_film
from vidindex.composition import build_stages
from vidindex.synthetic.clips import ClipSpec
from vidindex.synthetic.scenes import draw_event, draw_ground
from vidindex.types import Query

BUNDLED = Settings(model="bundled")
SEARCHES = ("a red square moves left", "the ferry leaves", "NORTH GATE")
VERIFIED = Query("a green circle", limit=3)
EXPORTS = ("timeline.json", "timeline.fcpxml", "timeline.csv")

Contents = dict[str, list[tuple[Any, ...]]]

# Everything that was decided, without the order in which it was done. Vectors without their
# last digits, which depend on what was embedded together.
_TABLES = {
    "videos": "SELECT video_id, info FROM videos",
    "locations": "SELECT path, video_id, status FROM locations",
    "failures": "SELECT path, stage FROM failures",
    "events": "SELECT video_id, start_s, end_s, channel, text FROM events",
    "clocks": "SELECT video_id, start_s, end_s, value_at_start_s, rate, template FROM clocks",
    "plans": "SELECT video_id, plan FROM plans",
    "work": "SELECT video_id, stage, key FROM work",
    "vectors": "SELECT video_id, text FROM vectors JOIN events USING (event_id)",
    "replies": "SELECT key, reply FROM replies",
    "verdicts": "SELECT key, verdict FROM verdicts",
}


def contents(library: Path) -> Contents:
    """All rows of a library that are worth anything, sorted; none where there is no library."""
    if not (library / "library.db").exists():
        return {name: [] for name in _TABLES}
    with sqlite3.connect(library / "library.db") as db:
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'asked'").fetchone():
            return {name: [] for name in _TABLES}
        return {name: sorted(db.execute(sql).fetchall(), key=repr) for name, sql in _TABLES.items()}


def indexed_ids(library: Path) -> list[list[int]]:
    """The ids in the table of vectors, in the index as it is found, and in a rebuilt one."""
    with Library.open(library, write=True) as opened:
        vectors = opened.vectors
        table = sorted(vectors._all_ids().tolist())
        found = []
        for _ in range(2):
            assert vectors._catch_up()
            near = vectors._near
            parts = [near._fresh, near._sealed]
            ids = [i for part in parts if part for i in getattr(part, "live_ids", part.ids)]
            found.append(sorted({int(i) for i in ids} & set(table)))
            vectors.discard_file()
            vectors.refresh()
    return [table, *found]


@dataclass(frozen=True, slots=True)
class Footage:
    """The films, and the tools that are loaded once for all runs."""

    folder: Path
    services: Services


def make_footage(folder: Path) -> Footage:
    """Two films of shapes that the bundled model can tell, with subtitles, and one of titles."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(8)
    scenes = (
        (("red", "square", "left"), ("green", "circle", "still")),
        (("yellow", "triangle", "up"), ("blue", "circle", "right")),
    )
    for number, kinds in enumerate(scenes):
        events = [draw_event(rng, kind, 1 + 7 * i, 6 + 7 * i) for i, kind in enumerate(kinds)]
        scene = ClipSpec(14.0, tuple(events), draw_ground(rng))
        # No two as long as each other: equal scores are in the order of indexing.
        words = [f"The ferry leaves pier {i}" + " slowly" * (2 * i + number) for i in range(10)]
        lines = [(i + 0.1, i + 0.9, line) for i, line in enumerate(words)]
        write_film(Film(f"shapes-{number}.mp4", scene), folder, lines)
    titled(folder / "gate.mp4", [(2, "NORTH GATE"), (2, "SOUTH GATE")])
    with open_library(folder.parent / "tools", BUNDLED) as app:
        return Footage(folder, remembering(app.services))


@dataclass(frozen=True, slots=True)
class Told:
    """What a whole run says: answers, files that it wrote, and whether the package is sound."""

    answers: tuple[object, ...]
    files: tuple[str, ...]
    is_sound: bool


def whole_run(footage: Footage, place: Path, taps: Taps) -> Told:
    """Ingest, search, export and pack, as people would; every point passes by `taps`."""
    with tapped(taps, place), opened(footage, place / "library", taps) as app:
        app.ingest(footage.folder, retry_failed=True, progress=taps)
        taps.stage = "search"
        answers = [_answer(app, Query(words), verify=False) for words in SEARCHES]
        answers.append(_answer(app, VERIFIED, verify=True))
        taps.stage = "export"
        (place / "out").mkdir(exist_ok=True)
        for name in EXPORTS:
            app.export(place / "out" / name)
        taps.stage = "evidence"
        package = place / "package"
        app.evidence(["shapes-0.mp4@00:02-00:04"], package)
    files = [str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()]
    outside = sorted(file for file in files if not file.startswith("library"))
    return Told(tuple(answers), tuple(outside), check_package(package, Quiet()).sound)


@contextmanager
def opened(footage: Footage, library: Path, taps: Taps) -> Iterator[App]:
    """A library whose tools and stages pass by `taps`."""
    with open_library(library, BUNDLED) as app:
        services = tapped_services(footage.services, taps)
        stages: list[Any] = list(build_stages(services, BUNDLED))
        for i, stage in enumerate(stages):
            if hasattr(stage, "decoder"):
                stages[i] = replace(stage, decoder=TappedDecoder(stage.decoder, taps))
        app.__dict__["services"], app.__dict__["stages"] = services, tuple(stages)
        yield app


def _answer(app: App, query: Query, *, verify: bool) -> tuple[object, ...]:
    result = app.search(query, verify=verify)
    return tuple(
        (m.path, m.text, m.verdict.answer, m.verdict.span, m.verdict.score) for m in result.moments
    )
