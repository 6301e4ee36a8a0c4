"""Generated scenes: pictures are a function of time alone, and words say what is shown."""

import numpy as np
import pytest

from vidindex.synthetic.clips import (
    COLOURS,
    HELD_OUT,
    MOTIONS,
    SHAPES,
    ClipEvent,
    ClipSpec,
    Ground,
    Pose,
    all_combinations,
    frame_times,
    render,
)
from vidindex.synthetic.descriptions import (
    Description,
    draw_near_miss,
    full_description,
    phrase_of,
)
from vidindex.synthetic.expected_replies import clock, ground_reply, segment_reply, yes_no_reply
from vidindex.synthetic.scenes import LADDER_FPS, draw_scene

TRAINED = all_combinations(held_out=False)


def one_event_scene(motion: str = "right", start_s: float = 2.0, end_s: float = 6.0) -> ClipSpec:
    event = ClipEvent(
        "red",
        "circle",
        motion,
        start_s,
        end_s,
        Pose(0.3, 0.5, 0.3),
        Pose(0.7, 0.5, 0.3),
        COLOURS["red"],
    )
    return ClipSpec(8.0, (event,), Ground(noise=4.0, seed=7))


def redness(picture: np.ndarray) -> float:
    wide = picture.astype(float)
    return float((wide[..., 0] - wide[..., 1] > 90).mean())


def test_a_moment_looks_the_same_whatever_the_rate_it_is_sampled_at() -> None:
    spec = one_event_scene()
    slow, fast = (
        render(spec, frame_times(8, 1.0), 112, 112),
        render(spec, frame_times(16, 2.0), 112, 112),
    )
    assert np.array_equal(slow, fast[::2])


def test_an_object_is_seen_from_its_start_until_just_before_its_end() -> None:
    frames = render(one_event_scene(), frame_times(8, 1.0), 112, 112)
    assert [redness(frame) > 0.01 for frame in frames] == [2 <= second < 6 for second in range(8)]


def test_a_film_at_24_fps_shows_an_event_on_its_own_first_frame() -> None:
    spec = one_event_scene(start_s=49 / 24)
    frames = render(spec, [48 / 24, 49 / 24], 112, 112)
    assert [redness(frame) > 0.01 for frame in frames] == [False, True]


def test_an_object_is_where_its_box_says() -> None:
    spec = one_event_scene()
    for time_s in (2.0, 3.5, 5.0):
        picture = render(spec, [time_s], 84, 140)[0]
        ys, xs = np.nonzero(picture[..., 0].astype(int) - picture[..., 1] > 90)
        box = spec.events[0].box_at(time_s, 84, 140)
        assert np.abs(np.array([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]) - box).max() <= 2


def test_large_pictures_of_a_scene_show_the_same_scene() -> None:
    spec = one_event_scene()
    small, large = render(spec, [3.0], 112, 112)[0], render(spec, [3.0], 1120, 1120)[0]
    assert redness(small) == pytest.approx(redness(large), abs=0.01)


@pytest.mark.parametrize("fps", LADDER_FPS)
def test_a_blink_is_dim_and_bright_at_every_rate_of_the_ladder(fps: float) -> None:
    event = one_event_scene("blinks", 0.0, 100.0).events[0]
    seen = {event.opacity_at(time_s) for time_s in frame_times(max(4, int(fps * 1.5)), fps)}
    assert len(seen) == 2


def test_a_delayed_scene_is_the_same_scene_later() -> None:
    spec = one_event_scene()
    later = spec.delayed(1.0)
    assert later.events[0].pose_at(4.0) == spec.events[0].pose_at(3.0)
    assert later.duration_s == spec.duration_s


def test_held_out_combinations_cover_every_word_and_leave_every_word_in_training() -> None:
    for combinations in (HELD_OUT, TRAINED):
        colours, shapes, motions = (set(words) for words in zip(*combinations, strict=True))
        assert (colours, shapes, motions) == (set(COLOURS), set(SHAPES), set(MOTIONS))
    assert not HELD_OUT & set(TRAINED)


@pytest.mark.parametrize("fps", LADDER_FPS)
def test_drawn_events_start_and_end_on_frames_and_keep_a_frame_apart(fps: float) -> None:
    rng = np.random.default_rng(1)
    for _ in range(100):
        spec = draw_scene(rng, 12, fps, TRAINED)
        edges = [edge for event in spec.events for edge in (event.start_s, event.end_s)]
        assert all((edge * fps).is_integer() for edge in edges)
        ends = [event.end_s for event in spec.events[:-1]]
        starts = [event.start_s for event in spec.events[1:]]
        assert all(start - end >= 1 / fps for start, end in zip(starts, ends, strict=True))


def test_the_same_seed_draws_the_same_scene() -> None:
    scenes = [draw_scene(np.random.default_rng(5), 8, 1.0, TRAINED) for _ in range(2)]
    assert scenes[0] == scenes[1]


def test_a_reply_is_compact_json_in_clock_time_clipped_to_the_scene() -> None:
    spec = one_event_scene(start_s=-3.0, end_s=5.5)
    assert segment_reply(spec) == (
        '[{"start_time":"00:00.00","end_time":"00:05.50","description":"a red circle moves right"}]'
    )
    assert clock(75.25) == "01:15.25"


def test_grounding_gives_every_fitting_span_and_none_when_nothing_fits() -> None:
    first, second = one_event_scene(end_s=4.0), one_event_scene(start_s=5.0)
    spec = ClipSpec(8.0, first.events + second.events)
    reply = ground_reply(spec, Description(colour="red"))
    assert reply.count("start_time") == 2
    assert ground_reply(spec, Description(colour="blue")) == "[]"


def test_a_near_miss_is_false_and_differs_in_one_or_two_words() -> None:
    rng = np.random.default_rng(3)
    for _ in range(100):
        spec = draw_scene(rng, 16, 1.0, TRAINED, empty_share=0.0)
        truth = full_description(spec.events[0])
        miss = draw_near_miss(rng, truth, spec, HELD_OUT)
        if miss is None:
            continue
        pairs = zip(
            (truth.colour, truth.shape, truth.motion),
            (miss.colour, miss.shape, miss.motion),
            strict=True,
        )
        assert 1 <= sum(said != meant for said, meant in pairs) <= 2
        assert yes_no_reply(spec, miss) == "No"
        assert (miss.colour, miss.shape, miss.motion) not in HELD_OUT


def test_a_phrase_without_chance_is_the_caption_and_knows_what_each_word_adds() -> None:
    event = one_event_scene().events[0]
    phrase = phrase_of(full_description(event))
    assert phrase.text == event.caption == "a red circle moves right"
    assert [known.said for known in phrase.so_far] == [
        (),
        ("colour",),
        ("colour", "shape"),
        ("colour", "shape"),
        ("colour", "shape", "motion"),
    ]


def test_every_paraphrase_says_the_whole_description_by_its_last_word() -> None:
    rng = np.random.default_rng(2)
    for colour, shape, motion in TRAINED:
        description = Description(colour, shape, motion)
        phrase = phrase_of(description, rng)
        assert phrase.so_far[-1] == description
        assert len(phrase.words) == len(phrase.so_far)
