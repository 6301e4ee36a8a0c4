"""Ground truth and predictions: every published format, one's own table, and what is malformed."""

import json
from pathlib import Path

import pytest
from support.eval_assets import lines, table, text

from vidindex.core.evaluation.datasets import by_name
from vidindex.core.evaluation.datasets.truth import duration_group
from vidindex.core.evaluation.values import (
    EvalQuery,
    Gold,
    Saliency,
)
from vidindex.errors import InputError
from vidindex.types import Span

# Data sets

QV = {
    "qid": 7,
    "query": " a dog runs ",
    "vid": "abc_0_150",
    "duration": 150,
    "relevant_windows": [[8, 12], [20, 30]],
    "relevant_clip_ids": [4, 5],
    "saliency_scores": [[1, 2, 3], [4, 3, 2]],
}


def test_qvhighlights_has_windows_and_ratings(tmp_path: Path) -> None:
    (one,) = by_name("qvhighlights").read(lines(tmp_path / "g.jsonl", QV)).queries
    assert one == EvalQuery(
        "7",
        "a dog runs",
        search_in="abc_0_150",
        video="abc_0_150",
        gold=(Gold("abc_0_150", Span(8, 12)), Gold("abc_0_150", Span(20, 30))),
        duration_s=150,
        duration="short",
        saliency=Saliency(75, (4, 5), ((1, 2, 3), (4, 3, 2))),
    )


def test_vue_tr_has_kinds(tmp_path: Path) -> None:
    record = {
        "query_id": 0, "video_id": "v", "duration": 32.6, "query": "q", "gt": [[0, 32.5]],
        "duration_category": "ultra-short", "query_format": "phrase", "query_modality": "vision",
    }  # fmt: skip
    read = by_name("vue-tr").read(text(tmp_path / "g.json", json.dumps([record])))
    (one,) = read.queries
    assert read.own_ids
    assert (one.query_id, one.modality, one.duration, one.format) == (
        "0",
        "vision",
        "ultra-short",
        "phrase",
    )
    assert one.gold == (Gold("v", Span(0, 32.5)),)


def test_charades_sta_has_one_sentence_a_line(tmp_path: Path) -> None:
    written = "3MSZA 24.3 30.4##person turn a light on.\n\n3MSZA 0.0 5##a #2 ## b\r\n"
    read = by_name("charades-sta").read(text(tmp_path / "g.txt", written))
    assert [(one.query_id, one.text, one.video) for one in read.queries] == [
        ("1", "person turn a light on.", "3MSZA"),
        ("3", "a #2 ## b", "3MSZA"),
    ]
    assert read.queries[0].gold == (Gold("3MSZA", Span(24.3, 30.4)),)
    assert not read.own_ids


def test_activitynet_captions_has_sentences_of_videos(tmp_path: Path) -> None:
    record = {
        "v_a": {"duration": 82.7, "timestamps": [[0.8, 20], [10, 30]], "sentences": ["x", " y"]}
    }
    read = by_name("activitynet-captions").read(lines(tmp_path / "g.json", record))
    assert [(one.query_id, one.text, one.duration) for one in read.queries] == [
        ("v_a#0", "x", "short"),
        ("v_a#1", "y", "short"),
    ]


def test_true_spans_that_are_none_are_left_out_and_counted(tmp_path: Path) -> None:
    record = {**QV, "relevant_windows": [[8, 12], [30, 20]]}
    gone = {**QV, "qid": 8, "relevant_windows": [[5, 5]]}
    absent = {**QV, "qid": 9, "relevant_windows": []}
    read = by_name("qvhighlights").read(lines(tmp_path / "g.jsonl", record, gone, absent))
    assert [(one.query_id, len(one.gold)) for one in read.queries] == [("7", 1), ("9", 0)]
    assert read.counts == {"true spans not spans": 2, "queries without true span left": 1}
    charades = text(tmp_path / "g.txt", "V 9 2##a\nV 2 9##b\n")
    assert len(by_name("charades-sta").read(charades).queries) == 1


@pytest.mark.parametrize(
    ("dataset", "content", "told"),
    [
        ("qvhighlights", '{"qid": 1}\n', "g:1: missing vid"),
        ("qvhighlights", "\n{oops}\n", "g:2: not JSON"),
        ("qvhighlights", json.dumps({**QV, "relevant_windows": [[1]]}), "[1] in relevant_windows"),
        ("qvhighlights", json.dumps({**QV, "relevant_windows": [[1, None]]}), "null in relevant"),
        ("qvhighlights", json.dumps({**QV, "relevant_clip_ids": [4, 75]}), "75 is not a clip"),
        ("qvhighlights", json.dumps({**QV, "saliency_scores": [[1, 2, 3]]}), "2 relevant_clip_ids"),
        ("qvhighlights", json.dumps({**QV, "saliency_scores": [[1], [2]]}), "[1] is not a rating"),
        ("qvhighlights", json.dumps({**QV, "duration": True}), "true in duration"),
        ("qvhighlights", f"{json.dumps(QV)}\n{json.dumps(QV)}", "query 7 occurs twice"),
        ("qvhighlights", "", "holds no query"),
        ("vue-tr", '[{"query_id": 0}, 5]', "entry 1: missing video_id"),
        ("vue-tr", "[5]", "entry 1: 5 is not a JSON object"),
        ("charades-sta", "V 1 2##a\nV 1##b", "g:2: 'V 1##b' is not a query"),
        ("charades-sta", "V 1 nan##a", "is not a query"),
        ("charades-sta", "V 1 2 a", "is not a query"),
        ("activitynet-captions", "[]", "[] is not a JSON object"),
        ("activitynet-captions", '{"v": 3}', "'v' has 3"),
        (
            "activitynet-captions",
            '{"v": {"duration": 3, "timestamps": [[0, 1]], "sentences": []}}',
            "1 timestamps, 0 sentences",
        ),
    ],
)
def test_malformed_truth_is_refused_with_its_place_and_a_remedy(
    tmp_path: Path, dataset: str, content: str, told: str
) -> None:
    with pytest.raises(InputError) as caught:
        by_name(dataset).read(text(tmp_path / "g", content))
    assert told in str(caught.value)
    assert caught.value.hint


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b'{"query": "\xe9"}')
    for path, told in ((tmp_path / "none", "cannot read"), (tmp_path / "latin", "not UTF-8")):
        with pytest.raises(InputError, match=told):
            by_name("qvhighlights").read(path)


def test_an_unknown_data_set_names_the_known_ones() -> None:
    with pytest.raises(InputError, match="qvhighlights, charades-sta"):
        by_name("tvr")


# One's own table


def test_rows_with_the_same_query_are_its_spans_and_empty_ones_say_it_is_absent(
    tmp_path: Path,
) -> None:
    read = table(
        tmp_path,
        "query,file,start,end,search_in,modality",
        "a dog runs,cam1/a.mp4,90,01:42.5,,vision",
        "a dog runs,.\\cam1\\b.mp4,00:00:05,7s,,",
        "a dog runs,c.mp4,1,2,c.mp4,vision",
        '"a cat, a hat",,,,cam1/*,',
    )
    assert [(one.query_id, one.text, one.search_in, one.modality) for one in read.queries] == [
        ("1", "a dog runs", "", "vision"),
        ("2", "a dog runs", "c.mp4", "vision"),
        ("3", "a cat, a hat", "cam1/*", ""),
    ]
    assert read.queries[0].gold == (
        Gold("cam1/a.mp4", Span(90, 102.5)),
        Gold("cam1/b.mp4", Span(5, 7)),
    )
    assert read.queries[2].gold == ()
    assert [one.unit for one in read.queries] == ["cam1/a.mp4", "c.mp4", "cam1/*"]


def test_a_duration_may_be_a_length_or_a_name(tmp_path: Path) -> None:
    read = table(
        tmp_path,
        "query,file,start,end,duration",
        "a,a.mp4,1,2,59",
        "b,a.mp4,1,2,1:30:00",
        "c,a.mp4,1,2,lecture",
        "d,a.mp4,1,2,",
    )
    assert [one.duration for one in read.queries] == ["ultra-short", "ultra-long", "lecture", ""]
    assert [one.duration_s for one in read.queries] == [59, 5400, None, None]


@pytest.mark.parametrize(
    ("duration_s", "group"),
    [(59.9, "ultra-short"), (60, "short"), (600, "medium"), (1800, "long"), (3600, "ultra-long")],
)
def test_groups_of_duration_begin_with_their_shortest(duration_s: float, group: str) -> None:
    assert duration_group(duration_s) == group


def test_columns_that_mean_nothing_here_are_counted(tmp_path: Path) -> None:
    read = table(tmp_path, "\ufeffQuery, File ,start,end,who", "a,a.mp4,1,2,me")
    assert read.counts == {"columns not used": 1}
    assert read.queries[0].text == "a"


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (["query,file,start", "a,b,1"], "csv:1: missing column 'end'"),
        (["query;file;start;end", "a;b;1;2"], "separate the columns by commas"),
        (["query,file,start,end", "a,b,1,"], "csv:2: file 'b', start '1', end ''"),
        (["query,file,start,end", "a,b,1,2", ",b,1,2"], "csv:3: missing query"),
        (["query,file,start,end", "a,b,x,2"], "csv:2: 'x' is not a time"),
        (["query,file,start,end", "a,b,2,1"], "csv:2: 2 to 1 is not a span"),
        (["query,file,start,end", "a,b,1,2", "a,,,"], "csv:3: 'a' is absent in one row"),
        (["query,file,start,end", "a,,,", "a,,,"], "or absent twice"),
        (["query,file,start,end", "a,b,1,2,3"], "csv:2: more cells than columns"),
        (["query,file,start,end,format", "a,b,1,2,x", "a,b,3,4,y"], "format 'y', but 'x' above"),
        (["query,file,start,end"], "holds no query"),
        ([], "missing column 'query'"),
    ],
)
def test_a_malformed_table_is_refused_with_its_line(
    tmp_path: Path, rows: list[str], told: str
) -> None:
    with pytest.raises(InputError) as caught:
        table(tmp_path, *rows)
    assert told in str(caught.value)
