"""What verdicts and probabilities are worth: false alarms, misses, risk, calibration."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.eval_assets import query, reason, said, scored, truth, value

from vidindex.core.evaluation.values import Prediction, Window
from vidindex.core.retrieval.calibration import expected_error

# Verdicts


def test_false_alarms_are_absent_queries_with_a_verified_window() -> None:
    of = truth(query("1"), query("2"), query("3"), query("4"), query("5", (0, 10)))
    rows = [
        said("1", (0, 5), verdict="verified"),
        said("2", (0, 5), verdict="unsure"),
        said("3", (0, 5), verdict="rejected"),
        said("5", (0, 10), verdict="verified"),
    ]
    report = scored(of, rows)
    assert value(report, "false alarms") == 25
    assert report.metric("false alarms").num_counted == 4
    assert report.num_absent == 4


def test_misses_say_what_went_wrong() -> None:
    of = truth(*(query(str(n), (0, 10)) for n in range(8)))
    rows = [
        said("0", (0, 10), verdict="verified"),
        said("1", (0, 4), verdict="verified"),  # IoU 0.4: nothing meets the span
        said("2"),
        said("3", (0, 10), verdict="rejected"),
        said("4", (0, 10), verdict="unsure"),
        said("5", (0, 10), verdict="unchecked"),
        said("6", (0, 10)),
    ]
    report = scored(of, rows)
    assert value(report, "misses") == pytest.approx(100 * 7 / 8)
    assert value(report, "misses: not retrieved") == pytest.approx(100 * 3 / 8)
    assert value(report, "misses: rejected") == pytest.approx(100 * 2 / 8)
    assert value(report, "misses: not checked") == pytest.approx(100 * 2 / 8)
    assert value(scored(of, rows, iou=0.4), "misses") == pytest.approx(100 * 6 / 8)


def test_a_system_that_does_not_verify_has_no_alarms_and_no_misses() -> None:
    report = scored(truth(query("1"), query("2", (0, 10))), [said("1", (0, 5))])
    assert reason(report, "false alarms") == "no prediction has verdicts"
    assert reason(report, "misses") == "no prediction has verdicts"


def test_where_every_query_is_absent_only_false_alarms_can_be_measured() -> None:
    report = scored(truth(query("1"), query("2")), [said("1", (0, 5), verdict="verified")])
    assert value(report, "false alarms") == 50
    assert reason(report, "misses") == "no query has a true span"
    assert reason(report, "recall, IoU, mAP, AUC, boundaries") == "no query has a true span"


# Confidence


def test_the_risk_coverage_area_is_the_mean_risk_of_the_most_confident() -> None:
    of = truth(*(query(str(n), (0, 10)) for n in range(4)))
    rows = [
        said("0", (0, 10, 0.9)),  # right: risk 0/1
        said("1", (90, 99, 0.8)),  # wrong: 1/2
        said("2", (0, 10, 0.7)),  # right: 1/3
        said("3"),  # nothing said of what is there, last: 2/4
    ]
    report = scored(of, rows)
    assert value(report, "area under risk-coverage") == pytest.approx(
        (0 + 1 / 2 + 1 / 3 + 2 / 4) / 4
    )
    assert [round(point.risk, 3) for point in report.risk_coverage[4::5]] == [0, 0.5, 0.333, 0.5]


def test_equal_confidence_spreads_what_is_wrong_evenly() -> None:
    of = truth(query("0", (0, 10)), query("1", (0, 10)))
    rows = [said("0", (0, 10, 0.5)), said("1", (90, 99, 0.5))]
    assert value(scored(of, rows), "area under risk-coverage") == pytest.approx(0.5)


def test_saying_nothing_of_what_is_absent_is_right_and_an_answer_is_wrong() -> None:
    of = truth(query("0"), query("1"))
    report = scored(of, [said("0", (0, 10, 0.5))])
    assert value(report, "area under risk-coverage") == pytest.approx((1 / 1 + 1 / 2) / 2)


def test_without_scores_there_is_no_risk_coverage_and_a_reason() -> None:
    report = scored(truth(query("1", (0, 10))), [said("1", (0, 10))])
    assert reason(report, "area under risk-coverage") == "1 first answers have no score"
    assert report.risk_coverage == ()


def with_probabilities(*pairs: tuple[float, bool]) -> Prediction:
    spans = (Window(0, 10 if right else 1, probability=chance) for chance, right in pairs)
    return Prediction("1", tuple(spans))


def test_calibration_compares_probabilities_with_how_often_they_are_right() -> None:
    pairs = ((0.9, True), (0.92, False), (0.1, False), (0.95, True), (1.0, False))
    report = scored(truth(query("1", (0, 10))), [with_probabilities(*pairs)])
    # Bins of 1/15: 0.9 and 0.92 share one (0.8667 to 0.9333), 0.95 and 1.0 the last.
    expected = (abs(0.9 + 0.92 - 1) + 0.1 + abs(0.95 + 1.0 - 1)) / 5
    assert value(report, "ECE, 15 bins") == pytest.approx(expected)
    squares = (0.1**2 + 0.92**2 + 0.1**2 + 0.05**2 + 1.0) / 5
    assert value(report, "Brier score") == pytest.approx(squares)


def test_rejected_windows_with_a_probability_are_calibrated_too() -> None:
    row = Prediction("1", (Window(0, 10, verdict="rejected", probability=0.2),))
    report = scored(truth(query("1", (0, 10))), [row])
    assert value(report, "Brier score") == pytest.approx(0.8**2)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=30))
def test_the_calibration_error_is_that_of_the_calibration(pairs: list[tuple[float, bool]]) -> None:
    report = scored(truth(query("1", (0, 10))), [with_probabilities(*pairs)])
    chances, right = (np.array(column, float) for column in zip(*pairs, strict=True))
    assert value(report, "ECE, 15 bins") == pytest.approx(expected_error(chances, right))
