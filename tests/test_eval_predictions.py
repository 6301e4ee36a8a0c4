"""Predictions: every shape that is read, what is refused, and what is written comes back."""

import io
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.eval_assets import lines, query, scored, table, text, truth, value

from vidindex.core.evaluation.datasets import DATASETS, write_predictions
from vidindex.core.evaluation.predictions import read_predictions
from vidindex.core.evaluation.predictions import write_predictions as write_general
from vidindex.core.evaluation.reference import REFERENCES
from vidindex.core.evaluation.values import (
    EvalQuery,
    GroundTruth,
    Prediction,
    Predictions,
    Window,
)
from vidindex.errors import InputError

# Predictions

NUMBERED = truth(query("7", (0, 10)), query("8", (0, 10)), dataset="qvhighlights")
BY_TEXT = truth(query("1", (0, 10)), query("2", (0, 10)), own_ids=False)


def test_both_published_shapes_are_read_for_every_data_set(tmp_path: Path) -> None:
    window = [1, 2.5, 0.9]
    first = lines(tmp_path / "p.jsonl", {"qid": 7, "pred_relevant_windows": [window]})
    second = text(
        tmp_path / "p.json", json.dumps([{"query_id": "7", "answer": [window]}], indent=1)
    )
    for path in (first, second):
        (row,) = read_predictions(NUMBERED, path).rows
        assert row == Prediction("7", (Window(1, 2.5, 0.9),))


def test_an_answer_of_one_empty_list_is_no_answer(tmp_path: Path) -> None:
    path = text(tmp_path / "p.json", '[{"query_id": 7, "answer": [[]]}]')
    assert read_predictions(NUMBERED, path).rows == (Prediction("7", ()),)


def test_what_is_said_beside_the_windows_goes_with_them(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "p",
        {
            "qid": 7,
            "pred_relevant_windows": [[1, 2, 0.9], [3, 4, 0.8]],
            "pred_verdicts": ["verified", None],
            "pred_probabilities": [0.95, None],
            "pred_saliency_scores": [0.5, -1],
        },
    )
    (row,) = read_predictions(NUMBERED, path).rows
    assert row.windows == (Window(1, 2, 0.9, "", "verified", 0.95), Window(3, 4, 0.8))
    assert row.saliency == (0.5, -1)


def test_predictions_without_ids_are_known_by_words_and_place(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "p",
        {"query": "words 2 ", "vid": "v", "pred_relevant_windows": [[0, 10]]},
        {"qid": "1", "pred_relevant_windows": []},
        {"qid": "2", "query": "words 2", "vid": "w", "pred_relevant_windows": []},
    )
    read = read_predictions(BY_TEXT, path)
    assert {row.query_id: len(row.windows) for row in read.rows} == {"1": 0, "2": 1}
    assert read.unknown == 1, "words and place decide, not a number that is ours"


def test_the_same_sentence_twice_in_a_video_takes_predictions_in_turn(tmp_path: Path) -> None:
    first, second = query("1", (0, 10)), query("2", (20, 30))
    twice = EvalQuery("2", first.text, "v", "v", second.gold)
    of = truth(first, twice, own_ids=False)
    line = {"query": "words 1", "vid": "v"}
    a, b, c = ({**line, "answer": [[n, n + 1]]} for n in range(3))
    for said, starts in (((a,), [0, 0]), ((a, b), [0, 1]), ((a, b, c), [0, 2])):
        rows = read_predictions(of, lines(tmp_path / "p", *said))
        assert [rows.by_query()[one].windows[0].start_s for one in "12"] == starts
        assert scored(of, rows.rows).counts.get("repeated predictions", 0) == max(0, len(said) - 2)


def test_answers_of_a_library_say_in_which_file_they_lie(tmp_path: Path) -> None:
    of = table(
        tmp_path,
        "query,file,start,end,search_in",
        "dog,a.mp4,0,10,",
        "dog,a.mp4,0,10,a.mp4",
        "dog,a.mp4,0,10,*.mp4",
    )
    path = lines(
        tmp_path / "p",
        {"query": "dog", "answer": [[0, 10], [0, 10]], "pred_files": ["b.mp4", "x/a.mp4"]},
        {"query": "dog", "search_in": "a.mp4", "answer": [[0, 10]]},
        {"query": "dog", "search_in": "*.mp4", "answer": []},
    )
    report = scored(of, read_predictions(of, path).rows)
    assert value(report, "recall@1, IoU 0.5") == pytest.approx(100 / 3)
    assert value(report, "recall@5, IoU 0.5") == pytest.approx(200 / 3)
    bad = lines(tmp_path / "p", {"query": "dog", "search_in": "*.mp4", "answer": [[0, 1]]})
    with pytest.raises(InputError, match="in which file they lie; add pred_files"):
        read_predictions(of, bad)


def test_what_is_missing_unknown_or_repeated_is_counted(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "p",
        {"qid": 7, "answer": [[50, 60]]},
        {"qid": 7, "answer": [[0, 10]]},
        {"qid": 99, "answer": []},
    )
    read = read_predictions(NUMBERED, path)
    report = scored(NUMBERED, read.rows)
    assert read.unknown == 1
    assert report.counts == {"repeated predictions": 1, "queries without prediction": 1}
    assert value(report, "recall@1, IoU 0.5") == 50, "the last one counts"


def test_an_empty_prediction_is_a_fault_only_where_something_is_there() -> None:
    of = truth(query("1", (0, 10)), query("2"))
    report = scored(of, [Prediction("1", ()), Prediction("2", ())])
    assert report.counts == {"queries with empty prediction": 1}


def test_windows_beyond_the_video_are_counted() -> None:
    of = truth(query("1", (0, 10), duration_s=10.0))
    report = scored(of, [Prediction("1", (Window(0, 10.9), Window(0, 11.5)))])
    assert report.counts == {"windows beyond video": 1}


def test_predictions_of_something_else_altogether_are_refused(tmp_path: Path) -> None:
    path = lines(tmp_path / "p", {"qid": 99, "answer": []}, {"qid": 98, "answer": []})
    with pytest.raises(InputError, match=r"none of its 2 predictions .* by `qid`"):
        read_predictions(NUMBERED, path)
    with pytest.raises(InputError, match="`query` and `vid`"):
        read_predictions(BY_TEXT, path)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ({"answer": []}, "p:1: missing qid"),
        ({"qid": 7}, "missing pred_relevant_windows"),
        ({"qid": 7.5, "answer": []}, "qid is 7.5"),
        ({"qid": 7, "answer": "none"}, 'pred_relevant_windows is "none"'),
        ({"qid": 7, "answer": [5]}, "5 is not a window"),
        ({"qid": 7, "answer": [[1]]}, "[1] is not a window"),
        ({"qid": 7, "answer": [[1, "2"]]}, '"2" in a window is not a number'),
        ({"qid": 7, "answer": [[1, 2, math.nan]]}, "the score of window"),
        ({"qid": 7, "answer": [[1, 2]], "pred_verdicts": []}, "0 pred_verdicts for 1 windows"),
        ({"qid": 7, "answer": [[1, 2]], "pred_verdicts": ["yes"]}, "choose from verified, unsure"),
        ({"qid": 7, "answer": [[1, 2]], "pred_probabilities": [1.5]}, "1.5 in pred_probabilities"),
        ({"qid": 7, "answer": [[1, 2]], "pred_files": [3]}, "3 in pred_files is not a file"),
        ({"qid": 7, "answer": [], "pred_saliency_scores": [math.nan]}, "NaN in pred_saliency"),
    ],
)
def test_malformed_predictions_are_refused_with_their_line_and_a_remedy(
    tmp_path: Path, line: dict[str, Any], told: str
) -> None:
    with pytest.raises(InputError) as caught:
        read_predictions(NUMBERED, lines(tmp_path / "p", line))
    assert told in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    "content", ["[" * 100_000, f'{{"qid": {"9" * 5000}}}', '{"qid": 7,\n', "[1, 2", '{"a": 1} x']
)
def test_no_prediction_file_ends_in_a_traceback(tmp_path: Path, content: str) -> None:
    with pytest.raises(InputError, match="p:1: not JSON"):
        read_predictions(NUMBERED, text(tmp_path / "p", content))


# Writing

NUMBER = st.floats(-10, 1000) | st.just(math.inf)
WINDOW = st.builds(
    Window,
    NUMBER,
    NUMBER,
    st.none() | st.floats(-5, 5),
    st.sampled_from(["a.mp4", "cam1/b.mp4"]),
    st.sampled_from([None, "verified", "unsure", "rejected", "unchecked"]),
    st.none() | st.floats(0, 1),
)
SALIENCY = st.none() | st.lists(st.floats(-1, 1), max_size=3).map(tuple)


@given(st.lists(st.tuples(st.lists(WINDOW, max_size=4), SALIENCY), min_size=1, max_size=3))
def test_what_is_written_is_read_back_equal(
    tmp_path_factory: pytest.TempPathFactory,
    said: list[tuple[list[Window], tuple[float, ...] | None]],
) -> None:
    rows = tuple(
        Prediction(str(n), tuple(spans), saliency, f"wörds {n}", "*.mp4")
        for n, (spans, saliency) in enumerate(said)
    )
    of = GroundTruth(
        "csv",
        tuple(EvalQuery(row.query_id, row.text, row.search_in, "", ()) for row in rows),
        own_ids=False,
        many_videos=True,
    )
    path = tmp_path_factory.mktemp("written") / "p"
    with path.open("w", encoding="utf-8") as stream:
        write_general(rows, stream)
    assert read_predictions(of, path) == Predictions(rows)


def written(dataset: str, *rows: Prediction) -> str:
    stream = io.StringIO()
    write_predictions(dataset, rows, stream)
    return stream.getvalue()


JUDGED = Prediction(
    "7",
    (
        Window(20, 30, 0.9, verdict="verified"),
        Window(5, 6, 0.8, verdict="rejected"),
        Window(1, 2, 0.7, verdict="unsure"),
    ),
    text="a dog",
    search_in="abc",
)


def test_a_submission_to_qvhighlights_holds_what_was_not_rejected() -> None:
    assert json.loads(written("qvhighlights", JUDGED)) == {
        "qid": 7,
        "query": "a dog",
        "vid": "abc",
        "pred_relevant_windows": [[20, 30, 0.9], [1, 2, 0.7]],
    }
    unscored = Prediction("x1", (Window(1, 2), Window(3, 4)), saliency=(0.5,))
    record = json.loads(written("qvhighlights", unscored))
    assert record["qid"] == "x1"
    assert record["pred_relevant_windows"] == [[1, 2, 1.0], [3, 4, 0.5]]
    assert record["pred_saliency_scores"] == [0.5]


def test_a_submission_to_vue_tr_stands_in_the_order_of_time() -> None:
    (record,) = json.loads(written("vue-tr", JUDGED))
    assert record == {
        "query_id": 7,
        "video_id": "abc",
        "query": "a dog",
        "answer": [[1, 2], [20, 30]],
    }


@pytest.mark.parametrize("dataset", sorted(DATASETS))
def test_every_data_set_reads_its_own_submissions(dataset: str, tmp_path: Path) -> None:
    of = truth(query("7", (0, 10), video="abc"), dataset=dataset, own_ids=dataset in REFERENCES)
    row = Prediction("7", (Window(1, 2, 0.5),), text="words 7", search_in="abc")
    path = text(tmp_path / "p", written(dataset, row))
    (back,) = read_predictions(of, path).rows
    assert [(one.start_s, one.end_s) for one in back.windows] == [(1, 2)]
