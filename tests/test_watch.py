"""Watching folders: files are taken once they have settled, nothing twice, nothing missed."""

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from support import film_assets as films
from support.watch_assets import Kit, Watched, kit_of

from pipelines.ingest.stages import Stage, StageContext
from pipelines.watch.run import BATCH
from store import Library
from vidindex.errors import LibraryLocked
from vidindex.settings import Settings
from vidindex.types import FoundFile, FoundLink, FoundProblem


@pytest.fixture(scope="module")
def kit() -> Kit:
    """The tools of a machine without a vision model; text is read."""
    return kit_of(Settings(model="none"))


@pytest.fixture
def watched(tmp_path: Path, kit: Kit) -> Watched:
    (tmp_path / "mount").mkdir()
    return Watched(tmp_path / "mount", tmp_path / "library", *kit)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return films.titled(tmp_path_factory.mktemp("film") / "gate.mp4", [(2, "NORTH GATE")])


def test_a_file_is_not_ingested_while_it_grows(watched: Watched, film: Path) -> None:
    content, growing = film.read_bytes(), watched.folder / "growing.mp4"
    watch = watched.start()
    for part in (1, 2, 3):
        growing.write_bytes(content[: len(content) * part // 3])
        watched.rounds(watch, 2)
        assert watched.names() == []
    watched.rounds(watch, 1)
    assert watched.names() == ["growing.mp4"]


def test_a_file_that_cannot_be_opened_yet_is_waited_for_then_reported_then_tried_again(
    watched: Watched, film: Path
) -> None:
    late = watched.folder / "late.mp4"
    late.write_bytes(film.read_bytes()[:1000])
    watch = watched.start(patience_s=60.0)
    watched.rounds(watch, 8)
    assert watched.messages("failed") == []
    assert len(watched.messages("waiting")) == 1
    watched.rounds(watch, 8)
    assert len(watched.messages("failed")) == 1
    with Library.open(watched.library) as library:
        assert [failure.location.path for failure in library.failures.all()] == [late]
    # Some copy to the full size first: then nothing changes from outside when it is complete.
    seen = late.stat()
    late.write_bytes(film.read_bytes())
    os.truncate(late, film.stat().st_size)
    os.utime(late, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    watched.rounds(watch, 16)
    assert watched.names() == ["late.mp4"]
    with Library.open(watched.library) as library:
        assert library.failures.all() == []


def test_a_moved_file_keeps_its_index_and_no_pass_is_run_again(
    watched: Watched, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(film, watched.folder / "gate.mp4")
    watch = watched.start()
    watched.rounds(watch, 4)
    events = watched.events()
    assert events

    def refuse(*_: object) -> None:
        raise AssertionError("a pass was run again")

    for stage in watched.stages:
        monkeypatch.setattr(type(stage), "run", refuse)
    (watched.folder / "archive").mkdir()
    (watched.folder / "gate.mp4").rename(watched.folder / "archive" / "pier.mp4")
    watched.rounds(watch, 4)
    assert watched.names() == ["pier.mp4"]
    assert watched.events() == events
    assert "ingested: 1 moved" in watched.messages("ingested")


def test_a_file_moved_out_of_a_folder_that_it_empties_lies_only_where_it_is(
    watched: Watched, film: Path
) -> None:
    archive = watched.folder.with_name("archive")
    archive.mkdir()
    shutil.copy(film, watched.folder / "gate.mp4")
    watch = watched.start()
    watch.folders = [watched.folder, archive]
    watched.rounds(watch, 4)
    (watched.folder / "gate.mp4").rename(archive / "gate.mp4")
    watched.rounds(watch, 4)
    with Library.open(watched.library) as library:
        (video,) = library.videos.all()
        place = library.videos.present_location(video.video_id)
        assert place is not None
        assert place.path == archive / "gate.mp4"
        assert watched.names() == []


def test_a_deleted_file_is_marked_missing_and_comes_back(watched: Watched, film: Path) -> None:
    for name in ("gate.mp4", "pier.mp4"):
        films.titled(watched.folder / name, [(1, name.upper())])
    watch = watched.start()
    watched.rounds(watch, 4)
    kept = (watched.folder / "gate.mp4").rename(watched.folder.parent / "kept.mp4")
    watched.rounds(watch, 1)
    assert watched.names() == ["pier.mp4"]
    assert watched.messages("missing") == [f"{watched.folder}: 1 file is gone"]
    kept.rename(watched.folder / "gate.mp4")
    watched.rounds(watch, 4)
    assert watched.names() == ["gate.mp4", "pier.mp4"]


@pytest.mark.parametrize("leaves", ["nothing", "an empty folder"])
def test_a_vanished_mount_is_waited_for_and_nothing_on_it_is_declared_missing(
    watched: Watched, film: Path, leaves: str
) -> None:
    shutil.copy(film, watched.folder / "gate.mp4")
    watch = watched.start()
    watched.rounds(watch, 4)
    away = watched.folder.rename(watched.folder.with_name("away"))
    if leaves == "an empty folder":
        watched.folder.mkdir()
    watched.rounds(watch, 3)
    again = watched.start()  # a restart knows no better
    watched.rounds(again, 3)
    assert watched.names() == ["gate.mp4"]
    assert len(watched.messages("away")) == 2
    shutil.rmtree(watched.folder, ignore_errors=True)
    away.rename(watched.folder)
    events = watched.events()
    films.titled(watched.folder / "new.mp4", [(1, "NEW")])
    watched.rounds(again, 4)
    assert watched.messages("back") == [f"{watched.folder}: there again"]
    assert watched.names() == ["gate.mp4", "new.mp4"]
    assert set(events) < set(watched.events())


def test_a_mount_that_vanishes_while_a_file_is_read_leaves_no_failure_and_misses_nothing(
    watched: Watched, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(film, watched.folder / "gate.mp4")
    away = watched.folder.with_name("away")
    last = type(watched.stages[-1])
    run = last.run

    def vanishing(stage: Stage, context: StageContext) -> None:
        watched.folder.rename(away)
        run(stage, context)

    monkeypatch.setattr(last, "run", vanishing)
    watch = watched.start(searches=("north gate",))
    watched.rounds(watch, 4)
    monkeypatch.setattr(last, "run", run)
    assert watched.messages("failed") == []
    away.rename(watched.folder)
    watched.rounds(watch, 4)
    with Library.open(watched.library) as library:
        assert library.failures.all() == []
    assert len(watched.messages("hit")) == 1


def test_what_lies_in_a_folder_that_cannot_be_looked_into_is_not_declared_missing(
    watched: Watched, film: Path
) -> None:
    (watched.folder / "cam1").mkdir()
    shutil.copy(film, watched.folder / "cam1" / "gate.mp4")
    films.titled(watched.folder / "pier.mp4", [(1, "PIER")])
    (watched.folder / "broken.mp4").symlink_to("nowhere.mp4")
    watch = watched.start()
    watched.rounds(watch, 4)
    discover = watched.services.discover

    def closed(paths: Sequence[Path]) -> Iterator[FoundFile | FoundProblem | FoundLink]:
        """As a folder whose server does not answer: its files can neither be listed nor seen."""
        for item in discover(paths):
            if item.path.parent.name != "cam1":
                yield item
        yield FoundProblem(watched.folder, watched.folder / "cam1", "cam1: cannot be looked into")

    watch.services = replace(watched.services, discover=closed)
    hidden = (watched.folder / "cam1" / "gate.mp4").rename(watched.folder.parent / "hidden.mp4")
    watched.rounds(watch, 2)
    assert watched.names() == ["gate.mp4", "pier.mp4"]
    assert "cam1: cannot be looked into" in watched.messages("problem")
    watch.services = watched.services
    watched.rounds(watch, 1)
    assert watched.names() == ["pier.mp4"]  # a link that leads nowhere hides nothing
    hidden.rename(watched.folder / "cam1" / "gate.mp4")
    watched.rounds(watch, 4)
    assert watched.names() == ["gate.mp4", "pier.mp4"]


def test_a_restart_after_an_interruption_goes_on_where_it_stopped(
    watched: Watched, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        films.titled(watched.folder / f"{number}.mp4", [(1, f"REEL {number}")])
    (plan,) = (type(stage) for stage in watched.stages if stage.name == "plan")
    run, ran = plan.run, []

    def interrupted(stage: Stage, context: StageContext) -> None:
        ran.append(context)
        if len(ran) == 2:
            raise KeyboardInterrupt
        run(stage, context)

    monkeypatch.setattr(plan, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        watched.rounds(watched.start(), 4)
    again = watched.start()
    watched.rounds(again, 1)  # what was identified before need not settle again
    assert len(ran) == 2 + 2
    watched.rounds(again, 2)
    watched.rounds(watched.start(), 3)
    assert len(ran) == 4


def test_a_burst_is_ingested_in_batches(watched: Watched) -> None:
    count = 2 * BATCH + 3
    for number in range(count):
        films.titled(watched.folder / f"{number:02d}.mp4", [(0.25, f"TAKE {number}")])
    watched.services, watched.stages = kit_of(Settings(model="none", ocr=False))
    watched.rounds(watched.start(), 4)
    assert len(watched.names()) == count
    counted = [message for message in watched.messages("ingested") if "new" in message]
    assert [message.split()[1] for message in counted] == [str(BATCH), str(BATCH), "3"]


def test_one_round_takes_what_has_settled_and_leaves_what_has_not(
    watched: Watched, film: Path
) -> None:
    shutil.copy(film, watched.folder / "gate.mp4")
    (watched.folder / "late.mp4").write_bytes(film.read_bytes()[:1000])
    watched.start().once()
    assert watched.names() == ["gate.mp4"]
    assert len(watched.messages("waiting")) == 1
    slept_s = watched.now_s
    (watched.folder / "late.mp4").unlink()
    watched.start().once()
    assert watched.now_s == slept_s, "it waited although nothing was new"


def test_a_folder_without_a_video_is_said_once_and_what_comes_is_indexed(
    watched: Watched, film: Path
) -> None:
    watch = watched.start()
    watched.rounds(watch, 3)
    said = watched.messages("empty")
    assert said == [f"no video was found in {watched.folder}; those that come are indexed"]
    shutil.copy(film, watched.folder / "gate.mp4")
    watched.rounds(watch, 4)
    assert watched.names() == ["gate.mp4"]
    assert watched.messages("empty") == said


def test_beside_another_writer_the_watch_waits_and_says_so_once(
    watched: Watched, film: Path
) -> None:
    watch = watched.start()
    shutil.copy(film, watched.folder / "gate.mp4")
    with Library.open(watched.library, write=True):
        watched.rounds(watch, 5)
        with pytest.raises(LibraryLocked):
            watched.start(settle_s=0.0).once()
    assert len(watched.messages("locked")) == 1
    watched.rounds(watch, 1)
    assert watched.names() == ["gate.mp4"]


def test_what_was_gathered_before_an_interruption_is_not_worked_on_after_it(
    watched: Watched, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library of the interrupted run is closed by then."""
    for number in range(2):
        films.titled(watched.folder / f"{number}.mp4", [(1, f"REEL {number}")])
    (screen,) = (stage for stage in watched.stages if stage.name == "screen")
    monkeypatch.setattr(type(screen), "close", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        watched.rounds(watched.start(), 4)
    monkeypatch.undo()
    watched.rounds(watched.start(), 3)
    assert not watched.messages("problem")
