"""Ingest a folder in passes, cheap ones first, each searchable as it ends.

Every pass writes what it made and that it is done in one transaction, so a run
that is killed loses at most the piece in hand, and the next one continues there.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from pipelines.ingest.embedding import BackgroundEmbedder, embed_new_events, re_embed
from pipelines.ingest.options import IngestOptions
from pipelines.ingest.report import IngestReport
from pipelines.ingest.scan import STAGE, failure_line, record_failure, scan
from pipelines.ingest.stages import Stage, StageContext
from pipelines.progress import Deadline, OutOfTime, Progress
from pipelines.recordings import link_events, update_recordings
from pipelines.run_log import NoLog, RunLog
from pipelines.services import Services
from store.library import Library
from store.tables.display_names import matches
from store.tables.failures import Failure
from vidindex.core.formatting.counts import counted
from vidindex.errors import MediaError
from vidindex.types import Location, VideoInfo


@dataclass(frozen=True, slots=True)
class Ingest:
    """One run over one library."""

    library: Library
    services: Services
    stages: Sequence[Stage]
    options: IngestOptions
    progress: Progress
    deadline: Deadline
    report: IngestReport
    log: RunLog = field(default_factory=NoLog)

    def run(self, paths: Sequence[Path]) -> IngestReport:
        """Bring the library up to date with `paths`; at the deadline stop, and say so."""
        self.library.require_exclusive()
        self.progress.start(STAGE, 0.0, "files")  # others see that it runs before all is found
        if not self.options.re_embed:
            self.library.vectors.require(self.services.embedder.space)
        self._require_frame_space()
        known_unreadable = 0 if self.options.re_embed else self.library.vectors.count_unreadable()
        settings = asdict(self.options) | {"paths": [str(path) for path in paths]}
        run_id = self.library.runs.start("ingest", settings)
        self.log.write("run begins", run=run_id, **settings)
        try:
            self._passes(paths)
        except OutOfTime as stop:
            self.report.stopped = str(stop)
        finally:
            self.progress.finish()
            self.report.failures = _failures_below(self.library, paths)
            self._note_unreadable(self.library.vectors.count_unreadable() - known_unreadable)
            self._end(run_id)
        return self.report

    def _require_frame_space(self) -> None:
        """Raise LibraryMismatch where frames have vectors of another dual encoder."""
        embedder = self.services.frame_embedder
        if embedder is None:
            return
        if self.options.re_embed:
            self.library.frame_vectors.change_space(embedder.space)
        self.library.frame_vectors.require(embedder.space)

    def _note_unreadable(self, count: int) -> None:
        if count > 0:
            events, holds = counted(count, "event"), "holds" if count == 1 else "hold"
            self.report.notes.append(
                f"{events} {holds} nothing that the text model can read: found by words, "
                "not by meaning"
            )

    def _end(self, run_id: int) -> None:
        report = self.report
        counts, seconds, figures = report.counts(), report.stage_s, report.calls.as_json()
        self.library.runs.finish(run_id, counts, seconds, figures)
        for failure in report.failures:
            location, stage = str(failure.location.path), failure.stage
            self.log.write("failure", file=location, stage=stage, message=failure.message)
        self.log.write(
            "run ends", run=run_id, stopped=report.stopped, counts=counts,
            seconds=seconds, calls=figures,
        )  # fmt: skip

    def _passes(self, paths: Sequence[Path]) -> None:
        if self.options.re_embed:
            with self._timed("embed"):
                re_embed(self.library, self.services.embedder, self.progress, self.deadline)
        with self._timed("scan"):
            video_ids = scan(
                self.library,
                self.services,
                paths,
                self.options,
                self.report,
                self.progress,
                self.deadline,
            )
            update_recordings(self.library)
        videos = self._in_order(video_ids)
        for stage in self.stages:
            self._one_pass(stage, videos)
        link_events(self.library)

    def _one_pass(self, stage: Stage, videos: Sequence[tuple[VideoInfo, Location]]) -> None:
        copies = self.library.videos.copies()
        pending = [
            (video, location)
            for video, location in videos
            if not self.library.work_ledger.done(
                video.video_id,
                stage.name,
                stage.key([location.path, *_others(copies, video, location)]),
            )
        ]
        self.progress.start(stage.name, sum(video.duration_s for video, _ in pending), "s")
        vectors = BackgroundEmbedder(self.library, self.services.embedder)
        try:
            with self._timed(stage.name):
                for video, location in pending:
                    self.deadline.check()
                    others = _others(copies, video, location)
                    self._one_video(stage, video, location, others, vectors)
                    vectors.step()
                stage.close()
        except BaseException:
            stage.drop()
            raise
        finally:
            with self._timed("embed"):
                vectors.finish()
                embed_new_events(self.library, self.services.embedder, self.progress)
                if self.services.frame_embedder:
                    self.library.frame_vectors.refresh()

    def _one_video(
        self,
        stage: Stage,
        video: VideoInfo,
        location: Location,
        copies: Sequence[Path],
        vectors: BackgroundEmbedder,
    ) -> None:
        failures = self.library.failures
        if not self.options.retry_failed and failures.unchanged(location, stage.name):
            return
        failures.clear(location.path, stage.name)
        context = StageContext(
            self.library, video, location, self.report, self.progress, self.deadline,
            self.log, vectors.step, copies,
        )  # fmt: skip
        self.log.write("file", file=str(location.path), stage=stage.name)
        try:
            stage.run(context)
        except (MediaError, OSError) as error:
            line = failure_line(error, location.path)
            record_failure(self.library, location, stage.name, line)
            self.progress.note(line)

    def _in_order(self, video_ids: Sequence[str]) -> list[tuple[VideoInfo, Location]]:
        """The videos to work on and where to read them; those `first` names come first."""
        globs = self.options.first

        def rank(entry: tuple[VideoInfo, Location]) -> int:
            location = entry[1]
            path = str(location.path)
            fits = (matches(location, glob) or fnmatch(path, f"*{glob}") for glob in globs)
            return next((i for i, fit in enumerate(fits) if fit), len(globs))

        videos = self.library.videos
        entries = [(videos.get(one), videos.present_location(one)) for one in video_ids]
        return sorted(((v, location) for v, location in entries if v and location), key=rank)

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        started_s = time.monotonic()
        try:
            yield
        finally:
            spent_s = time.monotonic() - started_s
            self.log.write("stage ends", stage=stage, seconds=round(spent_s, 3))
            self.report.stage_s[stage] = self.report.stage_s.get(stage, 0.0) + spent_s
            self.progress.finish()


def _failures_below(library: Library, paths: Sequence[Path]) -> list[Failure]:
    """The failures that the library holds for files of this run."""
    return [
        failure
        for failure in library.failures.all()
        if any(failure.location.path.is_relative_to(path) for path in paths)
    ]


def _others(
    copies: Mapping[str, Sequence[Path]], video: VideoInfo, location: Location
) -> list[Path]:
    """The places of the video but the one that is read."""
    return [path for path in copies.get(video.video_id, ()) if path != location.path]
