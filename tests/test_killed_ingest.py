"""A killed ingest loses nothing that was finished, and what comes of it is the same library."""

import random
import sqlite3
import time
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from support import film_assets as films
from support.processes import DEVNULL, VIDINDEX, Process, started

from store.library import Library

NUM_KILLS = 10


def ingesting(footage: Path, library: Path) -> AbstractContextManager[Process]:
    words = ["ingest", footage, "--library", library, "--model", "none", "-q"]
    return started([*VIDINDEX, *words], stdout=DEVNULL, stderr=DEVNULL)


def ingest(footage: Path, library: Path) -> None:
    with ingesting(footage, library) as process:
        assert process.wait() == 0


def contents(library: Path) -> dict[str, list[tuple[object, ...]]]:
    """Everything that an ingest decides, without the order in which it was done."""
    tables = {
        "videos": "SELECT video_id, info FROM videos",
        "locations": "SELECT path, video_id, status FROM locations",
        "events": "SELECT video_id, start_s, end_s, channel, text FROM events",
        "clocks": "SELECT video_id, start_s, end_s, value_at_start_s, rate, template FROM clocks",
        "plans": "SELECT video_id, plan FROM plans",
        "work": "SELECT video_id, stage, key FROM work",
        "vectors": "SELECT video_id, text, vector FROM vectors JOIN events USING (event_id)",
    }
    with sqlite3.connect(library / "library.db") as db:
        return {
            name: sorted(db.execute(query).fetchall(), key=repr) for name, query in tables.items()
        }


def finished(library: Path) -> set[tuple[object, ...]]:
    """The marks of work that is done, with the moment at which it was done."""
    if not (library / "library.db").exists():
        return set()
    with sqlite3.connect(library / "library.db") as db:
        try:
            rows = db.execute("SELECT video_id, stage, finished_at FROM work")
            return set(rows.fetchall())
        except sqlite3.OperationalError:
            return set()  # killed before the tables were made


@pytest.mark.slow
@pytest.mark.timeout(900)  # thirteen ingests, on a busy machine too
def test_ten_kills_leave_the_same_library_and_repeat_no_finished_work(tmp_path: Path) -> None:
    footage = tmp_path / "footage"
    footage.mkdir()
    for number in range(4):
        films.titled(footage / f"{number}.mp4", [(3, f"REEL {number}"), (3, "END OF REEL")])
    films.clock(footage / "clock.mp4", 8, 30)
    ingest(footage, tmp_path / "whole")
    random.seed(4)
    started_s = time.monotonic()
    ingest(footage, tmp_path / "again")
    whole_run_s = time.monotonic() - started_s

    killed = tmp_path / "killed"
    for _ in range(NUM_KILLS):
        before = finished(killed)
        with ingesting(footage, killed) as process:
            time.sleep(random.uniform(0.1, 0.9) * whole_run_s)
            process.kill()
            process.wait()
        assert before <= finished(killed), "finished work was done again or lost"
    ingest(footage, killed)
    assert contents(killed) == contents(tmp_path / "whole")
    with Library.open(killed) as library:
        assert library.check() == []
