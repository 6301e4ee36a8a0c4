"""The benchmark of the pipeline runs the product on made films, and its figures hang together."""

from pathlib import Path

import pytest

from pipelines.progress import Quiet
from vidindex.bench.speed.pipeline import Overlap, Round, measure_overlap


@pytest.mark.slow
def test_the_whole_is_never_faster_than_the_model_alone(tmp_path: Path) -> None:
    overlap = measure_overlap(tmp_path, 1, 1, 0.2, Quiet())
    (one,) = overlap.rounds
    assert overlap.num_chunks == 2
    assert one.model_s == pytest.approx(0.4)
    assert one.wall_s >= one.model_s
    assert overlap.ratio == one.ratio > 0


def test_the_ratio_is_to_the_longer_part_and_the_median_counts() -> None:
    rounds = (Round(2.0, 1.0, 2.2), Round(1.0, 4.0, 4.0), Round(1.0, 1.0, 3.0))
    assert [one.ratio for one in rounds] == pytest.approx([1.1, 1.0, 3.0])
    assert Overlap(60.0, 2, 0.5, rounds).ratio == pytest.approx(1.1)
