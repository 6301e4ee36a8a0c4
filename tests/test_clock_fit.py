"""Clocks are fitted to what was read, whatever their rate and phase, and despite misreadings."""

from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidindex.core.screen_text.clock_fit import Fit, fit_clocks

STEP_S = 0.95
RATES = st.floats(0.5, 2.0)
PHASES = st.floats(0.0, 1e4)
STEPS = st.sampled_from([1.0, 0.1, 0.04])


def shown(value: float, step: float) -> float:
    return floor(value / step + 1e-9) * step


def looks(count: int) -> list[float]:
    return [i * STEP_S for i in range(count)]


def worst_error(fit: Fit, times_s: list[float], phase: float, rate: float) -> float:
    ends_s = times_s[fit.first], times_s[fit.last]
    return max(abs(fit.offset + fit.rate * t - (phase + rate * t)) for t in ends_s)


@given(RATES, PHASES, STEPS, st.integers(15, 80))
def test_any_clock_is_one_line_within_its_step(
    rate: float, phase: float, step: float, count: int
) -> None:
    times_s = looks(count)
    fits = fit_clocks(times_s, [shown(phase + rate * t, step) for t in times_s], step)
    assert [(fit.first, fit.last) for fit in fits] == [(0, count - 1)]
    assert worst_error(fits[0], times_s, phase, rate) <= 1.4 * step + 1e-6


@given(
    RATES,
    PHASES,
    STEPS,
    st.sets(st.integers(1, 14), max_size=6),
    st.lists(st.integers(3, 60), min_size=6, max_size=6),
)
def test_misread_digits_do_not_move_the_clock(
    rate: float, phase: float, step: float, misread: set[int], by: list[int]
) -> None:
    times_s = looks(60)
    values = [shown(phase + rate * t, step) for t in times_s]
    for place, steps in zip(sorted(misread), by, strict=False):
        values[4 * place] += steps * step * (-1) ** steps
    fits = fit_clocks(times_s, values, step)
    assert len(fits) == 1
    assert worst_error(fits[0], times_s, phase, rate) <= 1.4 * step + 1e-6


@given(RATES, PHASES, st.integers(15, 45), st.floats(20, 5000))
def test_a_jump_begins_another_clock(rate: float, phase: float, at: int, by: float) -> None:
    times_s = looks(60)
    phases = [phase if i < at else phase + by for i in range(60)]
    values = [shown(start + rate * t, 1.0) for start, t in zip(phases, times_s, strict=True)]
    before, after = fit_clocks(times_s, values, 1.0)
    assert before.last < at <= after.first
    assert after.first - before.last <= 3
    assert worst_error(before, times_s, phase, rate) <= 1.4
    assert worst_error(after, times_s, phase + by, rate) <= 1.4


@given(PHASES, st.integers(60, 300))
def test_a_clock_of_seconds_is_known_to_a_tenth_after_a_minute(phase: float, count: int) -> None:
    times_s = looks(count)
    (fit,) = fit_clocks(times_s, [float(floor(phase + t)) for t in times_s], 1.0)
    assert fit.rate == 1.0
    assert fit.offset == pytest.approx(phase, abs=0.1)
    assert fit.offset <= phase + 1e-9  # so the time told for a value is one at which it is shown


def test_a_clock_that_counts_down_is_a_clock() -> None:
    times_s = looks(40)
    (fit,) = fit_clocks(times_s, [float(floor(600.3 - t)) for t in times_s], 1.0)
    assert fit.rate == -1.0
    assert fit.offset == pytest.approx(600.3, abs=0.1)


def test_a_frame_counter_runs_at_the_rate_of_the_film() -> None:
    times_s = looks(30)
    values = [float(floor(29.97 * t + 0.5)) for t in times_s]
    (fit,) = fit_clocks(times_s, values, 1.0, (1.0, 29.97))
    assert fit.rate == 29.97


def test_a_timecode_that_runs_slow_keeps_its_line_for_an_hour() -> None:
    times_s = looks(3600)
    values = [floor(29.97 * t + 1e-6) / 30 for t in times_s]
    (fit,) = fit_clocks(times_s, values, 1 / 30)
    assert fit.rate == pytest.approx(0.999, abs=1e-5)


def test_a_display_of_minutes_is_a_clock() -> None:
    times_s = looks(600)
    (fit,) = fit_clocks(times_s, [float(floor(862.4 + t / 60)) for t in times_s], 1.0)
    assert fit.rate == 1 / 60
    assert -fit.offset * 60 % 60 == pytest.approx(-862.4 * 60 % 60, abs=1.0)


def test_timestamps_that_jitter_do_not_tear_a_clock() -> None:
    times_s = [t + 0.15 * (-1) ** i for i, t in enumerate(looks(200))]
    values = [float(floor(t)) for t in looks(200)]
    (fit,) = fit_clocks(times_s, values, 1.0)
    assert (fit.first, fit.last, fit.rate) == (0, 199, 1.0)


@pytest.mark.parametrize(
    "values",
    [
        [750.0] * 50,
        [1.0] * 10 + [3.0] * 30 + [4.0] * 3 + [7.0] * 12 + [8.0] * 2 + [10.0] * 20,
        [float(i * i * 7919 % 101) for i in range(50)],
        [1.0, 2.0, 3.0, 4.0],
        [],
    ],
    ids=["a time that stands still", "a score", "noise", "too few", "nothing"],
)
def test_numbers_that_do_not_run_are_no_clock(values: list[float]) -> None:
    assert fit_clocks(looks(len(values)), values, 1.0) == []
