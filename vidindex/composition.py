"""Composition root: the only place that picks implementations; everyone else receives them.

Heavy imports happen inside the builders, when the thing is first used.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.stages import PlanStage, SpeechStage, Stage, SubtitleStage
from pipelines.tools import Tools
from vidindex.errors import InputError
from vidindex.planning import PlanSettings, Policy, make_plan, settings_for
from vidindex.ports import Decoder, Embedder, Exporter, TextReader, VisionModel
from vidindex.types import VideoInfo

if TYPE_CHECKING:
    from pipelines.evidence_package import EvidencePackage
    from pipelines.progress import Progress
    from store.library import Library
    from vidindex.readers.whisper import WhisperTranscriber


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be chosen; the defaults are those of the command line.

    model: "auto" (a Qwen2.5-VL on this machine), "none", "bundled", a name or a path.
    speech: a faster-whisper model, None for no transcription.
    policy: how frames are sampled for the model, "adaptive" or "uniform" at `uniform_fps`.
    recorded_at: the true start of the one file that is ingested, by the user's word.
    zone: of the times in file names that say none and whose camera's zone is not known; None
    is this machine's.
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
    recorded_at: datetime | None = None
    zone: str | None = None


def build_stages(tools: Tools, settings: Settings) -> tuple[Stage, ...]:
    """The passes of an ingest, cheap ones first; what is not to be had is left out."""
    from pipelines.captions import CaptionStage
    from pipelines.screen_text import ScreenTextStage

    stages: list[Stage] = [SubtitleStage(tools), plan_stage(tools, settings)]
    if tools.reader:
        stages.append(ScreenTextStage(tools.decoder, tools.reader))
    if settings.speech:
        stages.append(SpeechStage(build_transcriber(settings.speech), settings.speech))
    if tools.model:
        stages.append(
            CaptionStage(tools.decoder, tools.model, tools.profile, settings.caption_language)
        )
    return tuple(stages)


def plan_stage(tools: Tools, chosen: Settings) -> PlanStage:
    """The pass that makes frame plans for the model at hand, or for Qwen2.5-VL in general."""
    settings = plan_settings(tools, chosen)
    return PlanStage(
        tools, lambda video, signals: make_plan(video, signals, settings), settings.identity
    )


def plan_settings(tools: Tools, chosen: Settings) -> PlanSettings:
    """How much one chunk may hold, for this model and this policy."""
    limits = tools.model.limits if tools.model else None
    return replace(settings_for(limits, chosen.policy), uniform_fps=chosen.uniform_fps)


def build_tools(settings: Settings) -> Tools:
    """The implementations that these settings choose; heavy ones load at their first use."""
    from vidindex.media.discover import discover
    from vidindex.media.fingerprint import fingerprint
    from vidindex.media.signals import read_signals
    from vidindex.media.subtitles import find_sidecars, read_subtitles

    return Tools(
        discover=discover,
        fingerprint=partial(fingerprint, full=settings.full_hash),
        probe=partial(probe_with_clock, recorded_at=settings.recorded_at, zone=settings.zone),
        read_signals=read_signals,
        find_sidecars=find_sidecars,
        read_subtitles=read_subtitles,
        decoder=build_decoder(settings.decoder),
        embedder=build_embedder(settings.embedder),
        reader=build_reader() if settings.ocr else None,
        model=build_model(settings.model),
    )


def probe_with_clock(
    path: Path, video_id: str, *, recorded_at: datetime | None = None, zone: str | None = None
) -> VideoInfo:
    """What probing says, and when and by which camera it was recorded, as its name has it.

    recorded_at, zone: see `Settings`. A container that says another time is noted.
    """
    from vidindex.clocks import choose_start, zone_named
    from vidindex.file_names import read_name
    from vidindex.media.probe import probe

    info = probe(path, video_id)
    named = read_name(path, zone_named(zone) if zone else None)
    start = choose_start(
        user=recorded_at,
        file_name=named.starts_at if named else None,
        container=info.recorded_at,
        duration_s=info.duration_s,
        now=datetime.now(UTC),
    )
    camera = info.camera or (named.camera if named else None)
    other = info.recorded_at if start.source != "container" else None
    return replace(
        info,
        recorded_at=start.at,
        recorded_at_from=start.source,
        camera=camera,
        notes=info.notes + ((f"the container says {other.isoformat()}",) if other else ()),
    )


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


def build_page(library: "Library", settings: Settings, progress: "Progress") -> Exporter:
    """The exporter that is called html: it takes pictures, which `progress` is told of."""
    from pipelines.report_page import ReportPage
    from vidindex.media.stills import jpeg
    from vidindex.sheets import write_timeline

    decoder, made_at = build_decoder(settings.decoder), datetime.now().astimezone()
    release = version("vidindex")
    return ReportPage(library, decoder, jpeg, write_timeline, progress, made_at, release)


def build_package(
    library: "Library", settings: Settings, progress: "Progress"
) -> "EvidencePackage":
    """What makes evidence packages; no model is loaded for them."""
    from pipelines.evidence_package import EvidencePackage
    from vidindex.media.fingerprint import fingerprint
    from vidindex.media.stills import jpeg
    from vidindex.sheets import write_evidence

    def is_video(path: Path, video_id: str) -> bool:
        return fingerprint(path, full=video_id.startswith("full-")) == video_id

    decoder = build_decoder(settings.decoder)
    return EvidencePackage(library, decoder, is_video, jpeg, write_evidence, progress)


def pull_model(name: str, say: Callable[[str], None]) -> Path:
    """Fetch a checkpoint, or a text model, into the local cache: the only downloads there are."""
    from vidindex.embedders.sentence import DEFAULT_MODEL, SentenceEmbedder
    from vidindex.vision.checkpoints import pull

    if name == DEFAULT_MODEL or name.startswith("sentence-transformers/"):
        return SentenceEmbedder(name, allow_download=True).folder
    return pull(name, say).folder
