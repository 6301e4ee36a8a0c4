"""A dual encoder that sees and reads colours only, and a library whose frames it embedded."""

import hashlib
import itertools
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from vidindex.app import App, Settings, open_library
from vidindex.bench.films import Film, write_film
from vidindex.synthetic.clips import COLOURS, ClipEvent, ClipSpec, Ground, Pose
from vidindex.types import EmbeddingSpace, Filters, FrameVector, Picture, Span

Rows = npt.NDArray[np.float32]

SETTINGS = Settings(model="none", ocr=False)
NEAR_RGB = 100.0
"""A pixel that is further than this from every colour that has a name has none."""


class ColourEmbedder:
    """Of a picture: the square roots of the shares of its pixels that have each colour, a vector
    of unit length. Of a text: the colours that it names. The last two sides are those of pixels
    without a named colour, and of words that name none.
    """

    space = EmbeddingSpace("colours", "1", len(COLOURS) + 2)
    size = (64, 48)

    def embed_pictures(self, pictures: Sequence[Picture]) -> Rows:
        return np.stack([self._of_picture(picture) for picture in pictures])

    def embed_texts(self, texts: Sequence[str]) -> Rows:
        return np.stack([self._of_text(text) for text in texts])

    def can_read(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        return np.array(["unreadable" not in text for text in texts], bool)

    def _of_picture(self, picture: Picture) -> Rows:
        pixels = picture.reshape(-1, 3)[:, None].astype(np.float32)
        distances = np.linalg.norm(pixels - np.array(list(COLOURS.values()), np.float32), axis=2)
        nearest = np.where(distances.min(1) < NEAR_RGB, distances.argmin(1), len(COLOURS))
        shares = np.bincount(nearest, minlength=len(COLOURS) + 2) / len(nearest)
        return np.sqrt(shares).astype(np.float32)

    def _of_text(self, text: str) -> Rows:
        words = re.findall(r"[a-z]+", text.lower())
        vector = np.zeros(len(COLOURS) + 2, np.float32)
        vector[: len(COLOURS)] = [colour in words for colour in COLOURS]
        if not vector.any():
            digest = hashlib.sha256(text.encode()).digest()
            vector[: len(COLOURS)] = [byte / 2550 for byte in digest[: len(COLOURS)]]
            vector[-1] = 1.0
        return np.asarray(vector / np.linalg.norm(vector), np.float32)


def event(colour: str, start_s: float, end_s: float, shape: str = "circle") -> ClipEvent:
    pose = Pose(0.5, 0.5, 0.4)
    return ClipEvent(colour, shape, "still", start_s, end_s, pose, pose, COLOURS[colour])


FILMS = (
    Film("one.mp4", ClipSpec(30.0, (event("red", 5, 10), event("blue", 16, 22)), Ground())),
    Film("two.mp4", ClipSpec(30.0, (event("green", 4, 9), event("blue", 20, 23)), Ground(seed=5))),
)
"""What each shows: red and blue, green and blue; nothing is yellow, purple or white."""


def write_films(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for film in FILMS:
        write_film(film, folder)
    return folder


def with_colours(app: App) -> App:
    """The app with colours as its picture model."""
    services = replace(app.text_services, frame_embedder=ColourEmbedder())
    app.__dict__["text_services"] = services
    app.__dict__.pop("services", None)
    return app


def embed_frames(app: App, every_s: float = 1.0) -> None:
    """Give frames of all videos vectors, one for each `every_s`."""
    embedder, decoder = ColourEmbedder(), app.text_services.decoder
    app.library.frame_vectors.require(embedder.space)
    for video in app.library.videos.all():
        opened = app.library.open_source(video.video_id)
        assert opened, video
        times_s = list(np.arange(0.0, video.picture_end_s, every_s))
        frames = list(decoder.frames(opened[1], times_s, embedder.size))
        vectors = embedder.embed_pictures([frame.picture for frame in frames])
        edges = [*times_s, video.picture_end_s]
        spans = [Span(*edge) for edge in itertools.pairwise(edges)]
        rows = [FrameVector(video.video_id, *row) for row in zip(spans, vectors, strict=True)]
        app.library.frame_vectors.replace(video.video_id, rows)
    app.library.refresh_indexes()


def make_library(folder: Path, settings: Settings = SETTINGS) -> Path:
    """A library of the two films, whose frames have vectors, without any caption."""
    footage = write_films(folder / "footage")
    with open_library(folder / "library", settings) as app:
        app.ingest(footage)
        embed_frames(with_colours(app))
    return folder / "library"


def video_id(app: App, name: str) -> str:
    (found,) = app.library.videos.selected(Filters(globs=(name,)))
    return found


def without_picture_model(app: App) -> App:
    """The app on a machine that lacks the picture model of the library's frames."""
    app.__dict__["text_services"] = replace(app.text_services, frame_embedder=None)
    return app


@contextmanager
def as_picture_model() -> Iterator[None]:
    """Apps that are opened meanwhile have colours as their picture model."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("vidindex.app.base.build_frame_embedder", lambda *_: ColourEmbedder())
        yield


def opened(library: Path) -> App:
    """The library for reading, without a picture model."""
    return without_picture_model(open_library(library, SETTINGS, write=False))
