"""A library is exported whole and restored: the same answers, and nothing is paid for twice."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support import film_assets as films
from support.library_assets import add_video, event, video
from test_captions import Watched, scene

from pipelines.ingest.captions import CaptionStage
from vidindex.app import App, Settings, open_library
from vidindex.bench.films import Film, write_film
from vidindex.cli.main import run_command
from vidindex.core.prompts import QWEN25_VL
from vidindex.core.retrieval.calibration import Calibration, Curve
from vidindex.errors import InputError
from vidindex.types import Camera, ClockTrack, Span
from vidindex.types.speech import Transcript, Word

# Its fixtures ingest films, which takes more than two seconds.
pytestmark = pytest.mark.slow

BUNDLED = Settings(model="bundled", ocr=False)
A, B = "a" * 32, "b" * 32


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("footage")
    write_film(Film("shapes.mp4", scene()), folder, [(1.0, 3.0, "The ferry leaves.")])
    films.titled(
        folder / "Ünïcode 出口.mp4", [(2, "NORTH")], [(0.2, 1.0, "line\nbreak \u202e \\u202e")]
    )
    return folder


@pytest.fixture(scope="module")
def whole(footage: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with all that there can be, and its export beside it."""
    place = tmp_path_factory.mktemp("whole")
    with open_library(place / "library", BUNDLED) as app:
        app.ingest(footage)
        app.search("a red square moves left")
        app.mark(["shapes.mp4@2-7"], "keep", query="a red square", note="that one")
        app.set_camera(Camera("gate", "Ünï*", "Europe/Berlin", 1.5, 0.0))
        app.library.calibrations.put(
            Calibration(
                "judge", Curve("platt", ((1.0, 0.5),)), {"10": (0.1, 0.2)}, 0.05, {}, 7, "x"
            )
        )
        (shapes,) = app.find(["shapes.mp4"])
        app.library.holds.put(shapes, "case 7", "me")
        app.library.screen_clocks.replace(
            shapes, [ClockTrack(shapes, Span(0.0, 9.5), 83.25, 1.0, "mm:ss", "{}", 1.0, "ocr")]
        )
        app.export(place / "library.jsonl")
    return place


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def restored(whole: Path, place: Path) -> App:
    app = open_library(place, BUNDLED)
    app.restore(whole / "library.jsonl")
    return app


def test_what_is_restored_is_exported_again_to_the_byte(whole: Path, tmp_path: Path) -> None:
    with restored(whole, tmp_path / "library") as app:
        app.export(tmp_path / "again.jsonl")
        assert app.library.check() == []
    assert (tmp_path / "again.jsonl").read_bytes() == (whole / "library.jsonl").read_bytes()
    kinds = {record["kind"] for record in records(tmp_path / "again.jsonl")}
    assert {"info", "place", "event", "clock", "plan", "work", "reply", "verdict"} <= kinds
    assert {"camera", "calibration", "mark", "hold", "end"} <= kinds


def test_answers_are_those_of_the_library_that_was_exported(whole: Path, tmp_path: Path) -> None:
    def answers(app: App) -> list[object]:
        found = [app.search(words) for words in ("a red square moves left", "ferry", "01:25")]
        return [[replace(m, hits=()) for m in result.moments] for result in found]

    with open_library(whole / "library", BUNDLED) as old, restored(whole, tmp_path / "new") as new:
        assert answers(new) == answers(old)


def test_an_ingest_of_what_was_restored_asks_the_model_nothing(
    whole: Path, footage: Path, tmp_path: Path
) -> None:
    with restored(whole, tmp_path / "library") as app:
        assert app.services.model
        watched = Watched(app.services.model)
        stages = [stage for stage in app.stages if stage.name != "captions"]
        caption = CaptionStage(app.services.decoder, watched, QWEN25_VL)
        app.__dict__["stages"] = (*stages, caption)
        report = app.ingest(footage)
        assert (report.new, report.unchanged, report.chunks, watched.asked) == (0, 2, 0, [])
        # Not even where the events are gone: the replies are there.
        (shapes,) = app.find(["shapes.mp4"])
        app.library.work_ledger.finish(shapes, "captions", "another key")
        app.ingest(footage)
        assert watched.asked == []


def test_a_file_is_present_by_its_content_and_missing_without(
    whole: Path, tmp_path: Path, footage: Path
) -> None:
    moved, other = footage / "shapes.mp4", footage / "away.mp4"
    moved.rename(other)
    try:
        moved.write_bytes(b"another file")
        with restored(whole, tmp_path / "library") as app:
            (shapes,) = app.find(["shapes.mp4"])
            assert [place.status for place in app.library.videos.locations(shapes)] == ["missing"]
            assert app.search("ferry", verify=False).moments
    finally:
        other.rename(moved)


def test_a_video_that_is_known_stays_as_it_is_and_ids_never_meet(
    whole: Path, tmp_path: Path
) -> None:
    with open_library(tmp_path / "library", BUNDLED) as app:
        add_video(app.library, video(B), "cam1/other.mp4")
        (mine,) = app.library.events.add([event("mine", video_id=B)])
        first = app.restore(whole / "library.jsonl")
        count = app.library.events.count()
        again = app.restore(whole / "library.jsonl")
        assert (first.videos, first.known, again.videos, again.known) == (2, 0, 0, 2)
        assert app.library.events.count() == count == first.events + 1
        assert app.library.events.by_ids([mine])[0].text == "mine"
        assert app.library.check() == []


def test_links_between_files_are_kept(tmp_path: Path) -> None:
    with open_library(tmp_path / "old", BUNDLED) as app:
        add_video(app.library, video(A), "a.mp4")
        add_video(app.library, video(B), "b.mp4")
        _gone, first, second = app.library.events.add(
            [event("gone"), event("a car", 90, 100), event("a car", 0, 5, video_id=B)]
        )
        app.library.events.link(first, second)
        app.export(tmp_path / "library.jsonl")
    with open_library(tmp_path / "new", BUNDLED) as app:
        app.library.videos.put(video("c" * 32))
        app.library.events.add([event("theirs", video_id="c" * 32)])
        app.restore(tmp_path / "library.jsonl")
        (linked,) = (e for e in app.library.events.of_video(A) if e.continued_by)
        (target,) = app.library.events.by_ids([linked.continued_by or 0])
        assert (linked.text, target.video_id) == ("a car", B)


Change = Callable[[list[dict[str, Any]]], object]


def changed(kind: str, **fields: object) -> Change:
    def change(lines: list[dict[str, Any]]) -> None:
        next(one for one in lines if one["kind"] == kind).update(fields)

    return change


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda lines: lines.pop(), "cut off"),
        (lambda lines: lines.pop(2), "records were written"),
        (lambda lines: lines.append(dict(lines[3])), "behind the end"),
        (lambda lines: lines.insert(9, {"kind": "hologram"}), "hologram"),
        (lambda lines: lines.pop(1), "whole library"),
        (changed("library", schema="vidindex.library/9"), "update"),
        (changed("info", video_id="../../../etc"), "is not a video id"),
        (changed("info", duration_s="long"), "duration_s"),
        (changed("place", path="shapes.mp4"), "absolute"),
        (changed("event", start_s=-1.0), "is not a time span"),
        (changed("event", channel="rumour"), "channel"),
        (changed("event", event_id=2**62), "is not an event id"),
        (changed("event", video_id="f" * 32), "has not come"),
        (changed("plan", plan={"chunks": [1]}), "plan"),
        (changed("reply", reply={}), "reply"),
        (changed("verdict", verdict={"answer": "surely"}), "verdict"),
        (changed("camera", zone="Mars/Base"), "Mars"),
    ],
)
def test_an_archive_that_was_changed_is_refused_by_its_line_and_nothing_is_kept(
    whole: Path, tmp_path: Path, change: Change, says: str
) -> None:
    lines = records(whole / "library.jsonl")
    change(lines)
    path = tmp_path / "changed.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    with open_library(tmp_path / "library", BUNDLED) as app:
        with pytest.raises(InputError, match=rf"changed\.jsonl:\d+: .*{says}"):
            app.restore(path)
        assert (app.videos(), app.library.events.count()) == ([], 0)


@pytest.mark.parametrize(
    "content",
    [b"", b"no json\n", b"\xff\xfe\n", b"[1]\n", b'{"kind": "info", "x": 1e999}\n', b"[" * 99999],
)
def test_a_file_that_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.jsonl").write_bytes(content)
    with (
        open_library(tmp_path / "library", BUNDLED) as app,
        pytest.raises(InputError, match=r"x\.jsonl:\d"),
    ):
        app.restore(tmp_path / "x.jsonl")


def test_the_commands_export_and_restore(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library, archive = str(tmp_path / "library"), str(tmp_path / "all.jsonl")
    assert run_command(["export", "--library", str(whole / "library"), "-o", archive]) == 0
    capsys.readouterr()
    assert run_command(["import", archive, "--library", library, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["videos"], said["known"], said["missing"], said["marks"]) == (2, 0, 0, 1)
    one = str(tmp_path / "one.jsonl")
    assert run_command(["export", "shapes.mp4", "--library", library, "-o", one]) == 0
    assert "info" not in {record["kind"] for record in records(Path(one))}
    assert run_command(["import", one, "--library", library]) == 2
    assert "whole library" in capsys.readouterr().err


def test_spoken_words_are_restored_with_their_events_and_pieces_under_way(tmp_path: Path) -> None:
    waits = (Word(1.25, 2.0, " waits.", 0.5, "en"),)
    heard = Transcript((Word(9.0, 9.5, " Stop", 1.0, "de"),), {"sound": 2})
    with open_library(tmp_path / "old", Settings(model="none")) as app:
        add_video(app.library, video(A), "film.mp4")
        add_video(app.library, video(B), "other.mp4")
        app.library.events.add([event("first", video_id=B)])
        ids = app.library.events.add([event("waits.", channel="speech"), event("No.")])
        app.library.transcripts.finish(A, [waits], ids[:1])
        app.library.transcripts.put(A, 3, "k", heard)
        app.export(tmp_path / "old.jsonl")
    with open_library(tmp_path / "new", Settings(model="none")) as app:
        add_video(app.library, video("c" * 32), "here.mp4")
        app.library.events.add([event("here before", video_id="c" * 32)])
        app.restore(tmp_path / "old.jsonl")
        said, _ = app.library.events.of_video(A)
        assert app.library.transcripts.of_event(said.event_id or 0) == waits
        assert app.library.transcripts.of_video(A, "k") == {3: heard}


@pytest.mark.parametrize("event_id", [0, 99, -1])
def test_words_of_an_event_that_is_not_there_are_refused(tmp_path: Path, event_id: int) -> None:
    with open_library(tmp_path / "old", Settings(model="none")) as app:
        add_video(app.library, video(A), "film.mp4")
        ids = app.library.events.add([event("waits.", channel="speech")])
        app.library.transcripts.finish(A, [[Word(1.0, 2.0, " waits.")]], ids)
        app.export(tmp_path / "old.jsonl")
    lines = records(tmp_path / "old.jsonl")
    for record in lines:
        if record["kind"] == "words":
            record["event_id"] = event_id
    text = "".join(json.dumps(record) + "\n" for record in lines)
    (tmp_path / "old.jsonl").write_text(text)
    with open_library(tmp_path / "new", Settings(model="none")) as app:
        with pytest.raises(InputError, match=f"event {event_id} is not here|is not an event id"):
            app.restore(tmp_path / "old.jsonl")
        assert app.library.events.count() == 0


@pytest.mark.skipif(os.name != "posix", reason="names of files are bytes on POSIX only")
def test_odd_names_and_deep_paths_are_indexed_and_restored(tmp_path: Path) -> None:
    folder = tmp_path.joinpath("footage", *(f"{level} " + "深" * 60 for level in range(8)))
    folder.mkdir(parents=True)
    names = [
        "bad \udcff byte.mp4",
        "line\nbreak \u202e gnp.mp4",
        "' \" \\ %20 -x =1+1.mp4",
        "👩\u200d🚒.mp4",
    ]
    for number, name in enumerate(names):
        films.titled(tmp_path / "film.mp4", [(1, "A")], [(0, 1, f"number {number}")])
        (tmp_path / "film.mp4").rename(folder / name)
    with open_library(tmp_path / "old", Settings(model="none", ocr=False)) as app:
        assert app.ingest(tmp_path / "footage").failures == []
        app.export(tmp_path / "old.jsonl")
    with open_library(tmp_path / "new", Settings(model="none", ocr=False)) as app:
        done = app.restore(tmp_path / "old.jsonl")
        assert (done.videos, done.missing) == (len(names), 0)
        for number, name in enumerate(names):
            (best, *_) = app.search(f"number {number}").moments
            assert Path(best.path).name == name
        app.export(tmp_path / "new.jsonl")
    assert (tmp_path / "new.jsonl").read_bytes() == (tmp_path / "old.jsonl").read_bytes()


@pytest.mark.parametrize(
    ("kind", "field", "value", "says"),
    [
        ("info", "recorded_at", "9999-12-31T23:59:59+00:00", "between 1900 and 2199"),
        ("info", "recorded_at", "0001-01-01T00:00:00+00:00", "between 1900 and 2199"),
        ("info", "duration_s", -1.0, "a duration of -1.0 s"),
        ("info", "duration_s", 0, "a duration of 0"),
        ("info", "duration_s", 1e300, r"a duration of 1e\+300 s"),
        ("info", "duration_s", "nan", "a duration of nan s"),
        ("info", "start_s", "Infinity", "not a number that can be used"),
        ("info", "width", 0, "a picture of 0x"),
        ("info", "height", -5, "a picture of"),
        ("info", "average_fps", 0, "0.0 frames per second"),
        ("info", "average_fps", "nan", "nan frames per second"),
        ("info", "rotation_deg", 45, "a rotation of 45 degrees"),
        ("info", "size_bytes", 2**63, "too large"),
        ("place", "mtime_ns", 10**30, "too large"),
        ("event", "end_s", 1e12, "not a time span"),
        ("clock", "resolution_s", 0, "a resolution of 0"),
        ("clock", "rate", "nan", "not a number that can be used"),
        ("camera", "zone", "Mars/Olympus", "Mars/Olympus"),
        ("camera", "offset_s", 1e13, "a clock that is off by"),
        ("camera", "drift_from", "9999-01-01T00:00:00+00:00", "between 1900 and 2199"),
    ],
)
def test_a_value_that_would_break_later_is_refused_by_its_line(
    whole: Path, tmp_path: Path, kind: str, field: str, value: object, says: str
) -> None:
    changed = records(whole / "library.jsonl")
    line = next(i for i, record in enumerate(changed) if record["kind"] == kind)
    changed[line][field] = value
    archive = tmp_path / "changed.jsonl"
    archive.write_text("".join(f"{json.dumps(one)}\n" for one in changed), encoding="utf-8")
    with (
        open_library(tmp_path / "library", BUNDLED) as app,
        pytest.raises(InputError, match=says) as error,
    ):
        app.restore(archive)
    assert f"changed.jsonl:{line + 1}:" in str(error.value)
    with open_library(tmp_path / "library", BUNDLED) as app:
        assert app.library.videos.all() == []
