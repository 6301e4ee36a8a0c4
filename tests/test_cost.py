"""Estimates: sums of what the plans say, and seconds only where somebody measured."""

from dataclasses import replace

import pytest

from vidindex.core.sampling.cost import Estimate, estimate
from vidindex.core.sampling.grid import even_grid
from vidindex.types import Chunk, FramePlan, Span, VideoInfo

VIDEO = VideoInfo(
    video_id="v",
    duration_s=64.0,
    width=1280,
    height=720,
    average_fps=25.0,
    codec="h264",
    container="mp4",
    stream_index=0,
    start_s=0.0,
    rotation_deg=0,
    num_frames=1600,
    size_bytes=1_000_000,
)


def plan(*, continues: bool) -> FramePlan:
    """Two chunks of 32 s at 1 fps and 448x252: 16 pairs of 144 tokens each."""
    spans = (Span(0.0, 32.0), Span(32.0, 64.0))
    chunks = (
        Chunk(i, span, 1.0, even_grid(span, 1.0), 448, 252, continues and i == 1)
        for i, span in enumerate(spans)
    )
    return FramePlan("v", "test", tuple(chunks))


def test_counts_are_those_of_the_plans() -> None:
    other = replace(VIDEO, video_id="w", size_bytes=500_000)
    cost = estimate([(VIDEO, plan(continues=False)), (other, plan(continues=False))])
    assert (cost.num_videos, cost.duration_s, cost.bytes_to_read) == (2, 128.0, 1_500_000)
    assert (cost.asked, cost.continued, cost.frames) == (4, 0, 128)
    assert cost.vision_tokens == 4 * 16 * 144
    assert cost.looks == 128


def test_a_chunk_that_continues_costs_no_call_and_no_disk() -> None:
    all_asked = estimate([(VIDEO, plan(continues=False))])
    half = estimate([(VIDEO, plan(continues=True))])
    assert (half.asked, half.continued) == (1, 1)
    for name in ("frames", "vision_tokens", "text_tokens", "disk_bytes"):
        assert 2 * getattr(half, name) == getattr(all_asked, name) > 0


def test_seconds_are_never_invented() -> None:
    planned = [(VIDEO, plan(continues=False))]
    assert estimate(planned).model_s is None
    assert estimate(planned, vision_tokens_per_s=1152.0).model_s == pytest.approx(4.0)


def test_nothing_costs_nothing() -> None:
    assert estimate([]) == Estimate(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
