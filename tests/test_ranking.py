"""Fusion of ranked lists, and hits that become moments."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidindex.core.retrieval.fusion import SAME, Place, fuse, to_moments
from vidindex.types import Event, Hit, Moment, Span


def hit(start_s: float, end_s: float, score: float, video_id: str = "v", text: str = "") -> Hit:
    event = Event(video_id, Span(start_s, end_s), text or f"at {start_s}", "caption", "model")
    return Hit(event, score, ("words",))


def moments(*hits: Hit, limit: int = 10) -> list[Moment]:
    return to_moments(hits, {"v": "a.mp4", "w": "b.mp4"}, limit=limit)


def test_first_in_every_list_scores_one() -> None:
    best, *_ = fuse({"words": [7, 8], "meaning": [7, 9]})
    assert (best.event_id, best.why) == (7, ("words", "meaning"))
    assert best.score == pytest.approx(1.0)


def test_an_event_in_both_lists_beats_the_first_of_one() -> None:
    order = [fused.event_id for fused in fuse({"words": [1, 3], "meaning": [2, 3]})]
    assert order == [3, 1, 2]


def test_the_score_is_the_published_sum_of_reciprocal_ranks() -> None:
    fused = {one.event_id: one.score for one in fuse({"a": [1, 2], "b": [2]}, {"a": 2.0})}
    assert fused[2] == pytest.approx((2 / 62 + 1 / 61) / (3 / 61))
    assert fused[1] == pytest.approx((2 / 61) / (3 / 61))


def test_an_id_that_a_list_repeats_counts_once() -> None:
    assert fuse({"a": [1, 1, 2]}) == fuse({"a": [1, 2]})


def test_no_lists_give_no_hits() -> None:
    assert fuse({}) == []
    assert fuse({"words": []}) == []


@given(st.dictionaries(st.sampled_from("abc"), st.lists(st.integers(0, 20), unique=True)))
def test_fusion_is_ordered_bounded_and_keeps_every_event(lists: dict[str, list[int]]) -> None:
    fused = fuse(lists)
    assert {one.event_id for one in fused} == {event for ids in lists.values() for event in ids}
    assert all(0 < one.score <= 1 + 1e-9 for one in fused)
    assert fused == sorted(fused, key=lambda one: (-one.score, one.event_id))


def test_strong_neighbours_are_one_moment_and_the_best_text_leads() -> None:
    (moment,) = moments(hit(0, 10, 0.9), hit(11, 20, 1.0, text="the gate opens"))
    assert (moment.span, moment.score, moment.text) == (Span(0, 20), 1.0, "the gate opens")
    assert moment.path == "a.mp4"
    assert (moment.verdict.answer, moment.verdict.span) == ("unchecked", moment.span)
    assert [one.score for one in moment.hits] == [1.0, 0.9]


def test_a_weak_neighbour_does_not_widen_the_moment() -> None:
    first, second = moments(hit(0, 10, 1.0), hit(10, 20, 0.3))
    assert (first.span, second.span) == (Span(0, 10), Span(10, 20))


def test_a_weak_hit_inside_a_moment_supports_it_and_is_not_shown_twice() -> None:
    (moment,) = moments(hit(0, 10, 1.0), hit(2, 6, 0.3))
    assert moment.span == Span(0, 10)
    assert len(moment.hits) == 2


def test_a_long_run_of_captions_does_not_become_the_whole_film() -> None:
    found = moments(*(hit(10 * n, 10 * n + 10, 1.0 - n / 1000) for n in range(100)), limit=100)
    assert max(moment.span.duration_s for moment in found) <= 60
    assert sum(len(moment.hits) for moment in found) == 100


def test_hits_of_two_videos_are_never_one_moment() -> None:
    assert [one.video_id for one in moments(hit(0, 9, 1.0), hit(0, 9, 0.9, "w"))] == ["v", "w"]


def test_the_limit_counts_moments_not_hits() -> None:
    found = moments(hit(0, 5, 1.0), hit(5, 9, 0.95), hit(50, 60, 0.5), limit=2)
    assert [moment.span for moment in found] == [Span(0, 9), Span(50, 60)]


HITS = st.lists(
    st.builds(
        lambda start, length, score, video: hit(start, start + length, score / 100, video),
        st.integers(0, 200),
        st.integers(1, 40),
        st.integers(1, 100),
        st.sampled_from(["v", "w"]),
    ),
    max_size=25,
)


@given(HITS)
def test_moments_keep_every_hit_in_order_and_do_not_repeat_each_other(hits: list[Hit]) -> None:
    found = moments(*hits, limit=100)
    assert sum(len(moment.hits) for moment in found) == len(hits)
    assert [moment.score for moment in found] == sorted((m.score for m in found), reverse=True)
    for number, one in enumerate(found):
        for other in found[number + 1 :]:
            if one.video_id == other.video_id:
                shorter_s = min(one.span.duration_s, other.span.duration_s)
                assert one.span.overlap(other.span) < SAME * shorter_s


@given(HITS, st.randoms(use_true_random=False))
def test_the_order_in_which_hits_arrive_changes_nothing(
    hits: list[Hit], shuffler: random.Random
) -> None:
    shuffled = list(hits)
    shuffler.shuffle(shuffled)
    assert moments(*shuffled) == moments(*hits)


def test_of_equal_hits_the_one_with_words_in_common_comes_first() -> None:
    by_words, by_meaning = hit(50, 55, 0.5), replace(hit(10, 15, 0.5), why=("meaning",))
    assert [m.span.start_s for m in moments(by_meaning, by_words)] == [50, 10]


def place(start_s: float, end_s: float, kind: str) -> Place:
    return Place("v", Span(start_s, end_s), kind)


def test_what_is_found_at_the_same_time_by_another_kind_lends_its_rank() -> None:
    places = {1: place(0, 10, "text"), -1: place(2, 9, "frame"), -2: place(50, 60, "frame")}
    fused = {one.event_id: one for one in fuse({"words": [1], "frames": [-2, -1]}, places=places)}
    assert fused[1].ranks == {"words": 1, "frames": 2}
    assert fused[-1].ranks == {"words": 1, "frames": 2}
    assert fused[-2].ranks == {"frames": 1}
    assert fused[1].score == pytest.approx((1 / 61 + 1 / 62) / (2 / 61))
    assert (fused[1].why, fused[-1].why) == (("words",), ("frames",))


def test_a_title_that_is_on_screen_for_an_hour_does_not_take_the_rank_of_a_moment_of_it() -> None:
    places = {1: place(0, 3600, "text"), -1: place(100, 108, "frame")}
    title, moment = sorted(
        fuse({"words": [1], "frames": [-1]}, places=places), key=lambda one: -one.event_id
    )
    assert title.ranks == {"words": 1}
    assert moment.ranks == {"words": 1, "frames": 1}


def test_texts_are_joined_by_their_ids_and_not_on_time() -> None:
    places = {1: place(0, 10, "text"), 2: place(0, 10, "text")}
    fused = {one.event_id: one.ranks for one in fuse({"a": [1], "b": [2]}, places=places)}
    assert fused == {1: {"a": 1}, 2: {"b": 1}}


def test_a_heavier_list_counts_for_more_on_time_too() -> None:
    places = {1: place(0, 10, "text"), 2: place(50, 60, "text"), -1: place(50, 59, "frame")}
    ids = [one.event_id for one in fuse({"w": [1, 2], "f": [-1]}, {"f": 3.0}, places=places)]
    assert ids.index(2) < ids.index(1)


def test_segments_widen_nothing() -> None:
    first, second = (
        replace(one, event=replace(one.event, channel="frame"))
        for one in (hit(0, 10, 1.0), hit(10, 20, 0.99))
    )
    assert [one.span for one in moments(first, second)] == [Span(0, 10), Span(10, 20)]
