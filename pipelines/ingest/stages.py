"""Run the passes of an ingest that need no model: subtitles and frame plan.

A stage has a name and a key (every setting that would change its results); it is
done for a video once both are in the library's work ledger.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pipelines.ingest.report import IngestReport
from pipelines.progress import Deadline, Progress
from pipelines.run_log import NoLog, RunLog
from pipelines.services import Services
from store.library import Library
from vidindex.types import (
    Channel,
    Event,
    FramePlan,
    FrameVector,
    Location,
    Signals,
    Source,
    VideoInfo,
)


@dataclass(frozen=True, slots=True)
class StageContext:
    """One video in one stage, and where to say what became of it.

    stored: called when events were stored while other videos are still under way. copies:
    the other places where the video is present.
    """

    library: Library
    video: VideoInfo
    location: Location
    report: IngestReport
    progress: Progress
    deadline: Deadline
    log: RunLog = field(default_factory=NoLog)
    stored: Callable[[], None] = lambda: None
    copies: Sequence[Path] = ()

    @property
    def video_id(self) -> str:
        return self.video.video_id

    @property
    def path(self) -> Path:
        return self.location.path

    @property
    def paths(self) -> list[Path]:
        """Every place of the video; the first is the one that is read."""
        return [self.path, *self.copies]


class Stage(Protocol):
    """One pass over the folder."""

    @property
    def name(self) -> str: ...

    def key(self, paths: Sequence[Path]) -> str:
        """Everything that would change the results for the video at these paths."""
        ...

    def run(self, context: StageContext) -> None:
        """Do the work for one video and store it with its mark in the ledger.

        Raises MediaError where the file cannot be used. What is only begun here is
        finished by `close`, which is called once, after the last video.
        """
        ...

    def close(self) -> None: ...

    def drop(self) -> None:
        """Forget what was gathered in a run that ends early: the next one begins with nothing."""
        ...


@dataclass(frozen=True, slots=True)
class SubtitleStage:
    """Embedded subtitle streams and sidecar files become timed events."""

    services: Services
    name: str = "subtitles"

    def key(self, paths: Sequence[Path]) -> str:
        """An edited, added or removed sidecar, of any copy, is read again."""
        return repr(sorted(_stamp(file) for file in self._sidecars(paths)))

    def run(self, context: StageContext) -> None:
        sidecars = self._sidecars(context.paths)
        found = self.services.read_subtitles(context.video, context.location, sidecars)
        key = self.key(context.paths)
        _store_events(context, self.name, key, "subtitle", found.events)
        context.report.notes += [f"{context.path.name}: {note}" for note in found.notes]
        if found.problems:
            context.library.failures.put(context.location, self.name, "; ".join(found.problems))
            context.progress.note(f"{context.path.name}: {'; '.join(found.problems)}")

    def _sidecars(self, paths: Sequence[Path]) -> list[Path]:
        return [file for path in paths for file in self.services.find_sidecars(path)]

    def close(self) -> None:
        """Nothing is left open."""

    def drop(self) -> None:
        """Nothing is gathered."""


@dataclass(frozen=True, slots=True)
class PlanStage:
    """Cheap signals become the frame plan: which frames a model would be shown.

    read_signals: of one video, with vectors of its keyframes where a dual encoder is at hand.
    """

    make_plan: Callable[[VideoInfo, Signals], FramePlan]
    policy: str
    read_signals: Callable[[StageContext], tuple[Signals, Sequence[FrameVector]]]
    name: str = "plan"

    def key(self, paths: Sequence[Path]) -> str:
        return self.policy

    def run(self, context: StageContext) -> None:
        signals, keyframes = self.read_signals(context)
        plan = self.make_plan(context.video, signals)
        with context.library.transaction():
            context.library.frame_plans.put(plan)
            if keyframes:
                context.library.frame_vectors.replace(context.video_id, keyframes)
            context.library.work_ledger.finish(context.video_id, self.name, self.policy)
        context.report.chunks += len(plan.chunks)
        context.report.continued += sum(chunk.continues for chunk in plan.chunks)
        context.progress.advance(context.video.duration_s, context.path.name)

    def close(self) -> None:
        """Nothing is left open."""

    def drop(self) -> None:
        """Nothing is gathered."""


def signals_alone(
    read: Callable[[Source], Signals], context: StageContext
) -> tuple[Signals, Sequence[FrameVector]]:
    """The signals of a video where no dual encoder is at hand."""
    return read(context.video.source(context.location)), ()


def _stamp(file: Path) -> tuple[str, int, int]:
    """Name, time and size of a file, by which a change is noticed; zeros where it just went."""
    try:
        stat = file.stat()
    except OSError:
        return (file.name, 0, 0)
    return (file.name, stat.st_mtime_ns, stat.st_size)


def _store_events(
    context: StageContext, stage: str, key: str, channel: Channel, events: Sequence[Event]
) -> None:
    with context.library.transaction():
        context.library.events.replace(context.video_id, channel, events)
        context.library.work_ledger.finish(context.video_id, stage, key)
    context.report.events += len(events)
    context.progress.advance(context.video.duration_s, context.path.name)
