"""On real footage: what is read off the screen is found at its true time."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from footage_table import CI_TABLE, COMPOSITE, Known, off_by_s

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


@pytest.mark.slow
def test_captions_of_real_footage_have_times_that_hold(tmp_path: Path, shared: Path) -> None:
    """The bundled model knows shapes only, so its words mean nothing here; its times must hold."""
    film = shared / "footage" / COMPOSITE
    with open_library(tmp_path / "library", Settings(model="bundled", ocr=False)) as app:
        report = app.ingest(film)
        (entry,) = app.videos()
        plan = app.library.plans.get(entry.video.video_id)
        events = app.library.events.of_video(entry.video.video_id, ["caption"])
    assert report.failed == 0
    assert plan
    starts = [chunk.span.start_s for chunk in plan.chunks]
    assert starts[0] == 0.0
    assert [chunk.span.end_s for chunk in plan.chunks] == [*starts[1:], entry.video.duration_s]
    assert entry.video.duration_s == pytest.approx(761.12, abs=0.01)
    assert events
    assert all(0 <= event.span.start_s < event.span.end_s <= 761.12 for event in events)
