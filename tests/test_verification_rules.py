"""Rules of verification: which fresh frames, what p(Yes) means, where the frames put a span."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidindex.core.retrieval.verification import (
    MAX_FRAMES,
    MAX_TOKENS,
    RULE,
    frames_to_check,
    moved,
    verdict_from_yes_no,
)
from vidindex.core.sampling.grid import LADDER_FPS, even_grid, vision_tokens
from vidindex.types import ModelLimits, Span, Standard, VideoInfo

QWEN = ModelLimits("qwen", "apache-2.0", 32_768, 768, 128 * 28 * 28, 768 * 28 * 28, 24_576)


def video(duration_s: float, width: int = 1920, height: int = 1080) -> VideoInfo:
    return VideoInfo(
        "v", duration_s, width, height, 25.0, "h264", "mp4", 0, 0.0, 0, round(duration_s * 25), 1
    )


def test_the_frames_show_the_candidate_and_a_margin() -> None:
    request = frames_to_check(Span(100.0, 108.0), video(600.0), QWEN)
    assert request.span == Span(98.0, 110.0)


def test_the_window_stays_within_the_video() -> None:
    assert frames_to_check(Span(0.0, 4.0), video(4.5), QWEN).span == Span(0.0, 4.5)


def test_a_short_candidate_is_seen_at_the_highest_rate() -> None:
    assert frames_to_check(Span(100.0, 104.0), video(600.0), QWEN).fps == LADDER_FPS[-1]


def test_a_long_candidate_is_seen_around_its_middle() -> None:
    request = frames_to_check(Span(0.0, 3000.0), video(3000.0), QWEN)
    assert request.span.middle_s == pytest.approx(1500.0)
    assert len(request.times_s) <= MAX_FRAMES


spans = st.tuples(st.floats(0.0, 500.0), st.floats(0.05, 400.0)).map(
    lambda pair: Span(pair[0], pair[0] + pair[1])
)


@given(spans, st.sampled_from([(320, 240), (1920, 1080), (1080, 1920), (3840, 2160)]))
def test_frames_are_fresh_even_in_number_and_within_the_budget(
    candidate: Span, size: tuple[int, int]
) -> None:
    request = frames_to_check(candidate, video(1000.0, *size), QWEN)
    assert request.fps in LADDER_FPS
    assert len(request.times_s) % 2 == 0
    assert 0 < len(request.times_s) <= MAX_FRAMES
    assert vision_tokens(len(request.times_s), *request.size) <= MAX_TOKENS
    assert all(request.span.start_s < time_s < request.span.end_s for time_s in request.shown_s)
    assert not set(request.shown_s) & set(even_grid(request.span, request.fps))


@pytest.mark.parametrize(
    ("p_yes", "mass", "answer"),
    [
        (0.95, 0.9, "verified"),
        (RULE.verified_at, 0.9, "verified"),
        (0.5, 0.9, "unsure"),
        (RULE.rejected_at, 0.9, "rejected"),
        (0.01, 0.9, "rejected"),
        (0.99, 0.1, "unsure"),
        (0.01, 0.1, "unsure"),
        (None, None, "unsure"),
    ],
)
def test_an_answer_is_only_as_good_as_its_mass(
    p_yes: float | None, mass: float | None, answer: str
) -> None:
    assert verdict_from_yes_no(p_yes, mass) == answer


def test_a_stricter_standard_makes_an_unsure_candidate_of_a_verified_one() -> None:
    strict = Standard(verified_at=0.99, rejected_at=0.2)
    assert verdict_from_yes_no(0.95, 0.9, strict) == "unsure"
    assert verdict_from_yes_no(0.3, 0.9, strict) == "unsure"
    assert verdict_from_yes_no(0.995, 0.9, strict) == "verified"


def test_the_frames_move_the_edges_of_a_candidate() -> None:
    assert moved(Span(10, 20), [Span(0, 3), Span(12, 21)]) == (Span(12, 21), (Span(0, 3),))


def test_a_candidate_that_was_not_grounded_stays_and_its_score_decides() -> None:
    assert moved(Span(10, 20), []) == (Span(10, 20), ())


def test_another_event_in_the_window_does_not_pull_a_candidate_away() -> None:
    assert moved(Span(10, 20), [Span(19, 24)]) == (Span(10, 20), ())
