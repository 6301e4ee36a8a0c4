"""A small library of films whose truth is known, captioned by the bundled model, to ask."""

import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from vidindex.app import Settings, open_library
from vidindex.bench.films import Film, shape_films, write_film, write_slate
from vidindex.synthetic.clips import ClipEvent

BUNDLED = Settings(model="bundled")
ASKED = "when does a blue circle move left?"


def shapes() -> Film:
    """The film in which, once, a blue circle moves left.

    One of those on which the small model's boxes, which are rough, fit well.
    """
    (film,) = shape_films(1, 30.0, 9)
    return film


def blue_circle() -> ClipEvent:
    (event,) = [e for e in shapes().scene.events if e.combination == ("blue", "circle", "left")]
    return event


def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the films, made once in a test run; for reading only."""
    return _made(tmp_path_factory.getbasetemp()) / "footage"


@cache
def _made(base: Path) -> Path:
    made = base / "answers"
    footage = made / "footage"
    footage.mkdir(parents=True)
    shown = write_film(shapes(), footage, [(0.5, 3.0, "This is the reel of the harbour.")])
    slate = write_slate(footage, 10)
    # The grain of the shapes is slow to read, and nothing is written there.
    for path, settings in ((shown, replace(BUNDLED, ocr=False)), (slate, BUNDLED)):
        with open_library(made / "library", settings) as app:
            app.ingest(path)
    return made


def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the films, each time another: searches keep verdicts in it."""
    made = _made(tmp_path_factory.getbasetemp())
    target = tmp_path_factory.mktemp("copied")
    shutil.copytree(made / "library", target / "library")
    return target / "library"
