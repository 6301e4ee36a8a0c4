"""The Python interface: `with open_library("my.library") as library: ...`.

A thin layer over the pipelines, which the command line uses as anyone would; what does
the work is put together in `composition`.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from datetime import time as day_time
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from pipelines.ingest import Ingest, IngestOptions
from pipelines.progress import Deadline, Progress, Quiet
from pipelines.report import IngestReport
from pipelines.stages import Stage
from pipelines.tools import Tools
from store.failures import Failure
from store.library import Library, Removal
from store.runs import Run
from vidindex.composition import Settings, build_stages, build_tools, plan_settings
from vidindex.cost import Estimate, estimate
from vidindex.errors import InputError, LibraryError
from vidindex.types import Coverage, FramePlan, Location, Query, SearchResult, VideoInfo

if TYPE_CHECKING:
    from pipelines.verdicts import VerdictBook

__all__ = [
    "App",
    "ListedVideo",
    "PlanResult",
    "Settings",
    "Status",
    "deadline",
    "open_library",
    "plan",
]

DEFAULTS = Settings()


@dataclass(frozen=True, slots=True)
class ListedVideo:
    """One video of the library, where it lies, and how much is known of it."""

    video: VideoInfo
    name: str
    locations: tuple[Location, ...]
    num_events: int


@dataclass(frozen=True, slots=True)
class Status:
    """What `vidindex status` shows."""

    library: Path
    coverage: Coverage
    events: dict[str, int]
    failures: list[Failure]
    last_run: Run | None


def open_library(path: str | Path, settings: Settings = DEFAULTS, *, write: bool = True) -> "App":
    """Open (with `write`: or create) the library in this directory.

    Raises LibraryError where it cannot be used as it is; the message says what to do.
    """
    place = Path(path).expanduser()
    return App(Library.open(place, create=write, write=write), settings)


class App:
    """A library with the tools that this machine has; a context manager."""

    def __init__(self, library: Library, settings: Settings) -> None:
        self.library = library
        self.settings = settings

    def __enter__(self) -> Self:
        self.library.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.library.__exit__(kind, error, traceback)

    def ingest(
        self,
        *paths: str | Path,
        first: Sequence[str] = (),
        retry_failed: bool = False,
        re_embed: bool = False,
        until: day_time | None = None,
        budget_s: float | None = None,
        progress: Progress | None = None,
    ) -> IngestReport:
        """Index files and folders; see `vidindex ingest --help` for what each option does."""
        folders = [Path(path).expanduser().resolve() for path in paths]
        if absent := [folder for folder in folders if not folder.exists()]:
            raise InputError(f"no such file or folder: {absent[0]}", "check the path")
        run = Ingest(
            self.library,
            self.tools,
            self.stages,
            IngestOptions(tuple(first), retry_failed, re_embed),
            progress or Quiet(),
            deadline(until, budget_s, datetime.now()),
            IngestReport(notes=self.notes()),
        )
        return run.run(folders)

    def search(
        self, query: str | Query, *, verify: bool = True, thorough: bool = False
    ) -> SearchResult:
        """Moments that match, best first, checked against fresh frames where asked for."""
        from pipelines.search import Search, SearchOptions
        from pipelines.verdicts import VerdictBook

        asked = query if isinstance(query, Query) else Query(query)
        book = VerdictBook(self.library, asked.text)
        options = SearchOptions(verify, thorough)
        result = Search(self.library, self.tools, asked, options, book).run()
        return replace(result, notes=self._keep(book))

    def export(
        self,
        output: str | Path | None,
        *,
        videos: Sequence[str] = (),
        format_name: str | None = None,
    ) -> list[Path]:
        """Write timelines to a file, a folder (one file per video) or, for None, stdout."""
        from pipelines.export import export
        from vidindex.exporters import by_name, by_suffix

        place = Path(output).expanduser() if output is not None else None
        if format_name is None and (place is None or not place.suffix):
            raise InputError("the export has no format", "name one: --format json")
        exporter = by_name(format_name) if format_name else by_suffix(Path(str(place)))
        return export(self.library, exporter, videos, place)

    def _keep(self, book: "VerdictBook") -> tuple[str, ...]:
        """Store new verdicts; a note where the library cannot be written to now."""
        if not book.new:
            return ()
        if self.library.write:
            book.store(self.library)
            return ()
        try:
            with Library.open(self.library.path, write=True) as writer:
                book.store(writer)
        except LibraryError as error:
            return (f"{len(book.new)} verdicts are not kept and will be asked again: {error}",)
        return ()

    def videos(self) -> list[ListedVideo]:
        """Every video with its places."""
        videos = self.library.videos
        return [
            ListedVideo(
                info,
                videos.name(info.video_id),
                tuple(videos.locations(info.video_id)),
                self.library.events.count(info.video_id),
            )
            for info in videos.all()
        ]

    def find(self, names: Sequence[str]) -> dict[str, str]:
        """Ids of the videos that people mean, with their names; InputError for an unknown one."""
        videos = self.library.videos
        return {video_id: videos.name(video_id) for video_id in videos.find(names)}

    def remove(self, video_ids: Sequence[str]) -> "list[Removal]":
        """Erase videos from the library with all their traces."""
        removed = [self.library.remove(video_id) for video_id in video_ids]
        self.library.vectors.refresh()
        return removed

    def status(self) -> Status:
        """What the library holds, what failed, and the last run."""
        return Status(
            library=self.library.path,
            coverage=self.library.coverage(),
            events=self.library.events.count_by_channel(),
            failures=self.library.failures.all(),
            last_run=self.library.runs.last(),
        )

    def notes(self) -> list[str]:
        """What this machine lacks, said plainly, with what to do about it."""
        if self.tools.model or self.settings.model == "none":
            return []
        from vidindex.vision.checkpoints import NO_MODEL_REMEDIES

        return [f"no vision model here: only text is indexed; {NO_MODEL_REMEDIES}"]

    @cached_property
    def tools(self) -> Tools:
        """Everything that touches a file or a model, as far as this machine has it."""
        return build_tools(self.settings)

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """The passes of an ingest, cheap ones first; what is not to be had is left out."""
        return build_stages(self.tools, self.settings)


@dataclass(frozen=True, slots=True)
class PlanResult:
    """Plans with what they are of, what could not be planned, and what it would cost.

    licence: of the model that the plan is for; "" without one.
    """

    videos: tuple[VideoInfo, ...]
    plans: tuple[FramePlan, ...]
    names: tuple[str, ...]
    failures: tuple[str, ...]
    estimate: Estimate
    model: str
    licence: str


def plan(
    paths: Sequence[str | Path], settings: Settings = DEFAULTS, progress: Progress | None = None
) -> PlanResult:
    """The frame plans of files and folders and their cost; needs no library, writes nothing."""
    from pipelines.plan import plan_files

    folders = [Path(path).expanduser().resolve() for path in paths]
    if absent := [folder for folder in folders if not folder.exists()]:
        raise InputError(f"no such file or folder: {absent[0]}", "check the path")
    tools = build_tools(settings)
    limits = tools.model.limits if tools.model else None
    bounds = plan_settings(tools, settings)
    planned, failures = plan_files(tools, folders, bounds, progress or Quiet())
    return PlanResult(
        videos=tuple(one.video for one in planned),
        plans=tuple(one.plan for one in planned),
        names=tuple(str(one.path) for one in planned),
        failures=tuple(failures),
        estimate=estimate((one.video, one.plan) for one in planned),
        model=limits.identity if limits else "none here; planned for Qwen2.5-VL in general",
        licence=limits.licence if limits else "",
    )


def deadline(until: day_time | None, budget_s: float | None, now: datetime) -> Deadline:
    """The sooner of the next `until` o'clock and `budget_s` seconds from now."""
    choices = [Deadline()]
    if until is not None:
        end = datetime.combine(now.date(), until)
        end += timedelta(days=int(end <= now))
        left_s = (end - now).total_seconds()
        choices.append(Deadline(time.monotonic() + left_s, f"at --until {until:%H:%M}"))
    if budget_s is not None:
        choices.append(Deadline(time.monotonic() + budget_s, f"after --budget {budget_s:g} s"))
    return min(choices, key=lambda choice: choice.at_s)
