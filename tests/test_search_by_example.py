"""Searching by pictures: moments, files, regions, several, with words; by vectors alone."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from support import colour_frames as colours

from vidindex.app import App, open_library
from vidindex.core.retrieval.regions import crop, parse_region
from vidindex.errors import InputError, ModelNotFound
from vidindex.synthetic.clips import COLOURS
from vidindex.types import Filters, Query, Region, Span

GREY = (120, 120, 120)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return colours.make_library(tmp_path_factory.mktemp("liked"))


@pytest.fixture
def app(made: Path) -> Iterator[App]:
    with open_library(made, colours.SETTINGS, write=False) as opened:
        yield colours.with_colours(opened)


@pytest.fixture
def half_red(tmp_path: Path) -> Path:
    """A picture that is red on its left and green on its right."""
    picture = np.zeros((80, 160, 3), np.uint8)
    picture[:, :80], picture[:, 80:] = COLOURS["red"], COLOURS["green"]
    path = tmp_path / "somebody.png"
    Image.fromarray(picture).save(path)
    return path


def found_in(app: App, *likes: tuple[str, str | None], words: str = "") -> list[tuple[str, Span]]:
    examples = [
        app.example(like, parse_region(region) if region else None) for like, region in likes
    ]
    return [(one.path, one.span) for one in app.search(words, like=examples).moments]


def test_a_moment_finds_the_same_thing_in_another_film(app: App) -> None:
    found = found_in(app, ("one.mp4@00:18", None))
    assert found[0][0] == "one.mp4"
    assert found[0][1].contains(18)
    assert found[1][0] == "two.mp4"
    assert found[1][1].overlap(Span(20, 23)) > 2


def test_an_example_is_compared_without_a_vision_model_and_never_called_verified(app: App) -> None:
    result = app.search("", like=[app.example("one.mp4@00:18")])
    assert {moment.verdict.answer for moment in result.moments} == {"unchecked"}
    assert result.conclusion.kind == "unchecked"
    assert "vectors" in result.conclusion.sentence
    assert result.query.title == "like one.mp4@00:00:18.0"


def test_a_picture_finds_what_looks_like_it(app: App, tmp_path: Path) -> None:
    picture = np.full((48, 64, 3), GREY, np.uint8)
    picture[10:30, 20:40] = COLOURS["green"]
    Image.fromarray(picture).save(tmp_path / "green.png")
    path, span = found_in(app, (str(tmp_path / "green.png"), None))[0]
    assert path == "two.mp4"
    assert span.overlap(Span(4, 9)) > 4


def test_only_the_region_of_an_example_counts(app: App, half_red: Path) -> None:
    red = found_in(app, (str(half_red), "0,0,0.5,1"))[0]
    green = found_in(app, (str(half_red), "80,0,80,80"))[0]
    assert (red[0], green[0]) == ("one.mp4", "two.mp4")
    assert red[1].overlap(Span(5, 10)) > 4
    assert green[1].overlap(Span(4, 9)) > 4


def test_several_examples_find_what_looks_like_each_of_them(app: App) -> None:
    found = found_in(
        app, ("one.mp4@00:07", "0.4,0.4,0.2,0.2"), ("two.mp4@00:06", "0.4,0.4,0.2,0.2")
    )
    assert {path for path, _ in found[:2]} == {"one.mp4", "two.mp4"}


def test_words_turn_an_example_towards_what_they_say(app: App) -> None:
    grey = ("one.mp4@00:01", None)
    (alone, _), *_ = found_in(app, grey)
    assert alone in ("one.mp4", "two.mp4")
    path, span = found_in(app, grey, words="green")[0]
    assert path == "two.mp4"
    assert span.overlap(Span(4, 9)) > 4


def test_the_weight_of_the_words_is_what_was_asked_for(app: App) -> None:
    example = app.example("one.mp4@00:07", parse_region("0.4,0.4,0.2,0.2"))
    weak = app.search(Query("green", words_weight=0.1), like=[example]).moments[0]
    strong = app.search(Query("green", words_weight=10.0), like=[example]).moments[0]
    assert (weak.path, strong.path) == ("one.mp4", "two.mp4")


def test_filters_hold_for_examples(app: App) -> None:
    query = Query("", Filters(globs=("two.mp4",)))
    result = app.search(query, like=[app.example("one.mp4@00:18")])
    assert {moment.path for moment in result.moments} == {"two.mp4"}


def test_a_picture_is_known_by_its_hash_and_not_by_its_name(app: App, half_red: Path) -> None:
    digest = hashlib.sha256(half_red.read_bytes()).hexdigest()
    example = app.example(str(half_red)).example
    assert (example.sha256, example.label) == (digest, f"picture {digest[:8]}")


def test_the_log_has_the_id_and_the_time_of_a_moment_and_no_name(app: App) -> None:
    example = app.example("one.mp4@00:18").example
    (logged,) = Query("", like=(example,)).without_names.like
    assert (logged.label, logged.at_s) == ("", 18.0)
    assert logged.video_id == colours.video_id(app, "one.mp4")


@pytest.mark.parametrize("like", ["nowhere.png", "nowhere.mp4@00:10", "one.mp4@05:00"])
def test_what_is_not_there_is_refused_with_its_name(app: App, like: str) -> None:
    with pytest.raises(InputError, match=like.rpartition("@")[0] or like):
        app.example(like)


def test_a_file_that_is_no_picture_is_refused(app: App, tmp_path: Path) -> None:
    path = tmp_path / "notes.png"
    path.write_text("no picture")
    with pytest.raises(InputError, match="not a picture"):
        app.example(str(path))


def test_a_picture_of_a_thousand_million_pixels_is_refused_unread(app: App, tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    Image.new("1", (40_000, 25_000)).save(path)
    with pytest.raises(InputError, match="too many pixels"):
        app.example(str(path))


def test_without_frame_vectors_it_is_said_how_to_make_them(tmp_path: Path, half_red: Path) -> None:
    with open_library(tmp_path / "library", colours.SETTINGS) as app:
        colours.with_colours(app)
        with pytest.raises(InputError, match="ingest --frames"):
            app.example(str(half_red))


def test_without_the_picture_model_it_is_named(made: Path, half_red: Path) -> None:
    with open_library(made, colours.SETTINGS, write=False) as app:
        colours.without_picture_model(app)
        with pytest.raises(ModelNotFound, match="colours"):
            app.example(str(half_red))


@pytest.mark.parametrize(
    "text", ["", "1,2,3", "a,b,c,d", "0,0,0,1", "-1,0,5,5", "nan,0,1,1", "0,0,inf,1"]
)
def test_what_is_no_region_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"0\.25"):
        parse_region(text)


def test_a_region_is_in_shares_up_to_one_and_in_pixels_beyond() -> None:
    assert parse_region("0,0,1,1") == Region(0, 0, 1, 1, in_pixels=False)
    assert parse_region("0,0,8,8") == Region(0, 0, 8, 8, in_pixels=True)


def test_a_region_outside_of_the_picture_is_refused() -> None:
    with pytest.raises(InputError, match="160 x 80"):
        crop(np.zeros((80, 160, 3), np.uint8), parse_region("200,10,30,30"))


@given(
    st.tuples(*[st.floats(0, 0.9)] * 2), st.tuples(*[st.floats(0.1, 1)] * 2), st.integers(50, 300)
)
def test_a_region_in_shares_and_the_same_in_pixels_are_the_same_pixels(
    corner: tuple[float, float], size: tuple[float, float], side: int
) -> None:
    picture: npt.NDArray[np.uint8] = np.arange(side * side * 3, dtype=np.uint8).reshape(
        side, side, 3
    )
    x, y, width, height = (round(one * side) for one in (*corner, *size))
    in_pixels = Region(x, y, width, height, in_pixels=True)
    in_shares = Region(x / side, y / side, width / side, height / side, in_pixels=False)
    assert np.array_equal(crop(picture, in_pixels), crop(picture, in_shares))


def test_the_answer_in_json_names_its_examples_and_holds_no_vector(app: App) -> None:
    from vidindex.core.formatting.to_json import jsonable

    result = app.search("", like=[app.example("one.mp4@00:18", parse_region("0,0,0.5,1"))])
    asked = json.loads(json.dumps(jsonable(result)))["query"]["like"]
    assert [one["label"] for one in asked] == ["one.mp4@00:00:18.0"]
    assert asked[0]["region"] == {"x": 0, "y": 0, "width": 0.5, "height": 1, "in_pixels": False}
    assert "vector" not in json.dumps(asked)
