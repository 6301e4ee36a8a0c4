"""On real footage: what is read off the screen is found at its true time."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from footage_table import CI_TABLE, Known, off_by_s

from vidindex.app import App, Settings, open_library


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("footage")
    for name in {known.name for known in CI_TABLE}:
        shutil.copy(shared / "footage" / name, folder / name)
    with open_library(folder / "library", Settings(model="none")) as opened:
        assert opened.ingest(folder).failed == 0
        yield opened


@pytest.mark.slow
@pytest.mark.parametrize("known", CI_TABLE, ids=lambda known: f"{known.query} in {known.name}")
def test_text_on_screen_is_found_at_its_true_time(app: App, known: Known) -> None:
    off_s = off_by_s(app, known)
    assert off_s is not None, "not found"
    assert off_s <= known.tolerance_s
