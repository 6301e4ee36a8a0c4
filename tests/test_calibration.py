"""What scores are worth: curves never fall, say shares that occur, and lines keep their promise."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidindex.core.retrieval.calibration import (
    Calibration,
    Curve,
    Measured,
    brier,
    expected_error,
    fit,
    fit_isotonic,
    fit_platt,
    line_for,
    wilson,
)
from vidindex.errors import InputError

Labelled = tuple[list[float], list[bool]]


def labelled(seed: int, count: int, slope: float, shift: float) -> Labelled:
    """Scores whose true probability is 1 / (1 + exp(-(slope logit(score) + shift)))."""
    rng = np.random.default_rng(seed)
    logits = rng.uniform(-6, 6, count)
    chance = 1 / (1 + np.exp(-(slope * logits + shift)))
    scores = 1 / (1 + np.exp(-logits))
    return scores.tolist(), (rng.random(count) < chance).tolist()


def calibration(absent_best: list[float], curve: Curve | None = None) -> Calibration:
    told = Measured(80, 40, 0.0375, 0.1, 0.05, 0.02, 0.01, 0.02, 0.03)
    best = {"standard": tuple(absent_best), "thorough": tuple(absent_best)}
    exact = curve or Curve("platt", ((1.0, 0.0),))
    return Calibration("judge", exact, best, 0.05, {"standard": told}, 100, "a test")


def test_platt_finds_the_slope_and_the_shift_of_an_overconfident_model() -> None:
    scores, right = labelled(1, 4000, 0.5, -1.0)
    curve = fit_platt(np.array(scores), np.array(right, float))
    ((slope, shift),) = curve.points
    assert slope == pytest.approx(0.5, abs=0.05)
    assert shift == pytest.approx(-1.0, abs=0.12)


def test_isotonic_says_the_share_that_is_right_at_each_score() -> None:
    scores = np.repeat([0.2, 0.6, 0.9], 100)
    right = np.concatenate([np.arange(100) < n for n in (10, 50, 95)]).astype(float)
    curve = fit_isotonic(scores, right)
    assert [curve(score) for score in (0.2, 0.6, 0.9)] == pytest.approx([0.1, 0.5, 0.95], abs=0.02)


@given(
    st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=2, max_size=60).filter(
        lambda pairs: len({right for _, right in pairs}) == 2
    )
)
def test_a_higher_score_is_never_less_probable(pairs: list[tuple[float, bool]]) -> None:
    scores, right = np.array([s for s, _ in pairs]), np.array([r for _, r in pairs], float)
    grid = np.linspace(0, 1, 101)
    for curve in (fit_platt(scores, right), fit_isotonic(scores, right)):
        said = curve.of(grid)
        assert np.all(np.diff(said) >= -1e-12)
        assert np.all((said >= 0) & (said <= 1))


def test_a_fitted_curve_is_calibrated_on_pairs_it_has_not_seen() -> None:
    curve = fit(*labelled(1, 2000, 0.4, 0.5))
    scores, right = labelled(2, 2000, 0.4, 0.5)
    said = curve.of(np.array(scores))
    assert expected_error(said, np.array(right, float)) < 0.04
    assert expected_error(np.array(scores), np.array(right, float)) > 0.1


def test_isotonic_is_taken_where_no_straight_line_fits() -> None:
    rng = np.random.default_rng(3)
    scores = rng.random(3000)
    chance = np.where(scores < 0.5, 0.05, np.where(scores < 0.95, 0.5, 0.55))
    assert fit(scores.tolist(), (rng.random(3000) < chance).tolist()).method == "isotonic"


def test_pairs_of_one_kind_say_nothing() -> None:
    with pytest.raises(InputError, match="0 are right"):
        fit([0.1, 0.9], [False, False])


def test_the_line_lets_by_no_more_absent_searches_than_promised() -> None:
    """The promise is on average over calibrations: 400 of them, each tried on 100 searches."""
    rng = np.random.default_rng(4)
    alarms = [
        float((rng.beta(1, 6, 100) >= line_for(rng.beta(1, 6, 60).tolist(), 0.05)).mean())
        for _ in range(400)
    ]
    assert 0.03 < float(np.mean(alarms)) <= 0.052


@given(st.lists(st.floats(0, 1), min_size=19, max_size=80), st.floats(0.05, 0.5))
def test_of_the_searches_it_was_drawn_on_the_line_lets_by_fewer(
    best: list[float], share: float
) -> None:
    line = line_for(best, share)
    assert sum(score >= line for score in best) <= share * (len(best) + 1)


def test_what_too_few_searches_cannot_promise_is_refused() -> None:
    with pytest.raises(InputError, match="at least 99") as caught:
        line_for([0.1] * 40, 0.01)
    assert "40 absent searches" in str(caught.value)


@pytest.mark.parametrize("share", [0.0, 1.0, -1.0, 5.0])
def test_a_share_is_between_none_and_all(share: float) -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        line_for([0.1] * 40, share)


def test_nothing_is_verified_that_is_more_likely_wrong() -> None:
    standard = calibration([0.001] * 40).standard(0.05, "standard")
    assert standard.verified_at == pytest.approx(0.5, abs=0.01)
    assert standard.rejected_at == pytest.approx(0.4, abs=0.01)


def test_candidates_between_the_lines_are_unsure() -> None:
    standard = calibration([i / 40 for i in range(40)]).standard(0.1, "standard")
    assert standard.rejected_at < 0.5 < standard.verified_at
    assert standard.verified_at == math.nextafter(36 / 40, 1)


def test_a_standard_says_what_was_measured_only_at_the_share_it_was_measured_at() -> None:
    known = calibration([0.1] * 40)
    told = known.standard(0.05, "standard").measured
    assert "measured 3.8% (1.3% – 10.5%) of 80 absent searches" in told
    assert known.standard(0.1, "standard").measured == ""


@pytest.mark.parametrize(
    ("share", "count", "interval"),
    [(0.0, 200, (0.0, 0.0188)), (0.05, 200, (0.0274, 0.0896)), (1.0, 20, (0.8389, 1.0))],
)
def test_a_rate_is_told_with_how_far_it_can_be_trusted(
    share: float, count: int, interval: tuple[float, float]
) -> None:
    assert wilson(share, count) == pytest.approx(interval, abs=1e-4)


def test_expected_error_is_the_gap_between_said_and_true_weighed_by_bin() -> None:
    said = np.array([0.9] * 10 + [0.1] * 10)
    right = np.array([1.0] * 7 + [0.0] * 13)
    assert expected_error(said, right) == pytest.approx(0.5 * 0.2 + 0.5 * 0.1)
    assert brier(said, right) == pytest.approx((7 * 0.01 + 3 * 0.81 + 10 * 0.01) / 20)
