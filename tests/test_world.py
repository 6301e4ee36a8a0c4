"""The generated world: scenes of several objects, their truth as data, and films of them."""

from pathlib import Path

import numpy as np
import pytest
from support.speech_assets import needs_voices

from vidindex.adapters.media.probe import probe
from vidindex.bench.world_films import GRID_FPS, draw_films, write_film
from vidindex.synthetic import clips, scenes
from vidindex.synthetic.clips import Pose, all_combinations
from vidindex.synthetic.world import vocabulary
from vidindex.synthetic.world.contact_sheet import HEIGHT, WIDTH, sheet
from vidindex.synthetic.world.draw import (
    TESTED,
    TESTED_BACKGROUNDS,
    TESTED_LOOKS,
    TRAINED,
    draw_scene,
)
from vidindex.synthetic.world.queries import (
    RELATIONS,
    about,
    counted,
    describe,
    described,
    draw_absent,
    except_for,
    on_background,
    swapped,
    timed,
    whole_looks,
    with_word,
    words_of,
)
from vidindex.synthetic.world.render import render
from vidindex.synthetic.world.scene import Backdrop, Look, Scene, SceneObject, Sign, scene_of

RED_CIRCLE, BLUE_STAR = Look("red", "circle"), Look("blue", "star")


def an_object(
    colour: str, shape: str, x: float, start_s: float = 0.0, end_s: float = 8.0
) -> SceneObject:
    pose = Pose(x, 0.5, 0.3)
    return SceneObject(
        colour, shape, "still", start_s, end_s, pose, pose, vocabulary.COLOURS[colour]
    )


def two_objects() -> Scene:
    """A red circle from the start, a blue star from 4 s to 6 s, the word TAXI until 3 s."""
    objects = (an_object("red", "circle", 0.25), an_object("blue", "star", 0.75, 4.0, 6.0))
    sign = Sign("TAXI", 0.0, 3.0, 0.5, 0.1, 0.12, dark=True)
    return Scene(8.0, 2.0, objects, Backdrop("grass", 7), (sign,))


def many_scenes(count: int, seed: int = 5) -> list[Scene]:
    rng = np.random.default_rng(seed)
    return [draw_scene(rng) for _ in range(count)]


def test_a_seed_gives_the_same_scenes_and_pictures_every_time() -> None:
    first, second = many_scenes(6), many_scenes(6)
    assert first == second
    again = [render(scene, [1.0], 60, 80) for scene in second]
    for scene, picture in zip(first, again, strict=True):
        assert np.array_equal(render(scene, [1.0], 60, 80), picture)
    assert many_scenes(6, seed=6) != first


def test_the_old_world_is_drawn_to_the_bit_as_part_of_the_new_one() -> None:
    rng = np.random.default_rng(11)
    clip = scenes.draw_scene(rng, 8, 1.0, all_combinations(held_out=False), empty_share=0.0)
    scene = scene_of(clip, 1.0)
    old = clips.render(clip, clips.frame_times(8, 1.0), 112, 112)
    assert np.array_equal(render(scene, scene.times_s(), 112, 112), old)
    for number, event in enumerate(clip.events):
        assert scene.span_of(number) == (max(0.0, event.start_s), min(8.0, event.end_s))


def test_old_seeds_still_give_the_clips_that_earlier_figures_were_measured_on() -> None:
    rng = np.random.default_rng([11, 2**32 - 1, 77])
    clip = scenes.draw_scene(rng, 8, 1.0, all_combinations(held_out=False), empty_share=0.0)
    pictures = clips.render(clip, clips.frame_times(8, 1.0), 112, 112)
    shown = [(event.caption, event.start_s, event.end_s) for event in clip.events]
    assert shown == [
        ("a yellow triangle blinks", 0.0, 4.0),
        ("a white square stays still", 5.0, 8.0),
    ]
    levels = [127.36, 125.11, 127.37, 127.37, 124.3, 131.68, 131.56, 131.77]
    assert pictures.mean(axis=(1, 2, 3)) == pytest.approx(levels, abs=0.02)


def test_what_is_held_out_is_never_trained_and_every_word_is_in_both() -> None:
    trained, tested = set(TRAINED.combinations), set(TESTED.combinations)
    assert not trained & tested
    assert tested >= clips.HELD_OUT
    assert not set(TRAINED.backgrounds) & set(TESTED_BACKGROUNDS.backgrounds)
    looks = {one[:2] for one in TESTED_LOOKS.combinations}
    assert not looks & {one[:2] for one in trained}
    for slot, names in enumerate((vocabulary.COLOURS, vocabulary.SHAPES)):
        assert {one[slot] for one in looks} == set(names) == {one[slot] for one in trained}
    assert {one[2] for one in tested} == set(vocabulary.MOTIONS) == {one[2] for one in trained}


def test_drawn_scenes_keep_to_what_they_may_show() -> None:
    rng = np.random.default_rng(1)
    for choice in (TRAINED, TESTED, TESTED_LOOKS, TESTED_BACKGROUNDS):
        for scene in (draw_scene(rng, choice=choice) for _ in range(30)):
            assert scene.background_kind in choice.backgrounds
            shown = {(one.colour, one.shape, one.motion) for one in scene.objects}
            assert shown <= set(choice.combinations)


def test_scenes_show_up_to_four_objects_that_are_not_in_each_others_way() -> None:
    counts = []
    for scene in many_scenes(60):
        moments = [scene.moment_at(time_s) for time_s in scene.times_s()]
        counts.append(max(moment.count for moment in moments))
        for moment in moments:
            boxes = [shown.box for shown in moment.shown]
            for a in boxes:
                for b in boxes:
                    over = max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(
                        0, min(a[3], b[3]) - max(a[1], b[1])
                    )
                    assert a is b or over < 0.3 * (a[2] - a[0]) * (a[3] - a[1])
    assert set(counts) == {1, 2, 3, 4}


def test_a_moment_lists_the_objects_words_and_background_that_it_shows() -> None:
    early, late = two_objects().moment_at(1.0), two_objects().moment_at(4.5)
    assert (early.count, late.count) == (1, 2)
    assert [set(early.words), set(late.words)] == [{"TAXI"}, set()]
    assert describe(early) == 'a red circle stays still on grass, the word "TAXI"'
    assert describe(late) == "a blue star stays still and a red circle stays still on grass"
    x1, y1, x2, y2 = early.shown[0].box
    assert ((x1 + x2) / 2, (y1 + y2) / 2) == pytest.approx((0.25, 0.5))


def test_an_object_is_painted_where_its_box_says_whatever_the_picture_is_squeezed_to() -> None:
    scene = Scene(4.0, 2.0, (an_object("red", "square", 0.3),), Backdrop("water", 3, noise=0))
    box = np.array(scene.moment_at(1.0).shown[0].box)
    for height, width in ((120, 160), (96, 96), (90, 160)):
        red, green, _ = np.moveaxis(render(scene, [1.0], height, width)[0].astype(int), -1, 0)
        ys, xs = np.nonzero(red - green > 90)
        found = np.array([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1])
        assert np.abs(found - box * [width, height, width, height]).max() <= 3


def test_an_object_that_enters_counts_from_the_frame_that_shows_half_of_it() -> None:
    first, last = Pose(1.2, 0.5, 0.3), Pose(0.4, 0.5, 0.3)
    moving = SceneObject("red", "circle", "left", 0.0, 8.0, first, last, (220, 35, 35))
    scene = Scene(8.0, 2.0, (moving,), Backdrop("sand", 1))
    assert moving.enters_from == "right"
    assert moving.leaves_to is None
    assert scene.span_of(0) == (2.0, 8.0)
    assert not scene.moment_at(1.5).certain
    assert scene.moment_at(1.5).count == 0


def test_compound_queries_hold_where_all_is_shown_and_nothing_that_is_excluded() -> None:
    scene = two_objects()
    assert about([RED_CIRCLE, BLUE_STAR]).spans_in(scene) == [(4.0, 6.0)]
    assert except_for(RED_CIRCLE, BLUE_STAR).spans_in(scene) == [(0.0, 4.0), (6.0, 8.0)]
    assert about([Look("red", "star")]).spans_in(scene) == []
    assert about([Look(colour="blue", place="right")]).spans_in(scene) == [(4.0, 6.0)]
    assert counted(2).spans_in(scene) == [(4.0, 6.0)]
    assert on_background("grass", BLUE_STAR).spans_in(scene) == [(4.0, 6.0)]
    assert on_background("sand").spans_in(scene) == []
    assert with_word("TAXI").spans_in(scene) == [(0.0, 3.0)]


def test_relations_in_time_hold_between_the_spans_of_two_objects() -> None:
    objects = (an_object("red", "circle", 0.2, 0, 3), an_object("blue", "star", 0.8, 4, 6))
    scene = Scene(8.0, 2.0, objects, Backdrop("wood", 1))
    assert timed(RED_CIRCLE, "before", BLUE_STAR).spans_in(scene) == [(0.0, 3.0)]
    assert timed(BLUE_STAR, "after", RED_CIRCLE).spans_in(scene) == [(4.0, 6.0)]
    assert timed(RED_CIRCLE, "after", BLUE_STAR).spans_in(scene) == []
    assert timed(RED_CIRCLE, "while", BLUE_STAR).spans_in(scene) == []
    assert set(RELATIONS) == {"before", "after", "while"}


def test_words_say_what_the_look_says_and_no_more() -> None:
    assert words_of(RED_CIRCLE) == "a red circle"
    assert words_of(Look("orange", "star", "small", "up", "left")) == (
        "a small orange star on the left moves up"
    )
    assert words_of(Look(colour="orange")) == "an orange shape"
    assert except_for(RED_CIRCLE, BLUE_STAR).text == "a red circle without a blue star"


def test_an_absent_description_is_near_and_shown_nowhere() -> None:
    rng = np.random.default_rng(3)
    scene = many_scenes(1)[0]
    moments = [scene.moment_at(time_s) for time_s in scene.times_s()]
    look = described(
        next(one for moment in moments for one in whole_looks(moment)), ("colour", "shape")
    )
    absent = draw_absent(rng, look, moments)
    assert absent is not None
    assert about([absent]).spans_in(scene) == []
    changed = swapped(rng, look)
    assert sum(getattr(look, slot) != getattr(changed, slot) for slot in ("colour", "shape")) == 1


def test_a_sheet_shows_a_row_of_pictures_for_every_scene() -> None:
    image = sheet(many_scenes(2))
    assert image.width == 4 * WIDTH
    assert image.height > 2 * HEIGHT
    assert len(np.unique(np.asarray(image).reshape(-1, 3), axis=0)) > 1000


def test_a_film_says_where_a_query_holds_in_seconds_of_the_film() -> None:
    (film,) = draw_films(1, 30.0, seed=2)
    assert film.duration_s >= 30.0
    for one, (start_s, end_s) in film.appearances():
        query = about([Look(one.colour, one.shape)])
        middle_s = (start_s + end_s) / 2
        assert any(a <= start_s and end_s <= b for a, b in film.spans_in(query)) or one.motion in (
            vocabulary.EDGES
        )
        assert film.shot_at(middle_s).start_s <= start_s < film.shot_at(middle_s).end_s
        assert start_s * GRID_FPS == int(start_s * GRID_FPS)


@needs_voices
def test_a_film_is_written_with_its_length_its_voice_and_its_mark(tmp_path: Path) -> None:
    (film,) = draw_films(1, 4.0, seed=2, speech_share=1.0)
    info = probe(write_film(film, tmp_path, fps=4), "film")
    assert info.duration_s == pytest.approx(film.duration_s, abs=0.3)
    assert len(info.audio) == 1
    assert (info.width, info.height) == (320, 240)
