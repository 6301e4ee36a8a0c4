"""Text of whole videos is read in segments, several at a time, and a stopped run goes on."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from support import hostile_decoders as hostile

from pipelines.ingest.options import IngestOptions
from pipelines.ingest.report import IngestReport
from pipelines.ingest.run import Ingest
from pipelines.ingest.screen_text import ScreenTextStage
from pipelines.progress import Deadline, Quiet
from store.library import Library
from vidindex.adapters.decoders.pyav import PyAVDecoder
from vidindex.adapters.isolation import Limits, WorkerPool
from vidindex.adapters.media.ffmpeg import encode
from vidindex.adapters.ocr_rapid import ChildSegmentReader, RapidOcrReader, ReaderSettings
from vidindex.composition import build_services
from vidindex.core.screen_text.frame_reader import SegmentReaderHere
from vidindex.ports import SegmentReader
from vidindex.settings import Settings
from vidindex.types import Source, Span, TextReading
from vidindex.types.plan import Picture

SETTINGS = ReaderSettings(num_threads=1)
HERE = SegmentReaderHere(PyAVDecoder(), RapidOcrReader(SETTINGS))
NEVER = Deadline()
CHILD = Limits(60.0, 4 << 30)


@dataclass
class Counted:
    """Reads in this process; refuses at the segment behind `stop_after`."""

    stop_after: int = 10**9
    workers: int = 1
    name: str = HERE.name
    read_so_far: list[tuple[str, float]] = field(default_factory=list)

    def read(self, source: Source, span: Span) -> list[TextReading]:
        if len(self.read_so_far) == self.stop_after:
            raise KeyboardInterrupt
        self.read_so_far.append((source.path.name, span.start_s))
        return HERE.read(source, span)


def pictures(title: str, duration_s: int) -> Iterable[Picture]:
    for time_s in range(duration_s):
        image = Image.new("RGB", (192, 96), (40, 60, 90))
        shown = title if 20 <= time_s < 90 else "OPEN"
        ImageDraw.Draw(image).text((10, 30), shown, "white", ImageFont.load_default(24))
        yield np.asarray(image)


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("footage")
    for name, title in (("a", "NIGHT SHIFT"), ("b", "HARBOUR")):
        encode(folder / f"{name}.mp4", pictures(title, 130), 192, 96, 1)
    return folder


def ingest(
    footage: Path, library: Path, reader: SegmentReader, deadline: Deadline = NEVER
) -> IngestReport:
    services = build_services(Settings(model="none"))
    report = IngestReport()
    with Library.open(library, create=True) as opened:
        stages = [ScreenTextStage(reader)]
        options = IngestOptions()
        run = Ingest(opened, services, stages, options, Quiet(), deadline, report)
        return run.run([footage])


def events(library: Path) -> list[tuple[object, ...]]:
    with sqlite3.connect(library / "library.db") as db:
        sql = "SELECT video_id, start_s, end_s, text FROM events ORDER BY video_id, start_s, text"
        return db.execute(sql).fetchall()


@pytest.fixture(scope="module")
def whole(footage: Path, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[object, ...]]:
    library = tmp_path_factory.mktemp("whole") / "library"
    ingest(footage, library, Counted())
    return events(library)


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on_with_the_segments_that_are_left(
    footage: Path, tmp_path: Path, whole: list[tuple[object, ...]]
) -> None:
    library, first, second = tmp_path / "library", Counted(stop_after=4), Counted()
    with pytest.raises(KeyboardInterrupt):
        ingest(footage, library, first)
    report = ingest(footage, library, second)
    assert report.resumed == 1
    assert set(second.read_so_far).isdisjoint(first.read_so_far[:4])
    assert len(first.read_so_far) + len(second.read_so_far) == 6
    assert events(library) == whole
    assert {text for *_, text in whole} == {"OPEN", "NIGHT SHIFT", "HARBOUR"}


@pytest.mark.slow
def test_at_the_deadline_what_is_under_way_is_finished_and_kept(
    footage: Path, tmp_path: Path, whole: list[tuple[object, ...]]
) -> None:
    library, first = tmp_path / "library", Counted()
    soon = Deadline(2.0, "--budget is over", clock=lambda: float(len(first.read_so_far)))
    assert ingest(footage, library, first, soon).stopped == "--budget is over"
    second = Counted()
    ingest(footage, library, second)
    assert set(second.read_so_far).isdisjoint(first.read_so_far)
    assert events(library) == whole


@pytest.mark.slow
def test_children_read_the_same_and_a_file_that_crashes_one_fails_alone(
    footage: Path, tmp_path: Path, whole: list[tuple[object, ...]]
) -> None:
    (tmp_path / "footage").mkdir()
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / "footage" / name).write_bytes((footage / name).read_bytes())
    bad = tmp_path / "footage" / "crash.mp4"
    encode(bad, pictures("BAD", 70), 192, 96, 1)
    reader = ChildSegmentReader(hostile.HostileToSome, SETTINGS, WorkerPool(CHILD, 2), 2)
    report = ingest(tmp_path / "footage", tmp_path / "library", reader)
    (failure,) = report.failures
    assert (failure.location.path.name, failure.stage) == ("crash.mp4", "screen")
    assert "crash.mp4: reading its text crashed (SIGSEGV)" in failure.message
    assert events(tmp_path / "library") == whole


def test_what_was_read_at_every_look_by_an_earlier_release_is_not_read_again(
    tmp_path: Path,
) -> None:
    encode(tmp_path / "film.mp4", pictures("OLD", 3), 192, 96, 1)
    library = tmp_path / "library"
    ingest(tmp_path / "film.mp4", library, HERE)
    with sqlite3.connect(library / "library.db") as db:
        db.execute("UPDATE work SET key = replace(key, '/60/2', '/60/1')")
        db.execute("DELETE FROM _sqlite_migrations WHERE name = 'm026_text_read_at_every_look'")
    again = Counted()
    ingest(tmp_path / "film.mp4", library, again)
    assert again.read_so_far == []


def test_text_that_is_read_with_another_model_is_read_again(tmp_path: Path) -> None:
    encode(tmp_path / "film.mp4", pictures("OLD", 3), 192, 96, 1)
    ingest(tmp_path / "film.mp4", tmp_path / "library", HERE)
    other = replace(Counted(), name="another reader")
    ingest(tmp_path / "film.mp4", tmp_path / "library", other)
    assert other.read_so_far == [("film.mp4", 0.0)]
