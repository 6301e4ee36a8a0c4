"""Decide which watched files are ready to be ingested.

What the library says of a file comes before what is remembered of it, so a restart changes
nothing but how long a new file has been seen.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipelines.ingest.scan import STAGE
from pipelines.ingest.stages import Stage
from pipelines.services import Services
from pipelines.watch.folders import FileState, FolderSnapshot, StabilityTracker
from store.library import Library
from vidindex.errors import MediaError
from vidindex.types import FoundFile, Location


@dataclass(frozen=True, slots=True)
class ReadyFile:
    """A file to ingest, and how long it lasts; 0 where that is not known."""

    item: FoundFile
    duration_s: float


@dataclass(slots=True)
class ReadinessCheck:
    """Judges the files of one sight after the other.

    settle_s: how long a file must look the same before it is opened; patience_s: how long one
    that cannot be opened yet is waited for; waits: receives such a file, and why, once.
    """

    library: Library
    services: Services
    stages: Sequence[Stage]
    searches: Sequence[str]
    settle_s: float
    patience_s: float
    waits: Callable[[Path, Exception], None]
    clock: Callable[[], float]
    _stability: StabilityTracker = field(default_factory=StabilityTracker)
    _done: dict[Path, FileState] = field(default_factory=dict)
    _next_try_s: dict[Path, float] = field(default_factory=dict)

    def ready(self, snapshot: FolderSnapshot, most: int) -> list[ReadyFile]:
        """At most so many files of this sight that can be ingested now, in its order."""
        self._stability.update(snapshot.states, self.clock())
        found: list[ReadyFile] = []
        for path, item in snapshot.files.items():
            state = snapshot.states[path]
            if self._done.get(path) != state and (ready := self._judged(item, state)):
                found.append(ready)
                if len(found) == most:
                    break
        return found

    def is_waiting(self) -> bool:
        """Whether there are files that are neither done nor ready: some may only have to settle."""
        return any(
            self._done.get(path) != state for path, state in self._stability.states().items()
        )

    def ingested(self, path: Path, *, erased: bool) -> None:
        """Note that an ingest was given the file; the library holds the result.

        erased: the ingest left files out, whose videos were erased from the library.
        """
        if known := self.library.videos.location_at(path):
            self._done[path] = FileState(known[1].size_bytes, known[1].mtime_ns)
        elif erased and not self._failed(path):
            self._done[path] = self._stability.states()[path]
        else:
            self._next_try_s[path] = self.clock() + self.patience_s

    def _failed(self, path: Path) -> bool:
        return any(one.location.path == path for one in self.library.failures.all())

    def forget(self, paths: Iterable[Path]) -> None:
        """Judge these files again when they are seen again."""
        for path in paths:
            self._done.pop(path, None)

    def forget_below(self, folder: Path) -> None:
        """Judge all files in a folder again."""
        self.forget([path for path in self._done if path.is_relative_to(folder)])

    def _judged(self, item: FoundFile, state: FileState) -> ReadyFile | None:
        location = Location(item.root, item.path, state.mtime_ns, state.size_bytes)
        known = self.library.videos.location_at(item.path)
        if known is None or replace(known[1], root=item.root) != location:
            settled = self._unchanged_s(item.path) >= self.settle_s
            return self._opened(item, location) if settled else None
        if self._finished(known[0], location):
            self._done[item.path] = state
            return None
        video = self.library.videos.get(known[0])
        return ReadyFile(item, video.duration_s if video else 0.0)

    def _finished(self, video_id: str, location: Location) -> bool:
        """Whether no pass and no search is left to do, as in a run that was killed."""
        library = self.library
        places = library.videos.locations(video_id)
        others = [place.path for place in places if place.status == "present"]
        paths = [location.path, *(path for path in others if path != location.path)]
        return all(
            library.work_ledger.done(video_id, stage.name, stage.key(paths))
            or library.failures.unchanged(location, stage.name)
            for stage in self.stages
        ) and not any(library.alerts.unseen(words, [video_id]) for words in self.searches)

    def _opened(self, item: FoundFile, location: Location) -> ReadyFile | None:
        if self.clock() < self._next_try_s.get(location.path, 0.0):
            return None
        try:
            return ReadyFile(
                item, self.services.probe(replace(location, linked=item.linked), "").duration_s
            )
        except (MediaError, OSError) as error:
            return ReadyFile(item, 0.0) if self._is_overdue(location, error) else None

    def _is_overdue(self, location: Location, error: Exception) -> bool:
        """Whether a file that cannot be opened is to be reported now, by an ingest.

        Reported ones are tried again from time to time, though they look the same: some
        programs give a file its full size before its contents.
        """
        reported = bool(self.library.failures.unchanged(location, STAGE))
        age_s = max(self._unchanged_s(location.path), time.time() - location.mtime_ns / 1e9)
        overdue = age_s >= self.patience_s
        wait_s = self.patience_s if overdue or reported else self.settle_s
        self._next_try_s[location.path] = self.clock() + wait_s
        if not overdue and not reported:
            self.waits(location.path, error)
        return overdue and not reported

    def _unchanged_s(self, path: Path) -> float:
        return self._stability.unchanged_s(path, self.clock())
