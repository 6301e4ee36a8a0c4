"""A video that was erased is not taken in again by the next ingest, unless asked."""

import json
import shutil
from pathlib import Path

import pytest
from support import film_assets as films

from store import Library
from vidindex.cli.main import run_command


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    folder = tmp_path / "footage"
    folder.mkdir()
    for name in ("gate", "yard"):
        films.titled(folder / f"{name}.mp4", [(1, name.upper())], [(0.1, 0.9, f"the {name}")])
    return folder


@pytest.fixture
def library(tmp_path: Path, footage: Path) -> Path:
    """Both films were ingested, and the gate was erased."""
    place = tmp_path / "library"
    assert ingest(place, footage) == 0
    assert run_command(["remove", "gate.mp4", "--library", str(place), "--yes"]) == 0
    return place


def ingest(library: Path, *words: object) -> int:
    options = ["--library", str(library), "--model", "none", "--no-ocr", "-q"]
    return run_command(["ingest", *map(str, words), *options])


def names(library: Path) -> list[str]:
    with Library.open(library, write=False) as opened:
        return sorted(opened.videos.name(video.video_id) for video in opened.videos.all())


def test_it_is_left_out_and_counted_wherever_it_is_found(
    library: Path, footage: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(footage / "gate.mp4", footage / "gate-copy.mp4")
    capsys.readouterr()
    assert ingest(library, footage) == 0
    assert "2 files are left out, erased from the library" in capsys.readouterr().out
    assert names(library) == ["yard.mp4"]


def test_asked_for_it_is_taken_in_and_stays(library: Path, footage: Path) -> None:
    assert ingest(library, footage, "--again") == 0
    assert ingest(library, footage) == 0
    assert names(library) == ["gate.mp4", "yard.mp4"]


def test_a_new_recording_at_its_path_is_taken_in(library: Path, footage: Path) -> None:
    films.titled(footage / "gate.mp4", [(1, "ANOTHER DAY")])
    assert ingest(library, footage) == 0
    assert names(library) == ["gate.mp4", "yard.mp4"]


def test_a_file_that_became_the_erased_one_is_missing_at_its_path(
    library: Path, footage: Path
) -> None:
    shutil.move(footage / "gate.mp4", footage / "yard.mp4")
    assert ingest(library, footage) == 0
    with Library.open(library, write=False) as opened:
        (video,) = opened.videos.all()
        assert [p.status for p in opened.videos.locations(video.video_id)] == ["missing"]


def test_watching_leaves_it_out(
    library: Path, footage: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["watch", str(footage), "--once", "--settle", "0", "--library", str(library)]
    capsys.readouterr()
    assert run_command([*words, "--model", "none", "--no-ocr"]) == 0
    said = "".join(capsys.readouterr())
    assert "1 erased before and left out" in said
    assert names(library) == ["yard.mp4"]


def test_it_stays_erased_through_export_and_import(
    library: Path, footage: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive, restored = tmp_path / "library.jsonl", tmp_path / "restored"
    assert run_command(["export", "--library", str(library), "-o", str(archive)]) == 0
    assert run_command(["import", str(archive), "--library", str(restored)]) == 0
    assert ingest(restored, footage) == 0
    assert names(restored) == ["yard.mp4"]


def test_an_archive_from_before_does_not_bring_it_back(
    tmp_path: Path, footage: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library, archive = tmp_path / "library", tmp_path / "before.jsonl"
    assert ingest(library, footage) == 0
    assert run_command(["export", "--library", str(library), "-o", str(archive)]) == 0
    assert run_command(["remove", "gate.mp4", "--library", str(library), "--yes"]) == 0
    capsys.readouterr()
    assert run_command(["import", str(archive), "--library", str(library), "--json"]) == 0
    restored = json.loads(capsys.readouterr().out)
    assert (restored["videos"], restored["known"], restored["erased"]) == (0, 1, 1)
    assert names(library) == ["yard.mp4"]
