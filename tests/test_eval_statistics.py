"""Weighted statistics and the bootstrap over videos."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.eval_assets import query, said, scored, truth

from vidindex.core.evaluation.metrics.bootstrap import interval, samples
from vidindex.core.evaluation.metrics.statistics import (
    CalibrationError,
    Median,
    Ratio,
    RiskCoverage,
    Statistic,
)

NUMBERS = st.lists(st.integers(0, 5), min_size=1, max_size=8)


def statistics(values: list[int]) -> list[Statistic]:
    as_array = np.array(values, float)
    ones = np.ones(len(values))
    return [
        Ratio(as_array, ones),
        Median(np.where(as_array == 5, np.nan, as_array)),
        CalibrationError(np.stack([as_array - 2, 1 - as_array], axis=1), np.stack([ones, ones], 1)),
        RiskCoverage(np.where(as_array == 5, -np.inf, as_array), as_array % 2),
    ]


@given(NUMBERS, st.data())
def test_a_weight_is_how_often_a_query_stands_there(values: list[int], data: st.DataObject) -> None:
    weights = data.draw(st.lists(st.integers(0, 3), min_size=len(values), max_size=len(values)))
    repeated = [value for value, weight in zip(values, weights, strict=True) for _ in range(weight)]
    if not repeated:
        return
    for weighed, plain in zip(statistics(values), statistics(repeated), strict=True):
        (by_weight,) = weighed(np.array([weights], float))
        (by_repetition,) = plain(np.ones((1, len(repeated))))
        assert by_weight == pytest.approx(by_repetition, nan_ok=True)


def test_nothing_that_counts_has_no_value() -> None:
    for statistic in statistics([1, 2, 3]):
        assert np.isnan(statistic(np.zeros((1, 3)))).all()


@given(NUMBERS, st.data())
def test_the_median_of_repeated_values_is_numpys(values: list[int], data: st.DataObject) -> None:
    weights = data.draw(st.lists(st.integers(0, 3), min_size=len(values), max_size=len(values)))
    if sum(weights):
        (found,) = Median(np.array(values, float))(np.array([weights], float))
        assert found == np.median(np.repeat(values, weights))


def test_the_risk_coverage_area_is_a_plain_mean_where_confidence_is_never_equal() -> None:
    draw = np.random.default_rng(3)
    wrong = draw.integers(0, 2, 40).astype(float)
    confidence = draw.permutation(40).astype(float)
    (found,) = RiskCoverage(confidence, wrong)(np.ones((1, 40)))
    risks = wrong[np.argsort(-confidence)].cumsum() / np.arange(1, 41)
    assert found == pytest.approx(risks.mean())


def test_videos_are_drawn_with_all_their_queries() -> None:
    (weights,) = samples(np.array(["a", "a", "b", "c", "c"]), 50, seed=1)
    assert weights.shape == (50, 5)
    assert (weights[:, 0] == weights[:, 1]).all()
    assert (weights[:, 3] == weights[:, 4]).all()
    assert ((weights[:, 0] + weights[:, 2] + weights[:, 3]) == 3).all()
    assert (weights[:, 0] != weights[:, 2]).any()


def test_a_seed_gives_the_same_samples_in_blocks_of_any_size(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    videos = np.array([f"v{n % 7}" for n in range(20)])
    (whole,) = samples(videos, 30, seed=5)
    monkeypatch.setattr("vidindex.core.evaluation.metrics.bootstrap._BLOCK", 100)
    blocks = list(samples(videos, 30, seed=5))
    assert len(blocks) == 6
    assert (np.concatenate(blocks) == whole).all()
    assert (next(samples(videos, 30, seed=6)) != whole[:5]).any()


def test_the_interval_is_the_middle_95_percent_of_what_has_a_value() -> None:
    assert interval(np.append(np.arange(1001.0), np.nan)) == (25, 975)
    assert interval(np.array([np.nan])) is None


def test_queries_of_one_video_make_the_interval_wider_than_as_many_videos_would() -> None:
    def width(video_of: list[int]) -> float:
        queries = [query(str(n), (0, 10), video=f"v{v}") for n, v in enumerate(video_of)]
        rows = [said(str(n), (0, 10)) for n in range(40) if n % 8 < 4]
        metric = scored(truth(*queries), rows, resamples=500).metric("mIoU")
        assert metric.low is not None
        assert metric.high is not None
        return metric.high - metric.low

    apart = width(list(range(40)))
    together = width([n // 4 for n in range(40)])  # the four of a video are all right or all wrong
    assert together == pytest.approx(2 * apart, rel=0.25)


@given(st.lists(st.integers(0, 12), min_size=2, max_size=20), st.integers(0, 9))
def test_intervals_hold_the_value_and_lie_within_what_is_possible(
    ends: list[int], seed: int
) -> None:
    queries = [query(str(n), (0, 12), video=f"v{n}") for n in range(len(ends))]
    rows = [said(str(n), (0, end)) for n, end in enumerate(ends)]
    report = scored(truth(*queries), rows, resamples=300, seed=seed)
    for name in ("mIoU", "mAP", "recall@1, IoU 0.5", "AUC of recall"):
        metric = report.metric(name)
        assert metric.value is not None
        assert metric.low is not None
        assert metric.high is not None
        assert 0 <= metric.low <= metric.value + 1e-9
        assert metric.value - 1e-9 <= metric.high <= 100 + 1e-9


def test_one_video_alone_has_no_intervals() -> None:
    of = truth(query("1", (0, 10)), query("2", (0, 10)), query("3", (0, 10), video="w"))
    both = scored(of, [said("1", (0, 10))], resamples=50)
    assert both.metric("mIoU").low is not None
    alone = scored(truth(*of.queries[:2]), [said("1", (0, 10))], resamples=50)
    assert (alone.metric("mIoU").low, alone.metric("mIoU").high) == (None, None)


def test_a_group_of_one_video_has_no_intervals_beside_groups_that_have() -> None:
    of = truth(
        query("1", (0, 10), video="a", format="phrase"),
        query("2", (0, 10), video="a", format="phrase"),
        query("3", (0, 10), video="a", format="keyword"),
        query("4", (0, 10), video="b", format="keyword"),
    )
    report = scored(of, [said("1", (0, 10)), said("3", (0, 10))], resamples=50)
    lows = {group.name: group.metrics[0].low for group in report.groups}
    assert lows["phrase"] is None
    assert lows["keyword"] is not None


def test_a_metric_that_rests_on_one_video_has_no_interval_beside_others_that_have() -> None:
    of = truth(query("1", (0, 10)), query("2", (0, 10), video="w"))
    report = scored(of, [said("1", (1, 10))], resamples=50)
    assert report.metric("mIoU").low is not None
    assert report.metric("start error, median").value == 1
    assert report.metric("start error, median").low is None


def test_no_resamples_give_values_without_intervals() -> None:
    report = scored(truth(query("1", (0, 10)), query("2", (0, 10), video="w")), [], resamples=0)
    assert {(one.low, one.high) for one in report.metrics} == {(None, None)}


def test_the_same_seed_gives_the_same_report() -> None:
    of = truth(*(query(str(n), (0, 10), video=f"v{n}") for n in range(9)))
    rows = [said(str(n), (0, n + 1)) for n in range(9)]
    first = scored(of, rows, resamples=100, seed=4)
    assert scored(of, rows, resamples=100, seed=4) == first
    assert scored(of, rows, resamples=100, seed=5).metrics != first.metrics
