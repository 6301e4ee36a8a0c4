"""The library keeps what it is given, whatever happens to the process or to its files."""

import os
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from support.library_assets import FOOTAGE, add_video, event, place, video

from store import Library
from vidindex.errors import (
    InputError,
)
from vidindex.types import (
    Camera,
    Chunk,
    ClockTrack,
    EmbeddingSpace,
    Evidence,
    Filters,
    FramePlan,
    Reply,
    Span,
    SubtitleStream,
    TextReading,
    Usage,
    Verdict,
)

A, B = "a" * 32, "b" * 32


def test_every_value_comes_back_as_it_was_stored(library: Library) -> None:
    info = replace(
        video(B, recorded_at=datetime(2024, 5, 1, 12, tzinfo=UTC), camera="gate"),
        subtitles=(SubtitleStream(2, "ass", None), SubtitleStream(3, "pgs", "de", is_text=False)),
        timecode_start="01:00:00;00",
        notes=("edit list",),
    )
    add_video(library, info, "cam1/second.mp4")
    assert library.videos.get(B) == info
    assert library.videos.all() == [video(A), info]

    chunk = Chunk(0, Span(0, 2), 2.0, (0.0, 0.5, 1.0, 1.5), 280, 168)
    plan = FramePlan(A, "uniform", (chunk, replace(chunk, index=1, continues=True)), "short")
    library.frame_plans.put(plan)
    assert library.frame_plans.get(A) == plan

    clock = ClockTrack(A, Span(1, 9), 3.0, 1.0, "mm:ss", "PTS={}", 1.0, "rapidocr")
    library.screen_clocks.replace(A, [clock])
    assert [replace(c, track_id=None) for c in library.screen_clocks.of_video(A)] == [clock]

    reply = Reply("a man \ud83d walks", "stop", Usage(10, 5, 8), p_yes=0.25, yes_no_mass=0.5)
    library.replies.put(
        "k", reply, video_id=A, kind="caption", prompt="?", model="m", frame_times_s=(0.0, 0.5)
    )
    assert library.replies.get("k") == replace(reply, text="a man ? walks")
    assert library.replies.get("another") is None

    evidence = Evidence((1.0, 1.5), "p", "m", "Yes")
    verdict = Verdict("verified", 0.9, Span(1, 2), evidence, also=(Span(3, 4), Span(5, 6)))
    library.verdicts.put("v", verdict, query="a man", video_id=A)
    assert library.verdicts.get("v") == verdict

    set_at = datetime(2024, 5, 1, 12, tzinfo=UTC)
    camera = Camera("gate", "cam1/*", "Europe/Berlin", 2.5, 1e-6, set_at)
    library.cameras.put(camera)
    assert library.cameras.all() == [camera]

    rows = [TextReading(0.5, "12:00", 0.9, (0.0, 0.1, 0.2, 0.3))]
    library.ocr_readings.put(A, 1, "reader", [])
    library.ocr_readings.put(A, 0, "reader", rows)
    assert library.ocr_readings.segments(A, "reader") == {0, 1}
    assert library.ocr_readings.of_video(A, "reader") == rows
    assert library.ocr_readings.segments(A, "another reader") == set()

    run_id = library.runs.start("ingest", {"folder": "x"})
    library.runs.finish(run_id, {"files": 2}, {"scan": 0.5})
    run = library.runs.last("ingest")
    assert run is not None
    assert (run.settings, run.counts, run.seconds) == ({"folder": "x"}, {"files": 2}, {"scan": 0.5})
    assert library.check() == []


def test_files_of_one_recording_keep_their_order_and_may_change_recording(
    library: Library,
) -> None:
    add_video(library, video(B), "cam1/second.mp4")
    first = library.recordings.put([B, A], camera="gate")
    proxy = library.recordings.put([A], proxy_of=first)
    assert [r.video_ids for r in library.recordings.all()] == [(B,), (A,)]
    library.videos.remove(B)
    left = library.recordings.of_video(A)
    assert left is not None
    assert (left.recording_id, left.proxy_of) == (proxy, None)
    assert len(library.recordings.all()) == 1


def test_a_recording_whose_files_went_to_another_is_gone(library: Library) -> None:
    proxy = library.recordings.put([A], proxy_of=library.recordings.put([A], camera="gate"))
    (left,) = library.recordings.all()
    assert (left.recording_id, left.proxy_of) == (proxy, None)


def test_a_moved_file_keeps_its_index(library: Library) -> None:
    ids = library.events.add([event("a red car")])
    library.videos.put_location(A, place("cam2/moved.mp4"))
    missing = library.videos.mark_missing(FOOTAGE, {FOOTAGE / "cam2" / "moved.mp4"})
    assert [p.path.name for p in missing] == ["film.mp4"]
    assert library.videos.mark_missing(FOOTAGE, {FOOTAGE / "cam2" / "moved.mp4"}) == []
    assert library.videos.name(A) == "cam2/moved.mp4"
    assert [e.event_id for e in library.events.of_video(A)] == ids


def test_a_missing_file_stays_searchable_and_is_counted(library: Library) -> None:
    library.events.add([event("a red car")])
    library.videos.mark_missing(FOOTAGE, set())
    assert library.videos.present_location(A) is None
    assert library.videos.name(A) == "cam1/film.mp4"
    assert len(library.full_text.search("car", Filters(), 5)) == 1
    assert library.coverage().missing == 1


def test_only_files_below_the_root_that_are_gone_from_disk_become_missing(
    library: Library, tmp_path: Path
) -> None:
    root = tmp_path / "cam"
    root.mkdir()
    (root / "skipped.mp4").touch()
    neighbour = place("film.mp4", tmp_path / "cam2")
    library.videos.put_location(A, place("skipped.mp4", root))
    library.videos.put_location(A, neighbour)
    assert library.videos.mark_missing(root, set()) == []
    (root / "skipped.mp4").unlink()
    assert [p.path for p in library.videos.mark_missing(root, set())] == [root / "skipped.mp4"]


def test_an_edited_file_does_not_leave_its_old_content_in_the_results(library: Library) -> None:
    library.events.add([event("a red car")])
    library.videos.put(video(B))
    assert library.videos.put_location(B, place("cam1/film.mp4", mtime_ns=2)) == [A]
    assert library.videos.get(A) is None
    assert library.full_text.search("car", Filters(), 5) == []
    known = library.videos.location_at(FOOTAGE / "cam1" / "film.mp4")
    assert known == (B, place("cam1/film.mp4", mtime_ns=2))


def test_old_content_stays_where_a_copy_of_it_is_left(library: Library) -> None:
    library.videos.put_location(A, place("copy.mp4"))
    library.videos.put(video(B))
    assert library.videos.put_location(B, place("cam1/film.mp4", mtime_ns=2)) == []
    assert library.videos.name(A) == "copy.mp4"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        (str(FOOTAGE / "cam1" / "film.mp4"), [A]),
        ("film.mp4", [A]),
        ("cam1/film.mp4", [A]),
        ("cam?/*", [A, B]),
        ("*.mkv", [B]),
        ("bbbbbbb", [B]),
    ],
)
def test_videos_are_found_by_what_people_call_them(
    library: Library, name: str, found: list[str]
) -> None:
    add_video(library, video(B), "cam2/other.mkv")
    assert library.videos.find([name, name]) == found


def test_an_unknown_name_is_named_in_the_error(library: Library) -> None:
    with pytest.raises(InputError, match=r"'nobody\.mp4'"):
        library.videos.find(["film.mp4", "nobody.mp4"])


def test_file_names_that_are_not_text_come_back_as_they_were(library: Library) -> None:
    name = os.fsdecode(b"caf\xe9 \xff.mp4")
    library.videos.put_location(A, place(name))
    assert FOOTAGE / name in [p.path for p in library.videos.locations(A)]
    assert library.videos.find([name]) == [A]


def test_a_failed_file_is_not_tried_again_until_it_changes(library: Library) -> None:
    bad = place("bad.mp4")
    library.failures.put(bad, "scan", "no video stream")
    library.failures.put(bad, "plan", "odd packets")
    assert library.failures.unchanged(bad, "scan") == "no video stream"
    assert library.failures.unchanged(replace(bad, mtime_ns=2), "scan") is None
    assert library.failures.unchanged(bad, "speech") is None
    assert library.coverage().failed == 1
    library.failures.clear(bad.path, "scan")
    assert [f.stage for f in library.failures.all()] == ["plan"]
    library.failures.clear(bad.path)
    assert library.failures.all() == []


def test_work_is_done_only_with_the_settings_it_was_done_with(library: Library) -> None:
    library.work_ledger.finish(A, "captions", "model-1", {"chunks": 4})
    assert library.work_ledger.done(A, "captions", "model-1")
    assert not library.work_ledger.done(A, "captions", "model-2")
    assert library.work_ledger.note(A, "captions") == {"chunks": 4}


def test_results_and_their_note_are_kept_or_lost_together(library: Library) -> None:
    def fail_midway() -> None:
        with library.transaction():
            library.events.add([event("a red car")])
            library.work_ledger.finish(A, "captions", "k")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_midway()
    assert library.events.count() == 0
    assert not library.work_ledger.done(A, "captions", "k")


def test_replacing_events_touches_only_that_channel_and_source(library: Library) -> None:
    kept = library.events.add(
        [event("hello", channel="speech"), event("a tree", source="model-b/1")]
    )
    old = library.events.add([event("a red car", source="model-a/1")])
    new = library.events.replace(A, "caption", [event("a bus", source="model-a/2")], "model-a")
    assert [e.event_id for e in library.events.of_video(A)] == [*kept, *new]
    assert not set(old) & set(new)
    assert library.full_text.search("car", Filters(), 5) == []
    assert [e.text for e in library.events.by_ids([*new, *old, kept[0]])] == ["a bus", "hello"]
    assert [e.text for e in library.events.of_video(A, ["speech"])] == ["hello"]


def test_an_id_never_comes_back_as_another_event(library: Library) -> None:
    old = library.events.add([event("one"), event("two")])
    library.events.replace(A, "caption", [])
    assert min(library.events.add([event("three")])) > max(old)


def test_coverage_says_what_nobody_heard_saw_or_read(library: Library) -> None:
    add_video(library, video(B, duration_s=50, sound=False), "mute.mp4")
    library.videos.put_location(B, place("copy of mute.mp4"))
    fresh = library.coverage()
    assert (fresh.num_files, fresh.duration_s) == (3, 150)
    assert (fresh.not_heard_s, fresh.not_seen_s, fresh.not_read_s) == (100, 150, 150)
    library.work_ledger.finish(A, "subtitles", "1")  # it found none, so nothing was heard
    library.work_ledger.finish_piece(A, "captions", 0, "k", duration_s=30)
    library.work_ledger.finish(B, "screen", "k")
    some = library.coverage()
    assert (some.not_heard_s, some.not_seen_s, some.not_read_s) == (100, 120, 100)
    library.events.add([event("hello", channel="subtitle")])
    assert library.coverage().not_heard_s == 0
    assert library.coverage(Filters(globs=("mute*",))).duration_s == 50


def test_removing_a_video_leaves_no_trace_in_any_file(tmp_path: Path) -> None:
    canary = "quetzalcoatlus"
    path = tmp_path / "library"
    with Library.open(path, create=True) as library:
        add_video(library, video(A), "kept.mp4")
        add_video(library, video(B), f"{canary}.mp4")
        library.failures.put(place(f"{canary}.mp4"), "plan", f"{canary} failed")
        library.runs.start("ingest", {"folder": str(FOOTAGE / f"{canary}.mp4")})
        space = EmbeddingSpace("m", "1", 8)
        library.vectors.require(space)
        for i in range(300):
            library.events.add([event(f"a tree {i}")])
            ids = library.events.add([event(f"{canary} number {i}", video_id=B)])
            library.vectors.put(ids, np.full((1, 8), 0.12345, np.float32))
        library.vectors.refresh()
        library.ocr_readings.put(B, 0, "r", [TextReading(0, canary, 1, (0, 0, 1, 1))])
        library.verdicts.put("v", Verdict("unsure", None, Span(0, 1)), query=canary, video_id=B)
        library.replies.put(
            "k", Reply(canary, "stop", Usage(1, 1)), video_id=B, kind="caption", prompt=canary,
            model="m", frame_times_s=(),
        )  # fmt: skip
        for folder in (library.thumbnails(B), library.evidence(B)):
            folder.mkdir(parents=True)
            (folder / "0.jpg").write_text(canary)
        removal = library.remove(B)
        assert (removal.num_events, removal.clean) == (300, True)
        assert _files_with(canary.encode(), path) == []
        assert _files_with(np.full(8, 0.12345, "<f4").tobytes(), path) == []
        assert len(library.full_text.search("tree", Filters(), 500)) == 300
        assert library.check() == []
    assert _files_with(canary.encode(), path) == []


def _files_with(trace: bytes, folder: Path) -> list[str]:
    files = [p for p in folder.rglob("*") if p.is_file()]
    assert files
    return [p.name for p in files if trace in p.read_bytes()]


def test_a_removal_beside_a_reader_says_that_traces_are_left(library: Library) -> None:
    library.events.add([event("a red car")])
    with sqlite3.connect(library.path / "library.db") as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM events").fetchall()
        library._db.conn.execute("PRAGMA busy_timeout = 1")  # else it would wait for the reader
        assert not library.remove(A).clean
    reader.close()
    assert library.clean()


def test_removing_an_unknown_video_is_refused(library: Library) -> None:
    with pytest.raises(InputError, match=B):
        library.remove(B)
