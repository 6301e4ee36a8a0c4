"""Ingest into a library and report what it holds: cameras, videos, removal, status."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from datetime import time as day_time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.cameras import (
    ListedCamera,
    date_known,
    list_cameras,
    remove_camera,
    set_camera,
    wall_clock_of,
)
from pipelines.progress import Progress, Quiet, SharedProgress
from store.library import Library
from store.progress_file import Doing, ProgressFile
from store.tables.failures import Failure
from store.tables.runs import Run
from vidindex.app.base import LibraryBase
from vidindex.app.planning import deadline
from vidindex.composition import is_video
from vidindex.core.prompts.text_models import languages_of
from vidindex.errors import InputError
from vidindex.types import Camera, Coverage, Filters, Location, VideoInfo

if TYPE_CHECKING:
    from pipelines.backup.folder import Backup
    from pipelines.backup.restore import Restored
    from pipelines.ingest.report import IngestReport


@dataclass(frozen=True, slots=True)
class ListedVideo:
    """One video of the library, its location, and how much of it is indexed.

    starts_at: the wall clock of its beginning, its camera's clock set right.
    """

    video: VideoInfo
    name: str
    locations: tuple[Location, ...]
    num_events: int
    starts_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """What `vidindex status` shows.

    doing: how far the ingest is that runs now; None for none. scanned_before: videos that an
    older release scanned; the next ingest of their folders reads them again.
    text_model: the path of the model that recognises on-screen text, None for the bundled one.
    embedder, languages: what texts were embedded with, and in which languages that is asked.
    frames: that have a vector; picture_model: that made them, "" without one.
    """

    library: Path
    coverage: Coverage
    events: dict[str, int]
    failures: list[Failure]
    last_run: Run | None
    doing: Doing | None = None
    scanned_before: int = 0
    text_model: str | None = None
    embedder: str | None = None
    languages: str | None = None
    frames: int = 0
    picture_model: str = ""


class Indexing(LibraryBase):
    """Ingest, and what the library holds."""

    def ingest(
        self,
        *paths: str | Path,
        first: Sequence[str] = (),
        retry_failed: bool = False,
        re_embed: bool = False,
        again: bool = False,
        until: day_time | None = None,
        budget_s: float | None = None,
        log_file: Path | None = None,
        progress: Progress | None = None,
    ) -> "IngestReport":
        """Index files and folders; see `vidindex ingest --help` for what each option does."""
        from pipelines.ingest.options import IngestOptions
        from pipelines.ingest.report import IngestReport
        from pipelines.ingest.run import Ingest
        from pipelines.run_log import log_to

        self.library.require_exclusive()
        folders = [Path(path).expanduser().resolve() for path in paths]
        if absent := [folder for folder in folders if not folder.exists()]:
            raise InputError(f"no such file or folder: {absent[0]}", "check the path")
        if self.settings.recorded_at:
            date_known(self.library, self.services.fingerprint, folders, self.settings.recorded_at)
        self._keep_text_model()
        shared = SharedProgress(progress or Quiet(), ProgressFile(self.library.path))
        with closing(shared), log_to(log_file) as log:
            run = Ingest(
                self.library,
                self.services,
                self.stages,
                IngestOptions(tuple(first), retry_failed, re_embed, again=again),
                shared,
                deadline(until, budget_s, datetime.now()),
                IngestReport(notes=[*self.notes(), *self._frame_notes()]),
                log,
            )
            report = run.run(folders)
        report.notes += self._bundled_notes_below(folders)
        return report

    def _keep_text_model(self) -> None:
        """Read this library's footage with the model that the settings name, from now on.

        Raises ModelNotFound or InputError where it is not a recogniser, before any work.
        """
        from vidindex.adapters.ocr_rapid import BUNDLED_MODEL, open_recogniser

        if not self.settings.ocr:
            return
        named = self.settings.text_model
        chosen = named or self.library.text_model.get() or BUNDLED_MODEL
        if chosen != BUNDLED_MODEL:
            chosen = str(Path(chosen).expanduser().absolute())
            _ = open_recogniser(chosen).scripts
        if named:
            self.library.text_model.put(None if chosen == BUNDLED_MODEL else chosen)

    def _bundled_notes_below(self, folders: Sequence[Path]) -> list[str]:
        """That the bundled model cannot caption what is in these folders, where it is so."""
        if not self.model_source:
            return []
        ids = {
            info.video_id
            for info, location in self.library.videos.all_placed()
            if any(location.path.is_relative_to(folder) for folder in folders)
        }
        filters = Filters(video_ids=tuple(ids))
        return self.bundled_notes(filters, [self.model_source]) if ids else []

    def restore(self, archive: str | Path, *, progress: Progress | None = None) -> "Restored":
        """Bring in all that an export of a whole library to JSON Lines holds; InputError if not.

        Videos that are here already stay as they are. Events are embedded at once.
        """
        from pipelines.backup.restore import restore
        from pipelines.ingest.embedding import embed_new_events

        shown, embedder = progress or Quiet(), self.services.embedder
        self.library.vectors.require(embedder.space)
        done = restore(self.library, Path(archive).expanduser(), is_video, shown)
        embed_new_events(self.library, embedder, shown)
        return done

    def backup(self, folder: str | Path, *, progress: Progress | None = None) -> "Backup":
        """Back up the library to a new folder, also while others search it and ingest into it."""
        from pipelines.backup.folder import back_up

        place = Path(folder).expanduser().absolute()
        with Library.open(self.library.path) as reader:  # a writer would keep others out
            return back_up(reader, place, version("vidindex"), progress or Quiet())

    def videos(self) -> list[ListedVideo]:
        """Every video with its places."""
        return [self.listed(info) for info in self.library.videos.all()]

    def listed(self, info: VideoInfo) -> ListedVideo:
        """One video with its places."""
        videos, video_id = self.library.videos, info.video_id
        clock = wall_clock_of(self.library, video_id)
        return ListedVideo(
            info,
            videos.name(video_id),
            tuple(videos.locations(video_id)),
            self.library.events.count(video_id),
            clock.at(0.0) if clock else None,
        )

    def find(self, names: Sequence[str]) -> dict[str, str]:
        """Ids of the videos that people mean, with their names; InputError for an unknown one."""
        videos = self.library.videos
        return {video_id: videos.name(video_id) for video_id in videos.find(names)}

    def cameras(self) -> list[ListedCamera]:
        """Every camera that file names or the user named, with what it recorded."""
        return list_cameras(self.library)

    def camera(self, name: str) -> Camera:
        """What the user entered for this camera; empty for a new one."""
        return self.library.cameras.get(name) or Camera(name)

    def set_camera(self, camera: Camera) -> ListedCamera:
        """Keep a camera's pattern, zone, offset and drift; its files follow at once."""
        return set_camera(self.library, camera)

    def remove_camera(self, name: str) -> None:
        """Delete what the user entered for a camera; InputError where that was nothing."""
        remove_camera(self.library, name)

    def status(self) -> Status:
        """What the library holds, what failed, the last run, and how far it is if it runs now."""
        space = self.library.vectors.space
        pictures = self.library.frame_vectors.space
        return Status(
            library=self.library.path,
            coverage=self.library.coverage(),
            events=self.library.events.count_by_channel(),
            failures=self.library.failures.all(),
            last_run=self.library.runs.last(),
            doing=self.doing(),
            scanned_before=self._scanned_before(),
            text_model=self.library.text_model.get(),
            embedder=space.model if space else None,
            languages=languages_of(space.model) if space else None,
            frames=self.library.frame_vectors.count(),
            picture_model=pictures.model if pictures else "",
        )

    def _scanned_before(self) -> int:
        from pipelines.ingest.scan import RECIPE, STAGE

        ids = {video.video_id for video in self.library.videos.all()}
        return len(ids - self.library.work_ledger.finished_videos(STAGE, RECIPE))

    def doing(self) -> Doing | None:
        """How far the ingest is that runs now, in whatever process; None where none runs."""
        return ProgressFile(self.library.path).read()

    def run(self, run_id: int | None = None) -> Run:
        """The record of one run, the last one by default; InputError without one."""
        runs = self.library.runs
        run = runs.last() if run_id is None else runs.get(run_id)
        if run is None:
            what = "no run yet" if run_id is None else f"no run {run_id}"
            raise InputError(f"{what} in {self.library.path}", "runs count from 1: ingest a folder")
        return run
