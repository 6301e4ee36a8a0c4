"""Plans from signals alone: what always holds, and what motion, cuts and stillness do to them."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from vidindex.core.sampling.grid import LADDER_FPS, decode_times, vision_tokens
from vidindex.core.sampling.planner import (
    PlanSettings,
    make_plan,
    settings_for,
)
from vidindex.errors import InputError, MediaError
from vidindex.types import FramePlan, ModelLimits, Signals, VideoInfo

KEY_BYTES = 20_000
STILL_BYTES, CALM_BYTES, FAST_BYTES = 25, 400, 4_000
"""A packet at 25 fps: 0.03, 0.5 and 5 keyframes a second."""

TINY_MODEL = ModelLimits("tiny", "Apache-2.0", 4096, 16, 3136, 12544, 2048)


def video(duration_s: float, width: int = 1280, height: int = 720, fps: float = 25.0) -> VideoInfo:
    return VideoInfo(
        video_id="v",
        duration_s=duration_s,
        width=width,
        height=height,
        average_fps=fps,
        codec="h264",
        container="mp4",
        stream_index=0,
        start_s=0.0,
        rotation_deg=0,
        num_frames=round(duration_s * fps),
        size_bytes=1,
    )


def picture(seed: int) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(16, 235, (36, 64), dtype=np.uint8)


def footage(*parts: tuple[float, int, str], group_s: float = 2.0) -> tuple[VideoInfo, Signals]:
    """Signals as an encoder with a fixed interval gives them.

    parts: (seconds, bytes of a packet between keyframes, what is seen): "a" and "b" are
    still pictures, "moving" is another picture at each look.
    """
    duration_s = sum(seconds for seconds, _, _ in parts)
    ends_s = np.cumsum([seconds for seconds, _, _ in parts])
    times_s = np.arange(0, round(duration_s * 25)) / 25
    is_key = np.arange(len(times_s)) % round(group_s * 25) == 0
    part_of = np.minimum(np.searchsorted(ends_s, times_s, side="right"), len(parts) - 1)
    sizes = np.array([parts[i][1] for i in part_of])
    sizes[is_key] = KEY_BYTES
    # A new shot between keyframes costs a packet as large as one.
    sizes[1:][(np.diff(part_of) > 0) & ~is_key[1:]] = KEY_BYTES
    looks = [_seen(parts[i][2], n) for n, i in enumerate(part_of[is_key])]
    return video(duration_s), signals_of(times_s, sizes, is_key, np.stack(looks))


def _seen(what: str, number: int) -> npt.NDArray[np.uint8]:
    return picture(1000 + number) if what == "moving" else picture(ord(what))


def signals_of(
    times_s: npt.NDArray[np.float64],
    sizes: npt.NDArray[np.int64],
    is_key: npt.NDArray[np.bool_],
    looks: npt.NDArray[np.uint8],
) -> Signals:
    changes = np.abs(np.diff(looks.astype(float), axis=0)).mean(axis=(1, 2)) / 255
    differences = np.concatenate([[0.0], changes])
    return Signals(times_s, sizes, is_key, times_s[is_key], differences, looks)


def check(plan: FramePlan, seen: VideoInfo, bounds: PlanSettings) -> None:
    """What holds for every plan."""
    assert plan.chunks[0].span.start_s == 0.0
    assert plan.chunks[-1].span.end_s == seen.duration_s
    assert all(a.span.end_s == b.span.start_s for a, b in pairwise(plan.chunks))
    assert [chunk.index for chunk in plan.chunks] == list(range(len(plan.chunks)))
    for chunk in plan.chunks:
        assert chunk.fps in LADDER_FPS
        assert chunk.span.duration_s <= bounds.max_chunk_s + 1e-6
        assert chunk.num_frames % 2 == 0
        assert 2 <= chunk.num_frames <= bounds.max_frames
        assert all(chunk.span.contains(time_s) for time_s in decode_times(chunk))
        assert chunk.width % 28 == chunk.height % 28 == 0
        assert bounds.min_pixels <= chunk.width * chunk.height <= bounds.max_pixels
        tokens = vision_tokens(chunk.num_frames, chunk.width, chunk.height)
        assert tokens <= bounds.max_tokens


@st.composite
def any_signals(draw: st.DrawFn, duration_s: float) -> Signals:
    """Packets and looks in no order that a codec would give."""
    count = draw(st.integers(0, 60))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    times_s = np.sort(rng.uniform(-0.5, duration_s + 0.5, count))
    is_key = rng.random(count) < draw(st.sampled_from([0.0, 0.1, 0.5, 1.0]))
    looks = rng.integers(0, 256, (int(is_key.sum()), 36, 64), dtype=np.uint8)
    if not len(looks):
        return Signals(times_s, rng.integers(1, 10**6, count), is_key)
    return signals_of(times_s, rng.integers(1, 10**6, count), is_key, looks)


LIMITS = st.builds(
    ModelLimits,
    identity=st.just("m"),
    licence=st.just(""),
    context_tokens=st.just(32_768),
    max_frames=st.integers(8, 768),
    min_pixels=st.sampled_from([784, 3136]),
    max_pixels=st.sampled_from([12_544, 100_352, 602_112]),
    max_video_tokens=st.integers(256, 24_576),
)


@settings(max_examples=80, deadline=None)
@given(
    data=st.data(),
    duration_s=st.floats(0.02, 400),
    width=st.integers(16, 4096),
    height=st.integers(16, 4096),
    fps=st.sampled_from([0.0, 0.2, 1.0, 3.0, 25.0, 60.0]),
    limits=LIMITS,
    policy=st.sampled_from(["adaptive", "uniform"]),
)
def test_every_plan_tiles_its_video_within_the_bounds(
    data: st.DataObject,
    duration_s: float,
    width: int,
    height: int,
    fps: float,
    limits: ModelLimits,
    policy: str,
) -> None:
    assume(max(width, height) <= 200 * min(width, height))
    seen = video(duration_s, width, height, fps)
    signals = data.draw(any_signals(duration_s))
    bounds = settings_for(limits, "adaptive" if policy == "adaptive" else "uniform")
    plan = make_plan(seen, signals, bounds)
    check(plan, seen, bounds)
    assert plan == make_plan(seen, signals, bounds)


def test_motion_gets_frames_and_stillness_gets_few() -> None:
    seen, signals = footage((60, STILL_BYTES, "a"), (60, FAST_BYTES, "moving"))
    plan = make_plan(seen, signals, PlanSettings())
    still = [chunk for chunk in plan.chunks if chunk.span.end_s <= 60]
    # Looks are two seconds apart: the change is seen from one to the next.
    fast = [chunk for chunk in plan.chunks if chunk.span.start_s >= 58]
    assert {chunk.fps for chunk in still} == {0.5}
    assert {chunk.fps for chunk in fast} == {4.0}
    assert len(still) + len(fast) == len(plan.chunks), "no chunk holds both"


def test_a_still_half_is_told_from_a_fast_one_wherever_they_meet() -> None:
    seen, signals = footage((43, STILL_BYTES, "a"), (37, FAST_BYTES, "moving"))
    plan = make_plan(seen, signals, PlanSettings())
    changes_s = [b.span.start_s for a, b in pairwise(plan.chunks) if a.fps != b.fps]
    assert min(abs(time_s - 43) for time_s in changes_s) <= 2


def test_a_picture_that_does_not_change_is_asked_about_once() -> None:
    seen, signals = footage((300, STILL_BYTES, "a"))
    plan = make_plan(seen, signals, PlanSettings())
    assert [chunk.continues for chunk in plan.chunks] == [False] + [True] * (len(plan.chunks) - 1)


def test_a_small_thing_that_moves_is_not_called_unchanged() -> None:
    seen, signals = footage((120, STILL_BYTES, "a"))
    looks = signals.looks.copy()
    looks[40:, 20, 30] = looks[0, 20, 30] ^ 32  # one block of 2304, from second 80 on
    plan = make_plan(seen, replace(signals, looks=looks), PlanSettings())
    changed = next(chunk for chunk in plan.chunks if chunk.span.contains(80.5))
    assert not changed.continues


def test_what_comes_and_goes_between_keyframes_is_not_called_unchanged() -> None:
    seen, signals = footage((128, STILL_BYTES, "a"), group_s=10)
    sizes = signals.packet_sizes.copy()
    crossing = (signals.packet_times_s > 71) & (signals.packet_times_s < 74)
    sizes[crossing & ~signals.packet_is_key] = CALM_BYTES
    plan = make_plan(seen, replace(signals, packet_sizes=sizes), PlanSettings())
    crossed = next(chunk for chunk in plan.chunks if chunk.span.contains(72.5))
    assert not crossed.continues
    assert any(chunk.continues for chunk in plan.chunks), "the rest is still"


def test_a_slow_sunrise_is_asked_about_again_and_again() -> None:
    seen, signals = footage((600, STILL_BYTES, "a"))
    base = signals.looks[0].astype(int) // 2
    brighter = [np.uint8(base + n // 4) for n in range(len(signals.looks))]  # 0.1 % a look
    plan = make_plan(seen, replace(signals, looks=np.stack(brighter)), PlanSettings())
    assert sum(not chunk.continues for chunk in plan.chunks) > 5


def test_a_chunk_with_an_event_is_not_extended_over_the_stillness_after_it() -> None:
    seen, signals = footage((32, FAST_BYTES, "moving"), (96, STILL_BYTES, "a"))
    plan = make_plan(seen, signals, PlanSettings())
    first_still = next(chunk for chunk in plan.chunks if chunk.span.start_s >= 32)
    assert not first_still.continues
    assert plan.chunks[-1].continues


def test_a_keyframe_that_cannot_be_decoded_makes_nothing_unchanged() -> None:
    seen, signals = footage((120, STILL_BYTES, "a"))
    plan = make_plan(seen, replace(signals, num_failed_looks=1), PlanSettings())
    assert not any(chunk.continues for chunk in plan.chunks)


def gappy(
    packets_s: list[float], pictures: list[str], ends_s: float, key_every: int = 1
) -> tuple[VideoInfo, Signals]:
    """Packets at these times and no others; what is not a keyframe holds next to nothing."""
    times_s = np.array(packets_s)
    is_key = np.arange(len(times_s)) % key_every == 0
    sizes = np.where(is_key, KEY_BYTES, STILL_BYTES)
    looks = [_seen(what, n) for n, what in enumerate(pictures) if is_key[n]]
    return video(ends_s), signals_of(times_s, sizes, is_key, np.stack(looks))


def asked_frames(plan: FramePlan) -> int:
    return sum(chunk.num_frames for chunk in plan.chunks if not chunk.continues)


def test_an_hour_without_packets_is_continued_from_the_picture_before_it() -> None:
    moving = [i / 25 for i in range(75)]
    seen, signals = gappy([*moving, *(3603 + at_s for at_s in moving)], ["moving"] * 150, 3606)
    plan = make_plan(seen, signals, PlanSettings())
    check(plan, seen, PlanSettings())
    asked = [chunk.span for chunk in plan.chunks if not chunk.continues]
    assert sum(span.duration_s for span in asked) < 24
    assert any(span.contains(0.0) for span in asked)
    assert any(span.contains(3605.9) for span in asked), "what comes after it is looked at"
    held = [chunk for chunk in plan.chunks if chunk.continues]
    assert len(held) >= 112
    assert {chunk.fps for chunk in held} == {0.5}
    assert (
        asked_frames(plan)
        <= asked_frames(make_plan(*footage((3600, 25, "a")), PlanSettings())) + 24
    )


def test_a_held_picture_that_no_frame_showed_is_asked_about() -> None:
    moving = [i / 25 for i in range(75)]
    # The last packet comes after the last frame of any chunk that ends with it.
    seen, signals = gappy([*moving, 31.99], ["moving"] * 76, 3600)
    plan = make_plan(seen, signals, PlanSettings())
    shown_s = [at_s for c in plan.chunks if not c.continues for at_s in decode_times(c)]
    assert max(shown_s) >= 31.99


def test_time_lapse_of_a_still_place_costs_one_look_and_of_a_changing_one_one_a_picture() -> None:
    day = [60.0 * i for i in range(1440)]
    for key_every in (1, 250):
        seen, signals = gappy(day, ["a"] * 1440, 86_400, key_every)
        plan = make_plan(replace(seen, average_fps=1 / 60), signals, PlanSettings())
        assert asked_frames(plan) <= 24
    seen, signals = gappy(day[:60], ["moving"] * 60, 3600)
    plan = make_plan(replace(seen, average_fps=1 / 60), signals, PlanSettings())
    asked = [chunk for chunk in plan.chunks if not chunk.continues]
    assert all(any(c.span.contains(at_s) for c in asked) for at_s in day[:60])
    assert asked_frames(plan) == 4 * 60


def test_small_packets_that_add_up_to_a_picture_end_the_stillness() -> None:
    times_s = [10.0 * i for i in range(60)]
    seen, signals = gappy(times_s, ["a"] * 60, 600, key_every=60)
    sizes = signals.packet_sizes.copy()
    sizes[1:] = KEY_BYTES // 20
    plan = make_plan(seen, replace(signals, packet_sizes=sizes), PlanSettings())
    assert sum(not chunk.continues for chunk in plan.chunks) > 10


@pytest.mark.parametrize("cut_s", [20.0, 21.0, 13.4])
def test_a_chunk_ends_where_a_shot_ends(cut_s: float) -> None:
    seen, signals = footage((cut_s, CALM_BYTES, "a"), (40 - cut_s, CALM_BYTES, "b"))
    plan = make_plan(seen, signals, PlanSettings())
    assert min(abs(chunk.span.start_s - cut_s) for chunk in plan.chunks) < 0.05


def test_slides_are_not_taken_for_motion() -> None:
    slides = [(8.0, STILL_BYTES, "ab"[n % 2]) for n in range(8)]
    plan = make_plan(*footage(*slides), PlanSettings())
    assert {chunk.fps for chunk in plan.chunks} == {0.5}


def test_still_footage_at_a_constant_bit_rate_is_seen_to_be_still() -> None:
    seen, signals = footage((60, 2000, "a"))
    moving, more = footage((60, 2000, "moving"))
    still_fps = {chunk.fps for chunk in make_plan(seen, signals, PlanSettings()).chunks}
    moving_fps = {chunk.fps for chunk in make_plan(moving, more, PlanSettings()).chunks}
    assert max(still_fps) < min(moving_fps)


def test_a_video_is_never_shown_at_more_than_its_own_rate() -> None:
    seen, signals = footage((60, FAST_BYTES, "moving"))
    plan = make_plan(replace(seen, average_fps=1.0), signals, PlanSettings())
    assert {chunk.fps for chunk in plan.chunks} <= {0.5, 1.0}


def test_small_pictures_are_not_blown_up() -> None:
    seen, signals = footage((60, CALM_BYTES, "moving"))
    plan = make_plan(replace(seen, width=112, height=84), signals, PlanSettings())
    assert {(chunk.width, chunk.height) for chunk in plan.chunks} == {(112, 84)}


def test_without_any_signal_a_video_gets_one_frame_a_second() -> None:
    nothing = Signals(np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.bool_))
    plan = make_plan(video(100), nothing, PlanSettings())
    assert {chunk.fps for chunk in plan.chunks} == {1.0}
    assert not any(chunk.continues for chunk in plan.chunks)


def test_a_video_shorter_than_two_frames_is_one_pair() -> None:
    plan = make_plan(video(0.04), footage((0.04, 1, "a"))[1], PlanSettings())
    assert [chunk.num_frames for chunk in plan.chunks] == [2]


def test_a_model_of_sixteen_frames_gets_chunks_it_can_hold() -> None:
    bounds = settings_for(TINY_MODEL, "adaptive")
    seen, signals = footage((100, STILL_BYTES, "a"), (100, FAST_BYTES, "moving"))
    plan = make_plan(seen, signals, bounds)
    check(plan, seen, bounds)
    assert max(chunk.span.duration_s for chunk in plan.chunks) == 32
    assert {chunk.fps for chunk in plan.chunks if chunk.span.start_s > 104} >= {4.0}


def test_the_policy_names_every_setting() -> None:
    usual = PlanSettings()
    changed = [
        replace(usual, policy="uniform"),
        replace(usual, policy="uniform", uniform_fps=2.0),
        replace(usual, max_chunk_s=64.0),
        replace(usual, min_chunk_s=8.0),
        replace(usual, tokens_per_s=40.0),
        replace(usual, max_frames=16),
        replace(usual, max_tokens=2048),
        replace(usual, min_pixels=784),
        replace(usual, max_pixels=12_544),
    ]
    names = [one.identity for one in [usual, *changed]]
    assert len(set(names)) == len(names)
    assert make_plan(*footage((9, 1, "a")), usual).policy == usual.identity


def test_a_picture_like_a_thread_is_refused_as_media() -> None:
    with pytest.raises(MediaError, match="5000x20"):
        make_plan(video(10, 5000, 20), footage((10, 1, "a"))[1], PlanSettings())


@pytest.mark.parametrize(
    "wrong",
    [{"uniform_fps": 3.0}, {"max_chunk_s": 6.0}, {"min_chunk_s": 0.5}, {"max_tokens": 8}],
)
def test_bounds_that_cannot_be_kept_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError):
        PlanSettings(**wrong)  # type: ignore[arg-type]


def test_a_day_of_footage_is_planned_to_its_end() -> None:
    hour, signals = footage((3600, STILL_BYTES, "a"))
    plan = make_plan(hour, signals, PlanSettings())
    check(plan, hour, PlanSettings())
    assert len(plan.chunks) == math.ceil(3600 / 32)
