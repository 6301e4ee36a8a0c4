"""The check of an evidence package finds what was changed, added, missing or forged."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.evidence_assets import (
    PLAIN,
    flip,
    gate_and_yard,
    indexed_copy,
    manifest,
    pack,
    sha256,
    verified_package,
)

from pipelines.evidence.verify import check_package
from pipelines.progress import Quiet
from vidindex.app import open_library
from vidindex.cli.main import run_command

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


def edited(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], object]:
    """A change of the manifest that also puts its hash right, as a forger would."""

    def edit(folder: Path) -> None:
        told = manifest(folder)
        before = sha256(folder / "manifest.json")
        change(told)
        (folder / "manifest.json").write_text(json.dumps(told))
        sums = (folder / "SHA256SUMS").read_text()
        after = sha256(folder / "manifest.json")
        (folder / "SHA256SUMS").write_text(sums.replace(before, after))

    return edit


def test_a_package_is_verified_without_library_and_originals(place: Path) -> None:
    made = pack(place, "gate/a.mp4@0-1")
    shutil.rmtree(place / "library")
    shutil.rmtree(place / "footage")
    found = check_package(place / "package", Quiet())
    assert found.sound
    assert found.seal == made.seal == sha256(place / "package" / "SHA256SUMS")
    assert found.num_files == len(list((place / "package").rglob("*.*")))


def test_a_flipped_byte_in_an_original_is_found(
    searched: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(searched, tmp_path / "package"))
    flip(folder / "originals" / "slate.mp4")
    assert run_command(["evidence", "--check", str(folder)]) == 1
    printed = capsys.readouterr().out
    assert "changed: originals/slate.mp4\n" in printed
    assert "NOT as it was packed" in printed
    assert "shapes" not in printed


def test_a_clip_that_was_changed_or_stands_in_for_its_original_is_found(place: Path) -> None:
    with open_library(place / "library", PLAIN, write=False) as app:
        app.evidence(["gate/a.mp4@1-2"], place / "package", clips=True)
    clip = manifest(place / "package")["hits"][0]["clip"]["file"]
    whole = check_package(place / "package", Quiet())
    assert whole.sound
    edited(lambda told: [one.update(kind="original") for one in told["files"]])(place / "package")
    renamed = check_package(place / "package", Quiet())
    assert "has no file of the clip of hit 1" in str(renamed.problems)
    flip(place / "package" / clip)
    assert check_package(place / "package", Quiet()).changed == [clip]


@pytest.mark.parametrize(
    ("damage", "where", "says"),
    [
        (lambda f: (f / "originals" / "slate.mp4").unlink(), "missing", "originals/slate.mp4"),
        (lambda f: (f / "originals" / "more.mp4").touch(), "extra", "originals/more.mp4"),
        (lambda f: (f / "link").symlink_to(f / "originals"), "extra", "link"),
        (lambda f: flip(f / "manifest.json"), "changed", "manifest.json"),
        (lambda f: flip(f / "sheet.html"), "changed", "sheet.html"),
        (lambda f: (f / "SHA256SUMS").unlink(), "problems", "not a finished package"),
        (lambda f: (f / "manifest.json").unlink(), "problems", "missing manifest.json"),
        (lambda f: (f / "manifest.json").write_text("[" * 9999), "problems", "is not JSON"),
        (
            lambda f: (f / "SHA256SUMS").write_text(f"{'0' * 64}  ../footage\n"),
            "problems",
            "SHA256SUMS:1",
        ),
        (edited(lambda m: m.update(schema="other/1")), "problems", "not of the schema"),
        (edited(lambda m: m["files"].pop(0)), "problems", "does not list originals/shapes"),
        (edited(lambda m: m["files"][0].update(sha256="0")), "problems", "another hash"),
        (edited(lambda m: m["files"][0].update(size_bytes=1)), "problems", "another size"),
        (edited(lambda m: m["originals"].pop(0)), "problems", "no original of hit 1"),
        (edited(lambda m: m["originals"][0].update(file=None)), "problems", "no file of the"),
        (edited(lambda m: m["hits"].clear()), "problems", "has no hits"),
        (edited(lambda m: m["hits"][0].pop("verdict")), "problems", "of hit 1: verdict"),
        (edited(lambda m: m.update(hits=7)), "problems", "no sound list of hits"),
        (edited(lambda m: m["hits"].append(m["hits"][0])), "problems", "no sound list of hits"),
        (edited(lambda m: m["hits"][0].update(derivatives=["x"])), "problems", "a derivative"),
    ],
)
def test_what_was_done_to_a_package_is_found(
    searched: Path,
    tmp_path: Path,
    damage: Callable[[Path], object],
    where: str,
    says: str,
) -> None:
    folder = Path(shutil.copytree(searched, tmp_path / "package"))
    damage(folder)
    found = check_package(folder, Quiet())
    assert not found.sound
    assert any(says in line for line in getattr(found, where))


def test_an_original_replaced_by_a_link_is_found(searched: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(searched, tmp_path / "package"))
    copy = folder / "originals" / "slate.mp4"
    copy.rename(tmp_path / "away.mp4")
    copy.symlink_to(tmp_path / "away.mp4")
    assert check_package(folder, Quiet()).problems == ["originals/slate.mp4 is not a regular file"]
