"""A backup is made beside those who write, is whole or is not there, and comes back as it was."""

import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from support.library_assets import add_video, event, video
from support.processes import VIDINDEX, Finished, run_to_end

from pipelines.backup import folder as backups
from pipelines.progress import Quiet
from store import Library
from store.audit_log import AuditLog
from store.sqlite import connection
from vidindex.app import Settings, open_library, restore_backup
from vidindex.cli.main import run_command
from vidindex.errors import InputError
from vidindex.types import Filters, Mark, Span
from vidindex.web.tokens import Tokens

A = "a" * 32
MARK = Mark("a car", A, Span(1, 2), "keep")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with Library.open(tmp_path / "library", create=True) as library:
        add_video(library, video(A), "cam1/film.mp4")
        library.events.add([event(f"car number {number}") for number in range(2000)])
        library.marks.add(MARK)
    AuditLog(tmp_path / "library").write("local", "search", text="a car")
    Tokens(tmp_path / "library").add("ann")
    return tmp_path / "library"


@pytest.fixture
def backup(path: Path, tmp_path: Path) -> Path:
    with open_library(path, Settings(model="none"), write=False) as app:
        app.backup(tmp_path / "backup")
    return tmp_path / "backup"


def tables(library: Path) -> list[str]:
    with sqlite3.connect(library / "library.db") as db:
        return list(db.iterdump())


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


def test_a_restored_library_is_what_was_backed_up(path: Path, backup: Path, tmp_path: Path) -> None:
    assert names(backup) == {"library.db", "audit.log", "backup.json"}
    restored = restore_backup(backup, tmp_path / "new")
    assert (restored.videos, restored.events) == (1, 2000)
    assert tables(tmp_path / "new") == tables(path)
    assert (tmp_path / "new" / "audit.log").read_bytes() == (path / "audit.log").read_bytes()
    assert not (tmp_path / "new" / "tokens.json").exists()
    with Library.open(tmp_path / "new", write=True) as library:
        assert library.check() == []
        assert library.full_text.search("1999", Filters(), 5)
        library.marks.add(MARK)


def test_a_backup_is_of_one_moment_though_others_write(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_COPIED_PAGES", 10)

    class Busy(Quiet):
        copied = 0.0
        steps = 0

        def advance(self, amount: float, name: str) -> None:
            self.copied += amount
            self.steps += 1
            colleague.marks.add(Mark("a car", A, Span(10 + self.steps, 11 + self.steps), "keep"))

    progress = Busy()
    with Library.open(path, write=True) as ingest, open_library(path, edit=True) as app:
        colleague = ingest
        app.backup(tmp_path / "backup", progress=progress)
        assert len(ingest.marks.all()) == 1 + progress.steps > 10
    with Library.open(tmp_path / "backup") as copy:
        assert copy.marks.all()[0].query == "a car"
        assert len(copy.marks.all()) == 1
    assert progress.copied == (tmp_path / "backup" / "library.db").stat().st_size


def test_half_a_line_of_the_audit_log_is_not_backed_up(path: Path, tmp_path: Path) -> None:
    with (path / "audit.log").open("a") as log:
        log.write('{"at": "2026')
    with open_library(path, write=False) as app:
        app.backup(tmp_path / "backup")
    (line,) = (tmp_path / "backup" / "audit.log").read_text().splitlines()
    assert json.loads(line)["what"] == "search"


def _cut(backup: Path) -> None:
    os.truncate(backup / "library.db", (backup / "library.db").stat().st_size // 2)


def _changed(backup: Path) -> None:
    content = bytearray((backup / "library.db").read_bytes())
    content[-100] ^= 1
    (backup / "library.db").write_bytes(content)


def _no_manifest(backup: Path) -> None:
    (backup / "backup.json").unlink()


def _half_a_manifest(backup: Path) -> None:
    os.truncate(backup / "backup.json", 40)


def _no_log(backup: Path) -> None:
    (backup / "audit.log").unlink()


def _foreign_names(backup: Path) -> None:
    manifest = json.loads((backup / "backup.json").read_text())
    manifest["files"][0]["name"] = "../library.db"
    (backup / "backup.json").write_text(json.dumps(manifest))


def _newer(backup: Path) -> None:
    text = (backup / "backup.json").read_text()
    (backup / "backup.json").write_text(text.replace("backup/1", "backup/9"))


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (_cut, "library.db: .* of .* bytes"),
        (_changed, "it was changed"),
        (_no_manifest, "not a backup"),
        (_half_a_manifest, "cannot be read"),
        (_no_log, "half a backup"),
        (_foreign_names, "cannot be read"),
        (_newer, "schema"),
    ],
)
def test_what_is_no_whole_backup_is_refused_and_nothing_is_made(
    backup: Path, tmp_path: Path, harm: Callable[[Path], None], said: str
) -> None:
    harm(backup)
    before = names(tmp_path)
    with pytest.raises(InputError, match=said):
        restore_backup(backup, tmp_path / "new")
    assert names(tmp_path) == before


def test_neither_a_backup_nor_a_restored_library_takes_the_place_of_another(
    path: Path, backup: Path
) -> None:
    with pytest.raises(InputError, match="not empty"), open_library(path, write=False) as app:
        app.backup(backup)
    with pytest.raises(InputError, match="not empty"):
        restore_backup(backup, path)


def test_an_empty_folder_may_be_named(path: Path, backup: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    assert restore_backup(backup, tmp_path / "new").path == tmp_path / "new"


def test_a_backup_that_fails_leaves_nothing(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(backups, "_described", interrupted)
    with pytest.raises(KeyboardInterrupt), open_library(path, write=False) as app:
        app.backup(tmp_path / "backup")
    assert names(tmp_path) == {"library"}


def _limited(words: list[object], num_bytes: int) -> Finished:
    """vidindex where no file can grow beyond so many bytes, as on a disk that is full."""
    code = (
        "import resource, sys; from vidindex.cli.main import run_command;"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({num_bytes}, {num_bytes}));"
        "sys.exit(run_command(sys.argv[1:]))"
    )
    return run_to_end([VIDINDEX[0], "-c", code, *words], check=False)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such limit")
def test_a_full_disk_leaves_neither_a_backup_nor_a_library(
    path: Path, backup: Path, tmp_path: Path
) -> None:
    before = names(tmp_path)
    for words in (
        ["backup", tmp_path / "second", "--library", path],
        ["restore", backup, "--library", tmp_path / "new"],
    ):
        done = _limited(words, 100_000)
        assert done.returncode == 2, done.stderr
        assert "free space" in done.stderr
        assert names(tmp_path) == before


def test_a_folder_that_cannot_be_made_is_told(path: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot write"), open_library(path, write=False) as app:
        app.backup(tmp_path / "no" / "such" / "backup")


def test_the_shell_backs_up_and_restores(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = str(tmp_path / "backup")
    assert run_command(["backup", place, "--library", str(path)]) == 0
    assert "1 video, 2,000 events" in capsys.readouterr().out
    assert run_command(["restore", place, "--library", str(tmp_path / "new"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["events"] == 2000
