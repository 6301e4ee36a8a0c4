"""Choose implementations: the one composition root.

Heavy imports happen inside the builders, when the thing is first used.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache, partial
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.services import Services
from vidindex.errors import InputError
from vidindex.ports import (
    Decoder,
    Embedder,
    Exporter,
    SegmentReader,
    TextReader,
    Transcriber,
    VisionModel,
)
from vidindex.settings import Backend, Embedding, Settings, SpeechOptions
from vidindex.types import EmbeddingSpace

if TYPE_CHECKING:
    from pipelines.backup.dump import ArchiveWriter
    from pipelines.clips.cut import ClipServices
    from pipelines.evidence.package import EvidencePackage
    from pipelines.ingest.speech import SpeechStage
    from pipelines.ingest.stages import PlanStage, Stage
    from pipelines.progress import Progress
    from store.library import Library
    from vidindex.adapters.embed_frames import DualEncoder
    from vidindex.adapters.isolation import WorkerPool
    from vidindex.adapters.media.isolated import CutInChild, ReadInChild
    from vidindex.core.sampling.planner import PlanSettings

# What a child that reads a file may take: seconds to its next picture, and memory. Each decodes
# with up to four threads.
CHILD_S, CHILD_BYTES = 60.0, 4 << 30
NUM_DECODING = min(8, max(1, (os.cpu_count() or 1) // 4))
# Children that read on-screen text, with one thread and about 0.4 GB each.
NUM_READING = min(8, os.cpu_count() or 1)
# Pictures that may wait for the model, for each child: a model that works in batches takes them
# in bursts.
AHEAD_BYTES = 128 << 20
IN_THIS_PROCESS = Backend()
DEFAULT_EMBEDDING = Embedding()


def build_stages(
    services: Services, settings: Settings, *, some_speech: bool = False
) -> "tuple[Stage, ...]":
    """The passes of an ingest, cheap ones first; those without their service are left out.

    some_speech: a camera is set to be transcribed, whatever the settings say.
    """
    from pipelines.inference.prefetch import Prefetcher
    from pipelines.ingest.captions import CaptionStage
    from pipelines.ingest.frames import FrameStage
    from pipelines.ingest.screen_text import ScreenTextStage
    from pipelines.ingest.stages import SubtitleStage

    decoder = build_decoder(settings.decoder)
    stages: list[Stage] = [SubtitleStage(services), plan_stage(services, settings)]
    if services.frame_embedder:
        stages.append(FrameStage(decoder, services.frame_embedder, settings.frame_rate))
    if services.segment_reader:
        stages.append(ScreenTextStage(services.segment_reader))
    if settings.speech or some_speech:
        stages.append(speech_stage(settings))
    if services.model:
        stages.append(
            CaptionStage(
                decoder,
                services.model,
                services.profile,
                settings.caption_language,
                prefetcher=Prefetcher(NUM_DECODING * AHEAD_BYTES, NUM_DECODING),
            )
        )
    return tuple(stages)


def plan_stage(services: Services, chosen: Settings) -> "PlanStage":
    """The pass that makes frame plans for the model at hand, or for Qwen2.5-VL in general."""
    from pipelines.ingest.frames import KeyframeReader
    from pipelines.ingest.stages import PlanStage, signals_alone
    from vidindex.core.sampling.planner import make_plan

    settings, embedder = plan_settings(services, chosen), services.frame_embedder
    return PlanStage(
        lambda video, signals: make_plan(video, signals, settings),
        settings.identity,
        KeyframeReader(embedder, build_file_reader().keyframes, services.read_signals).signals
        if embedder
        else partial(signals_alone, services.read_signals),
    )


def plan_settings(services: Services, chosen: Settings) -> "PlanSettings":
    """How much one chunk may hold, for this model and this policy."""
    from vidindex.core.sampling.planner import settings_for

    limits = services.model.limits if services.model else None
    return replace(settings_for(limits, chosen.policy), uniform_fps=chosen.uniform_fps)


def build_services(settings: Settings, used: str | None = None) -> Services:
    """The implementations that these settings choose; heavy ones load at their first use.

    used: what the texts of the library were embedded with, by its name.
    """
    from vidindex.adapters.decoders.on_demand import DecoderOnDemand
    from vidindex.adapters.media.dated_probe import probe_with_clock
    from vidindex.adapters.media.discover import discover

    return Services(
        discover=partial(discover, follow_links=settings.follow_links),
        fingerprint=lambda file: build_file_reader().fingerprint(file, full=settings.full_hash),
        probe=partial(
            probe_with_clock,
            probe=lambda file, video_id: build_file_reader().probe(file, video_id),
            recorded_at=settings.recorded_at,
            zone=settings.zone,
        ),
        read_signals=lambda source: build_file_reader().signals(source),
        find_sidecars=_find_sidecars,
        read_subtitles=lambda video, location, sidecars: build_file_reader().subtitles(
            video, location, sidecars, follow_links=settings.follow_links
        ),
        decoder=DecoderOnDemand(settings.decoder, build_decoder),
        embedder=build_embedder(settings.embedding, used),
        reader=build_reader(settings.text_model) if settings.ocr else None,
        segment_reader=build_segment_reader(settings) if settings.ocr else None,
        model=build_model(settings.model, settings.backend),
    )


def _find_sidecars(path: Path) -> Sequence[Path]:
    from vidindex.adapters.media.sidecars import find_sidecars

    return find_sidecars(path)


def build_decoder(name: str) -> Decoder:
    """The decoder of that name in child processes, which a bad file can neither stop nor kill."""
    from vidindex.adapters.decoders.isolated import ChildDecoder

    return ChildDecoder(_maker_of_decoder(name), build_worker_pool())


def _maker_of_decoder(name: str) -> Callable[[], Decoder]:
    from vidindex.adapters.decoders.on_demand import decord_decoder, pyav_decoder

    if name == "pyav":
        return pyav_decoder
    if name == "decord":
        return decord_decoder
    raise InputError(f"no decoder is called {name!r}", "use pyav or decord")


@cache
def build_worker_pool() -> "WorkerPool":
    """The children of this process in which files are read and decoded, started when needed."""
    from vidindex.adapters.isolation import Limits, WorkerPool

    return WorkerPool(Limits(CHILD_S, CHILD_BYTES), NUM_DECODING)


def reserve_child(decoder: str) -> None:
    """Keep a child ready for the next picture, however busy the others are: for a server."""
    from vidindex.adapters.decoders.isolated import warm_up

    build_worker_pool().reserve(warm_up, _maker_of_decoder(decoder))


def build_file_reader() -> "ReadInChild":
    """What probes and reads files, in child processes."""
    from vidindex.adapters.media.isolated import ReadInChild

    return ReadInChild(build_worker_pool())


def build_cutter() -> "CutInChild":
    """What makes clips and proxies, in child processes."""
    from vidindex.adapters.media.isolated import CutInChild

    return CutInChild(build_worker_pool())


def build_embedder(chosen: Embedding = DEFAULT_EMBEDDING, used: str | None = None) -> Embedder:
    """The text model, here or at an endpoint; it is loaded at the first use.

    used: the model of the library, which "auto" takes before any other.
    """
    if chosen.endpoint:
        from vidindex.adapters.embed_endpoint import EndpointEmbedder

        return EndpointEmbedder(chosen.endpoint, chosen.name)
    from vidindex.adapters.embed_sentence import SentenceEmbedder

    return SentenceEmbedder(chosen.name, used=used)


def build_frame_embedder(name: str, stored: EmbeddingSpace | None = None) -> "DualEncoder | None":
    """The dual encoder of that name; its weights are loaded at the first use.

    stored: the space of a library's frames, whose model "auto" takes, if it is here. None for
    "none", and for "auto" where none is here.
    """
    if name == "none":
        return None
    from vidindex.adapters.embed_frames import DualEncoder, checkpoint

    chosen = checkpoint.choose(name, stored.model if stored else None)
    return DualEncoder(chosen) if chosen else None


def build_reader(text_model: str | None = None) -> TextReader:
    """What reads text in single pictures, here: the engine that is ready soonest."""
    from vidindex.adapters.ocr_rapid import RapidOcrReader, ReaderSettings

    return RapidOcrReader(ReaderSettings(model=text_model))


def build_segment_reader(chosen: Settings) -> SegmentReader:
    """What reads the text of whole videos, in as many child processes as there are processors."""
    from vidindex.adapters.ocr_rapid import ChildSegmentReader, one_of_many

    how, decoder = one_of_many(chosen.text_model), _maker_of_decoder(chosen.decoder)
    return ChildSegmentReader(decoder, how, build_reading_pool(), NUM_READING)


@cache
def build_reading_pool() -> "WorkerPool":
    """The children of this process that read on-screen text, started when needed."""
    from vidindex.adapters.isolation import Limits, WorkerPool

    return WorkerPool(Limits(CHILD_S, CHILD_BYTES), NUM_READING)


def build_model(name: str, backend: Backend = IN_THIS_PROCESS) -> VisionModel | None:
    """The vision model of that name; None for "none", and for "auto" where none is here."""
    if name == "none":
        return None
    if backend.endpoints:
        from vidindex.adapters.vision.remote.model import ServerQwen

        return ServerQwen(backend.endpoints, name, times_as_text=backend.times_as_text)
    if backend.engine == "vllm":
        return _build_vllm(name, backend)
    from vidindex.adapters.vision.checkpoints.official import cached_official

    if name == "auto" and not cached_official():
        return None
    from vidindex.adapters.vision.checkpoints.catalog import resolve

    checkpoint = resolve(name)
    if checkpoint is None:
        return None
    from vidindex.adapters.vision.hf.model import TransformersQwen

    return TransformersQwen(checkpoint, times_as_text=backend.times_as_text)


def _build_vllm(name: str, backend: Backend) -> VisionModel | None:
    if backend.times_as_text:
        raise InputError(
            "vLLM in this process shows clips at their rate only",
            "leave out --times-as-text, or --backend vllm",
        )
    from vidindex.adapters.vision.checkpoints.catalog import find
    from vidindex.adapters.vision.vllm.gpus import whole_machine
    from vidindex.adapters.vision.vllm.model import VllmQwen

    checkpoint = find(name, whole_machine())
    return VllmQwen(checkpoint) if checkpoint else None


def speech_stage(settings: Settings) -> "SpeechStage":
    """The pass that transcribes speech; the model's weights are loaded at the first file.

    Raises ModelNotFound where "auto" finds no model, InputError and ModelError where an endpoint
    has to say what it serves, and does not.
    """
    from pipelines.ingest.speech import SpeechStage

    transcribe = build_transcriber(settings.speech or "auto", settings.speech_options)
    return SpeechStage(
        transcribe,
        build_file_reader().sound,
        transcribe.name + _digest_of(settings.speech_options.words),
        settings.speech_options.track,
        everywhere=bool(settings.speech),
    )


def build_transcriber(model: str, options: SpeechOptions) -> "Transcriber":
    """What makes words of sound: a model in this process, or behind the endpoint."""
    if options.endpoint:
        from vidindex.adapters.speech.endpoint import EndpointTranscriber

        return EndpointTranscriber(options.endpoint, model, options.words)
    from vidindex.adapters.speech.whisper import WhisperTranscriber

    return WhisperTranscriber(model, options.words)


def _digest_of(words: Sequence[str]) -> str:
    """Part of a model's identity: what it is asked to expect."""
    return f"+{sha256(repr(words).encode()).hexdigest()[:8]}" if words else ""


def build_page(library: "Library", settings: Settings, progress: "Progress") -> Exporter:
    """The exporter called html: it takes pictures and reports them to `progress`."""
    from pipelines.export.html_report import ReportPage
    from vidindex.adapters.media.stills import jpeg
    from vidindex.adapters.reports import write_timeline

    decoder, made_at = build_decoder(settings.decoder), datetime.now().astimezone()
    release = version("vidindex")
    return ReportPage(library, decoder, jpeg, write_timeline, progress, made_at, release)


def build_clip_services(settings: Settings) -> "ClipServices":
    """What cuts clips and looks at them; no model is loaded for them."""
    from pipelines.clips.cut import ClipServices

    read, cutter = build_file_reader(), build_cutter()
    return ClipServices(
        build_decoder(settings.decoder),
        read.probe,
        read.is_video,
        cutter.cut,
        cutter.copy,
        cutter.cut_piece,
        cutter.join,
    )


def build_archive(library: "Library") -> "ArchiveWriter":
    """What writes a whole library as JSON Lines."""
    from pipelines.backup.dump import ArchiveWriter
    from vidindex.adapters.exporters import jsonl

    return ArchiveWriter(library, jsonl.head, jsonl.body, version("vidindex"))


def build_package(
    library: "Library", settings: Settings, progress: "Progress"
) -> "EvidencePackage":
    """What makes evidence packages; no model is loaded for them."""
    from pipelines.clips.clipper import Clipper
    from pipelines.evidence.package import EvidencePackage
    from vidindex.adapters.media.stills import jpeg
    from vidindex.adapters.reports import write_evidence

    clipper = Clipper(library, build_clip_services(settings), progress)
    open_original = build_file_reader().open_original
    return EvidencePackage(library, clipper, open_original, jpeg, write_evidence, progress)


def is_video(path: Path, video_id: str) -> bool:
    """Whether a file is, by its content, the video of this id."""
    return build_file_reader().is_video(path, video_id)


def pull_model(name: str, say: Callable[[str], None]) -> Path:
    """Fetch a checkpoint of any kind into the local cache: the only downloads there are."""
    from vidindex.adapters.checkpoints.hub import model_config
    from vidindex.adapters.embed_frames import checkpoint
    from vidindex.adapters.embed_sentence import DEFAULT_MODEL, SentenceEmbedder
    from vidindex.adapters.vision.checkpoints.catalog import pull
    from vidindex.core.prompts.text_models import facts_of

    is_known = bool(facts_of(name).languages)
    if name == DEFAULT_MODEL or name.startswith("sentence-transformers/") or is_known:
        return SentenceEmbedder(name, allow_download=True).folder
    if checkpoint.is_dual_encoder(model_config(name)):
        return checkpoint.pull(name, say).folder
    return pull(name, say).folder
