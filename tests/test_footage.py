"""On real footage: what is read off the screen is found at its true time."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from footage_table import CI_TABLE, COMPOSITE, Known, off_by_s

from vidindex.adapters.decoders.pyav import PyAVDecoder
from vidindex.adapters.media.probe import probe
from vidindex.app import App, Settings, open_library

# Real footage, whole.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("footage")
    for name in {known.name for known in CI_TABLE}:
        shutil.copy(shared / "footage" / name, folder / name)
    with open_library(folder / "library", Settings(model="none")) as opened:
        assert opened.ingest(folder).failed == 0
        yield opened


@pytest.mark.parametrize("known", CI_TABLE, ids=lambda known: f"{known.query} in {known.name}")
def test_text_on_screen_is_found_at_its_true_time(app: App, known: Known) -> None:
    off_s = off_by_s(app, known)
    assert off_s is not None, "not found"
    assert off_s <= known.tolerance_s


def test_captions_of_real_footage_have_times_that_hold(tmp_path: Path, shared: Path) -> None:
    """The bundled model knows shapes only, so its words mean nothing here; its times must hold."""
    film = shared / "footage" / COMPOSITE
    with open_library(tmp_path / "library", Settings(model="bundled", ocr=False)) as app:
        report = app.ingest(film)
        (entry,) = app.videos()
        plan = app.library.frame_plans.get(entry.video.video_id)
        events = app.library.events.of_video(entry.video.video_id, ["caption"])
    assert report.failed == 0
    assert plan
    starts = [chunk.span.start_s for chunk in plan.chunks]
    assert starts[0] == 0.0
    assert [chunk.span.end_s for chunk in plan.chunks] == [*starts[1:], entry.video.duration_s]
    assert entry.video.duration_s == pytest.approx(761.12, abs=0.01)
    assert events
    assert all(0 <= event.span.start_s < event.span.end_s <= 761.12 for event in events)


def test_a_film_made_of_films_shows_each_frame_where_its_clip_has_it(shared: Path) -> None:
    """Every clip of the composite against its own file: in 761 s no time is a frame off.

    Clips of other rates were resampled when the film was made, so one frame is allowed.
    """
    footage = shared / "footage"
    clips = json.loads((shared / "evaluation" / "composite_dev.json").read_text())["clips"]
    compared = 0
    for clip in clips:
        path = footage / clip["clip"]
        for share in (0.2, 0.5, 0.8) if path.exists() else ():
            local_s = share * (clip["end"] - clip["start"])
            differs = differences(footage / COMPOSITE, clip["start"] + local_s, path, local_s)
            if min(differs) < SAME_PICTURE:
                # Where nothing moves, neighbours are as like.
                assert min(differs[1:4]) <= min(differs) + 0.3, (clip["clip"], local_s)
                compared += 1
    assert compared >= 24


SAME_PICTURE = 10.0
"""Mean difference in levels of 255; clips that were letterboxed differ by more than 50."""


def differences(whole: Path, whole_s: float, clip: Path, clip_s: float) -> list[float]:
    """How unlike the clip's frame are five frames of the whole, the middle one on screen then."""
    (wanted,) = pictures(clip, [clip_s])
    shown = pictures(whole, [whole_s + step / 25 for step in (-2, -1, 0, 1, 2)])
    return [float(np.abs(picture - wanted).mean()) for picture in shown]


def pictures(path: Path, times_s: list[float]) -> list[npt.NDArray[np.float64]]:
    source = probe(path, "f" * 32).source(path)
    frames = PyAVDecoder().frames(source, times_s, (96, 72))
    return [frame.picture.astype(np.float64) for frame in frames]
