"""Scan folders for videos, recognised by content: the first pass.

A known file (same path, size and time) costs one look-up. Anything else is
fingerprinted: a known content is the same video in another place, an unknown one
is probed. Each is filed under the camera that its place says. What was seen before and is
gone is marked missing, never deleted.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.cameras import file_video
from pipelines.ingest.options import IngestOptions
from pipelines.ingest.report import IngestReport
from pipelines.progress import Deadline, Progress
from pipelines.services import Services
from store.library import Library
from vidindex.core.formatting.counts import counted
from vidindex.errors import MediaError
from vidindex.types import FoundFile, FoundLink, FoundProblem, Location, VideoInfo
from vidindex.types.media import FileIdentity

STAGE = "scan"

RECIPE = "2"
"""What a scan finds out of a file; what was scanned by another recipe is probed again."""

_TO_ITS_END = ("subtitles", "speech")
"""Stages whose results reach beyond the last picture of a video."""


def scan(
    library: Library,
    services: Services,
    paths: Sequence[Path],
    options: IngestOptions,
    report: IngestReport,
    progress: Progress,
    deadline: Deadline,
) -> list[str]:
    """Bring the library's files up to date; returns the ids of all videos found, in order.

    What is gone is marked missing, unless `paths` are a part of what is there. Videos that were
    erased are left out and counted, unless they are taken in again.
    """
    found = list(services.discover(paths))
    scanned = library.work_ledger.finished_videos(STAGE, RECIPE)
    run = _Scan(library, services, options, report, scanned)
    progress.start(STAGE, len(found), "files")
    _forget_vanished_failures(library)
    seen: dict[str, None] = {}
    for item in found:
        deadline.check()
        if isinstance(item, FoundLink):
            report.links += 1
        elif isinstance(item, FoundProblem):
            record_failure(library, Location(item.root, item.path, 0, 0), STAGE, item.message)
        elif video_id := run.recognise(item):
            seen[video_id] = None
        progress.advance(1, item.path.name)
    _note_links(report)
    if report.scanned_again:
        files = counted(report.scanned_again, "file")
        report.notes.append(f"{files}, scanned by an older release, read again for true lengths")
    report.notes += nothing_found(paths, [item.path for item in found])
    roots = {item.root for item in found} | {path for path in paths if path.is_dir()}
    for root in () if options.partial else roots:
        report.missing += len(library.videos.mark_missing(root, {item.path for item in found}))
    report.files = len(seen)
    progress.finish()
    return list(seen)


def _note_links(report: IngestReport) -> None:
    if report.links:
        one = report.links == 1
        lead, were = ("link that leads", "was") if one else ("links that lead", "were")
        report.notes.append(
            f"{report.links:,} {lead} out of the folders {were} not followed (--follow-links)"
        )


def nothing_found(folders: Sequence[Path], found: Collection[Path]) -> list[str]:
    """A line for each of these folders below which nothing was found."""
    return [
        f"no video was found in {folder}"
        for folder in folders
        if not any(path.is_relative_to(folder) for path in found)
    ]


def location_of(item: FoundFile) -> Location:
    """Where this file is, and which one it is now. Raises OSError."""
    stat = item.path.stat(follow_symlinks=item.linked)
    identity = FileIdentity.of(stat)
    return Location(
        item.root,
        item.path,
        stat.st_mtime_ns,
        stat.st_size,
        identity=identity,
        linked=item.linked,
    )


def record_failure(library: Library, location: Location, stage: str, message: str) -> None:
    """Note that this file, as it is now, failed in this stage."""
    with library.transaction():
        library.failures.put(location, stage, message)


@dataclass(frozen=True, slots=True)
class _Scan:
    """One scan. scanned: the videos that this recipe has scanned."""

    library: Library
    services: Services
    options: IngestOptions
    report: IngestReport
    scanned: set[str]

    def recognise(self, item: FoundFile) -> str | None:
        """The id of the video in this file; None where it failed (recorded) or was erased."""
        location = Location(item.root, item.path, 0, 0)
        try:
            location = location_of(item)
            known = self.library.videos.location_at(item.path)
            if known and known[1] == location:
                if known[0] not in self.scanned:
                    self._scan_again(known[0], location)
                self.report.unchanged += 1
                return known[0]
            if not self.options.retry_failed and self.library.failures.unchanged(location, STAGE):
                return None
            return self._identify(location, known[0] if known else None)
        except (MediaError, OSError) as error:
            record_failure(self.library, location, STAGE, failure_line(error, item.path))
            return None

    def _scan_again(self, video_id: str, location: Location) -> None:
        """Probe a video that an older release scanned; what its new extent touches is redone.

        Replies of the model are kept, so that only chunks that are new are asked for.
        """
        library, before = self.library, self.library.videos.get(video_id)
        assert before
        now = replace(
            self.services.probe(location, video_id),
            recorded_at=before.recorded_at,
            recorded_at_from=before.recorded_at_from,
            camera=before.camera,
        )
        with library.transaction():
            library.videos.put(now)
            if _pictures(now) != _pictures(before):
                library.work_ledger.forget(video_id)
            elif now.duration_s != before.duration_s:
                library.work_ledger.forget(video_id, _TO_ITS_END)
            library.work_ledger.finish(video_id, STAGE, RECIPE)
        self.scanned.add(video_id)
        self.report.scanned_again += 1

    def _identify(self, location: Location, known: str | None) -> str | None:
        library, report = self.library, self.report
        video_id = self.services.fingerprint(location)
        if not self.options.again and library.tombstones.has(video_id):
            report.erased += 1
            with library.transaction():
                library.videos.lose(location.path)
            return None
        info = None if library.videos.get(video_id) else self.services.probe(location, video_id)
        with library.transaction():
            library.tombstones.discard(video_id)
            if info:
                library.videos.put(info)
                library.work_ledger.finish(video_id, STAGE, RECIPE)
            library.videos.put_location(video_id, location)
            file_video(library, video_id, location)
            library.failures.clear(location.path)
        report.notes += [f"{location.path.name}: {note}" for note in (info.notes if info else ())]
        if known and known != video_id:
            report.edited += 1
        elif info:
            report.new += 1
        elif known:
            report.unchanged += 1
        else:
            report.moved += 1
        return video_id


def _pictures(video: VideoInfo) -> tuple[object, ...]:
    """All that decides which pictures a video has, and when."""
    return (
        *(video.picture_end_s, video.num_frames, video.stream_index, video.start_s, video.clock),
        *(video.width, video.height, video.rotation_deg),
    )


def _forget_vanished_failures(library: Library) -> None:
    """Clear failures of files that are gone."""
    for failure in library.failures.all():
        if not failure.location.path.exists():
            library.failures.clear(failure.location.path)


def failure_line(error: Exception, path: Path) -> str:
    """One line for people: what failed, why, and what to do."""
    if isinstance(error, MediaError):
        return str(error)
    reason = error.strerror if isinstance(error, OSError) and error.strerror else error
    return f"{path.name}: {reason}; check that the file is there and may be read"
