"""What the library derives from its own truth is checked against it, and rebuilt by doctor."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from support.library_assets import add_video, event, video

from store import Library
from vidindex.cli.main import run_command
from vidindex.types import EmbeddingSpace, Filters

DIM = 8
ROWS = np.eye(DIM, dtype=np.float32)[:4]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Five events, four of them with a vector, and the index file of these."""
    with Library.open(tmp_path / "library", create=True) as library:
        add_video(library, video(), "film.mp4")
        library.vectors.require(EmbeddingSpace("test", "1", DIM))
        ids = library.events.add([event(f"a red car {i}") for i in range(5)])
        library.vectors.put(ids[:4], ROWS)
        library.vectors.refresh()
    return tmp_path / "library"


def broken(place: Path, *statements: str) -> list[str]:
    """What `check` says after another program did this to the database."""
    with closing(sqlite3.connect(place / "library.db", isolation_level=None)) as db:
        db.execute("PRAGMA writable_schema = ON")
        for statement in statements:
            db.execute(statement)
    with Library.open(place) as library:
        return library.check()


def assert_whole(place: Path) -> None:
    with Library.open(place) as library:
        assert library.check() == []
        assert library.vectors.count_missing() == 1
        assert len(library.full_text.search("red car", Filters(), 10)) == 5
        found = [library.vectors.search(row, Filters(), 1)[0][0] for row in ROWS]
        assert found == [1, 2, 3, 4]


DAMAGES = {
    "no words": ("INSERT INTO event_words (event_words) VALUES ('delete-all')",),
    "words of what is gone": ("INSERT INTO event_words (rowid, words) VALUES (77, 'ghost')",),
    "a vector is lacked and nobody knows": ("DELETE FROM events_without_vector",),
    "a vector is there and lacked": ("INSERT INTO events_without_vector VALUES (1)",),
    "an index that is not of its rows": (
        "UPDATE sqlite_master SET sql = replace(sql, 'start_s', 'end_s - event_id')"
        " WHERE name = 'events_of_video'",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_derived_and_wrong_is_said_and_made_anew(place: Path, damage: str) -> None:
    assert_whole(place)
    faults = broken(place, *DAMAGES[damage])
    assert faults
    assert run_command(["doctor", "--library", str(place)]) == 1
    run_command(["doctor", "--library", str(place), "--repair"])
    assert_whole(place)


def test_a_broken_vector_file_is_made_anew(place: Path) -> None:
    (file,) = (place / "vectors").iterdir()
    file.write_bytes(b"not an index")
    run_command(["doctor", "--library", str(place), "--repair"])
    assert_whole(place)


def test_repair_leaves_the_truth_alone(place: Path) -> None:
    with Library.open(place) as library:
        events = library.events.of_video("a" * 32)
    with Library.open(place, write=True) as library:
        library.repair()
        assert library.events.of_video("a" * 32) == events


def test_doctor_tells_what_was_wrong_before_it_repaired(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken(place, *DAMAGES["no words"])
    run_command(["doctor", "--library", str(place), "--repair"])
    said = capsys.readouterr().out
    assert "5 events cannot be found by their words" in said
    assert f"{place} is sound" in said
