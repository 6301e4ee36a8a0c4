"""Marks: kept with the hit they are about, listed, exported, read again, and erased with it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from support.library_assets import add_video, video
from test_hits import A, B, answer

from pipelines.marks import mark_hits, read_marks, write_marks
from store import Library
from vidindex.cli.main import run_command
from vidindex.core.evaluation.datasets.csv_ import read as read_truth
from vidindex.errors import InputError
from vidindex.types import Span


@pytest.fixture
def asked(library: Library) -> Library:
    """The library, with an answer of two hits."""
    library.saved_answers.put(answer("a red car", Span(1.0, 5.0), Span(20.0, 30.0)))
    return library


def everything(library: Library) -> bytes:
    """All bytes of the library's files."""
    return b"".join(path.read_bytes() for path in library.path.rglob("*") if path.is_file())


def table(library: Library, path: Path, **which: str) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        write_marks(library, stream, **which)  # type: ignore[arg-type]
    return path


def test_a_mark_keeps_the_query_and_the_span_of_its_hit(asked: Library) -> None:
    (mark,) = mark_hits(asked, ["2"], "keep", note="the good one", label_set="case 7")
    (kept,) = asked.marks.all()
    assert kept.query == "a red car"
    assert kept.span == Span(20.5, 30.0)
    assert (kept.answer, kept.note, kept.label_set) == ("keep", "the good one", "case 7")
    assert kept.mark_id == mark.mark_id
    assert kept.made_at


def test_marking_a_hit_again_changes_the_mark(asked: Library) -> None:
    mark_hits(asked, ["1"], "keep")
    mark_hits(asked, ["1"], "reject")
    mark_hits(asked, ["1"], "keep", label_set="other")
    assert [(m.answer, m.label_set) for m in asked.marks.all()] == [
        ("reject", ""),
        ("keep", "other"),
    ]


def test_a_stretch_of_a_file_is_marked_for_the_query_that_people_name(asked: Library) -> None:
    with pytest.raises(InputError, match="marked for"):
        mark_hits(asked, ["film.mp4@00:10-00:12"], "keep")
    mark_hits(asked, ["film.mp4@00:10-00:12"], "keep", query="a gate opens")
    (mark,) = asked.marks.all()
    assert (mark.query, mark.span) == ("a gate opens", Span(10.0, 12.0))


def test_nothing_is_marked_where_one_hit_is_wrong(asked: Library) -> None:
    with pytest.raises(InputError):
        mark_hits(asked, ["1", "7"], "keep")
    assert asked.marks.all() == []


def test_marks_go_through_a_table_unchanged(asked: Library, tmp_path: Path) -> None:
    mark_hits(asked, ["1"], "keep", note='said "yes", twice;\nreally', label_set="=1+1")
    mark_hits(asked, ["2"], "reject")
    written = table(asked, tmp_path / "marks.csv")
    with Library.open(tmp_path / "other", create=True) as other:
        add_video(other, video(A), "cam1/film.mp4")
        assert read_marks(other, written) == 2
        assert [(m.query, m.span, m.answer, m.note, m.label_set) for m in other.marks.all()] == [
            (m.query, m.span, m.answer, m.note, m.label_set) for m in asked.marks.all()
        ]


def test_what_was_kept_is_a_truth_to_evaluate_with(asked: Library, tmp_path: Path) -> None:
    mark_hits(asked, ["1"], "keep")
    mark_hits(asked, ["2"], "reject")
    (query,) = read_truth(table(asked, tmp_path / "kept.csv", only="keep")).queries
    assert query.text == "a red car"
    assert [gold.span for gold in query.gold] == [Span(1.5, 5.0)]


def test_a_table_of_the_same_library_changes_nothing(library: Library, tmp_path: Path) -> None:
    library.saved_answers.put(answer("a red car", Span(1 / 3, 5 + 1 / 7)))
    mark_hits(library, ["1"], "keep")
    read_marks(library, table(library, tmp_path / "marks.csv"))
    (mark,) = library.marks.all()
    assert mark.span.start_s == pytest.approx(0.833, abs=0.001)


def test_a_file_name_that_is_no_text_goes_through_a_table(asked: Library, tmp_path: Path) -> None:
    add_video(asked, video(B), "cam2/caf\udce9.mp4")
    mark_hits(asked, ["cam2/caf\udce9.mp4@5"], "keep", query="a waiter")
    written = table(asked, tmp_path / "marks.csv")
    asked.marks.remove(asked.marks.all()[0].mark_id or 0)
    read_marks(asked, written)
    assert [mark.video_id for mark in asked.marks.all()] == [B]


def test_a_table_for_eval_is_read_as_hits_to_keep(asked: Library, tmp_path: Path) -> None:
    short = tmp_path / "marks.csv"
    short.write_text("Query,File,Start,End\na gate opens,film.mp4,00:10,00:12\n")
    assert read_marks(asked, short) == 1
    (mark,) = asked.marks.all()
    assert (mark.query, mark.span, mark.answer) == ("a gate opens", Span(10.0, 12.0), "keep")


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("a,film.mp4,1,2,perhaps,,", "'perhaps' is not a mark"),
        (",film.mp4,1,2,keep,,", "missing query"),
        ("a purple elephant,,,,keep,,", "no file, start or end"),
        ("a,other.mp4,1,2,keep,,", "no video"),
        ("a,film.mp4,x,2,keep,,", "not a time"),
        ("a,film.mp4,2,1,keep,,", "ends before it starts"),
        ("a,film.mp4,900,901,keep,,", "has no 00:15:00"),
        ("a,film.mp4,1,2,keep,one, two,", "more cells than columns"),
    ],
)
def test_a_table_with_one_bad_row_is_not_read_at_all(
    asked: Library, tmp_path: Path, row: str, why: str
) -> None:
    bad = tmp_path / "marks.csv"
    bad.write_text(f"query,file,start,end,answer,note,set\na,film.mp4,1,2,keep,,\n{row}\n")
    with pytest.raises(InputError, match=rf"marks.csv:3: .*{why}"):
        read_marks(asked, bad)
    assert asked.marks.all() == []


def test_a_table_never_picks_one_of_several_files(asked: Library, tmp_path: Path) -> None:
    add_video(asked, video(B), "cam2/film.mp4")
    doubtful = tmp_path / "marks.csv"
    doubtful.write_text("query,file,start,end\na,film.mp4,1,2\n")
    with pytest.raises(InputError, match="several files"):
        read_marks(asked, doubtful)


def test_a_note_has_to_say_something(asked: Library) -> None:
    with pytest.raises(InputError, match="says nothing"):
        mark_hits(asked, ["1"], "note")


def test_a_removed_video_leaves_no_trace_of_its_marks_and_hits(asked: Library) -> None:
    found = answer("a red car", Span(1.0, 5.0))
    (moment,) = found.moments
    asked.saved_answers.put(replace(found, moments=(replace(moment, text="canarycaption"),)))
    mark_hits(asked, ["1"], "keep", note="canaryfeather", query="canarysong", label_set="canaryset")
    assert b"canarycaption" in everything(asked)
    assert asked.remove(A).clean
    assert b"canary" not in everything(asked)
    assert asked.marks.all() == []
    assert asked.saved_answers.last() == []


def test_the_command_marks_lists_and_removes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "library"
    with Library.open(place, create=True) as library:
        add_video(library, video(A), "cam1/film.mp4")
        library.saved_answers.put(answer("a red car", Span(1.0, 5.0)))
    where = ["--library", str(place)]
    assert run_command(["mark", "keep", "1", "--set", "selects", *where]) == 0
    capsys.readouterr()
    assert run_command(["mark", "list", "--json", *where]) == 0
    (mark,) = json.loads(capsys.readouterr().out)
    assert (mark["answer"], mark["label_set"]) == ("keep", "selects")
    assert mark["file"] == "cam1/film.mp4"
    assert run_command(["mark", "remove", str(mark["mark_id"]), *where]) == 0
    assert run_command(["mark", "remove", "99", *where]) == 2
    assert "unknown mark 99" in capsys.readouterr().err
