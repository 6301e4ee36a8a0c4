"""Footage and a library for tests of the page, and for its pictures in the README.

Cameras on two days with a gap between two files, films whose pictures show their own time, one
of them in a codec that browsers do not play, and texts that a careless page would obey.
"""

from pathlib import Path

import ffmpeg

from store import Library
from support.film_assets import clock
from support.page_assets import HOSTILE
from vidindex.adapters.media.ffmpeg import run
from vidindex.app import Settings, open_library
from vidindex.bench.films import Film, shape_films, write_film
from vidindex.types import Channel, Event, Span

CLOCK_FILM, CLOCK_S = "slate.mp4", 30
OLD_FILM, OLD_FILM_STARTS_S = "old/tape.avi", 600
HOSTILE_WORDS = "<img src=x onerror=alert(1)> said the keeper"
SPOKEN = [
    (0.5, 3.0, "This is the first reel."),
    (9.0, 12.0, "The ferry leaves the harbour at dawn."),
    (20.0, 24.0, "Nobody has seen the lighthouse keeper since Tuesday."),
]
NAMES = (
    "harbour/harbour_20240301_140000.mp4",
    "harbour/harbour_20240301_140300.mp4",
    "yard/yard_20240302_083000.mp4",
    "gate/gate_20240302_083500.mp4",
)
KINDS: tuple[Channel, ...] = ("caption", "screen", "speech")


def make_library(
    folder: Path, num_films: int = 2, film_s: float = 24.0, *, hostile: bool = True
) -> Path:
    """Films below `folder`/footage, indexed with the bundled model; where the library is.

    hostile: the first film is said to hold texts that a careless page would obey.
    """
    footage = folder / "footage"
    for film, name in zip(shape_films(num_films, film_s, seed=11), NAMES, strict=False):
        (footage / name).parent.mkdir(parents=True, exist_ok=True)
        write_film(Film(name, film.scene), footage, SPOKEN)
    clock(footage / CLOCK_FILM, CLOCK_S, title="HARBOUR REEL 7")
    _old_film(footage / OLD_FILM)
    with open_library(folder / "library", Settings(model="bundled")) as app:
        app.ingest(footage)
        if hostile:
            (first,) = app.find([Path(NAMES[0]).name])
            said = [
                Event(first, Span(n, n + 0.8), text, "speech", "test")
                for n, text in enumerate([*HOSTILE, HOSTILE_WORDS])
            ]
            app.library.events.add(said)
    return folder / "library"


def add_many_events(library_path: Path, name: str, number: int, duration_s: float) -> str:
    """Fill the video of that name with events of three kinds, evenly; its id."""
    step_s = duration_s / number
    with Library.open(library_path, write=True) as library:
        (video_id,) = library.videos.find([name])
        library.events.add(
            [
                Event(
                    video_id,
                    Span(i * step_s, (i + 1) * step_s),
                    f"event {i}",
                    KINDS[i % len(KINDS)],
                    "test",
                )
                for i in range(number)
            ]
        )
    return str(video_id)


def _old_film(path: Path) -> None:
    """A clock from 10:00 on in MPEG-4 Part 2, which browsers do not play."""
    path.parent.mkdir(exist_ok=True)
    source = clock(path.with_suffix(".mp4"), 8, starts_at_s=OLD_FILM_STARTS_S)
    run(ffmpeg.output(ffmpeg.input(str(source)), str(path), vcodec="mpeg4", qscale=2, bf=0))
    source.unlink()
