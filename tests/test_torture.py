"""Whatever happens to a run, nothing that was committed is lost and nothing is paid for twice.

A few faults here; `make torture` runs two hundred, and kills twenty processes.
"""

import sqlite3
from pathlib import Path

import pytest
from support.torture_taps import Fault
from support.torture_work import make_footage
from torture_run import Torture

from vidindex.app import App, Settings, open_library

# Its fixtures ingest films, which takes more than two seconds.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def torture(tmp_path_factory: pytest.TempPathFactory) -> Torture:
    return Torture(tmp_path_factory.mktemp("torture"), seed=4, forms=(False,))


def test_a_fault_at_any_point_costs_nothing_that_was_committed(torture: Torture) -> None:
    assert [str(row) for row in torture.faults(5) if row.lost] == []


def test_a_lock_whose_holder_cannot_be_told_is_given_up_all_the_same(torture: Torture) -> None:
    for place in ("write", "unlink"):
        fault = Fault(
            "open" if place == "write" else "evidence", f"disk {place} in library", 0, "EROFS"
        )
        assert torture.suffer(fault).lost == ()


def test_a_search_that_is_cut_off_judges_no_candidate_twice(torture: Torture) -> None:
    assert torture.suffer(Fault("search", "model question", 3, "crash")).lost == ()


def test_a_disk_that_fails_while_captions_are_made_costs_that_file_only(torture: Torture) -> None:
    row = torture.suffer(Fault("captions", "file picture", 38, "EIO"))
    assert (row.came_of_it, row.lost) == ("the run went on", ())


def test_a_loss_is_seen(torture: Torture, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table is worth something: replies that vanish when a run ends are told of."""
    close = App.__exit__

    def forgetting(app: App, *error: object) -> None:
        with sqlite3.connect(app.library.path / "library.db") as db:
            db.execute("DELETE FROM replies")
        close(app, *error)  # type: ignore[arg-type]

    monkeypatch.setattr(App, "__exit__", forgetting)
    assert torture.suffer(Fault("export", "disk create in out", 0, "crash")).lost


@pytest.mark.parametrize("count", [1_000, pytest.param(1_000_000, marks=pytest.mark.torture)])
def test_a_folder_of_very_many_small_files_is_gone_through(tmp_path: Path, count: int) -> None:
    """Films among pictures, and among files that only look like films: those cost a line each."""
    footage = make_footage(tmp_path / "footage")
    num_films = sum(1 for path in footage.folder.iterdir() if path.suffix == ".mp4")
    num_false = count // 100
    for number in range(count):
        suffix = "mp4" if number < num_false else "jpg"
        (footage.folder / f"{number:07d}.{suffix}").write_bytes(b"%d" % number)
    with open_library(tmp_path / "library", Settings(model="none", ocr=False)) as app:
        report = app.ingest(footage.folder)
        assert (report.new, len(report.failures)) == (num_films, num_false)
        again = app.ingest(footage.folder)
        assert (again.unchanged, again.new, len(again.failures)) == (num_films, 0, num_false)
