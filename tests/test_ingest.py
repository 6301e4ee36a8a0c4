"""Ingest: files are recognised by content, work is done once, bad files cost themselves only."""

import shutil
from collections.abc import Iterator
from datetime import datetime, time
from pathlib import Path
from time import monotonic

import pytest
from support import film_assets as films

from vidindex.app import App, Settings, deadline, open_library

TEXT_ONLY = Settings(model="none")


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    folder = tmp_path / "footage"
    folder.mkdir()
    films.titled(folder / "north.mp4", [(3, "NORTH GATE")], [(0.5, 2.0, "The gate is open.")])
    films.titled(folder / "south.mp4", [(2, "SOUTH GATE"), (2, "CLOSED TODAY")])
    return folder


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with open_library(tmp_path / "library", TEXT_ONLY) as opened:
        yield opened


def texts(app: App) -> set[tuple[str, str]]:
    return {
        (entry.name, event.text)
        for entry in app.videos()
        for event in app.library.events.of_video(entry.video.video_id)
    }


def test_on_screen_text_and_subtitles_become_events(app: App, footage: Path) -> None:
    report = app.ingest(footage)
    assert (report.files, report.new, report.failed) == (2, 2, 0)
    assert texts(app) == {
        ("north.mp4", "NORTH GATE"),
        ("north.mp4", "The gate is open."),
        ("south.mp4", "SOUTH GATE"),
        ("south.mp4", "CLOSED TODAY"),
    }


def test_text_that_changes_gets_its_own_span(app: App, footage: Path) -> None:
    app.ingest(footage)
    (video_id,) = app.find(["south.mp4"])
    first, second = app.library.events.of_video(video_id, ["screen"])
    assert (first.text, second.text) == ("SOUTH GATE", "CLOSED TODAY")
    assert first.span.start_s == 0.0
    assert first.span.end_s == pytest.approx(2.0, abs=0.5)
    assert second.span.end_s == pytest.approx(4.0, abs=0.01)


def test_an_unchanged_folder_costs_nothing(app: App, footage: Path) -> None:
    app.ingest(footage)
    before = app.library.events.count()
    again = app.ingest(footage)
    assert (again.new, again.unchanged, again.events, again.chunks) == (0, 2, 0, 0)
    assert app.library.events.count() == before


def test_moved_renamed_and_copied_files_keep_one_index(app: App, footage: Path) -> None:
    app.ingest(footage)
    before = app.library.events.count()
    (footage / "archive").mkdir()
    (footage / "north.mp4").rename(footage / "archive" / "gate.mp4")
    shutil.copy(footage / "south.mp4", footage / "archive" / "copy.mp4")
    report = app.ingest(footage)
    assert (report.new, report.moved, report.missing, report.events) == (0, 2, 1, 0)
    assert app.library.events.count() == before
    (copied,) = (
        entry
        for entry in app.videos()
        if len(entry.locations) == 2 and "south" in str(entry.locations)
    )
    assert {place.path.name for place in copied.locations} == {"south.mp4", "copy.mp4"}


def test_an_edited_file_is_indexed_anew(app: App, footage: Path) -> None:
    app.ingest(footage)
    films.titled(footage / "north.mp4", [(3, "WEST DOOR")])
    report = app.ingest(footage)
    assert report.edited == 1
    assert ("north.mp4", "WEST DOOR") in texts(app)
    assert ("north.mp4", "NORTH GATE") not in texts(app)


def test_a_vanished_file_is_missing_and_stays_searchable(app: App, footage: Path) -> None:
    app.ingest(footage)
    (footage / "north.mp4").unlink()
    assert app.ingest(footage).missing == 1
    result = app.search("NORTH GATE")
    assert result.moments[0].path == "north.mp4"
    assert result.moments[0].verdict.answer == "unchecked"
    assert result.coverage.missing == 1


def test_a_sidecar_that_was_edited_is_read_again(app: App, footage: Path) -> None:
    sidecar = footage / "south.srt"
    sidecar.write_text("1\n00:00:01,000 --> 00:00:02,000\nfirst words\n", encoding="utf-8")
    app.ingest(footage)
    sidecar.write_text("1\n00:00:01,000 --> 00:00:02,500\nother words\n", encoding="utf-8")
    app.ingest(footage)
    assert ("south.mp4", "other words") in texts(app)
    assert ("south.mp4", "first words") not in texts(app)


def test_a_sidecar_beside_a_copy_is_read_and_one_beside_both_counts_once(
    app: App, footage: Path
) -> None:
    lines = "1\n00:00:01,000 --> 00:00:02,000\n{}\n"
    (footage / "copy").mkdir()
    shutil.copy(footage / "south.mp4", footage / "copy" / "south.mp4")
    for folder in (footage, footage / "copy"):
        (folder / "south.srt").write_text(lines.format("in both"), encoding="utf-8")
    app.ingest(footage)
    (footage / "copy" / "south.en.srt").write_text(lines.format("only here"), encoding="utf-8")
    app.ingest(footage)
    (entry,) = (one for one in app.videos() if "south.mp4" in one.name)
    events = app.library.events.of_video(entry.video.video_id, ["subtitle"])
    assert sorted(event.text for event in events) == ["in both", "only here"]


def test_a_broken_sidecar_costs_only_itself_and_stays_reported(app: App, footage: Path) -> None:
    (footage / "south.srt").write_bytes(b"\x00\x01 no subtitle")
    for _ in range(2):
        report = app.ingest(footage)
        (failure,) = report.failures
        assert (failure.location.path.name, failure.stage) == ("south.mp4", "subtitles")
    assert ("south.mp4", "SOUTH GATE") in texts(app)


def test_a_failed_file_is_not_tried_again_unless_asked(app: App, footage: Path) -> None:
    bad = footage / "bad.mp4"
    bad.write_bytes(b"no video")
    assert app.ingest(footage).failed == 1
    assert app.ingest(footage).failed == 1
    bad.unlink()
    assert app.ingest(footage).failed == 0


def test_a_file_that_vanishes_during_the_run_costs_itself_only(app: App, footage: Path) -> None:
    class Vanishing:
        def start(self, stage: str, total: float, unit: str) -> None:
            if stage == "screen":
                (footage / "north.mp4").unlink(missing_ok=True)

        def advance(self, amount: float, name: str) -> None:
            """Nothing is drawn."""

        def note(self, message: str) -> None:
            """Nothing is drawn."""

        def finish(self) -> None:
            """Nothing is drawn."""

    report = app.ingest(footage, progress=Vanishing())
    (failure,) = report.failures
    assert (failure.location.path.name, failure.stage) == ("north.mp4", "screen")
    assert ("south.mp4", "SOUTH GATE") in texts(app)


def test_until_is_the_next_such_hour() -> None:
    now = datetime(2024, 1, 31, 22, 0)
    assert deadline(time(23, 0), None, now).at_s - monotonic() == pytest.approx(3600, abs=5)
    assert deadline(time(7, 0), None, now).at_s - monotonic() == pytest.approx(9 * 3600, abs=5)
    assert deadline(time(23, 0), 60.0, now).at_s - monotonic() == pytest.approx(60, abs=5)
    assert deadline(None, None, now).at_s == float("inf")


def test_a_run_out_of_time_says_so_and_the_next_one_goes_on(app: App, footage: Path) -> None:
    stopped = app.ingest(footage, budget_s=0.0)
    assert "--budget" in stopped.stopped
    assert app.library.events.count() == 0
    assert app.ingest(footage).stopped == ""
    assert len(texts(app)) == 4


def test_files_named_first_are_done_first(app: App, footage: Path) -> None:
    order: list[str] = []

    class Listener:
        def start(self, stage: str, total: float, unit: str) -> None:
            self.stage = stage

        def advance(self, amount: float, name: str) -> None:
            if self.stage == "screen" and name and name not in order:
                order.append(name)

        def note(self, message: str) -> None:
            raise AssertionError(message)

        def finish(self) -> None:
            """Nothing is drawn."""

    app.ingest(footage, first=["south*"], progress=Listener())
    assert order == ["south.mp4", "north.mp4"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("empty.mp4", "empty"),
        ("not_a_video.mp4", "not a video"),
        ("audio_only.mp4", "only audio"),
    ],
)
def test_a_broken_file_is_one_clear_line(
    app: App, footage: Path, shared: Path, name: str, says: str
) -> None:
    shutil.copy(shared / "faults" / name, footage / name)
    report = app.ingest(footage)
    (failure,) = report.failures
    assert failure.location.path.name == name
    assert says in failure.message
    assert "\n" not in failure.message
    assert report.files == 2
    assert ("south.mp4", "SOUTH GATE") in texts(app)


@pytest.mark.slow
def test_truncated_files_are_indexed_as_far_as_they_go(
    app: App, tmp_path: Path, shared: Path
) -> None:
    folder = tmp_path / "cut"
    folder.mkdir()
    for name in ("truncated_bbb.webm", "truncated_testvideo.ts"):
        shutil.copy(shared / "faults" / name, folder / name)
    report = app.ingest(folder)
    assert report.files + report.failed == 2
    assert app.library.check() == []


def test_no_model_is_said_plainly_with_what_to_do(
    tmp_path: Path, footage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "no models"))
    with open_library(tmp_path / "library", Settings(model="auto", ocr=False)) as app:
        note, frames = app.ingest(footage).notes
    assert "only text is indexed" in note
    assert "vidindex models pull" in note
    assert "--model bundled" in note
    assert "frames are not embedded" in frames
