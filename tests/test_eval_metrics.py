"""Metrics of moment retrieval, each on cases worked out by hand."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.eval_assets import query, reason, said, scored, truth, value

from vidindex.core.evaluation.metrics.average_precision import detection, saliency
from vidindex.core.evaluation.metrics.highlights import average_precision, good_clips, hit_at_1
from vidindex.core.evaluation.values import Gold, Prediction, Saliency, Window
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
