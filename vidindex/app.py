"""Composition root: the only place that picks implementations; everyone else receives them.

Also the Python interface: `with open_library("my.library") as library: ...`. Heavy
imports happen inside the builders below, when the thing is first used.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from datetime import time as day_time
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from pipelines.ingest import Ingest, IngestOptions
from pipelines.progress import Deadline, Progress, Quiet
from pipelines.report import IngestReport
from pipelines.stages import PlanStage, SpeechStage, Stage, SubtitleStage
from pipelines.tools import Tools
from store.failures import Failure
from store.library import Library, Removal
from store.runs import Run
from vidindex.cost import Estimate, estimate
from vidindex.errors import InputError, LibraryError
from vidindex.planning import PlanSettings, Policy, make_plan, settings_for
from vidindex.ports import Decoder, Embedder, TextReader, VisionModel
from vidindex.types import Coverage, FramePlan, Location, Query, SearchResult, VideoInfo

if TYPE_CHECKING:
    from pipelines.verdicts import VerdictBook
    from vidindex.readers.whisper import WhisperTranscriber


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be chosen; the defaults are those of the command line.

    model: "auto" (a Qwen2.5-VL on this machine), "none", "bundled", a name or a path.
    speech: a faster-whisper model, None for no transcription.
    policy: how frames are sampled for the model, "adaptive" or "uniform" at `uniform_fps`.
    """

    decoder: str = "pyav"
    embedder: str = "sentence-transformers/all-MiniLM-L6-v2"
    model: str = "auto"
    ocr: bool = True
    speech: str | None = None
    policy: Policy = "adaptive"
    uniform_fps: float = 1.0
    caption_language: str | None = None
    full_hash: bool = False


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


def open_library(path: str | Path, settings: Settings = Settings(), *, write: bool = True) -> "App":
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
        self._keep(book)
        return result

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

    def _keep(self, book: "VerdictBook") -> None:
        """Store new verdicts, unless another process is writing: then they are asked again."""
        if not book.new:
            return
        if self.library.write:
            book.store(self.library)
            return
        with suppress(LibraryError), Library.open(self.library.path, write=True) as writer:
            book.store(writer)

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
        from pipelines.captions import CaptionStage
        from pipelines.screen_text import ScreenTextStage

        tools = self.tools
        stages: list[Stage] = [SubtitleStage(tools), plan_stage(tools, self.settings)]
        if tools.reader:
            stages.append(ScreenTextStage(tools.decoder, tools.reader))
        if self.settings.speech:
            stages.append(
                SpeechStage(build_transcriber(self.settings.speech), self.settings.speech)
            )
        if tools.model:
            stages.append(
                CaptionStage(
                    tools.decoder, tools.model, tools.profile, self.settings.caption_language
                )
            )
        return tuple(stages)


def plan_stage(tools: Tools, chosen: Settings) -> PlanStage:
    """The pass that makes frame plans for the model at hand, or for Qwen2.5-VL in general."""
    settings = plan_settings(tools, chosen)
    return PlanStage(
        tools, lambda video, signals: make_plan(video, signals, settings), settings.identity
    )


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
    paths: Sequence[str | Path], settings: Settings = Settings(), progress: Progress | None = None
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


def plan_settings(tools: Tools, chosen: Settings) -> PlanSettings:
    """How much one chunk may hold, for this model and this policy."""
    limits = tools.model.limits if tools.model else None
    return replace(settings_for(limits, chosen.policy), uniform_fps=chosen.uniform_fps)


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


def build_tools(settings: Settings) -> Tools:
    """The implementations that these settings choose; heavy ones load at their first use."""
    from vidindex.media.discover import discover
    from vidindex.media.fingerprint import fingerprint
    from vidindex.media.signals import read_signals
    from vidindex.media.subtitles import find_sidecars, read_subtitles

    return Tools(
        discover=discover,
        fingerprint=partial(fingerprint, full=settings.full_hash),
        probe=probe_with_clock,
        read_signals=read_signals,
        find_sidecars=find_sidecars,
        read_subtitles=read_subtitles,
        decoder=build_decoder(settings.decoder),
        embedder=build_embedder(settings.embedder),
        reader=build_reader() if settings.ocr else None,
        model=build_model(settings.model),
    )


def probe_with_clock(path: Path, video_id: str) -> VideoInfo:
    """What probing says, and when and by which camera it was recorded, as its name has it."""
    from vidindex.clocks import choose_start
    from vidindex.file_names import read_name
    from vidindex.media.probe import probe

    info = probe(path, video_id)
    named = read_name(path)
    start = choose_start(
        user=None,
        file_name=named.starts_at if named else None,
        container=info.recorded_at,
        duration_s=info.duration_s,
        now=datetime.now(UTC),
    )
    camera = info.camera or (named.camera if named else None)
    return replace(info, recorded_at=start.at, recorded_at_from=start.source, camera=camera)


def build_decoder(name: str) -> Decoder:
    """The decoder of that name."""
    if name == "pyav":
        from vidindex.decoders.pyav import PyAVDecoder

        return PyAVDecoder()
    if name == "decord":
        from vidindex.decoders.decord import DecordDecoder

        return DecordDecoder()
    raise InputError(f"no decoder is called {name!r}", "use pyav or decord")


def build_embedder(name: str) -> Embedder:
    """The text model of that name; its weights are loaded at the first use."""
    from vidindex.embedders.sentence import SentenceEmbedder

    return SentenceEmbedder(name)


def build_reader() -> TextReader:
    """The reader of on-screen text."""
    from vidindex.readers.rapid import RapidOcrReader

    return RapidOcrReader()


def build_model(name: str) -> VisionModel | None:
    """The Qwen2.5-VL of that name; None for "none", and for "auto" where none is here."""
    if name == "none":
        return None
    from vidindex.vision.checkpoints import resolve

    checkpoint = resolve(name)
    if checkpoint is None:
        return None
    from vidindex.vision.transformers_qwen import TransformersQwen

    return TransformersQwen(checkpoint)


def build_transcriber(model: str) -> "WhisperTranscriber":
    """The transcriber of speech; its weights are loaded at the first file."""
    from vidindex.readers.whisper import WhisperTranscriber

    return WhisperTranscriber(model)


def pull_model(name: str, say: Callable[[str], None]) -> Path:
    """Fetch a checkpoint, or a text model, into the local cache: the only downloads there are."""
    from vidindex.embedders.sentence import DEFAULT_MODEL, SentenceEmbedder
    from vidindex.vision.checkpoints import pull

    if name == DEFAULT_MODEL or name.startswith("sentence-transformers/"):
        return SentenceEmbedder(name, allow_download=True).folder
    return pull(name, say).folder
