"""Replies about chunks become events of a video: offsets, edges, unchanged stretches."""

import pytest

from vidindex.core.replies import SaidEvent
from vidindex.core.replies.stitching import (
    EDGE_TOLERANCE_S,
    chunk_events,
    coverage,
    looks_compressed,
    same_caption,
    stitch,
)
from vidindex.types import Chunk, Event, Span


def chunk(index: int, start_s: float, end_s: float, *, continues: bool = False) -> Chunk:
    times_s = tuple(start_s + i / 2 for i in range(round((end_s - start_s) * 2)))
    return Chunk(index, Span(start_s, end_s), 2.0, times_s, 56, 56, continues)


def event(start_s: float, end_s: float, text: str) -> Event:
    return Event("v", Span(start_s, end_s), text, "caption", "model")


def said(*spans: tuple[float, float]) -> list[SaidEvent]:
    return [SaidEvent(Span(*span), "a dog") for span in spans]


def lines(events: list[Event]) -> list[tuple[float, float, str]]:
    return [(one.span.start_s, one.span.end_s, one.text) for one in events]


FIRST, SECOND, THIRD = chunk(0, 0, 30), chunk(1, 30, 60), chunk(2, 60, 90)


def test_times_of_a_chunk_are_shifted_by_its_start() -> None:
    events = chunk_events("v", SECOND, [SaidEvent(Span(5.0, 7.5), "a dog")], "model")
    assert events == [event(35.0, 37.5, "a dog")]


def test_an_event_is_clipped_to_its_chunk_and_needs_words() -> None:
    over_the_end = SaidEvent(Span(28.0, 33.0), "a dog")
    events = chunk_events("v", SECOND, [over_the_end, SaidEvent(Span(1.0, 2.0), "")], "model")
    assert lines(events) == [(58.0, 60.0, "a dog")]


def test_events_of_a_chunk_come_in_order_of_time_whatever_the_reply_did() -> None:
    replies = [SaidEvent(Span(9.0, 12.0), "b"), SaidEvent(Span(1.0, 2.0), "a")]
    events = chunk_events("v", FIRST, replies, "model")
    assert [one.text for one in events] == ["a", "b"]


def test_an_event_over_a_chunk_edge_is_one_event() -> None:
    by_chunk = {
        0: [event(3, 8, "a cat"), event(20, 30 - EDGE_TOLERANCE_S, "A dog runs.")],
        1: [event(30.5, 41, "a dog runs"), event(50, 55, "a cat")],
    }
    assert lines(stitch([FIRST, SECOND], by_chunk)) == [
        (3, 8, "a cat"),
        (20, 41, "A dog runs."),
        (50, 55, "a cat"),
    ]


def test_an_event_over_three_chunks_is_one_event() -> None:
    by_chunk = {i: [event(30.0 * i, 30.0 * i + 30, "rain")] for i in range(3)}
    assert lines(stitch([FIRST, SECOND, THIRD], by_chunk)) == [(0, 90, "rain")]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (event(20, 28, "a dog"), event(30, 40, "a dog")),
        (event(20, 30, "a dog"), event(32, 40, "a dog")),
        (event(20, 30, "a red square moves left"), event(30, 40, "a red square moves down")),
    ],
    ids=["ends before the edge", "begins after the edge", "other words"],
)
def test_what_does_not_go_on_over_the_edge_stays_apart(before: Event, after: Event) -> None:
    assert stitch([FIRST, SECOND], {0: [before], 1: [after]}) == [before, after]


def test_one_event_is_continued_by_one_other_only() -> None:
    twins = [event(30, 35, "a dog"), event(30.5, 50, "a dog")]
    joined = stitch([FIRST, SECOND], {0: [event(20, 30, "a dog")], 1: twins})
    assert lines(joined) == [(20, 35, "a dog"), (30.5, 50, "a dog")]


def test_an_unchanged_chunk_extends_what_lasted_to_its_edge() -> None:
    still = chunk(1, 30, 60, continues=True)
    by_chunk = {0: [event(2, 5, "a car passes"), event(5, 29.5, "an empty street")]}
    assert lines(stitch([FIRST, still], by_chunk)) == [
        (2, 5, "a car passes"),
        (5, 60, "an empty street"),
    ]


def test_a_still_picture_stays_described_where_no_caption_reached_the_edge() -> None:
    still = [chunk(1, 30, 60, continues=True), chunk(2, 60, 90, continues=True)]
    by_chunk = {0: [event(2, 5, "a car passes"), event(5, 20, "an empty street")]}
    assert lines(stitch([FIRST, *still], by_chunk))[-1] == (5, 90, "an empty street")


def test_after_an_unchanged_stretch_the_event_may_still_go_on() -> None:
    still = chunk(1, 30, 60, continues=True)
    by_chunk = {0: [event(10, 30, "rain")], 2: [event(60, 70, "rain")]}
    assert lines(stitch([FIRST, still, THIRD], by_chunk)) == [(10, 70, "rain")]


def test_an_unchanged_chunk_after_nothing_stays_empty() -> None:
    assert stitch([FIRST, chunk(1, 30, 60, continues=True)], {0: []}) == []


def test_captions_are_the_same_up_to_case_and_full_stop_only() -> None:
    assert same_caption("A man opens the gate.", "a man opens the gate")
    assert not same_caption("a man opens the gate", "a man closes the gate")
    assert not same_caption("a man with a hat", "a man without a hat")


def test_coverage_is_the_last_reported_end_as_a_share() -> None:
    assert coverage(said((0, 10), (5, 15)), 30) == pytest.approx(0.5)
    assert coverage([], 30) == 0.0


def test_a_story_told_in_too_little_time_looks_compressed() -> None:
    real = said((0, 2), (2, 4), (4, 6), (6, 12), (12, 21), (21, 25), (25, 31), (31, 37), (40, 65))
    assert looks_compressed(real, 265.0)
    assert not looks_compressed(real, 70.0)


def test_a_single_early_event_may_be_all_there_is() -> None:
    assert not looks_compressed(said((0, 3)), 60.0)
    assert not looks_compressed([], 60.0)
