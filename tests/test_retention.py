"""What is erased leaves no trace in any file of the library, and what is held is not erased."""

import io
import json
import os
import random
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from support import film_assets as films
from support.library_assets import FOOTAGE, add_video, event, place, video

from store import Library
from store.sqlite.secure_delete import rewrite
from vidindex.app import App, Settings, open_library
from vidindex.cli.main import run_command
from vidindex.errors import InputError
from vidindex.types import (
    Camera,
    ClockTrack,
    Coverage,
    EmbeddingSpace,
    Evidence,
    Mark,
    Moment,
    Query,
    Reply,
    SearchResult,
    Span,
    TextReading,
    Usage,
    Verdict,
)
from vidindex.types.speech import Transcript, Word

A, B = "a" * 32, "b" * 32
CANARY = "Quetzalcoatlus"
PLAIN = Settings(model="none")
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


def files_with(word: str, folder: Path) -> list[str]:
    """The files below `folder` that hold the word, as written or in small letters, also UTF-16."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert any(path.name == "library.db" for path in files)
    traces = [
        text.encode(encoding)
        for text in (word, word.lower())
        for encoding in ("utf-8", "utf-16-le", "utf-16-be")
    ]
    named = [path.name for path in folder.rglob("*") if word.lower() in path.name.lower()]
    return named + [
        f.name for f in files if any(trace in data for data in [f.read_bytes()] for trace in traces)
    ]


def fill(library: Library) -> None:
    """A canary in every channel of video B; other words, and the same questions, for A."""
    name = f"{CANARY}/{CANARY}.mp4"
    info = replace(video(B, recorded_at=NOON, camera=CANARY), notes=(CANARY,))
    add_video(library, info, name)
    library.failures.put(place(name), "plan", f"{CANARY} failed")
    library.runs.start("ingest", {"paths": [str(FOOTAGE / CANARY)], "first": [f"*{CANARY}*"]})
    library.runs.start("ingest", {"paths": [str(FOOTAGE / name), str(FOOTAGE)], "first": ["*.mp4"]})
    library.recordings.put([B], camera=CANARY, started_at=NOON)
    library.vectors.require(EmbeddingSpace("m", "1", 8))
    for channel in ("caption", "screen", "subtitle", "speech"):
        ids = library.events.add(
            [event(f"{CANARY} flies", video_id=B, channel=channel), event("a tree falls")]
        )
        library.vectors.put(ids, np.full((2, 8), 0.5, np.float32))
        if channel == "speech":
            library.transcripts.finish(B, [[Word(0, 1, CANARY)]], ids[:1])
    library.transcripts.put(B, 0, "k", Transcript((Word(0, 1, CANARY),)))
    library.vectors.refresh()
    track = ClockTrack(B, Span(1, 9), 3.0, 1.0, "mm:ss", f"{CANARY}={{}}", 1.0, "reader")
    library.screen_clocks.replace(B, [track])
    library.ocr_readings.put(B, 0, "r", [TextReading(0, CANARY, 1, (0, 0, 1, 1))])
    library.work_ledger.finish(B, "captions", "k", {"note": CANARY})
    library.replies.put(
        "k", Reply(f"{CANARY} flies", "stop", Usage(1, 1)), video_id=B, kind="caption",
        prompt=CANARY, model="m", frame_times_s=(),
    )  # fmt: skip
    for key, video_id in (("v", B), ("w", A)):
        evidence = Evidence((1.0,), f"Is it a {CANARY}?", "m", "No")
        verdict = Verdict("rejected", 0.1, Span(0, 1), evidence)
        library.verdicts.put(key, verdict, query=f"a {CANARY}", video_id=video_id)
    plain = Verdict("verified", 0.9, Span(0, 1), Evidence((1.0,), "Is it a tree?", "m", "Yes"))
    library.verdicts.put("x", plain, query="a tree falls", video_id=A)
    library.marks.add(Mark(CANARY, B, Span(0, 1), "note", CANARY, CANARY))
    for query, ids_shown in ((f"a {CANARY}", (B, A)), ("a tree", (A,)), (f"no {CANARY}", ())):
        shown = tuple(moment(video_id) for video_id in ids_shown)
        library.saved_answers.put(SearchResult(Query(query), shown, (), Coverage(1, 1.0)))
    for folder in (library.thumbnails(B), library.evidence(B)):
        folder.mkdir(parents=True)
        (folder / f"{CANARY}.jpg").write_text(CANARY)


def moment(video_id: str) -> Moment:
    text = CANARY if video_id == B else "a tree falls"
    span = Span(0, 1)
    return Moment(video_id, "film.mp4", span, text, 1.0, (), Verdict("unsure", None, span))


def test_a_removed_video_leaves_no_canary_in_any_channel(library: Library) -> None:
    fill(library)
    assert files_with(CANARY, library.path)
    assert library.remove(B).clean
    assert files_with(CANARY, library.path) == []
    library.vectors.refresh()
    library.close()
    assert files_with(CANARY, library.path) == []


def test_what_is_not_of_the_removed_video_stays(library: Library) -> None:
    fill(library)
    library.remove(B)
    assert library.events.count(A) == 4
    assert library.verdicts.get("x") is not None
    assert library.check() == []
    run = library.runs.last()
    assert run is not None
    assert run.settings == {"paths": ["(removed)", str(FOOTAGE)], "first": ["*.mp4"]}
    library.saved_answers.put(SearchResult(Query("a tree"), (moment(A),), (), Coverage(1, 1.0)))
    assert [hit.query.text for hit in library.saved_answers.last() or ()] == ["a tree"]


@pytest.mark.parametrize("seed", [5, 6])
def test_rows_that_moved_from_page_to_page_leave_no_copies(tmp_path: Path, seed: int) -> None:
    """With the first seed SQLite (3.40) keeps copies in unused space despite secure_delete."""
    chance = random.Random(seed)
    words = {letter * 32: f"zq{chance.getrandbits(60):x}xv" for letter in "abcdef"}
    with Library.open(tmp_path / "library", create=True) as library:
        for video_id, word in words.items():
            add_video(library, video(video_id), f"{word}.mp4")
        for _ in range(300):
            video_id = chance.choice(list(words))
            row = TextReading(0, words[video_id], 1, (0, 0, 1, 1))
            library.ocr_readings.put(
                video_id, chance.randrange(60), "r", [row] * chance.randrange(1, 40)
            )
        erased = chance.sample(list(words), 3)
        assert all(library.remove(video_id).clean for video_id in erased)
        assert [files_with(words[video_id], library.path) for video_id in erased] == [[], [], []]
        assert library.check() == []


@pytest.mark.slow
def test_a_film_is_searched_marked_and_removed_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    footage, where = tmp_path / "footage", ["--library", str(tmp_path / "library")]
    footage.mkdir()
    lines = [(0.5, 1.5, "The ostrich sings.")]
    secret = films.titled(footage / "ostrich.mp4", [(2, "OSTRICH WORD")], lines)
    films.titled(footage / "gate.mp4", [(2, "NORTH GATE")])
    assert run_command(["ingest", str(footage), *where, "--model", "none", "-q"]) == 0
    assert run_command(["search", "ostrich word", *where, "--model", "none"]) == 0
    assert run_command(["mark", "keep", "1", *where, "--note", "ostrich"]) == 0
    assert files_with("ostrich", tmp_path / "library")
    assert run_command(["remove", "ostrich.mp4", *where, "--yes"]) == 0
    # Who searched for what stays on record, as the documentation says.
    assert files_with("ostrich", tmp_path / "library") == ["audit.log"]
    assert secret.exists()
    capsys.readouterr()
    assert run_command(["search", "north gate", *where, "--model", "none"]) == 0
    assert "gate.mp4" in capsys.readouterr().out


def test_a_full_disk_keeps_the_file_from_being_written_anew_and_that_is_told(
    library: Library,
) -> None:
    resource = pytest.importorskip("resource")
    library.events.add([event("a red car " * 100) for _ in range(1000)])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        assert not rewrite(library._db)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert rewrite(library._db)
    assert library.check() == []


def test_evidence_that_cannot_be_deleted_is_told(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.evidence(A).mkdir(parents=True)
    monkeypatch.setattr(shutil, "rmtree", lambda path, ignore_errors: None)
    assert not library.remove(A).clean


def test_a_held_video_is_neither_removed_nor_lost_and_the_others_stay_with_it(
    library: Library,
) -> None:
    add_video(library, video(B), "cam1/other.mp4")
    library.holds.put(A, "case 17", "anna")
    with pytest.raises(InputError, match=r"cam1/film\.mp4 is held since .* by anna: case 17") as no:
        library.remove_all([B, A])
    assert "vidindex hold --release 'cam1/film.mp4'" in str(no.value)
    assert library.videos.get(B) is not None
    with pytest.raises(sqlite3.IntegrityError):
        library.videos.remove(A)
    assert library.holds.release(A)
    assert len(library.remove_all([B, A])) == 2


def test_a_held_video_whose_file_is_edited_stays_as_it_was(library: Library) -> None:
    library.events.add([event("a red car")])
    library.holds.put(A, "", "anna")
    library.videos.put(video(B))
    assert library.videos.put_location(B, place("cam1/film.mp4")) == []
    assert library.videos.name(B) == "cam1/film.mp4"
    assert library.videos.name(A) == "cam1/film.mp4 (held aaaaaaaa)"
    assert library.events.count(A) == 1
    assert library.videos.present_location(A) is None
    assert library.videos.find(["aaaaaa"]) == [A]


def test_a_video_that_is_not_held_goes_with_its_edited_file_as_before(library: Library) -> None:
    library.videos.put(video(B))
    assert library.videos.put_location(B, place("cam1/film.mp4")) == [A]


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """A library of three files on disk, of which only the last has a clock."""
    footage = tmp_path / "footage"
    footage.mkdir()
    with open_library(tmp_path / "library", PLAIN) as opened:
        for letter in "abc":
            path = footage / f"{letter}.mp4"
            path.touch()
            recorded_at = NOON if letter == "c" else None
            opened.library.videos.put(video(letter * 32, recorded_at=recorded_at, camera="gate"))
            spot = replace(place(path.name, footage), mtime_ns=path.stat().st_mtime_ns)
            opened.library.videos.put_location(letter * 32, spot)
        yield opened


def lose(app: App, letter: str) -> None:
    (app.library.path.parent / "footage" / f"{letter}.mp4").unlink()
    app.library.videos.mark_missing(app.library.path.parent / "footage", set())


def test_missing_videos_are_those_that_lie_nowhere_any_more(app: App) -> None:
    copy = app.library.path.parent / "copy.mp4"
    copy.touch()
    app.library.videos.put_location(A, place("copy.mp4", copy.parent))
    lose(app, "a")
    lose(app, "b")
    (found,) = app.prunable(missing=True)
    assert (found.name, found.kept) == ("b.mp4", "")
    assert found.why.startswith("missing: ")
    (app.library.path.parent / "footage" / "b.mp4").touch()
    assert app.prunable(missing=True) == []


def test_a_disk_that_is_not_connected_costs_nothing(app: App) -> None:
    for letter in "abc":
        lose(app, letter)
    assert ["connect its disk" in one.kept for one in app.prunable(missing=True)] == [True] * 3
    shutil.rmtree(app.library.path.parent / "footage")
    assert ["connect its disk" in one.kept for one in app.prunable(missing=True)] == [True] * 3


def test_age_counts_by_the_clock_set_right_else_by_the_file_and_says_which(app: App) -> None:
    app.library.cameras.put(Camera("gate", offset_s=3600.0))
    old_s = (NOON - timedelta(days=9)).timestamp()
    os.utime(app.library.path.parent / "footage" / "b.mp4", (old_s, old_s))
    spot = replace(place("b.mp4", app.library.path.parent / "footage"), mtime_ns=int(old_s * 1e9))
    app.library.videos.put_location(B, spot)
    ends = NOON + timedelta(hours=1, seconds=100)
    age = timedelta(days=2)
    before, after = (ends + age + timedelta(seconds=s) for s in (-1, 1))
    assert [one.name for one in app.prunable(older_than=age, now=before)] == ["b.mp4"]
    by_file, by_clock = app.prunable(older_than=age, now=after)
    assert by_file.why.startswith("recorded at an unknown time, file changed 2024-02-21")
    assert by_clock.why.startswith("recorded until 2024-03-01")


def test_a_video_of_unknown_age_is_kept_and_shown(app: App) -> None:
    spot = place("b.mp4", app.library.path.parent / "footage", mtime_ns=0)
    app.library.videos.put_location(B, spot)
    found = {one.name: one.kept for one in app.prunable(older_than=timedelta(days=1), now=NOON)}
    assert found == {"b.mp4": "neither a clock nor a file says when it was recorded"}


def test_prune_erases_by_one_rule_at_a_time(app: App) -> None:
    for rules in ({}, {"missing": True, "older_than": timedelta(days=1)}):
        with pytest.raises(InputError, match="either --missing, or --older-than"):
            app.prunable(**rules)  # type: ignore[arg-type]


def test_the_commands_hold_prune_and_release(
    app: App, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "anna")
    for letter in "ab":
        lose(app, letter)
    app.library.events.add([event(CANARY, video_id=B)])
    where = ["--library", str(app.library.path)]
    app.library.close()

    assert run_command(["hold", "a.mp4", "--reason", "case 17", *where]) == 0
    assert "by anna: case 17" in capsys.readouterr().out
    assert run_command(["hold", *where, "--json"]) == 0
    (held,) = json.loads(capsys.readouterr().out)
    assert (held["video_id"], held["reason"]) == (A, "case 17")

    assert run_command(["prune", "--missing", "--dry-run", *where]) == 0
    printed = capsys.readouterr().out
    assert "would erase b.mp4 (missing: " in printed
    assert "kept a.mp4 (missing: " in printed
    assert files_with(CANARY, app.library.path)

    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert run_command(["prune", "--missing", *where]) == 1, "the end of input is a no"
    said = capsys.readouterr().err
    assert "to erase b.mp4" in said
    assert "answered no: nothing was erased" in said
    assert files_with(CANARY, app.library.path)
    for words in (["prune", "--missing"], ["remove", "b.mp4"]):
        assert run_command([*words, "--json", *where]) == 2
        assert "--json asks nothing before it erases; give --yes" in capsys.readouterr().err
    assert files_with(CANARY, app.library.path)
    assert run_command(["prune", "--missing", "--yes", "--json", *where]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["name"]: row["erased"] for row in rows} == {"a.mp4": False, "b.mp4": True}
    assert files_with(CANARY, app.library.path) == []

    assert run_command(["remove", "a.mp4", "--yes", *where]) == 2
    assert "case 17" in capsys.readouterr().err
    assert run_command(["hold", "--release", "c.mp4", *where]) == 2
    assert run_command(["hold", "--release", "a.mp4", *where]) == 0
    assert run_command(["hold", *where]) == 0
    assert "nothing is held" in capsys.readouterr().out
    assert run_command(["prune", "--older-than", "1h", "--yes", *where]) == 0
    assert run_command(["prune", "--older-than", "soon", *where]) == 2
    assert run_command(["prune", *where]) == 2
    capsys.readouterr()
    assert run_command(["list", "--json", *where]) == 0
    assert [row["name"] for row in json.loads(capsys.readouterr().out)] == ["a.mp4"]
