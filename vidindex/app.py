"""The Python interface: `with open_library("my.library") as library: ...`.

A thin layer over the pipelines, which the command line uses as anyone would; what does
the work is put together in `composition`.
"""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from datetime import time as day_time
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

from pipelines.cameras import ListedCamera, list_cameras, remove_camera, set_camera
from pipelines.ingest import Ingest, IngestOptions
from pipelines.progress import Deadline, Progress, Quiet
from pipelines.report import IngestReport
from pipelines.stages import Stage
from pipelines.tools import Tools
from pipelines.wall_clock import date_known, wall_clock_of
from store.failures import Failure
from store.library import Library, Removal
from store.runs import Run
from vidindex.composition import (
    Settings,
    build_model,
    build_package,
    build_page,
    build_stages,
    build_tools,
    plan_settings,
)
from vidindex.cost import Estimate, estimate
from vidindex.errors import InputError, LibraryError, ModelNotFound
from vidindex.types import (
    Camera,
    Coverage,
    Filters,
    FramePlan,
    Location,
    Query,
    SearchResult,
    VideoInfo,
)

if TYPE_CHECKING:
    from pipelines.evaluate import Evaluated, Protocol
    from pipelines.evidence_package import Packed
    from pipelines.known import KnownSearch
    from pipelines.second_opinion import SecondOpinion
    from pipelines.verdicts import VerdictBook
    from vidindex.answering.answers import Answer
    from vidindex.answering.summaries import Summary
    from vidindex.calibration import Calibration
    from vidindex.evaluation.values import GroundTruth
    from vidindex.path_maps import PathMap
    from vidindex.stamps import Clock
    from vidindex.types import Mark, SavedHit, Timeline

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
    """One video of the library, where it lies, and how much is known of it.

    starts_at: the wall clock of its beginning, its camera's clock set right.
    """

    video: VideoInfo
    name: str
    locations: tuple[Location, ...]
    num_events: int
    starts_at: datetime | None = None


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
        if self.settings.recorded_at:
            date_known(self.library, self.tools.fingerprint, folders, self.settings.recorded_at)
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
        self,
        query: str | Query,
        *,
        verify: bool = True,
        thorough: bool = False,
        max_false_alarms: float | None = None,
        second_opinion: str | None = None,
    ) -> SearchResult:
        """Moments that match, best first, checked against fresh frames where asked for.

        max_false_alarms: of searches for something absent, at most this share may show a
        verified hit (needs a calibration). second_opinion: a reasoning model, such as
        VL-Rethinker, that is asked too.
        """
        from pipelines.search import Search, SearchOptions
        from pipelines.standard import judging
        from pipelines.verdicts import VerdictBook

        asked = query if isinstance(query, Query) else Query(query)
        book = VerdictBook(self.library, asked.text)
        lines = judging(self.library, self.tools, max_false_alarms, thorough=thorough)
        second = self._second(second_opinion) if second_opinion else None
        options = SearchOptions(verify, thorough)
        result = Search(self.library, self.tools, asked, options, book, lines, second).run()
        return replace(result, notes=self._keep(book, result))

    def _second(self, name: str) -> "SecondOpinion":
        from pipelines.second_opinion import SecondOpinion
        from pipelines.standard import worth_of

        model = build_model(name)
        if model is None:
            raise ModelNotFound(f"no model for {name!r} on this machine", "see: vidindex models")
        return SecondOpinion(self.library, self.tools.decoder, model, worth_of(self.library, model))

    def ask(
        self,
        question: str,
        filters: Filters | None = None,
        *,
        thorough: bool = False,
        rephrase: bool = False,
        now: datetime | None = None,
    ) -> "Answer":
        """A question in English, answered yes, no or unsure in sentences that cite events.

        filters narrow what the question says of cameras and times; now: aware, what "today"
        counts from. rephrase: add a model's words, as far as they are tied to the events.
        """
        from pipelines.ask import ask
        from pipelines.rephrase import in_other_words
        from vidindex.answering.answers import as_shown

        given, at = filters or Filters(), now or datetime.now().astimezone()
        found, book = ask(self.library, self.tools, question, at, given, thorough=thorough)
        found = replace(found, notes=(*found.notes, *self._keep(book, as_shown(found))))
        if not rephrase:
            return found
        told = (found.sentences, found.citations, found.verdict)
        words = in_other_words(self.library, self.tools, question, *told)
        return replace(found, rephrased=words)

    def summarize(
        self,
        *files: str,
        filters: Filters | None = None,
        most: int = 12,
        rephrase: bool = False,
    ) -> "Summary":
        """What happened in files, or in all that the filters let in, counted and cited.

        most: lines for each hour and channel. rephrase: as for `ask`.
        """
        from pipelines.rephrase import in_other_words
        from pipelines.summarize import summary

        found = summary(self.library, files, filters or Filters(), most)
        if not rephrase:
            return found
        told = (found.sentences, found.citations)
        words = in_other_words(self.library, self.tools, "What happened?", *told)
        return replace(found, rephrased=words)

    def known_searches(self, truth: "GroundTruth") -> "list[KnownSearch]":
        """Searches with known answers, as this library knows their files."""
        from pipelines.known import known_searches

        return known_searches(truth, self.library)

    def calibrate(
        self,
        searches: "Sequence[KnownSearch]",
        *,
        max_false_alarms: float = 0.05,
        second_opinion: str | None = None,
        source: str = "given searches",
        progress: Progress | None = None,
    ) -> "Calibration":
        """Learn from searches with known answers, and marks, what the model's scores are worth.

        second_opinion: learn what that model's Yes and No are worth, in place of the first's.
        """
        from pipelines.calibrate import Calibrate
        from pipelines.calibrate_opinion import calibrate_opinion
        from pipelines.remember import RememberingDecoder

        tools = replace(self.tools, decoder=RememberingDecoder(self.tools.decoder))
        run = Calibrate(self.library, tools, progress or Quiet())
        if second_opinion:
            found = calibrate_opinion(run, self._second(second_opinion), searches, source)
        else:
            found = run.run(searches, self.library.marks.all(), max_false_alarms, source)
        self.library.calibrations.put(found)
        return found

    def evaluate(
        self,
        truth: "GroundTruth",
        videos: str | Path | None,
        *,
        protocol: "Protocol" = "given-video",
        progress: Progress | None = None,
    ) -> "Evaluated":
        """Search for every query of a data set, as predictions that can be scored.

        videos: the folder that holds them; what the queries need of it is indexed. None: they
        are in this library. The same evaluation again asks the model nothing.
        """
        from pipelines.evaluate_search import EvaluateSearch

        folder = Path(videos).expanduser().resolve() if videos else None
        run = EvaluateSearch(self.library, self.tools, self.stages, progress or Quiet())
        done = run.run(truth, folder, protocol)
        done.report.notes.extend(self.notes())
        return done

    def hits(self, words: Sequence[str]) -> "list[SavedHit]":
        """What people call hits: `3` of the last answer, `1-3`, `all`, `FILE@01:23-01:40`."""
        from pipelines.hits import resolve

        return resolve(self.library, words)

    def mark(
        self,
        hits: Sequence[str],
        answer: Literal["keep", "reject", "note"],
        *,
        note: str = "",
        label_set: str = "",
        query: str | None = None,
    ) -> "list[Mark]":
        """Keep what people say of hits; the same hit in the same set is marked anew."""
        from pipelines.marks import mark_hits

        return mark_hits(self.library, hits, answer, note=note, label_set=label_set, query=query)

    def marks(self, label_set: str | None = None) -> "list[Mark]":
        """Every mark, or those of one set, in the order they were made."""
        return self.library.marks.all(label_set)

    def kept(self, label_set: str | None = None) -> "list[Mark]":
        """The marks that say keep. Raises InputError where there is none."""
        kept = [mark for mark in self.library.marks.all(label_set) if mark.answer == "keep"]
        if not kept:
            where = "" if label_set is None else f" in the set {label_set!r}"
            raise InputError(f"nothing was kept{where}", "mark hits: vidindex mark keep 1-3")
        return kept

    def remove_marks(self, mark_ids: Sequence[int]) -> None:
        """Forget marks: all of them, or none where one is not there."""
        with self.library.transaction():
            for mark_id in mark_ids:
                if not self.library.marks.remove(mark_id):
                    raise InputError(f"there is no mark {mark_id}", "see: vidindex mark list")

    def export_marks(
        self,
        output: Path | None,
        label_set: str | None = None,
        only: Literal["keep", "reject", "note"] | None = None,
    ) -> None:
        """Write marks as a table (CSV) to a file, or to standard output."""
        from pipelines.files import write_whole
        from pipelines.marks import write_marks

        if output is None:
            write_marks(self.library, sys.stdout, label_set, only)
        else:
            write_whole(output, lambda to: write_marks(self.library, to, label_set, only))

    def import_marks(self, table: Path) -> int:
        """Add the marks of a table; their number."""
        from pipelines.marks import read_marks

        return read_marks(self.library, table)

    def save_pictures(
        self,
        result: SearchResult,
        folder: str | Path,
        *,
        box: bool = False,
        progress: Progress | None = None,
    ) -> list[Path]:
        """Write the frame that shows each hit into `folder`; box: what was asked for, outlined.

        What has no picture, and why, is told to `progress`.
        """
        from pipelines.outlines import pictures_of
        from pipelines.save import save_pictures
        from vidindex.media.stills import jpeg

        pictured = pictures_of(self.library, self.tools, result, box=box, strip=False)
        return save_pictures(pictured, Path(folder).expanduser(), jpeg, progress or Quiet())

    def report(
        self,
        result: SearchResult,
        path: str | Path,
        *,
        box: bool = False,
        progress: Progress | None = None,
    ) -> Path:
        """Write the printable sheet of an answer: one HTML file with pictures and file hashes.

        The files that the answer rests on are read whole: those of its candidates; where
        nothing was found, all that were searched.
        """
        from pipelines.files import write_whole
        from pipelines.sheet import SheetMaker
        from vidindex.media.stills import jpeg
        from vidindex.sheets import write

        place = Path(path).expanduser()
        if not place.parent.is_dir():
            raise InputError(f"no folder {place.parent} to write {place.name} into", "make it")
        maker = SheetMaker(self.library, self.tools, progress or Quiet(), box)
        sheet = maker.make(result, datetime.now().astimezone(), version("vidindex"))
        write_whole(place, lambda stream: write(sheet, jpeg, stream))
        return place

    def evidence(
        self, hits: Sequence[str], folder: str | Path, *, progress: Progress | None = None
    ) -> "Packed":
        """Pack the whole originals of hits, named as for `hits`, with all that is known of them.

        `pipelines.evidence_check.check_package` verifies what this has made, without a library.
        """
        make = build_package(self.library, self.settings, progress or Quiet())
        place = Path(folder).expanduser()
        return make.make(self.hits(hits), place, datetime.now().astimezone(), version("vidindex"))

    def like(self, text: str) -> str:
        """What `FILE@01:23`, or a picture file, shows, in words to search for."""
        from pipelines.like import Like
        from vidindex.media.stills import read_still

        language = self.settings.caption_language
        return Like(self.library, self.tools, read_still, language).describe(text)

    def export(
        self,
        output: str | Path | None,
        *,
        videos: Sequence[str] = (),
        timeline: "Timeline | None" = None,
        format_name: str | None = None,
        path_maps: "Sequence[PathMap]" = (),
        clock: "Clock | None" = None,
        progress: Progress | None = None,
    ) -> list[Path]:
        """Write a timeline to a file, a folder (one file per video) or, for None, stdout.

        timeline: one of `pipelines.timelines`, else that of `videos`, else of all. clock: put
        before every text. What was left out, and how many media files lie where the export
        says, is told to `progress`.
        """
        from pipelines.export import export, mapped
        from pipelines.timelines import Timelines
        from vidindex.exporters import by_name, by_suffix
        from vidindex.stamps import stamped

        place = Path(output).expanduser() if output is not None else None
        wanted = format_name or (place.suffix if place else "")
        if not wanted:
            raise InputError("the export has no format", "name one: --format json")
        if wanted.lower() in ("html", ".html"):
            exporter = build_page(self.library, self.settings, progress or Quiet())
        else:
            exporter = by_name(format_name) if format_name else by_suffix(Path(str(place)))
        made, media = mapped(timeline or Timelines(self.library).of_videos(videos), path_maps)
        written = export(stamped(made, clock) if clock else made, exporter, place)
        for note in (*made.notes, *map(str, media)):
            (progress or Quiet()).note(note)
        return written

    def export_hits(
        self,
        result: SearchResult,
        output: str | Path,
        *,
        path_maps: Sequence[str] = (),
        progress: Progress | None = None,
    ) -> list[Path]:
        """Write the hits of an answer as a timeline, best first; its format is by the suffix."""
        from pipelines.timelines import Timelines
        from vidindex.path_maps import parse_path_map

        timeline = Timelines(self.library).of_moments(result.moments, result.query.text)
        maps = [parse_path_map(text) for text in path_maps]
        return self.export(output, timeline=timeline, path_maps=maps, progress=progress)

    def _keep(self, book: "VerdictBook", result: SearchResult) -> tuple[str, ...]:
        """Store the answer and new verdicts; a note where the library cannot be written to now."""
        try:
            with self._writer() as library:
                book.store(library)
                library.searches.put(result)
        except LibraryError as error:
            again = f", and {len(book.new)} verdicts will be asked again" if book.new else ""
            return (f"this answer is not kept: its hits have no numbers{again}: {error}",)
        return ()

    @contextmanager
    def _writer(self) -> Iterator[Library]:
        """This library for writing: opened for the moment where it was opened for reading."""
        if self.library.write:
            yield self.library
        else:
            with Library.open(self.library.path, write=True) as writer:
                yield writer

    def videos(self) -> list[ListedVideo]:
        """Every video with its places."""
        videos = self.library.videos
        return [
            ListedVideo(
                info,
                videos.name(info.video_id),
                tuple(videos.locations(info.video_id)),
                self.library.events.count(info.video_id),
                clock.at(0.0) if (clock := wall_clock_of(self.library, info.video_id)) else None,
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

    def cameras(self) -> list[ListedCamera]:
        """Every camera that file names or the user named, with what it recorded."""
        return list_cameras(self.library)

    def camera(self, name: str) -> Camera:
        """What the user said of this camera; nothing yet for a new one."""
        return self.library.cameras.get(name) or Camera(name)

    def set_camera(self, camera: Camera) -> ListedCamera:
        """Keep a camera's pattern, zone, offset and drift; its files follow at once."""
        return set_camera(self.library, camera)

    def remove_camera(self, name: str) -> None:
        """Forget what the user said of a camera; InputError where that was nothing."""
        remove_camera(self.library, name)

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


def evaluate_reference(
    truth: "GroundTruth",
    videos: str | Path,
    settings: Settings = DEFAULTS,
    *,
    replies: str | Path,
    progress: Progress | None = None,
) -> "Evaluated":
    """Ask the model for every query in the published way, without a library.

    replies: a file that keeps what the model said as it comes; what stands there is not asked
    again.
    """
    from pipelines.evaluate_reference import EvaluateReference
    from pipelines.evaluate_replies import ReplyFile

    tools = build_tools(settings)
    if tools.model is None:
        raise ModelNotFound("the preset reference asks a vision model", "name one: --model")
    kept = ReplyFile(Path(replies).expanduser())
    run = EvaluateReference(tools, tools.model, kept, progress or Quiet())
    return run.run(truth, Path(videos).expanduser().resolve())


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
