"""Asking by a moment or a picture: the model says what it shows, and that is looked for."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support import answer_assets as assets

from pipelines.search.query_by_example import split
from vidindex.app import App, open_library
from vidindex.errors import InputError, ModelNotFound
from vidindex.settings import Settings
from vidindex.synthetic.clips import ClipEvent, ClipSpec, render


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    library = assets.copied(tmp_path_factory)
    with open_library(library, assets.BUNDLED, write=False) as opened:
        yield opened


@pytest.fixture
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return assets.footage(tmp_path_factory) / assets.shapes().name


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture of the blue circle, taken lying on its side by a camera that noted so."""
    event = assets.blue_circle()
    scene = ClipSpec(30.0, (event,), assets.shapes().scene.ground)
    (picture,) = render(scene, [(event.start_s + event.end_s) / 2], 480, 640)
    path = tmp_path_factory.mktemp("stills") / "circle.png"
    lying = Image.fromarray(np.rot90(picture))
    exif = lying.getexif()
    exif[0x0112] = 6  # to be turned clockwise by 90 degrees
    lying.save(path, exif=exif)
    return path


@pytest.mark.parametrize("event", assets.shapes().scene.events, ids=lambda event: event.caption)
def test_a_moment_of_a_file_is_described_by_what_happens_there(
    app: App, film: Path, event: ClipEvent
) -> None:
    middle_s = (event.start_s + event.end_s) / 2
    assert app.like(f"{film}@{middle_s}") == event.caption


def test_a_moment_is_found_again_by_its_description(app: App) -> None:
    event = assets.blue_circle()
    described = app.like(f"{assets.shapes().name}@00:{event.start_s + 1:04.1f}")
    span = app.search(described).moments[0].verdict.span
    assert span.start_s == pytest.approx(event.start_s, abs=0.6)


def test_a_file_that_the_library_does_not_know_is_described_too(
    app: App, film: Path, tmp_path: Path
) -> None:
    stranger = shutil.copy(film, tmp_path / "stranger @ the gate.mp4")
    event = assets.blue_circle()
    assert app.like(f"{stranger}@{event.start_s + 2}") == event.caption


def test_a_picture_is_described_upright(app: App, still: Path) -> None:
    assert app.like(str(still)) == "a blue circle stays still"


def test_where_nothing_is_seen_the_answer_says_so(app: App, film: Path) -> None:
    with pytest.raises(InputError, match="nothing happen"):
        app.like(f"{film}@00:00.2")


def test_a_moment_past_the_end_is_refused(app: App, film: Path) -> None:
    with pytest.raises(InputError, match=r"ends at 00:00:30\.0"):
        app.like(f"{film}@05:00")


def test_a_video_without_a_moment_is_no_picture(app: App, film: Path) -> None:
    with pytest.raises(InputError, match="FILE@01:23"):
        app.like(str(film))


@pytest.mark.parametrize("name", ["nowhere.png", "nowhere.mp4@00:10"])
def test_a_name_that_nothing_has_is_refused(app: App, name: str) -> None:
    with pytest.raises(InputError, match="nowhere"):
        app.like(name)


def test_a_name_of_two_videos_is_refused(app: App) -> None:
    with pytest.raises(InputError, match="means 2 videos"):
        app.like("*.mp4@00:10")


def test_without_a_model_it_says_what_to_do(
    tmp_path_factory: pytest.TempPathFactory, film: Path
) -> None:
    library = assets.copied(tmp_path_factory)
    with (
        open_library(library, Settings(model="none"), write=False) as app,
        pytest.raises(ModelNotFound, match="--model"),
    ):
        app.like(f"{film}@00:10")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("cam3.mp4@01:23", ("cam3.mp4", 83.0)),
        ("a@b.mp4@2.5", ("a@b.mp4", 2.5)),
        ("a@b.png", ("a@b.png", None)),
        ("icon@2x.png", ("icon@2x.png", None)),
        ("@01:23", ("@01:23", None)),
    ],
)
def test_a_moment_is_what_stands_behind_the_last_at(
    text: str, parts: tuple[str, float | None]
) -> None:
    assert split(text) == parts
