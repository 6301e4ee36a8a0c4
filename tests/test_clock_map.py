"""Which steps of a file's clock are jumps, and which are held pictures."""

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vidindex.core.timing.clock_jumps import Run, RunTracker, find_jumps, note_of
from vidindex.core.timing.clock_map import entry_byte, own_time, piece_of
from vidindex.types import ClockMap

HOUR_S, DAY_S = 3600.0, 86_400.0


def tracked(
    times_s: Sequence[float], step_s: float = 0.04, max_gap_s: float = 10.0, first_byte: int = 0
) -> list[Run]:
    """The runs of packets shown at these times, each `step_s` long, ten bytes apart."""
    tracker = RunTracker(max_gap_s)
    for i, at_s in enumerate(times_s):
        tracker.take(at_s, at_s, step_s, first_byte + 10 * i, is_key=i % 25 == 0)
    return tracker.runs


def evenly(begin_s: float, lasts_s: float = 12.0, step_s: float = 0.04) -> list[float]:
    return [begin_s + i * step_s for i in range(round(lasts_s / step_s))]


def jumps_of(
    pictures: list[Run], sounds: list[Run] | None = None, container: str = "matroska"
) -> list[float]:
    _, jumps = find_jumps(pictures, sounds or [], [], container)
    return [round(jump.step_s) for jump in jumps]


@pytest.mark.parametrize("container", ["mpegts", "flv", "mpeg"])
def test_in_live_formats_an_hour_without_packets_is_a_jump(container: str) -> None:
    pictures = tracked(evenly(0) + evenly(HOUR_S))
    assert jumps_of(pictures, container=container) == [3588]


def test_in_files_with_an_index_an_hour_without_packets_is_a_held_picture() -> None:
    pictures = tracked(evenly(0) + evenly(HOUR_S))
    for container in ("matroska", "mov"):
        assert jumps_of(pictures, container=container) == []


def test_no_film_holds_one_picture_for_more_than_a_day() -> None:
    pictures = tracked(evenly(0) + evenly(1.7e9))
    assert jumps_of(pictures) == [round(1.7e9) - 12]


def test_sound_that_goes_on_between_the_pictures_says_that_they_are_held() -> None:
    pictures = tracked(evenly(0) + evenly(HOUR_S))
    sound = tracked(evenly(0, HOUR_S + 12, 0.5), 0.5, 1.0)
    assert jumps_of(pictures, sound, "mpegts") == []


def test_sound_that_stops_and_resumes_with_the_pictures_says_that_the_clock_jumped() -> None:
    pictures = tracked(evenly(0) + evenly(HOUR_S))
    sound = tracked(evenly(0.02, 12, 0.5) + evenly(HOUR_S + 0.02, 12, 0.5), 0.5, 1.0)
    assert jumps_of(pictures, sound) == [3588]


def test_a_word_within_the_hour_says_that_time_went_by() -> None:
    pictures = tracked(evenly(0) + evenly(HOUR_S))
    sound = tracked([*evenly(0, 12, 0.5), 1800.0, *evenly(HOUR_S, 12, 0.5)], 0.5, 1.0)
    assert jumps_of(pictures, sound) == []
    written = tracked([5.0, 1800.0, HOUR_S + 3], 2.0, 1.0)
    both = tracked(evenly(0, 12, 0.5) + evenly(HOUR_S, 12, 0.5), 0.5, 1.0)
    assert find_jumps(pictures, both, written, "matroska") == (None, ())


def test_a_step_back_is_a_jump_in_every_format() -> None:
    for container in ("mpegts", "matroska", "mov"):
        assert jumps_of(tracked(evenly(100) + evenly(50)), container=container) == [-62]


@pytest.mark.parametrize("gap_s", [0.5, 5.0, 9.9])
def test_lost_packets_are_no_jump(gap_s: float) -> None:
    assert jumps_of(tracked(evenly(0) + evenly(12 + gap_s)), container="mpegts") == []


@pytest.mark.parametrize("step_s", [12.0, 60.0, 3600.0])
def test_time_lapse_is_no_jump_however_far_its_pictures_are_apart(step_s: float) -> None:
    pictures = tracked(evenly(0, 100 * step_s, step_s), step_s)
    for container in ("mpegts", "matroska"):
        assert jumps_of(pictures, container=container) == []


def test_reordered_frames_are_no_step_back_even_at_a_low_rate() -> None:
    tracker = RunTracker(10.0, has_decode_times=False)
    for at_s in (0, 4, 2, 1, 3, 8, 6, 5, 7, 12, 10, 9, 11):
        # FFmpeg says what is shown as decoding times, where a format has none.
        tracker.take(float(at_s), float(at_s), 1.0, 0, is_key=at_s == 0)
    assert len(tracker.runs) == 1


def test_frames_of_the_old_side_may_be_stored_behind_the_first_of_the_new_one() -> None:
    times_s = [*evenly(0), HOUR_S + 0.08, 12.0, HOUR_S, HOUR_S + 0.04, *evenly(HOUR_S + 0.12)]
    runs = tracked(times_s)
    assert [round(run.end_s, 2) for run in runs] == [12.04, 3612.12]
    assert len(runs) == 2


@pytest.mark.parametrize(
    ("container", "turn_s"), [("mpegts", 2**33 / 90_000), ("flv", 2**32 / 1000)]
)
def test_what_ffmpeg_takes_for_an_overflow_of_the_clock_is_told_from_one(
    container: str, turn_s: float
) -> None:
    back = tracked(evenly(36_000) + evenly(10 + turn_s))
    assert jumps_of(back, container=container) == [10 - 36_012]
    overflow = tracked(evenly(turn_s - 12) + evenly(0))
    clock, jumps = find_jumps(overflow, [], [], container)
    assert clock is not None
    assert jumps == (), "the clock ran on"


def test_sound_after_the_last_picture_of_a_piece_is_not_talked_over() -> None:
    pictures = tracked(evenly(0) + evenly(HOUR_S), first_byte=1000)
    sound = tracked(evenly(0, 17, 0.5), 0.5, 1.0) + tracked(
        evenly(HOUR_S, 12, 0.5), 0.5, 1.0, first_byte=4010
    )
    clock, (jump,) = find_jumps(pictures, sound, [], "mpegts")
    assert clock is not None
    assert jump.at_s == pytest.approx(17.0)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-500_000, 500_000), st.integers(2, 60)), min_size=2, max_size=6)
)
def test_media_time_ascends_over_all_pieces_and_leads_back_to_the_file(
    pieces: list[tuple[int, int]],
) -> None:
    times_s = [at_s for begin_s, lasts_s in pieces for at_s in evenly(begin_s, lasts_s)]
    clock, _ = find_jumps(tracked(times_s), [], [], "mpegts")
    if clock is None:
        return
    mapped = [at_s + piece_of(clock, at_s, 10 * i).shift_s for i, at_s in enumerate(times_s)]
    assert all(0 < b - a < 11 for a, b in itertools.pairwise(mapped))
    for i in range(0, len(times_s), 25):
        assert own_time(clock, mapped[i] + 0.01) == pytest.approx(times_s[i] + 0.01, abs=1e-6)


def test_reading_begins_at_a_keyframe_before_the_moment() -> None:
    clock, _ = find_jumps(tracked(evenly(0, 120) + evenly(9000, 120)), [], [], "mpegts")
    assert clock is not None
    assert entry_byte(clock, 0.0) == 0
    for at_s in (31.0, 119.0, 121.0, 239.0):
        byte = entry_byte(clock, at_s)
        assert byte is not None
        assert 0 <= at_s - byte / 10 * 0.04 <= 31
    assert entry_byte(ClockMap(clock.pieces), 31.0) is None


def test_the_note_says_where_and_how_far() -> None:
    times_s = [at_s for begin_s in (0, 9000, 40, 30_000, 5) for at_s in evenly(begin_s)]
    _, jumps = find_jumps(tracked(times_s), [], [], "mpegts")
    assert note_of(jumps) == (
        "its clock jumps forward by 2.5 h at 00:00:12.0, back by 2.5 h at 00:00:24.0, forward by "
        "8.3 h at 00:00:36.0 and 1 more; times are counted on over its pictures"
    )
    assert note_of(()) == ""
