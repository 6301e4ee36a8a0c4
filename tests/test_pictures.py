"""Pictures of an answer: the right frame, the box around the right thing, files that vanish."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support import answer_assets as assets

from pipelines.evidence.boxes import pictures_of
from pipelines.hit_pictures import MAX_STRIP, evenly_chosen, picture_name
from pipelines.progress import Quiet
from vidindex.adapters.media.stills import jpeg, read_still
from vidindex.app import App, open_library
from vidindex.bench.films import HEIGHT, WIDTH
from vidindex.core.screen_text.boxes import iou
from vidindex.errors import InputError
from vidindex.types import Box, Moment, SearchResult, Span
from vidindex.types.sheet import Outline, Pictured

# Its fixtures ingest films, which takes more than two seconds.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    library = assets.copied(tmp_path_factory)
    with open_library(library, assets.BUNDLED) as opened:
        yield opened


@pytest.fixture(scope="module")
def found(app: App) -> SearchResult:
    return app.search(assets.ASKED)


def pictured(app: App, result: SearchResult, *, box: bool = False) -> Pictured:
    return pictures_of(app.library, app.services, result, box=box, strip=True)[0]


def true_box(time_s: float) -> Box:
    """Where the blue circle is then, in fractions of the picture."""
    x1, y1, x2, y2 = assets.blue_circle().box_at(time_s, HEIGHT, WIDTH)
    return x1 / WIDTH, y1 / HEIGHT, x2 / WIDTH, y2 / HEIGHT


class Told(Quiet):
    """A `Progress` that keeps what it was told."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, message: str) -> None:
        self.notes.append(message)


def test_the_found_frame_is_that_of_the_middle_and_shows_the_thing(
    app: App, found: SearchResult
) -> None:
    one = pictured(app, found)
    event = assets.blue_circle()
    assert one.found
    assert one.found.pts_s == pytest.approx(one.moment.verdict.span.middle_s, abs=0.1)
    height, width = one.found.picture.shape[:2]
    pose = event.pose_at(one.found.pts_s)
    centre = one.found.picture[int(pose.y * height), int(pose.x * width)].astype(int)
    assert np.abs(centre - event.rgb).max() < 40


def test_the_strip_shows_the_frames_that_the_verdict_rests_on(
    app: App, found: SearchResult
) -> None:
    one = pictured(app, found)
    evidence = one.moment.verdict.evidence
    assert evidence
    assert len(one.strip) == min(MAX_STRIP, len(evidence.frame_times_s))
    for frame, time_s in zip(one.strip, evidence.frame_times_s, strict=True):
        assert time_s - 1 / 12 < frame.pts_s <= time_s


def test_a_long_strip_is_cut_evenly_and_keeps_its_ends() -> None:
    times_s = [float(i) for i in range(64)]
    chosen = evenly_chosen(times_s, 12)
    assert (len(chosen), chosen[0], chosen[-1]) == (12, 0.0, 63.0)
    assert {5.0, 6.0} >= set(np.diff(chosen))
    assert evenly_chosen(times_s[:5], 12) == tuple(times_s[:5])


def test_the_models_box_lies_on_the_thing_that_was_asked_for(app: App, found: SearchResult) -> None:
    one = pictured(app, found, box=True)
    assert one.found
    (outline,) = one.outlines
    assert outline.label == "blue circle"
    assert iou(outline.box, true_box(one.found.pts_s)) > 0.5


def test_a_clock_is_pictured_at_its_first_frame_and_outlined_where_it_stands(app: App) -> None:
    one = pictured(app, app.search("00:07"), box=True)
    assert one.found
    assert one.found.pts_s == pytest.approx(7.0, abs=0.01)
    (outline,) = one.outlines
    assert outline.label == "00:07"
    assert outline.box[1] < 150 / 240 < outline.box[3]


def test_only_the_lines_that_were_asked_for_are_outlined(app: App) -> None:
    one = pictured(app, app.search("harbour reel"), box=True)
    assert one.moment.hits[0].event.channel == "screen"
    assert [outline.label for outline in one.outlines] == ["HARBOUR REEL 7"]


def test_without_a_model_the_picture_says_that_nobody_could_look_for_a_box(
    app: App, found: SearchResult
) -> None:
    services = replace(app.services, model=None)
    (one,) = pictures_of(app.library, services, found, box=True, strip=False)
    assert one.found
    assert one.outlines == ()
    assert "no model" in one.notes[0]


def test_pictures_are_saved_under_names_that_say_rank_file_and_time(
    app: App, found: SearchResult, tmp_path: Path
) -> None:
    saved = app.save_pictures(found, tmp_path / "pictures")
    assert [path.name for path in saved] == ["01_shapes-1_00-00-23.5.jpg"]
    with Image.open(saved[0]) as image:
        assert image.size == (320, 240)
    assert list((tmp_path / "pictures").iterdir()) == saved


def test_a_saved_picture_with_a_box_has_it_drawn_where_it_is(
    app: App, found: SearchResult, tmp_path: Path
) -> None:
    plain = app.save_pictures(found, tmp_path / "plain")[0]
    boxed = app.save_pictures(found, tmp_path / "boxed", box=True)[0]
    with Image.open(plain) as one, Image.open(boxed) as other:
        changed = np.abs(np.asarray(one, int) - np.asarray(other, int)).max(axis=2) > 60
    rows, columns = np.nonzero(changed)
    (outline,) = pictured(app, found, box=True).outlines
    # The drawing lies around the box; a label stands above or below it.
    assert columns.min() / WIDTH == pytest.approx(outline.box[0], abs=0.03)
    assert rows.min() / HEIGHT <= outline.box[1] < outline.box[3] <= rows.max() / HEIGHT
    inside = changed[
        round(outline.box[1] * HEIGHT) + 2 : round(outline.box[3] * HEIGHT) - 2,
        round(outline.box[0] * WIDTH) + 2 : round(outline.box[2] * WIDTH) - 2,
    ]
    assert not inside.any()


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("cam3/0412.mp4", "01_cam3_0412_00-02-15.2.jpg"),
        ('a "b" <c>|d?.mkv', "01_a_b_c_d_00-02-15.2.jpg"),
        ("../../etc/passwd", "01_etc_passwd_00-02-15.2.jpg"),
        ("user\u202egpj.mp4", "01_user_gpj_00-02-15.2.jpg"),
        ("守望者/灯塔.mp4", "01_守望者_灯塔_00-02-15.2.jpg"),
    ],
)
def test_names_of_pictures_are_safe(found: SearchResult, path: str, name: str) -> None:
    assert picture_name(1, replace(found.moments[0], path=path), 135.2) == name


def test_the_name_of_a_picture_fits_a_file_system(found: SearchResult) -> None:
    moment = replace(found.moments[0], path="灯" * 300 + ".mp4")
    assert len(picture_name(1, moment, 0.0).encode()) < 200


def test_a_file_that_vanished_costs_its_picture_and_is_named(
    app: App, found: SearchResult, tmp_path: Path
) -> None:
    video_id = found.moments[0].video_id
    place = app.library.videos.present_location(video_id)
    assert place
    away = place.path.rename(tmp_path / "away.mp4")
    told = Told()
    try:
        saved = app.save_pictures(found, tmp_path / "pictures", progress=told)
        one = pictured(app, found, box=True)
    finally:
        away.rename(place.path)
    assert saved == []
    assert "shapes-1.mp4" in told.notes[0]
    assert (one.found, one.strip, len(one.notes)) == (None, (), 1)


def test_a_moment_past_the_end_of_a_film_is_pictured_by_its_last_frame(
    app: App, found: SearchResult
) -> None:
    moment: Moment = found.moments[0]
    late = replace(moment, verdict=replace(moment.verdict, span=Span(100.0, 101.0)))
    one = pictured(app, replace(found, moments=(late,)))
    assert one.found
    assert one.found.pts_s == pytest.approx(30.0, abs=0.2)


def test_pictures_cannot_be_saved_where_a_file_stands(
    app: App, found: SearchResult, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("here")
    with pytest.raises(InputError, match="cannot make"):
        app.save_pictures(found, tmp_path / "taken")


@pytest.mark.parametrize("grey", [0, 255])
def test_an_outline_is_seen_on_dark_and_on_light_ground(grey: int, tmp_path: Path) -> None:
    ground = np.full((200, 300, 3), grey, np.uint8)
    (tmp_path / "one.jpg").write_bytes(jpeg(ground, [Outline((0.3, 0.3, 0.7, 0.7), "a gate")]))
    drawn = read_still(tmp_path / "one.jpg", lambda width, height: (width, height))
    edge = drawn[100, 80:100].astype(int).mean(axis=1)
    assert edge.max() - edge.min() > 100
    assert np.abs(drawn[100, 150].astype(int) - grey).max() < 20


@pytest.mark.parametrize(
    "box", [(0.0, 0.0, 1.0, 1.0), (0.99, 0.99, 1.0, 1.0), (0.0, 0.5, 0.001, 0.5)]
)
def test_any_box_can_be_drawn(box: Box) -> None:
    assert jpeg(np.zeros((60, 40, 3), np.uint8), [Outline(box, "x" * 60), Outline(box, "灯塔")])
