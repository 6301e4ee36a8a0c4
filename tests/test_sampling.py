"""Rates, grids, sizes and tokens: the arithmetic that Qwen2.5-VL's time rests on."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidindex.core.sampling.grid import (
    LADDER_FPS,
    decode_times,
    even_grid,
    fit_within,
    smart_resize,
    vision_tokens,
)
from vidindex.types import Chunk, Source, Span

RATES = st.sampled_from(LADDER_FPS)
SPANS = st.builds(
    lambda start_s, duration_s: Span(start_s, start_s + duration_s),
    st.floats(0, 36_000),
    st.floats(0.01, 300),
)
QWEN_BOUNDS = (4 * 28 * 28, 768 * 28 * 28)


def chunk(span: Span, fps: float) -> Chunk:
    return Chunk(0, span, fps, even_grid(span, fps), 448, 252)


@given(SPANS, RATES)
def test_a_grid_is_even_and_reaches_the_end_with_the_fewest_frames(span: Span, fps: float) -> None:
    grid = even_grid(span, fps)
    assert len(grid) % 2 == 0
    assert grid[0] == span.start_s
    assert grid[1] - grid[0] == pytest.approx(1 / fps)
    covered_s = len(grid) / fps
    assert covered_s >= span.duration_s - 1e-5
    assert len(grid) == 2 or covered_s - 2 / fps < span.duration_s


@given(SPANS, RATES)
def test_nothing_is_decoded_beyond_the_chunk(span: Span, fps: float) -> None:
    times_s = decode_times(chunk(span, fps))
    assert len(times_s) == len(even_grid(span, fps))
    assert times_s == sorted(times_s)
    assert all(span.contains(time_s) for time_s in times_s)


def test_spacing_does_not_drift_over_a_long_chunk() -> None:
    grid = even_grid(Span(10.0, 394.0), 2.0)
    assert grid[-1] == 10.0 + 767 / 2


@pytest.mark.parametrize("duration_s", [0.01, 0.04, 0.5])
def test_a_video_of_a_frame_or_two_still_gives_a_pair(duration_s: float) -> None:
    assert even_grid(Span(0.0, duration_s), 2.0) == (0.0, 0.5)


def test_eight_seconds_are_eight_seconds_however_they_were_computed() -> None:
    assert len(even_grid(Span(0.1 + 0.2, 8.3), 2.0)) == 16


# Values of qwen-vl-utils' own rule, worked out by hand from its source.
@pytest.mark.parametrize(
    ("size", "bounds", "expected"),
    [
        ((1080, 1920), QWEN_BOUNDS, (560, 1008)),
        ((720, 1280), QWEN_BOUNDS, (560, 1008)),
        ((240, 320), QWEN_BOUNDS, (252, 308)),  # 320 / 28 is 11.43
        ((20, 20), QWEN_BOUNDS, (56, 56)),
        ((112, 112), (3136, 12544), (112, 112)),
        ((14, 42), (784, 10**6), (28, 56)),  # halves round to even, as in Python: 0 and 2
    ],
)
def test_sizes_follow_the_reference(
    size: tuple[int, int], bounds: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert smart_resize(*size, *bounds) == expected


@given(st.integers(28, 4000), st.integers(28, 4000))
def test_sizes_are_whole_patches_within_bounds(height: int, width: int) -> None:
    fit_h, fit_w = smart_resize(height, width, *QWEN_BOUNDS)
    assert fit_h % 28 == 0
    assert fit_w % 28 == 0
    assert fit_h * fit_w <= QWEN_BOUNDS[1]


@given(st.integers(280, 2000), st.integers(280, 2000))
def test_the_aspect_is_kept_to_a_patch(height: int, width: int) -> None:
    fit_h, fit_w = smart_resize(height, width, *QWEN_BOUNDS)
    assert fit_w / fit_h == pytest.approx(width / height, rel=28 / fit_w + 28 / fit_h)


def test_a_slim_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="5601x28"):
        smart_resize(28, 28 * 200 + 1, *QWEN_BOUNDS)


def test_tokens_are_pairs_times_patches() -> None:
    assert vision_tokens(64, 448, 252) == 32 * 16 * 9


def test_a_picture_is_scaled_down_to_its_longer_side_and_never_up() -> None:
    def source(width: int, height: int) -> Source:
        return Source(path=Path("a"), stream_index=0, start_s=0.0,
                      picture_end_s=1.0, width=width, height=height)  # fmt: skip

    assert fit_within(source(1920, 1080), 960) == (960, 540)
    assert fit_within(source(320, 240), 960) == (320, 240)
    assert fit_within(source(9000, 2), 900) == (900, 1)
