"""Segments of frames: where they end, and what they score."""

import itertools

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidindex.core.retrieval.frame_segments import BEST_FRAMES, LONGEST_S, FrameSegments
from vidindex.types import Span

Rows = npt.NDArray[np.float32]
RED, BLUE = np.eye(3, dtype=np.float32)[:2]


def each_second(num: int) -> npt.NDArray[np.float64]:
    return np.stack([np.arange(num), np.arange(1, num + 1)], axis=1).astype(float)


def unit(rows: npt.ArrayLike) -> Rows:
    found = np.asarray(rows, np.float32)
    return np.asarray(found / np.linalg.norm(found, axis=-1, keepdims=True), np.float32)


def spans_of(segments: FrameSegments) -> list[Span]:
    return [segments.span(one) for one in range(len(segments))]


@st.composite
def videos(draw: st.DrawFn) -> tuple[npt.NDArray[np.float64], Rows, list[float]]:
    """(spans, vectors, shots) of a video whose frames last between 0.2 and 40 s."""
    lengths = draw(st.lists(st.floats(0.2, 40.0), min_size=1, max_size=40))
    pauses = draw(st.lists(st.sampled_from([0.0, 0.0, 5.0]), min_size=len(lengths)))
    starts, at_s = [], 0.0
    for length, pause in zip(lengths, pauses, strict=False):
        starts.append(at_s + pause)
        at_s = starts[-1] + length
    spans = np.stack([starts, np.add(starts, lengths)], axis=1)
    seed = draw(st.integers(0, 1000))
    vectors = unit(np.random.default_rng(seed).normal(size=(len(lengths), 6)))
    shots = draw(st.lists(st.floats(0, at_s), max_size=5))
    return spans, vectors, sorted(shots)


@given(videos())
def test_every_frame_is_in_one_segment_in_order(
    video: tuple[npt.NDArray[np.float64], Rows, list[float]],
) -> None:
    spans, vectors, shots = video
    segments = FrameSegments.cut(spans, vectors, shots)
    assert segments.first[0] == 0
    assert (np.diff(segments.first) > 0).all()
    found = spans_of(segments)
    assert found[0].start_s == spans[0, 0]
    assert found[-1].end_s == spans[-1, 1]
    assert all(a.end_s <= b.start_s + 1e-9 for a, b in itertools.pairwise(found))
    assert [segments.at([start])[0] for start in spans[segments.first, 0]] == [*range(len(found))]


@given(videos())
def test_a_segment_is_one_frame_or_what_one_look_takes_in(
    video: tuple[npt.NDArray[np.float64], Rows, list[float]],
) -> None:
    segments = FrameSegments.cut(*video)
    num_rows = np.diff([*segments.first, len(segments.spans)])
    assert all(
        count == 1 or span.duration_s <= LONGEST_S
        for count, span in zip(num_rows, spans_of(segments), strict=True)
    )


@given(videos())
def test_no_frame_from_before_a_shot_is_with_one_from_after_it(
    video: tuple[npt.NDArray[np.float64], Rows, list[float]],
) -> None:
    spans, vectors, shots = video
    segments = FrameSegments.cut(spans, vectors, shots)
    for shot_s in shots:
        before, after = spans[:, 0] < shot_s, spans[:, 0] >= shot_s
        of_row = segments.at(list(spans[:, 0]))
        assert not set(of_row[before]) & set(of_row[after])


@given(videos(), st.integers(0, 1000))
def test_the_score_is_the_mean_of_the_best_four_frames(
    video: tuple[npt.NDArray[np.float64], Rows, list[float]], seed: int
) -> None:
    segments = FrameSegments.cut(*video)
    query = unit(np.random.default_rng(seed).normal(size=6))
    expected = []
    edges = [*segments.first, len(segments.spans)]
    for start, stop in itertools.pairwise(edges):
        scores = segments.vectors[start:stop] @ query
        lengths = segments.spans[start:stop] @ [-1, 1]
        frames = [
            score
            for score, length in zip(scores, lengths, strict=True)
            for _ in range(max(1, round(length)))
        ]
        expected.append(np.mean(sorted(frames, reverse=True)[:BEST_FRAMES]))
    assert segments.scores(query) == pytest.approx(expected, abs=1e-5)


def test_a_segment_ends_where_the_picture_changes_most() -> None:
    vectors = unit([RED] * 7 + [BLUE] * 6)
    assert spans_of(FrameSegments.cut(each_second(13), vectors)) == [Span(0, 7), Span(7, 13)]


def test_a_segment_ends_where_frames_are_missing() -> None:
    spans = each_second(8)
    spans[4:] += 3
    found = spans_of(FrameSegments.cut(spans, unit([RED] * 8)))
    assert found == [Span(0, 4), Span(7, 11)]


def test_a_still_picture_that_is_one_row_scores_as_its_frames_would() -> None:
    query = unit([1.0, 0.2, 0.0])
    apart = FrameSegments.cut(each_second(10), unit([RED] * 8 + [BLUE] * 2))
    as_one = FrameSegments.cut(np.array([[0.0, 8.0], [8.0, 10.0]]), unit([RED, BLUE]))
    assert spans_of(apart) == spans_of(as_one)
    assert apart.scores(query) == pytest.approx(as_one.scores(query))


def test_one_frame_that_shows_it_counts_more_than_the_average_of_all() -> None:
    (score,) = FrameSegments.cut(each_second(9), unit([BLUE] * 8 + [RED])).scores(RED)
    assert score == pytest.approx(1 / BEST_FRAMES)


def test_the_frames_behind_a_score_are_named_best_first() -> None:
    vectors = unit([[1, 3, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [1, 2, 0], [0, 1, 0]])
    segments = FrameSegments.cut(each_second(6), vectors)
    assert segments.best_frames(0, RED) == (1.0, 2.0, 4.0, 0.0)


def test_a_video_without_frames_has_no_segments() -> None:
    segments = FrameSegments.cut(np.zeros((0, 2)), np.zeros((0, 3), np.float32))
    assert len(segments) == 0
    assert segments.scores(RED).shape == (0,)
