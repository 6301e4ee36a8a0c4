"""The numbers of reference evaluators: as published, and their quirks one by one."""

import json
import math
from pathlib import Path

import pytest
from support.eval_assets import query, said, truth

from vidindex.core.evaluation.datasets import by_name
from vidindex.core.evaluation.predictions import read_predictions
from vidindex.core.evaluation.reference import REFERENCES
from vidindex.core.evaluation.report import Reference, ReferenceNumber
from vidindex.core.evaluation.score import score
from vidindex.core.evaluation.values import EvalQuery, Prediction, Predictions, Saliency, Window


def of_files(dataset: str, ground_truth: Path, predictions: Path) -> Reference:
    read = by_name(dataset).read(ground_truth)
    return REFERENCES[dataset](read, read_predictions(read, predictions))


def numbers(reference: Reference) -> dict[str, ReferenceNumber]:
    return {number.name: number for number in reference.numbers}


def moments(queries: list[EvalQuery], *rows: Prediction) -> dict[str, ReferenceNumber]:
    of = truth(*queries, dataset="qvhighlights")
    return numbers(REFERENCES["qvhighlights"](of, Predictions(rows)))


def areas(queries: list[EvalQuery], *rows: Prediction) -> dict[str, ReferenceNumber]:
    of = truth(*queries, dataset="vue-tr")
    return numbers(REFERENCES["vue-tr"](of, Predictions(rows)))


# As published


def test_every_number_of_qvhighlights_is_the_evaluators_own(shared: Path) -> None:
    folder = shared / "evaluation" / "qvhighlights"
    printed = json.loads((folder / "expected_metrics.json").read_text())
    expected = dict(printed["brief"])
    for name in ("full", "long", "middle", "short"):
        for at, number in printed[name]["MR-mAP"].items():
            expected[f"MR-{name}-mAP" + (f"@{at}" if at != "average" else "")] = number
        for at, number in printed[name]["MR-R1"].items():
            expected[f"MR-{name}-R1@{at}"] = number
    for name in ("HL-min-Fair", "HL-min-Good", "HL-min-VeryGood"):
        for metric, number in printed[name].items():
            expected[f"{name}-{metric.removeprefix('HL-')}"] = number
    found = of_files(
        "qvhighlights", folder / "highlight_val_release.jsonl", folder / "sample_val_preds.jsonl"
    )
    assert {name: one.official for name, one in numbers(found).items()} == expected
    assert {one.name for one in found.numbers if one.headline} == set(printed["brief"])
    assert all(one.official == one.every_query for one in found.numbers), "all are predicted"


@pytest.mark.parametrize(
    ("model", "official", "every_query", "left_out"),
    [
        ("Vidi", (49.0, 52.5, 35.4), (49.0, 52.5, 35.4), 0),
        ("GPT-4o", (25.9, 24.0, 13.6), (24.5, 24.0, 13.6), 89),
    ],
)
def test_the_numbers_of_vue_tr_are_those_published(
    shared: Path,
    model: str,
    official: tuple[float, ...],
    every_query: tuple[float, ...],
    left_out: int,
) -> None:
    folder = shared / "evaluation" / "vue_tr"
    found = of_files(
        "vue-tr", folder / "VUE-TR_ground_truth.json", folder / f"results_{model}.json"
    )
    overall = [one for one in found.numbers if one.headline]
    assert tuple(one.official for one in overall) == official
    assert tuple(one.every_query for one in overall) == every_query
    assert overall[0].left_out == left_out


# QVHighlights


def test_r1_takes_the_first_window_of_the_file_and_map_the_one_with_the_best_score() -> None:
    found = moments([query("1", (0, 60))], said("1", (100, 140, 0.1), (0, 60, 0.9)))
    assert found["MR-full-R1@0.5"].official == 0
    assert found["MR-full-mAP"].official == 100


def test_only_ten_windows_count_before_they_are_ranked() -> None:
    wrong = [(100.0, 140.0, 0.5)] * 10
    found = moments([query("1", (0, 60))], said("1", *wrong, (0, 60, 0.9)))
    assert found["MR-full-mAP"].official == 0


def test_a_query_without_windows_is_left_out_and_counts_as_0_beside_it() -> None:
    of = [query("1", (0, 60)), query("2", (0, 60))]
    for rows in ([said("1", (0, 60, 0.9))], [said("1", (0, 60, 0.9)), said("2")]):
        found = moments(of, *rows)["MR-full-mAP"]
        assert (found.official, found.every_query, found.left_out) == (100, 50, 1)


def test_finding_a_true_span_of_another_length_is_an_error_in_short_middle_and_long() -> None:
    of = [query("1", (0, 60), (100, 105))]
    found = moments(of, said("1", (0, 60, 0.9), (100, 105, 0.8)))
    assert found["MR-full-mAP"].official == 100
    assert found["MR-long-mAP"].official == 100
    assert found["MR-short-mAP"].official == 50
    assert found["MR-short-R1@0.5"].official == 0
    assert "MR-middle-mAP" not in found, "no true span is that long"


@pytest.mark.parametrize(
    ("length_s", "name"), [(10, "short"), (10.5, "middle"), (30, "middle"), (30.5, "long")]
)
def test_ranges_of_length_end_with_their_longer_end(length_s: float, name: str) -> None:
    found = moments([query("1", (0, length_s))], said("1", (0, length_s, 1.0)))
    assert {one.split("-")[1] for one in found} == {"full", name}


def test_windows_of_a_repeated_prediction_join_in_map_and_the_last_counts_in_r1() -> None:
    of = [query("1", (0, 60), (80, 140))]
    found = moments(of, said("1", (0, 60, 0.9)), said("1", (80, 140, 0.8)))
    assert found["MR-full-mAP"].official == 100
    found = moments(of, said("1", (0, 60, 0.9)), said("1", (60, 80, 0.8)))
    assert found["MR-full-R1@0.5"].official == 0


def test_a_reversed_window_whose_union_is_empty_counts_as_found() -> None:
    # 0 / 0 is no number, and "not below the threshold": the reference takes it for a match.
    found = moments([query("1", (0, 60))], said("1", (60, 0, 0.9)))
    assert found["MR-full-mAP"].official == 100
    found = moments([query("1", (0, 60))], said("1", (math.nan, 60, 0.9)))
    assert found["MR-full-mAP"].official == 100


def test_windows_without_scores_rank_as_they_stand() -> None:
    found = moments([query("1", (0, 60))], said("1", (100, 140), (0, 60)))
    assert found["MR-full-mAP"].official == 50


def test_highlights_without_a_good_clip_are_named() -> None:
    rated = Saliency(3, (0,), ((3, 3, 3),))
    of = truth(query("1", (0, 2), saliency=rated), dataset="qvhighlights")
    row = Prediction("1", said("1", (0, 2, 1.0)).windows, saliency=(0.9, 0.2, 0.1))
    found = REFERENCES["qvhighlights"](of, Predictions((row,)))
    assert numbers(found)["HL-min-Good-mAP"].official == 100
    assert numbers(found)["HL-min-VeryGood-Hit1"].official == 0
    assert any("1 of 1 queries have no clip that anyone rates VeryGood" in n for n in found.notes)


def test_highlights_need_no_note_and_no_number_where_none_are_predicted() -> None:
    rated = Saliency(3, (0,), ((3, 3, 3),))
    found = moments([query("1", (0, 2), saliency=rated)], said("1", (0, 2, 1.0)))
    assert not [name for name in found if name.startswith("HL")]


def test_what_the_evaluator_would_refuse_is_said() -> None:
    of = truth(query("1", (0, 60)), query("2", (0, 60)), dataset="qvhighlights")
    found = REFERENCES["qvhighlights"](of, Predictions((said("1", (0, 60, 1.0)),)))
    assert any("refuses" in note for note in found.notes)
    found = REFERENCES["qvhighlights"](of, Predictions((said("1", (0, 60, 1.0)), said("2"))))
    assert any("breaks off" in note for note in found.notes)


# VUE-TR


def test_answers_are_widened_to_whole_seconds() -> None:
    # 1.2 to 4.5 becomes 1 to 5: of 0-10, recall 0.4, for which 41 of 101 thresholds are reached.
    found = areas([query("1", (0, 10))], said("1", (1.2, 4.5)))
    assert found["overall recall"].official == 40.5
    assert found["overall IoU"].official == 39.5
    assert found["overall precision"].official == 100


def test_a_perfect_iou_is_worth_99_5_and_a_useless_answer_half_a_point_of_recall() -> None:
    found = areas([query("1", (0, 10))], said("1", (0, 10)))
    assert [found[f"overall {one}"].official for one in ("precision", "recall", "IoU")] == [
        100,
        100,
        99.5,
    ]
    found = areas([query("1", (0, 10))], said("1", (20, 30)))
    assert [found[f"overall {one}"].official for one in ("precision", "recall", "IoU")] == [
        0.5,
        0.5,
        0,
    ]


def test_queries_without_a_second_answered_are_left_out_of_precision_alone() -> None:
    of = [query("1", (0, 10)), query("2", (0, 10)), query("3", (0, 10))]
    found = areas(of, said("1", (0, 10)), said("2"), said("3", (4, 4)))
    precision, recall = found["overall precision"], found["overall recall"]
    assert (precision.official, precision.left_out) == (100, 2)
    assert precision.every_query == pytest.approx((100 + 0.5 + 0.5) / 3, abs=0.05)
    assert recall.official == recall.every_query == precision.every_query
    assert recall.left_out == 0


def test_queries_that_are_not_predicted_are_left_out_of_everything() -> None:
    found = areas([query("1", (0, 10)), query("2", (0, 10))], said("1", (0, 10)))
    iou = found["overall IoU"]
    assert (iou.official, iou.every_query, iou.left_out) == (99.5, 49.8, 1)


def test_answers_out_of_order_are_partly_overlooked() -> None:
    of = [query("1", (0, 10), (50, 60))]
    found = areas(of, said("1", (50, 60), (0, 10)))
    # One walk through both lists: 50-60 passes 0-10, which is then gone.
    assert found["overall recall"].official == 50.5
    assert found["overall IoU"].official == 99.5


def test_reversed_answers_are_turned_for_precision_and_dropped_for_iou() -> None:
    # 5 to 25: a quarter of it is true, for which 26 of 101 thresholds are reached.
    found = areas([query("1", (0, 10))], said("1", (25, 5)))
    assert found["overall precision"].official == 25.5
    assert found["overall IoU"].official == 0
    # 0 to 10 alone is half of 0 to 20; IoU counts above its thresholds, so 50 of them.
    found = areas([query("1", (0, 20))], said("1", (0, 10), (30, 25)))
    assert found["overall IoU"].official == 49.5


def test_no_answer_to_what_is_absent_is_a_full_iou() -> None:
    found = areas([query("1"), query("2")], said("1"), said("2", (0, 10)))
    assert found["overall IoU"].official == 49.8
    assert found["overall recall"].official is None


def test_kinds_are_broken_down_as_the_evaluator_does() -> None:
    of = [
        query("1", (0, 10), modality="audio", duration="short", format="phrase"),
        query("2", (0, 10), modality="vision", duration="short", format="phrase"),
    ]
    found = areas(of, said("1", (0, 10)), said("2", (20, 30)))
    assert found["audio IoU"].official == 99.5
    assert found["vision IoU"].official == 0
    assert found["short IoU"].official == found["phrase IoU"].official == 49.8
    assert "long IoU" not in found


def test_answers_that_name_files_are_not_held_to_an_evaluator_that_ignores_them() -> None:
    of = truth(query("1", (0.0, 10.0)), dataset="qvhighlights")
    here = Prediction("1", (Window(0.0, 10.0, 1.0),))
    elsewhere = Prediction("1", (Window(0.0, 10.0, 1.0, video="another.mp4"),))
    assert score(of, Predictions((here,)), resamples=10).reference
    report = score(of, Predictions((elsewhere,)), resamples=10)
    assert report.reference is None
    assert "answers name files" in str(report.not_applicable)
