"""Marks: kept with the hit they are about, listed, exported, read again, and erased with it."""

import json
from pathlib import Path

import pytest
from library_assets import add_video, video
from test_hits import A, answer

from pipelines.marks import mark_hits, read_marks, write_marks
from store import Library
from vidindex.cli.main import run_command
from vidindex.errors import InputError
from vidindex.evaluation.datasets.csv_ import read as read_truth
from vidindex.types import Span


@pytest.fixture
def asked(library: Library) -> Library:
    """The library, with an answer of two hits."""
    library.searches.put(answer("a red car", Span(1.0, 5.0), Span(20.0, 30.0)))
    return library


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


def test_a_table_with_one_bad_row_is_not_read_at_all(asked: Library, tmp_path: Path) -> None:
    bad = tmp_path / "marks.csv"
    bad.write_text(
        "query,file,start,end,answer,note,set\na,film.mp4,1,2,keep,,\na,film.mp4,1,2,perhaps,,\n"
    )
    with pytest.raises(InputError, match=r"marks.csv:3: 'perhaps'"):
        read_marks(asked, bad)
    assert asked.marks.all() == []


def test_a_removed_video_leaves_no_trace_of_its_marks_and_answers(asked: Library) -> None:
    mark_hits(asked, ["1"], "keep", note="canaryfeather", query="canarysong")
    assert asked.remove(A).clean
    left = b"".join(p.read_bytes() for p in asked.path.rglob("*") if p.is_file())
    assert b"canaryfeather" not in left
    assert b"canarysong" not in left


def test_the_command_marks_lists_and_removes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "library"
    with Library.open(place, create=True) as library:
        add_video(library, video(A), "cam1/film.mp4")
        library.searches.put(answer("a red car", Span(1.0, 5.0)))
    where = ["--library", str(place)]
    assert run_command(["mark", "keep", "1", "--set", "selects", *where]) == 0
    capsys.readouterr()
    assert run_command(["mark", "list", "--json", *where]) == 0
    (mark,) = json.loads(capsys.readouterr().out)
    assert (mark["answer"], mark["label_set"]) == ("keep", "selects")
    assert run_command(["mark", "remove", str(mark["mark_id"]), *where]) == 0
    assert run_command(["mark", "remove", "99", *where]) == 2
    assert "no mark 99" in capsys.readouterr().err
