"""Measure the waiting time for `--help` and for a search without checks."""

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from store.library import Library
from vidindex.app import Settings, open_library
from vidindex.bench.speed.generated_library import fill, make_questions, make_world
from vidindex.bench.speed.rounds import NUM_ROUNDS, Spread
from vidindex.composition import build_embedder

NUM_EVENTS = 100_000
NUM_FILES = 1_000
NUM_SEARCHES = 50
SEED = 1


@dataclass(frozen=True, slots=True)
class Waiting:
    """Milliseconds; search_ms: of a warm library of `num_events` events, text model included."""

    help_ms: Spread
    num_events: int
    search_ms: Spread


def measure() -> Waiting:
    """In new processes, and in this one."""
    return Waiting(Spread.of([_help_ms() for _ in range(NUM_ROUNDS)]), NUM_EVENTS, _searches())


def _help_ms() -> float:
    words = [sys.executable, "-m", "vidindex", "--help"]
    started_s = time.perf_counter()
    subprocess.run(words, stdout=subprocess.DEVNULL, check=True)
    return 1e3 * (time.perf_counter() - started_s)


def _searches() -> Spread:
    world = make_world(build_embedder(), SEED)
    first, *asked = make_questions(world.captions, NUM_SEARCHES + 1, SEED)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "library"
        with Library.open(path, create=True) as library:
            fill(library, world, NUM_EVENTS, NUM_FILES, SEED)
        with open_library(path, Settings(model="none", ocr=False), write=False) as app:
            app.search(first, verify=False)
            spent_ms = []
            for text in asked:
                started_s = time.perf_counter()
                app.search(text, verify=False)
                spent_ms.append(1e3 * (time.perf_counter() - started_s))
    return Spread.of(spent_ms)
