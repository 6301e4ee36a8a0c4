"""Read on-screen text segment by segment, resuming where a run stopped.

Videos are gathered first and read together when the pass closes, several segments at a time.
Readings are kept until the video is complete; then they become events with spans and
clock tracks, in one transaction with the mark in the ledger.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path

from pipelines.inference.prefetch import Prefetcher
from pipelines.ingest.scan import failure_line, record_failure
from pipelines.ingest.stages import StageContext
from pipelines.progress import OutOfTime
from vidindex.core.screen_text.tracks import build
from vidindex.errors import MediaError
from vidindex.ports import SegmentReader
from vidindex.types import Span, TextReading

SEGMENT_S = 60.0

RULE = 2
"""How text is sought. What was read under rule 1, at every look, stays valid (migration 26)."""


@dataclass(slots=True)
class _Job:
    """One video: the segments that are not read yet, and what is wrong with it."""

    context: StageContext
    open: list[int]
    has_failed: bool = False

    def span(self, segment: int) -> Span:
        end_s = self.context.video.picture_end_s
        return Span(segment * SEGMENT_S, min((segment + 1) * SEGMENT_S, end_s))


_Piece = tuple[_Job, int]


@dataclass(slots=True)
class ScreenTextStage:
    """On-screen text becomes events; text that runs like a clock becomes clock tracks."""

    segments: SegmentReader
    name: str = "screen"
    _jobs: list[_Job] = field(default_factory=list)
    _stopped: OutOfTime | None = None

    def key(self, paths: Sequence[Path]) -> str:
        return f"{self.segments.name}/{SEGMENT_S:g}/{RULE}"

    def run(self, context: StageContext) -> None:
        done = context.library.ocr_readings.segments(context.video_id, self.key(()))
        context.report.resumed += bool(done)
        end_s = context.video.picture_end_s
        job = _Job(context, [i for i in range(ceil(end_s / SEGMENT_S)) if i not in done])
        read_s = end_s - sum(job.span(i).duration_s for i in job.open)
        context.progress.advance(read_s + context.video.duration_s - end_s, context.path.name)
        if job.open:
            self._jobs.append(job)
        else:
            self._finish(context)

    def drop(self) -> None:
        """Forget the videos that were gathered."""
        self._jobs = []

    def close(self) -> None:
        """Read all gathered videos; at the deadline, finish only what is under way."""
        jobs, self._jobs, self._stopped = self._jobs, [], None
        ahead = Prefetcher(self.segments.workers + 1, self.segments.workers)
        results = ahead.results(self._pieces(jobs), self._read, lambda _: 1)
        with closing(results):
            for (job, segment), future in results:
                self._keep(job, segment, future)
        if self._stopped:
            raise self._stopped

    def _pieces(self, jobs: Sequence[_Job]) -> Iterator[_Piece]:
        """What is to be read, in order, until the deadline."""
        for job in jobs:
            for segment in list(job.open):
                if job.has_failed:
                    break
                try:
                    job.context.deadline.check()
                except OutOfTime as stop:
                    self._stopped = stop
                    return
                yield job, segment

    def _read(self, piece: _Piece) -> list[TextReading]:
        """In a thread of its own; touches no library."""
        job, segment = piece
        context = job.context
        return self.segments.read(context.video.source(context.location), job.span(segment))

    def _keep(self, job: _Job, segment: int, future: Future[list[TextReading]]) -> None:
        """Store one segment, and the video once all of it is read; a failure is the video's."""
        context = job.context
        try:
            readings = future.result()
        except (MediaError, OSError) as error:
            self._fail(job, error)
            return
        context.progress.advance(job.span(segment).duration_s, context.path.name)
        with context.library.transaction():
            context.library.ocr_readings.put(context.video_id, segment, self.key(()), readings)
        job.open.remove(segment)
        if not job.open:
            self._finish(context)
            context.stored()

    def _fail(self, job: _Job, error: Exception) -> None:
        if job.has_failed:
            return
        job.has_failed = True
        context, line = job.context, failure_line(error, job.context.path)
        record_failure(context.library, context.location, self.name, line)
        context.progress.note(line)

    def _finish(self, context: StageContext) -> None:
        library, video, key = context.library, context.video, self.key(())
        readings = library.ocr_readings.of_video(video.video_id, key)
        events, clocks = build(readings, video, self.segments.name)
        with library.transaction():
            context.report.events += len(library.events.replace(video.video_id, "screen", events))
            library.screen_clocks.replace(video.video_id, clocks)
            library.work_ledger.finish(video.video_id, self.name, key)
            library.ocr_readings.clear(video.video_id)
        context.report.clocks += len(clocks)
