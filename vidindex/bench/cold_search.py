"""Time searches typed in a shell: a new process each, from its start to its end."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from vidindex.app import Settings, open_library
from vidindex.bench.films import SLATE_TITLE, shape_films, write_film, write_slate
from vidindex.bench.speed.rounds import Spread
from vidindex.errors import VidindexError

SLATE_S, FILM_S = 16, 30.0
SEED = 11
TIMEOUT_S = 300.0


@dataclass(frozen=True, slots=True)
class ColdSearch:
    """One kind of search: its words and options, and what its first hit must be."""

    about: str
    words: str
    options: tuple[str, ...]
    why: str
    answer: str


UNVERIFIED = ("--no-verify",)
SEARCHES = (
    ColdSearch("words, not verified", "lighthouse keeper", UNVERIFIED, "words", "unchecked"),
    ColdSearch("a clock time, not verified", "00:07", UNVERIFIED, "clock", "unchecked"),
    ColdSearch("meaning, not verified", "a boat sails away", UNVERIFIED, "meaning", "unchecked"),
    ColdSearch("text, read again", SLATE_TITLE, ("--model", "none"), "words", "verified"),
    ColdSearch("a clock time, read again", "00:07", ("--model", "none"), "clock", "verified"),
    ColdSearch(
        "a caption, looked at by the bundled model",
        "a blue circle moves left",
        ("--model", "bundled"),
        "words",
        "verified",
    ),
)


@dataclass(frozen=True, slots=True)
class Waited:
    """Seconds from the start of the process to its end, over several rounds."""

    about: str
    seconds: Spread


def measure(folder: Path, num_rounds: int, say: Callable[[str], None]) -> list[Waited]:
    """Make a small library in `folder` and search it; a first round warms the disk's cache.

    Every search gets the library as it was made, so no verdict is known from before.
    """
    say("making films and indexing them with the bundled model")
    make_library(folder)
    spent_s: dict[str, list[float]] = {search.about: [] for search in SEARCHES}
    for number in range(num_rounds + 1):
        say(f"round {number} of {num_rounds}" if number else "one round to warm up")
        for search, seconds in _one_round(folder):
            if number:
                spent_s[search.about].append(seconds)
    return [Waited(about, Spread.of(seconds)) for about, seconds in spent_s.items()]


def make_library(folder: Path) -> None:
    """Two films with text, a clock, subtitles and captions, in `folder`/made."""
    footage = folder / "footage"
    footage.mkdir(parents=True)
    (film,) = shape_films(1, FILM_S, SEED)
    write_film(film, footage)
    write_slate(footage, SLATE_S)
    with open_library(folder / "made", Settings(model="bundled")) as app:
        app.ingest(footage)


def _one_round(folder: Path) -> Iterator[tuple[ColdSearch, float]]:
    for search in SEARCHES:
        library = folder / "asked"
        shutil.rmtree(library, ignore_errors=True)
        shutil.copytree(folder / "made", library)
        yield search, cold_search_s(search, library)


def cold_search_s(search: ColdSearch, library: Path) -> float:
    """Seconds of one process. Raises VidindexError where its first hit is not the right one."""
    words = ["search", search.words, "--library", str(library), "--json", *search.options]
    started_s = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "vidindex", *words],
        capture_output=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    seconds = time.perf_counter() - started_s
    moments = json.loads(done.stdout)["moments"] if done.stdout else []
    seen = [(moment["hits"][0]["why"], moment["verdict"]["answer"]) for moment in moments[:1]]
    if not seen or search.why not in seen[0][0] or seen[0][1] != search.answer:
        raise VidindexError(
            f"the search {search.words!r} ended with {done.returncode} and found {seen}, "
            f"not {search.why}, {search.answer}: {done.stderr.decode(errors='replace')[-300:]}",
            "run the same search by hand",
        )
    return seconds
