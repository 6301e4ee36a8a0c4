"""The passes of an ingest that need no model: subtitles, frame plan, on-screen text, speech.

A stage has a name and a key (every setting that would change its results); it is
done for a video once both stand in the library's work ledger.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pipelines.ingest.report import IngestReport
from pipelines.progress import Deadline, Progress
from pipelines.run_log import NoLog, RunLog
from pipelines.services import Tools
from store.library import Library
from vidindex.types import Channel, Event, FramePlan, Location, Signals, VideoInfo


@dataclass(frozen=True, slots=True)
class Work:
    """One video in one stage, and where to say what became of it.

    stored: called when events were stored while other videos are still under way.
    """

    library: Library
    video: VideoInfo
    place: Location
    report: IngestReport
    progress: Progress
    deadline: Deadline
    log: RunLog = field(default_factory=NoLog)
    stored: Callable[[], None] = lambda: None

    @property
    def video_id(self) -> str:
        return self.video.video_id

    @property
    def path(self) -> Path:
        return self.place.path


class Stage(Protocol):
    """One pass over the folder."""

    @property
    def name(self) -> str: ...

    def key(self, path: Path) -> str:
        """Everything that would change the results for the file at `path`."""
        ...

    def run(self, work: Work) -> None:
        """Do the work for one video and store it with its mark in the ledger.

        Raises MediaError where the file cannot be used. What is only begun here is
        finished by `close`, which is called once, after the last video.
        """
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class SubtitleStage:
    """Embedded subtitle streams and sidecar files become timed events."""

    tools: Tools
    name: str = "subtitles"

    def key(self, path: Path) -> str:
        """An edited, added or removed sidecar is read again."""
        return repr([_stamp(file) for file in self.tools.find_sidecars(path)])

    def run(self, work: Work) -> None:
        key = self.key(work.path)
        found = self.tools.read_subtitles(work.video, work.path)
        _store_events(work, self.name, key, "subtitle", found.events)
        work.report.notes += [f"{work.path.name}: {note}" for note in found.notes]
        if found.problems:
            work.library.failures.put(work.place, self.name, "; ".join(found.problems))
            work.progress.note(f"{work.path.name}: {'; '.join(found.problems)}")

    def close(self) -> None:
        """Nothing is left open."""


@dataclass(frozen=True, slots=True)
class PlanStage:
    """Cheap signals become the frame plan: which frames a model would be shown."""

    tools: Tools
    make_plan: Callable[[VideoInfo, Signals], FramePlan]
    policy: str
    name: str = "plan"

    def key(self, path: Path) -> str:
        return self.policy

    def run(self, work: Work) -> None:
        plan = self.make_plan(work.video, self.tools.read_signals(work.video.source(work.path)))
        with work.library.transaction():
            work.library.frame_plans.put(plan)
            work.library.work_ledger.finish(work.video_id, self.name, self.policy)
        work.report.chunks += len(plan.chunks)
        work.report.continued += sum(chunk.continues for chunk in plan.chunks)
        work.progress.advance(work.video.duration_s, work.path.name)

    def close(self) -> None:
        """Nothing is left open."""


@dataclass(frozen=True, slots=True)
class SpeechStage:
    """Speech becomes timed events, where a transcriber is to be had."""

    transcribe: Callable[[VideoInfo, Path], Sequence[Event]]
    model: str
    name: str = "speech"

    def key(self, path: Path) -> str:
        return self.model

    def run(self, work: Work) -> None:
        events = self.transcribe(work.video, work.path) if work.video.audio else ()
        _store_events(work, self.name, self.model, "speech", events)

    def close(self) -> None:
        """Nothing is left open."""


def _stamp(file: Path) -> tuple[str, int, int]:
    """Name, time and size of a file, by which a change is noticed; zeros where it just went."""
    try:
        stat = file.stat()
    except OSError:
        return (file.name, 0, 0)
    return (file.name, stat.st_mtime_ns, stat.st_size)


def _store_events(
    work: Work, stage: str, key: str, channel: Channel, events: Sequence[Event]
) -> None:
    with work.library.transaction():
        work.library.events.replace(work.video_id, channel, events)
        work.library.work_ledger.finish(work.video_id, stage, key)
    work.report.events += len(events)
    work.progress.advance(work.video.duration_s, work.path.name)
