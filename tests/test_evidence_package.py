"""Evidence packages: whole originals with their sums and clips, and no half file."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support import answer_assets as assets
from support.evidence_assets import (
    NOON,
    PLAIN,
    flip,
    gate_and_yard,
    indexed_copy,
    manifest,
    pack,
    sha256,
    verified_package,
)
from support.page_assets import Page
from support.processes import run_to_end

import pipelines.evidence.originals
from pipelines.evidence.file_copy import copy_whole
from pipelines.evidence.verify import check_package
from pipelines.progress import Quiet
from vidindex.adapters.media.probe import probe
from vidindex.app import open_library
from vidindex.cli.main import run_command
from vidindex.core.formatting.safe_filenames import safe_path
from vidindex.errors import InputError, MediaError

# Its fixtures ingest films, which takes more than two seconds.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return gate_and_yard(tmp_path_factory.mktemp("footage"))


@pytest.fixture
def place(footage: Path, tmp_path: Path) -> Path:
    return indexed_copy(footage, tmp_path / "place")


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return verified_package(tmp_path_factory)


def test_originals_are_whole_bit_for_bit_and_keep_their_time(
    searched: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    footage = assets.footage(tmp_path_factory)
    told = {one["name"]: one for one in manifest(searched)["originals"]}
    for name in ("shapes-1.mp4", "slate.mp4"):
        source, copy = footage / name, searched / told[name]["file"]
        assert copy.read_bytes() == source.read_bytes()
        assert copy.stat().st_mtime_ns == source.stat().st_mtime_ns == told[name]["modified_ns"]
        assert told[name]["source_path"] == str(source)
        (file,) = [f for f in manifest(searched)["files"] if f["path"] == told[name]["file"]]
        assert (file["sha256"], file["kind"]) == (sha256(source), "original")


def test_every_file_is_in_the_sums_as_sha256sum_reads_them(searched: Path) -> None:
    lines = (searched / "SHA256SUMS").read_text("utf-8").splitlines()
    sums = {line[66:]: line[:64] for line in lines}
    files = {p.relative_to(searched).as_posix() for p in searched.rglob("*") if p.is_file()}
    assert set(sums) == files - {"SHA256SUMS"}
    assert all(sha256(searched / path) == digest for path, digest in sums.items())
    if program := shutil.which("sha256sum"):
        run_to_end([program, "--strict", "-c", "SHA256SUMS"], cwd=searched)


def test_a_clip_of_each_hit_is_packed_as_a_derivative_of_its_original(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "package"
    words = ["gate/a.mp4@1-2", "yard/a.mp4@0.5-2.5", "--library", str(place / "library")]
    assert run_command(["evidence", *words, "-o", str(folder), "--clips"]) == 0
    assert ", 2 of 2 clips" in capsys.readouterr().out
    one, other = manifest(folder)["hits"]
    assert one["clip"] == {
        "file": "clips/01_gate_a_00-00-01.000_00-00-02.000.mp4",
        "problem": "",
        "cut_from": one["video_id"],
        "start_s": 1.0,
        "end_s": 2.0,
        "how": "derivative, encoded anew (H.264, AAC)",
        "notes": [],
    }
    assert one["clip"]["file"] in one["derivatives"]
    kinds = {file["path"]: file["kind"] for file in manifest(folder)["files"]}
    assert (kinds[one["clip"]["file"]], kinds[one["file"]]) == ("clip", "original")
    info = probe(folder / other["clip"]["file"], "id")
    assert info.duration_s == pytest.approx(2.0, abs=0.001)
    page = Page((folder / "sheet.html").read_text("utf-8"))
    assert f"{other['clip']['file']}: a derivative, cut and re-encoded, not the" in page.text
    assert run_command(["evidence", "--check", str(folder)]) == 0


def test_a_clip_that_cannot_be_cut_costs_the_clip_and_is_told(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "footage" / "gate" / "a.mp4").unlink()
    words = ["gate/a.mp4@1-2", "yard/a.mp4@1-2", "--library", str(place / "library"), "--clips"]
    assert run_command(["evidence", *words, "-o", str(place / "package")]) == 1
    assert ", 1 of 2 clips" in capsys.readouterr().out
    missing = manifest(place / "package")["hits"][0]["clip"]
    assert (missing["file"], missing["problem"][:11]) == (None, "gate/a.mp4 ")
    found = check_package(place / "package", Quiet())
    assert found.sound
    assert any("without the clip of hit 1: gate/a.mp4" in note for note in found.notes)


def test_a_missing_original_costs_its_file_and_not_the_package(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "footage" / "gate" / "a.mp4").unlink()
    words = ["--library", str(place / "library"), "-o", str(place / "package"), "--json"]
    assert run_command(["evidence", "gate/a.mp4@0-1", "yard/a.mp4@0-1", *words]) == 1
    printed = capsys.readouterr()
    assert "not packed: gate/a.mp4: " in printed.err
    assert list(json.loads(printed.out)["not_packed"]) == ["gate/a.mp4"]
    assert [p.name for p in (place / "package" / "originals").rglob("*.mp4")] == ["a.mp4"]
    gate, yard = manifest(place / "package")["hits"]
    assert (gate["file"], yard["file"]) == (None, "originals/yard/a.mp4")
    assert any("is not where it was" in note or "no picture" in note for note in gate["notes"])
    found = check_package(place / "package", Quiet())
    assert found.sound
    assert found.notes[0].startswith("without its original: gate/a.mp4: ")
    assert "not in this package" in Page((place / "package/sheet.html").read_text()).text


def test_a_file_that_was_edited_since_is_no_original(place: Path) -> None:
    with (place / "footage" / "gate" / "a.mp4").open("ab") as file:
        file.write(b"\0")
    made = pack(place, "gate/a.mp4@0-1")
    (one,) = made.package.originals
    assert one.file is None
    assert "was changed since it was indexed" in one.problem
    assert not (place / "package" / "originals").exists()


def test_a_copy_elsewhere_stands_in_for_a_missing_file(place: Path) -> None:
    shutil.copytree(place / "footage" / "gate", place / "backup")
    with open_library(place / "library", PLAIN) as app:
        app.ingest(place / "backup")
    (place / "footage" / "gate" / "a.mp4").unlink()
    (one,) = pack(place, "gate/a.mp4@0-1").package.originals
    assert one.source == place / "backup" / "a.mp4"
    assert one.copies == (place / "footage" / "gate" / "a.mp4",)


def test_one_file_is_packed_once_and_files_of_one_name_both(place: Path) -> None:
    pack(place, "gate/a.mp4@0-1", "gate/a.mp4@1-2", "yard/a.mp4@0-1")
    originals = place / "package" / "originals"
    assert sorted(p.relative_to(originals).as_posix() for p in originals.rglob("*.mp4")) == [
        "gate/a.mp4",
        "yard/a.mp4",
    ]
    assert len(manifest(place / "package")["hits"]) == 3


def test_nothing_is_overwritten(place: Path, tmp_path: Path) -> None:
    pack(place, "gate/a.mp4@0-1")
    with pytest.raises(InputError, match="holds a package already"):
        pack(place, "gate/a.mp4@0-1")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"holds other files: notes\.txt"):
        pack(place, "gate/a.mp4@0-1", folder=tmp_path / "mine")
    other = tmp_path / "other" / "originals" / "gate" / "a.mp4"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"another film")
    with pytest.raises(InputError, match="is another file"):
        pack(place, "gate/a.mp4@0-1", folder=tmp_path / "other")
    assert other.read_bytes() == b"another film"
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["notes.txt"]


class Interrupted(Quiet):
    """Progress during which somebody presses Ctrl-C once so many files were begun."""

    def __init__(self, after: int) -> None:
        self.left = after

    def advance(self, amount: float, name: str) -> None:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt


def test_an_interrupted_package_leaves_no_half_file_and_is_finished_by_the_next_run(
    place: Path,
) -> None:
    words, originals = ("gate/a.mp4@0-1", "yard/a.mp4@0-1"), place / "package" / "originals"
    with pytest.raises(KeyboardInterrupt):
        pack(place, *words, progress=Interrupted(after=3))
    assert [p.name for p in originals.rglob("*.*")] == ["a.mp4"]
    (finished,) = originals.rglob("*.mp4")
    inode = finished.stat().st_ino
    assert not check_package(place / "package", Quiet()).sound
    (originals / "yard" / "a.mp4.part").write_bytes(b"half of a run that was killed")
    pack(place, *words)
    assert finished.stat().st_ino == inode
    assert check_package(place / "package", Quiet()).sound


def test_a_package_that_cannot_be_finished_claims_nothing(place: Path) -> None:
    with open_library(place / "library", PLAIN, write=False) as app:
        from vidindex.composition import build_package

        def broken(*_: Any) -> None:
            raise OSError(28, "No space left on device")

        make = replace(build_package(app.library, PLAIN, Quiet()), render=broken)
        with pytest.raises(InputError, match="No space left"):
            make.make(app.hits(["gate/a.mp4@0-1"]), place / "package", NOON, "0.1.0")
    assert [p.name for p in (place / "package").iterdir()] == ["originals"]


def test_a_full_disk_is_told_before_anything_is_written(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipelines.evidence.originals, "MARGIN_BYTES", 10**18)
    with pytest.raises(InputError, match=r"need 1000000000\.0 GB, and .* free"):
        pack(place, "gate/a.mp4@0-1")
    assert not (place / "package").exists()


class Meddling(Quiet):
    """Progress during which somebody changes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def advance(self, amount: float, name: str) -> None:
        flip(self.path, 0)


def copy_of(source: Path, target: Path, progress: Quiet) -> None:
    with source.open("rb") as file:
        copy_whole(file, source, target, progress)


def test_a_copy_that_does_not_read_back_is_refused(tmp_path: Path) -> None:
    source, target = tmp_path / "a.mp4", tmp_path / "b.mp4"
    source.write_bytes(os.urandom(3_000_000))
    with pytest.raises(InputError, match="does not hold what was written"):
        copy_of(source, target, Meddling(tmp_path / "b.mp4.part"))
    with pytest.raises(MediaError, match="changed while it was copied"):
        copy_of(source, target, Meddling(source))
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("cam3/0412.mp4", "cam3/0412.mp4"),
        ("Größe 東京.mov", "Größe 東京.mov"),
        ("../../etc/passwd", "_/_/etc/passwd"),
        ("/a//b.mp4", "a/b.mp4"),
        ('a\nb\\c:"?.mp4', "a_b_c___.mp4"),
        ("\udce9t\u00e9.mp4", "_té.mp4"),
        ("con.mp4", "_con.mp4"),
        ("end. ", "end"),
        ("", "_"),
    ],
)
def test_names_in_a_package_fit_every_file_system(name: str, safe: str) -> None:
    assert safe_path(name) == safe


def test_a_long_name_is_cut_and_keeps_its_suffix() -> None:
    cut = safe_path("é" * 300 + ".mp4")
    assert cut.endswith("é.mp4")
    assert len(cut.encode()) <= 180


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "name hits and a folder"),
        (["1"], "name hits and a folder"),
        (["1", "--check", "x"], "takes a package alone"),
        (["--check", "nowhere"], "is not a folder"),
        (["1", "-o", "x"], "no search has been made"),
        (["none.mp4@1", "-o", "x"], "no video in the library is called"),
    ],
)
def test_what_makes_no_sense_is_named_with_a_remedy(
    place: Path, capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    assert run_command(["evidence", *words, "--library", str(place / "library")]) == 2
    assert says in capsys.readouterr().err
