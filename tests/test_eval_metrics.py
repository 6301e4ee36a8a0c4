"""Metrics of moment retrieval, each on cases worked out by hand."""

import math
import random

import numpy as np
import pytest
from eval_assets import query, reason, said, scored, truth, value
from hypothesis import given
from hypothesis import strategies as st

from vidindex.calibration import expected_error
from vidindex.evaluation.average_precision import detection, saliency
from vidindex.evaluation.highlights import average_precision, good_clips, hit_at_1
from vidindex.evaluation.values import Gold, Prediction, Saliency, Window
from vidindex.types import Span

# Recall, IoU


def test_recall_counts_queries_that_one_of_the_first_k_answers_meets() -> None:
    of = truth(query("1", (10, 20)), query("2", (10, 20)), query("3", (10, 20)))
    report = scored(
        of,
        [
            said("1", (10, 20)),  # IoU 1
            said("2", (50, 60), (10, 16)),  # first 0, second 6/10
            said("3", (50, 60)),
        ],
    )
    assert value(report, "recall@1, IoU 0.5") == pytest.approx(100 / 3)
    assert value(report, "recall@5, IoU 0.5") == pytest.approx(200 / 3)
    assert value(report, "recall@5, IoU 0.7") == pytest.approx(100 / 3)


def test_an_iou_of_just_the_threshold_is_enough() -> None:
    report = scored(truth(query("1", (0, 10))), [said("1", (0, 5))])
    assert value(report, "recall@1, IoU 0.5") == 100
    assert value(report, "recall@1, IoU 0.7") == 0


def test_an_answer_may_meet_any_of_several_true_spans() -> None:
    report = scored(truth(query("1", (0, 10), (100, 110))), [said("1", (100, 110))])
    assert value(report, "recall@1, IoU 0.7") == 100


def test_mean_iou_is_that_of_first_answers_and_0_without_one() -> None:
    of = truth(query("1", (0, 10)), query("2", (0, 10)), query("3", (0, 10)))
    report = scored(of, [said("1", (0, 5)), said("2", (5, 15), (0, 10)), said("3")])
    assert value(report, "mIoU") == pytest.approx(100 * (5 / 10 + 5 / 15 + 0) / 3)


def test_answers_are_ranked_by_score_where_all_have_one_else_as_they_stand() -> None:
    of = truth(query("1", (0, 10)))
    by_score = scored(of, [said("1", (50, 60, 0.2), (0, 10, 0.9))])
    as_listed = scored(of, [said("1", (50, 60), (0, 10, 0.9))])
    assert value(by_score, "recall@1, IoU 0.5") == 100
    assert value(as_listed, "recall@1, IoU 0.5") == 0


def test_what_a_system_rejected_is_no_answer() -> None:
    of = truth(query("1", (0, 10)))
    report = scored(of, [said("1", (0, 10), verdict="rejected")])
    assert value(report, "recall@10, IoU 0.3") == 0
    assert value(report, "AUC of precision") == 0


def test_what_was_rejected_has_no_say_in_the_ranking() -> None:
    rejected = Window(20, 30, verdict="rejected")
    answers = (Window(50, 60, 0.2), Window(0, 10, 0.9))
    report = scored(truth(query("1", (0, 10))), [Prediction("1", (rejected, *answers))])
    assert value(report, "recall@1, IoU 0.5") == 100


def test_an_answer_in_another_file_does_not_count() -> None:
    of = truth(query("1", (0, 10), video="cam1/a.mp4"))
    for video, found in (
        ("/mnt/cam1/a.mp4", 100),
        ("cam1\\a.mp4", 100),
        ("a.mp4", 0),
        ("xcam1/a.mp4", 0),
        ("", 100),
    ):
        report = scored(of, [Prediction("1", (Window(0, 10, video=video),))])
        assert value(report, "recall@1, IoU 0.5") == found, video


def test_reversed_empty_and_infinite_windows_are_wrong_answers_that_keep_their_rank() -> None:
    of = truth(query("1", (0, 10)))
    faulty = ((10, 0), (5, 5), (math.nan, 10), (0, math.inf))
    report = scored(of, [said("1", *faulty, (0, 10), (0, 10))])
    assert value(report, "recall@1, IoU 0.3") == 0
    assert value(report, "recall@5, IoU 0.3") == 100
    assert value(report, "AUC of IoU") == 100
    assert report.counts == {
        "windows reversed": 1,
        "windows without length": 1,
        "windows not finite": 2,
    }


# Average precision


def test_average_precision_of_one_right_answer_behind_a_wrong_one_is_a_half() -> None:
    assert detection(np.array([[0.0], [1.0]]), [0.5]).tolist() == [0.5]


def test_average_precision_takes_the_best_precision_from_there_on() -> None:
    # Right at ranks 1 and 3 of 4 spans: 1/4 * 1 + 1/4 * 2/3.
    ious = np.array([[0.9, 0, 0, 0], [0, 0, 0, 0], [0, 0.9, 0, 0]])
    assert detection(ious, [0.5])[0] == pytest.approx(1 / 4 + 2 / 3 / 4)
    # Wrong first, then two right: precisions 0, 1/2, 2/3, of which 2/3 is the best for both.
    assert detection(np.array([[0.0, 0], [0.9, 0], [0, 0.9]]), [0.5])[0] == pytest.approx(2 / 3)


def test_a_span_is_found_once_and_by_the_best_ranked_window() -> None:
    assert detection(np.array([[0.6], [0.9]]), [0.5, 0.7]).tolist() == [1.0, 0.5]
    # The second window meets the first span best, which is taken, and so gets the other one.
    assert detection(np.array([[0.9, 0.0], [0.8, 0.6]]), [0.5])[0] == 1.0


def test_mean_average_precision_counts_queries_without_an_answer_as_0() -> None:
    of = truth(query("1", (0, 10)), query("2", (0, 10)))
    report = scored(of, [said("1", (0, 8))])  # IoU 0.8: right at 0.5 to 0.8, 7 of 10 thresholds
    assert value(report, "mAP") == pytest.approx(100 * 0.7 / 2)
    assert value(report, "mAP, IoU 0.5") == 50
    assert value(report, "mAP, IoU 0.75") == 50


# Areas


def test_areas_compare_all_answers_as_seconds_and_overlaps_count_once() -> None:
    # Answered 0-12 and 30-38 (20 s), true 0-10 and 30-40 (20 s), both 10 + 8.
    of = truth(query("1", (0, 10), (30, 40)))
    report = scored(of, [said("1", (0, 11), (1, 2), (4, 12), (30, 38))])
    assert value(report, "AUC of precision") == pytest.approx(100 * 18 / 20)
    assert value(report, "AUC of recall") == pytest.approx(100 * 18 / 20)
    assert value(report, "AUC of IoU") == pytest.approx(100 * 18 / 22)


def test_seconds_in_another_file_cost_precision_only() -> None:
    of = truth(query("1", (0, 10), video="a.mp4"), many_videos=True)
    answers = (Window(0, 10, video="x/a.mp4"), Window(0, 30, video="x/b.mp4"))
    report = scored(of, [Prediction("1", answers)])
    assert value(report, "AUC of precision") == pytest.approx(25)
    assert value(report, "AUC of recall") == 100


# Boundaries


def test_boundary_errors_are_medians_over_first_answers_that_are_right() -> None:
    of = truth(*(query(str(n), (10, 20)) for n in range(5)))
    rows = [
        said("0", (11, 20)),  # 1 and 0
        said("1", (7, 21)),  # 3 and 1
        said("2", (8, 20)),  # 2 and 0
        said("3", (10, 16)),  # 0 and 4
        said("4", (50, 60)),  # wrong: does not count
    ]
    report = scored(of, rows)
    assert value(report, "start error, median") == pytest.approx(1.5)
    assert value(report, "end error, median") == pytest.approx(0.5)
    assert report.metric("end error, median").num_counted == 4


def test_without_a_right_first_answer_there_is_no_boundary_error_and_a_reason() -> None:
    report = scored(truth(query("1", (0, 10))), [said("1", (0, 4))])
    assert "IoU of 0.5" in reason(report, "start error, median")


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


# Highlights


def test_average_precision_of_clips_counts_levels_of_recall() -> None:
    good = np.array([True, False, True, False])
    # In order of score: good, wrong, good: precisions 1 and 2/3.
    assert saliency(good, np.array([0.9, 0.8, 0.7, 0.1])) == pytest.approx((1 + 2 / 3) / 2)
    # The first two come in together: precision 1/2, but 2/3 is reached later.
    assert saliency(good, np.array([0.9, 0.9, 0.7, 0.1])) == pytest.approx(2 / 3)
    # All four come in together: one level, precision 2/4.
    assert saliency(good, np.zeros(4)) == pytest.approx(0.5)


def test_clips_that_are_all_good_or_all_bad_need_no_scores() -> None:
    assert saliency(np.zeros(3, bool), np.array([3.0, 2, 1])) == 0
    assert saliency(np.ones(3, bool), np.array([3.0, 2, 1])) == 1


RATED = Saliency(4, (1, 2), ((4, 2, 1), (3, 3, 4)))


def test_clips_are_good_for_each_annotator_from_a_rating_on() -> None:
    good = good_clips(RATED, 3)
    assert good.tolist() == [[False] * 3, [True, False, False], [True, True, True], [False] * 3]


def test_a_hit_is_what_any_annotator_likes_and_precision_the_mean_of_all() -> None:
    good = good_clips(RATED, 3)
    scores = [0.0, 0.9, 0.8, 0.1]
    assert hit_at_1(good, scores) == 1
    assert hit_at_1(good, [0.9, 0.0, 0.0, 0.0]) == 0
    # Annotator 1 likes ranks 1 and 2, the others only rank 2.
    assert average_precision(good, scores) == pytest.approx((1 + 1 / 2 + 1 / 2) / 3)


def test_scores_beyond_the_video_are_cut_and_missing_ones_are_0() -> None:
    good = good_clips(RATED, 3)
    assert hit_at_1(good, [0.0, 0.0, 0.0, 0.0, 5.0]) == 0
    assert average_precision(good, [-1.0, 0.9, 0.8, -1.0, 5.0]) == pytest.approx(
        (1 + 0.5 + 0.5) / 3
    )
    # Clip 3 is missing, so it is 0 and stands before clips 1 and 2, both -1: precision 2/4, 1/4.
    assert average_precision(good, [-2.0, -1.0, -1.0]) == pytest.approx((2 / 3 + 1 / 3 + 1 / 3) / 3)


def test_highlights_count_rated_queries_without_scores_as_0() -> None:
    of = truth(query("1", (0, 8), saliency=RATED), query("2", (0, 8), saliency=RATED))
    row = Prediction("1", (), saliency=(0.0, 0.9, 0.8, 0.1))
    report = scored(of, [row])
    assert value(report, "highlight hit@1, Good") == 50
    assert value(report, "highlight mAP, Good") == pytest.approx(100 * (2 / 3) / 2)


def test_highlights_need_ratings_and_scores() -> None:
    unrated = scored(truth(query("1", (0, 8))), [])
    silent = scored(truth(query("1", (0, 8), saliency=RATED)), [])
    assert reason(unrated, "highlights") == "the ground truth rates no clips"
    assert reason(silent, "highlights") == "no prediction has saliency scores"


# Groups


def test_groups_hold_the_queries_of_one_kind_and_say_who_has_none() -> None:
    of = truth(
        query("1", (0, 10), modality="audio", video="a"),
        query("2", (0, 10), modality="vision", video="a"),
        query("3", (0, 10), modality="vision", video="b"),
        query("4", (0, 10), video="c"),
    )
    report = scored(of, [said("2", (0, 10)), said("3", (50, 60)), said("4", (0, 10))])
    found = {
        group.name: {one.name: one.value for one in group.metrics}["recall@1, IoU 0.5"]
        for group in report.groups
    }
    assert found == {"audio": 0, "vision": 50, "not said": 100}
    assert {group.name: group.num_units for group in report.groups}["vision"] == 2
    assert reason(report, "by format") == "the ground truth does not say"


def test_durations_are_listed_by_length() -> None:
    names = ("ultra-long", "long", "medium", "short", "ultra-short")
    of = truth(*(query(name, (0, 10), duration=name) for name in names))
    assert [group.name for group in scored(of, []).groups] == list(reversed(names))


def test_one_group_alone_is_no_breakdown() -> None:
    report = scored(truth(query("1", (0, 10), format="phrase")), [])
    assert reason(report, "by format") == "all queries are phrase"


# Whole reports

SPANS = st.builds(
    lambda start, length: (start, start + length), st.integers(0, 99), st.integers(1, 40)
)
QUERIES = st.lists(st.lists(SPANS, max_size=3), min_size=1, max_size=6)


@given(QUERIES)
def test_perfect_predictions_reach_everything(spans: list[list[tuple[int, int]]]) -> None:
    distinct = [list(dict.fromkeys(of_one)) for of_one in spans]
    of = truth(*(query(str(n), *of_one) for n, of_one in enumerate(distinct)))
    rows = [said(str(n), *of_one, verdict="verified") for n, of_one in enumerate(distinct)]
    report = scored(of, rows)
    for name in ("recall@1, IoU 0.7", "mIoU", "mAP", "AUC of precision", "AUC of IoU"):
        if any(distinct):
            assert value(report, name) == pytest.approx(100)
    if any(distinct):
        assert value(report, "misses") == 0
        assert value(report, "start error, median") == 0
        if not all(distinct):
            assert value(report, "false alarms") == 0


@given(QUERIES, QUERIES, st.randoms(use_true_random=False))
def test_the_order_of_queries_and_predictions_changes_nothing(
    true: list[list[tuple[int, int]]],
    answers: list[list[tuple[int, int]]],
    shuffler: random.Random,
) -> None:
    queries = [query(str(n), *spans, video=f"v{n % 3}") for n, spans in enumerate(true)]
    rows = [
        said(str(n), *((*span, place % 2) for place, span in enumerate(spans)), verdict="unsure")
        for n, spans in enumerate(answers)
        if n < len(queries)
    ]
    before = scored(truth(*queries), rows, resamples=20)
    shuffler.shuffle(queries)
    shuffler.shuffle(rows)
    assert scored(truth(*queries), rows, resamples=20) == before


def test_true_spans_in_several_files_are_all_to_be_found() -> None:
    one = query("1", (0, 10), video="a.mp4")
    both = truth(
        type(one)("1", "q", "", "a.mp4", (*one.gold, Gold("b.mp4", Span(0, 10)))), many_videos=True
    )
    answers = (Window(0, 10, video="b.mp4"), Window(0, 10, video="a.mp4"))
    report = scored(both, [Prediction("1", answers)])
    assert value(report, "mAP") == 100
    assert value(report, "AUC of recall") == 100
