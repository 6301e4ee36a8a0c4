"""Watch folders in rounds: snapshot, ingest what has settled, run standing queries, notify.

Nothing is kept in memory that a restart would miss: what is ingested, searched and notified
is in the library. The library is locked for a batch and free between two.
"""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipelines.ingest.options import IngestOptions
from pipelines.ingest.report import IngestReport
from pipelines.ingest.run import Ingest
from pipelines.ingest.scan import STAGE, nothing_found
from pipelines.ingest.stages import Stage
from pipelines.progress import Deadline, Progress, SharedProgress
from pipelines.services import Services
from pipelines.watch.alerts import AlertNotifier, Notify, WatchCounts
from pipelines.watch.folders import FolderSnapshot, take_snapshot
from pipelines.watch.hook import Hook
from pipelines.watch.readiness import ReadinessCheck, ReadyFile
from pipelines.watch.standing_query import run_standing_query
from store.library import Library
from store.progress_file import ProgressFile
from vidindex.errors import LibraryLocked
from vidindex.types import FoundFile

BATCH, BATCH_S = 16, 900.0
"""Files, or seconds of footage, ingested between two rounds of searching: hits are reported
before a burst is over."""


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """settle_s: how long a file must look the same before it is opened. patience_s: how long one
    that cannot be opened yet is waited for. every_s: between two looks. searches: what to look
    for in new footage. hook: what is run on each hit.
    """

    settle_s: float = 10.0
    every_s: float = 5.0
    patience_s: float = 600.0
    searches: tuple[str, ...] = ()
    thorough: bool = False
    hook: Hook | None = None


@dataclass(slots=True)
class Watch:
    """Watches folders for one library. writer: opens the library for writing, for a moment."""

    library: Library
    writer: Callable[[], AbstractContextManager[Library]]
    services: Services
    stages: Sequence[Stage]
    folders: Sequence[Path]
    options: WatchOptions
    notify: Notify
    progress: Progress
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    counts: WatchCounts = field(default_factory=WatchCounts)
    _seen: frozenset[Path] = frozenset()
    _believed: frozenset[Path] = frozenset()
    _reported: set[str] = field(default_factory=set)
    _searches_begun: bool = False
    _files: ReadinessCheck = field(init=False)
    _notifier: AlertNotifier = field(init=False)

    def __post_init__(self) -> None:
        options = self.options
        self._files = ReadinessCheck(
            self.library,
            self.services,
            self.stages,
            options.searches,
            options.settle_s,
            options.patience_s,
            lambda path, why: self._report_once("waiting", f"not complete yet: {why}", file=path),
            self.clock,
        )
        self._notifier = AlertNotifier(
            self.library, self.writer, options.searches, options.hook, self.notify, self.counts
        )

    def run(self) -> None:
        """Watch until interrupted. Looking takes at most half of the time."""
        while True:
            began_s = self.clock()
            if not self.step():
                self.sleep(max(self.options.every_s, self.clock() - began_s))

    def once(self) -> None:
        """One round over all there is; what still grows is left for the next time.

        Raises LibraryLocked where another process writes.
        """
        while self._round():
            pass
        if self._files.is_waiting():
            self.sleep(self.options.settle_s)
            while self._round():
                pass

    def step(self) -> bool:
        """Look, ingest a batch, notify; whether there is more to do at once.

        Where another process writes, it reports that once, and nothing is done.
        """
        try:
            more = self._round()
        except LibraryLocked as error:
            self._report_once("locked", f"waiting: {error}")
            return False
        self._reported = {key for key in self._reported if not key.startswith("locked")}
        return more

    def _round(self) -> bool:
        self._begin_searches()
        snapshot = take_snapshot(self.library, self.services, self.folders)
        self._report_folders(snapshot)
        self._declare_missing(snapshot)
        ready = self._files.ready(snapshot, BATCH + 1)
        batch = _batch(ready)
        if batch:
            self._ingest(batch)
        left = self._notifier.run()
        return len(ready) > len(batch) or left

    def _begin_searches(self) -> None:
        if self._searches_begun or not self.options.searches:
            return
        with self.writer() as library:
            for words in self.options.searches:
                library.alerts.begin(words)
        self._searches_begun = True

    def _report_folders(self, snapshot: FolderSnapshot) -> None:
        for folder in self.folders:
            if folder in snapshot.away:
                hint = "its files are not declared missing; waiting until they are back"
                self._report_once("away", f"{folder}: not there, or empty; {hint}", folder=folder)
            elif self._was_reported("away", folder):
                self._files.forget_below(folder)
                self.notify("back", f"{folder}: there again", folder=folder)
            elif folder not in snapshot.unsure and nothing_found([folder], snapshot.files):
                text = f"no video was found in {folder}; those that come are indexed"
                self._report_once("empty", text, folder=folder)
        for problem in snapshot.problems:
            self._report_once("problem", problem.message, file=problem.path)

    def _declare_missing(self, snapshot: FolderSnapshot) -> None:
        """Mark files missing from folders that can be trusted; judge them again if they return."""
        believed = frozenset(self.folders) - snapshot.away - snapshot.unsure
        vanished = self._seen - snapshot.files.keys()
        for folder in believed:
            if vanished or folder not in self._believed:
                self._mark_missing(folder, snapshot.files)
        self._seen, self._believed = frozenset(snapshot.files), believed

    def _mark_missing(self, folder: Path, now: Collection[Path]) -> None:
        if all(location.path in now for location in self.library.videos.present_below(folder)):
            return
        with self.writer() as library:
            gone = library.videos.mark_missing(folder, now)
        if gone:
            self._files.forget([location.path for location in gone])
            self.counts.missing += len(gone)
            files = "1 file is" if len(gone) == 1 else f"{len(gone):,} files are"
            self.notify("missing", f"{folder}: {files} gone", folder=folder, files=len(gone))

    def _ingest(self, batch: Sequence[FoundFile]) -> None:
        with self.writer() as library:
            for item in batch:
                library.failures.clear(item.path, STAGE)
            report = self._run(library, batch)
            _forgive_vanished(library, report)
            there = [item for item in batch if item.path.exists()]
            locations = [library.videos.location_at(item.path) for item in there]
            video_ids = [known[0] for known in locations if known]
            for video_id in video_ids:
                report.missing += len(library.videos.mark_moved(video_id))
            self._report_batch(report)
            self._run_queries(library, video_ids)
        for item in there:
            self._files.ingested(item.path, erased=report.erased > 0)

    def _report_batch(self, report: IngestReport) -> None:
        self.counts.add(report)
        for line in _lines(report):
            self.notify("ingested", line, **report.counts())
        for failure in report.failures:
            self.notify("failed", failure.message, file=failure.location.path, stage=failure.stage)

    def _run(self, library: Library, batch: Sequence[FoundFile]) -> IngestReport:
        shared = SharedProgress(self.progress, ProgressFile(library.path))
        run = Ingest(
            library,
            replace(self.services, discover=lambda _: batch),
            self.stages,
            IngestOptions(partial=True),
            shared,
            Deadline(),
            IngestReport(),
        )
        with closing(shared):
            return run.run([item.path for item in batch])

    def _run_queries(self, library: Library, video_ids: Sequence[str]) -> None:
        for words in self.options.searches:
            for video_id in library.alerts.unseen(words, video_ids):
                thorough = self.options.thorough
                _, left = run_standing_query(
                    library, self.services, words, video_id, thorough=thorough
                )
                if left:
                    name = library.videos.name(video_id)
                    message = f"{name}: {left:,} weaker candidates for {words!r} not checked"
                    self.notify("unchecked", message, search=words, candidates=left, name=name)

    def _report_once(self, what: str, message: str, **facts: object) -> None:
        key = f"{what} {facts.get('folder') or facts.get('file') or message}"
        if key not in self._reported:
            self._reported.add(key)
            self.notify(what, message, **facts)

    def _was_reported(self, what: str, folder: Path) -> bool:
        """Whether that was reported of this folder; then it may be reported again."""
        key = f"{what} {folder}"
        reported = key in self._reported
        self._reported.discard(key)
        return reported


def _forgive_vanished(library: Library, report: IngestReport) -> None:
    """A file that went while it was read has not failed: it is taken up when it is back."""
    gone = [one for one in report.failures if not one.location.path.exists()]
    for failure in gone:
        library.failures.clear(failure.location.path)
    report.failures = [one for one in report.failures if one not in gone]


def _batch(ready: Iterable[ReadyFile]) -> list[FoundFile]:
    """The first of the files, until they are many or long enough."""
    batch: list[FoundFile] = []
    lasts_s = 0.0
    for one in ready:
        if len(batch) == BATCH or lasts_s >= BATCH_S:
            break
        batch.append(one.item)
        lasts_s += one.duration_s
    return batch


def _lines(report: IngestReport) -> list[str]:
    """One line of what a batch did; nothing where it did nothing."""
    counted = {"new": report.new, "moved": report.moved, "edited": report.edited}
    counted |= {"resumed": report.resumed, "failed": report.failed, "events": report.events}
    counted |= {"erased before and left out": report.erased}
    parts = ", ".join(f"{count:,} {name}" for name, count in counted.items() if count)
    return [f"ingested: {parts}"] if parts else []
