"""Whatever happens to a run, nothing that was committed is lost and nothing is paid for twice.

A few faults here; `make torture` runs two hundred, and kills twenty processes.
"""

import sqlite3

import pytest
from torture_run import Torture
from torture_taps import Fault

from vidindex.app import App


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
