"""The table of searches over subtitle lines: how it counts, and what it counted last."""

import json
from pathlib import Path

import pytest
from searches_table import LineQuery, answer_rows, make_library, read_queries, search_all

from vidindex.app import Settings, open_library

FILMS = {
    "one": ["红色的汽车停在超市门口。", "Two men climbed over the fence."],
    "two": ["The plate is KA-05-MJ-9876.", "The plate is KA-05-MJ-9877."],
}
TABLE = {
    "films": FILMS,
    "queries": [
        {"query": "KA05MJ9877", "kind": "plates", "right": [["two", 1]]},
        {"query": "KA05MJ9876", "kind": "plates", "right": [["two", 1]]},
        {"query": "fence", "right": "Two men climbed over the fence."},
    ],
    "absent": ["KA05MJ9870", "two men"],
}


def test_the_table_counts_right_first_answers_by_kind(tmp_path: Path) -> None:
    (tmp_path / "footage").mkdir()
    queries = read_queries(TABLE)
    assert queries[0] == LineQuery("KA05MJ9877", "plates", (FILMS["two"][1],))
    with open_library(tmp_path / "library", Settings(model="none", ocr=False)) as app:
        make_library(app, FILMS, tmp_path / "footage", 6.0)
        answers = search_all(app, queries)
    assert answer_rows(answers) == [
        ["plates", "1 of 2"],
        ["all", "1 of 1"],
        ["absent", "1 of 2"],
        ["present, together", "2 of 3"],
    ]


@pytest.mark.slow
def test_lines_in_ten_languages_are_found_as_often_as_before(tmp_path: Path, shared: Path) -> None:
    table = json.loads((shared / "cases" / "text" / "searches.json").read_text("utf-8"))
    (tmp_path / "footage").mkdir()
    with open_library(tmp_path / "library", Settings(model="none", ocr=False)) as app:
        make_library(app, table["films"], tmp_path / "footage", 12.0)
        answers = search_all(app, read_queries(table))
    right = {answer.query.text for answer in answers if answer.is_right}
    assert sum(answer.is_right for answer in answers if answer.query.right) >= 39
    for kind in ("plates/ids", "numbers", "accents/folding", "compounds (de)", "CJK substring"):
        assert {a.query.text for a in answers if a.query.kind == kind} <= right
    assert {"submarine", "07:45", "quantum entanglement", "???", "xqzzv"} <= right
