"""Measure the bookkeeping cost of new files, events and unchanged files.

Nothing is decoded and no model is asked: what reads files is replaced by what answers at
once, so that finding, filing, planning and storing are left.
"""

import hashlib
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipelines.ingest.options import IngestOptions
from pipelines.ingest.report import IngestReport
from pipelines.ingest.run import Ingest
from pipelines.ingest.scan import RECIPE, STAGE
from pipelines.ingest.stages import Stage
from pipelines.progress import Deadline, Quiet
from pipelines.recordings import update_recordings
from pipelines.services import Services
from store.library import Library
from vidindex.composition import build_services, build_stages
from vidindex.settings import Settings
from vidindex.types import (
    EmbeddingSpace,
    Event,
    FoundFile,
    Location,
    Signals,
    Source,
    Span,
    SubtitleEvents,
    VideoInfo,
)

DURATION_S = 60.0
DAY_S = 86_400.0
PER_FOLDER = 500
_BATCH = 1000
FEW, MANY = 1, 101


@dataclass(frozen=True, slots=True)
class Books:
    """Milliseconds of one new file and of one of its events; seconds for all unchanged files."""

    num_files: int
    file_ms: float
    event_ms: float
    num_unchanged: int
    rescan_s: float


class AtOnce:
    """Answers in the place of all that reads files: each file shows the same minute.

    It is an `Embedder` as well, of random directions.
    """

    space = EmbeddingSpace("random directions", "1", 384)

    def __init__(self, num_events: int) -> None:
        self._num_events = num_events
        self._draw = np.random.default_rng(1)

    def fingerprint(self, file: Path | Location) -> str:
        path = file.path if isinstance(file, Location) else file
        return hashlib.sha256(os.fsencode(path)).hexdigest()[:32]

    def probe(self, file: Path | Location, video_id: str) -> VideoInfo:
        path = file.path if isinstance(file, Location) else file
        return VideoInfo(
            video_id=video_id, duration_s=DURATION_S, width=1280, height=720, average_fps=25.0,
            codec="h264", container="mp4", stream_index=0, start_s=0.0, rotation_deg=0,
            num_frames=1500, size_bytes=path.stat().st_size,
        )  # fmt: skip

    def signals(self, source: Source) -> Signals:
        times_s, is_key = np.arange(1500) / 25, np.arange(1500) % 50 == 0
        return Signals(times_s, np.where(is_key, 60_000, 3_000), is_key)

    def subtitles(
        self, video: VideoInfo, location: Location, sidecars: Sequence[Path]
    ) -> SubtitleEvents:
        step_s = DURATION_S / self._num_events
        return SubtitleEvents(
            tuple(
                Event(
                    video.video_id,
                    Span(i * step_s, (i + 1) * step_s),
                    f"line {i} says what {location.path.stem} shows at that moment of the day",
                    "subtitle",
                    "made",
                )
                for i in range(self._num_events)
            )
        )

    def can_read(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        return np.ones(len(texts), np.bool_)

    def embed_documents(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        drawn = self._draw.standard_normal((len(texts), self.space.dim)).astype(np.float32)
        return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), np.float32)

    embed_queries = embed_documents

    def services(self, settings: Settings) -> Services:
        """The product's own, but for what reads files."""
        return replace(
            build_services(settings),
            fingerprint=self.fingerprint,
            probe=self.probe,
            read_signals=self.signals,
            read_subtitles=self.subtitles,
            embedder=self,
        )


def measure(num_files: int, num_unchanged: int) -> Books:
    """New files with few events and with many, then a library of unchanged ones."""
    few_s, many_s = _new(num_files, FEW), _new(num_files, MANY)
    event_s = (many_s - few_s) / (num_files * (MANY - FEW))
    file_s = few_s / num_files - FEW * event_s
    return Books(num_files, 1e3 * file_s, 1e3 * event_s, num_unchanged, _rescan(num_unchanged))


def _new(num_files: int, num_events: int) -> float:
    """Seconds to ingest files that are new, each with so many events."""
    with tempfile.TemporaryDirectory() as folder:
        footage = make_files(Path(folder) / "footage", num_files)
        settings = Settings(model="none", ocr=False)
        services = AtOnce(num_events).services(settings)
        with Library.open(Path(folder) / "library", create=True) as library:
            started_s = time.perf_counter()
            report = _ingest(library, services, build_stages(services, settings), footage)
            spent_s = time.perf_counter() - started_s
    assert (report.new, report.events) == (num_files, num_files * num_events), report
    return spent_s


def _rescan(num_files: int) -> float:
    """Seconds of an ingest, all stages of the bundled model included, in which nothing is new."""
    with tempfile.TemporaryDirectory() as folder:
        footage = make_files(Path(folder) / "footage", num_files)
        settings = Settings(model="bundled")
        services = AtOnce(FEW).services(settings)
        stages = build_stages(services, settings)
        with Library.open(Path(folder) / "library", create=True) as library:
            _note_all(library, services, stages, footage)
        with Library.open(Path(folder) / "library", write=True) as library:
            started_s = time.perf_counter()
            report = _ingest(library, services, stages, footage)
            spent_s = time.perf_counter() - started_s
    assert (report.unchanged, report.new, report.events) == (num_files, 0, 0), report
    return spent_s


def make_files(folder: Path, count: int) -> Path:
    """Small files with the names that a camera gives, some hundred to a folder, a day old."""
    for number in range(count):
        camera_folder = folder / f"cam{number // PER_FOLDER + 1}"
        if number % PER_FOLDER == 0:
            camera_folder.mkdir(parents=True)
        (camera_folder / f"clip-{number:07d}.mp4").write_bytes(b"%d" % number)
    for camera_folder in folder.iterdir():
        os.utime(camera_folder, times=(time.time() - DAY_S,) * 2)
    return folder


def _note_all(library: Library, services: Services, stages: Sequence[Stage], footage: Path) -> None:
    """Every file as an ingest would have left it, in few transactions."""
    files = [one for one in services.discover([footage]) if isinstance(one, FoundFile)]
    for first in range(0, len(files), _BATCH):
        with library.transaction():
            for file in files[first : first + _BATCH]:
                video_id, stat = services.fingerprint(file.path), file.path.stat()
                library.videos.put(services.probe(file.path, video_id))
                library.work_ledger.finish(video_id, STAGE, RECIPE)
                location = Location(file.root, file.path, stat.st_mtime_ns, stat.st_size)
                library.videos.put_location(video_id, location)
                for stage in stages:
                    library.work_ledger.finish(video_id, stage.name, stage.key([file.path]))
    update_recordings(library)


def _ingest(
    library: Library, services: Services, stages: Sequence[Stage], footage: Path
) -> IngestReport:
    report = IngestReport()
    ingest = Ingest(library, services, stages, IngestOptions(), Quiet(), Deadline(), report)
    return ingest.run([footage])
