"""Report what this machine can do, and whether a library is sound, one finding per line.

A face beside the command line: it asks the adapters what they have, changes nothing
unless asked to repair, and repairs only what is derived (indexes, words, vector files).
"""

import importlib.metadata
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from vidindex.errors import ModelNotFound, VidindexError


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. needed: without it the main job does not run."""

    what: str
    ok: bool
    detail: str
    needed: bool = True


def examine(library: Path, *, repair: bool) -> list[Finding]:
    """Everything worth knowing, in the order in which it is needed."""
    return [
        Finding("python", sys.version_info >= (3, 11), sys.version.split()[0]),
        *(_package(name) for name in ("av", "torch", "transformers", "sentence-transformers")),
        _checked("faiss", _faiss),
        _checked("ffmpeg", _ffmpeg, needed=False),
        _checked("text model", _embedder),
        _checked("reader of on-screen text", _reader),
        *_models(),
        *_picture_models(),
        *_library(library, repair=repair),
    ]


@dataclass(frozen=True, slots=True)
class Serving:
    """How to serve a model here: a shell command for each replica, and where they then listen."""

    commands: list[str]
    endpoints: list[str]


def serving(name: str) -> Serving:
    """The exact `vllm serve` lines for the model of that name on the cards of this machine.

    Raises ModelNotFound, ModelTooLarge or ModelError where it cannot be served here.
    """
    from vidindex.adapters.vision.checkpoints.catalog import NO_MODEL_REMEDIES, find, read_config
    from vidindex.adapters.vision.vllm.gpus import find_gpus, whole_machine
    from vidindex.adapters.vision.vllm.placement import ServedModel, endpoints, serve_commands

    checkpoint = find(name, whole_machine())
    if checkpoint is None:
        raise ModelNotFound("no vision model here to be served", NO_MODEL_REMEDIES)
    model = ServedModel.of(checkpoint, read_config(checkpoint.folder))
    commands = serve_commands(model, find_gpus())
    return Serving(commands, endpoints(len(commands)))


def _package(name: str) -> Finding:
    return _checked(name, lambda: importlib.metadata.version(name))


def _checked(what: str, look: Callable[[], str], *, needed: bool = True) -> Finding:
    try:
        return Finding(what, True, look(), needed)
    except (VidindexError, ImportError, importlib.metadata.PackageNotFoundError) as error:
        return Finding(what, False, str(error), needed)


def _faiss() -> str:
    try:
        import faiss
    except ImportError:
        raise ImportError(
            "not installed; pip install 'vidindex[cpu]' (or [gpu] on a CUDA machine)"
        ) from None
    return str(faiss.__version__)


def _ffmpeg() -> str:
    from vidindex.adapters.media.ffmpeg_choice import choose

    return str(choose())


def _embedder() -> str:
    from vidindex.composition import build_embedder
    from vidindex.core.prompts.text_models import languages_of

    space = build_embedder().space
    return f"{space.model} {space.revision}, {space.dim} dimensions; {languages_of(space.model)}"


def _reader() -> str:
    from vidindex.adapters.ocr_rapid import choose_engine
    from vidindex.composition import build_reader

    choice = choose_engine()
    return f"{build_reader().name} {scripts_read()}; ingest reads by {choice.engine}: {choice.why}"


def scripts_read(text_model: str | None = None) -> str:
    """Which scripts this model recognises, by default the bundled one; and which it does not.

    Raises ModelNotFound or InputError where there is no recognition model at that path.
    """
    from vidindex.adapters.ocr_rapid import open_recogniser
    from vidindex.core.screen_text.scripts import described

    return described(open_recogniser(text_model).scripts)


def _models() -> Iterator[Finding]:
    """Every vision model here with its licence, and what `--model auto` makes of them."""
    from vidindex.adapters.vision.checkpoints.auto_choice import choose
    from vidindex.adapters.vision.checkpoints.catalog import NO_MODEL_REMEDIES, installed

    for model in installed():
        fit = model.problem or ("fits" if model.fits else "too large for this machine")
        detail = f"{model.memory_bytes / 1e9:.1f} GB, {fit}; licence: {model.licence}"
        yield Finding(f"model {model.name}", not model.problem, detail, needed=False)
    choice = choose()
    chosen = choice.checkpoint
    detail = f"none: text channels only; {NO_MODEL_REMEDIES}"
    if chosen:
        detail = "; ".join([f"{chosen.name}: {choice.why}", *choice.passed_over])
    yield Finding("--model auto", chosen is not None, detail, needed=False)


def _picture_models() -> Iterator[Finding]:
    """Every dual encoder here with its licence, and what `--frames auto` makes of them."""
    from vidindex.adapters.embed_frames import checkpoint
    from vidindex.composition import build_frame_embedder

    for model in checkpoint.installed():
        detail = model.problem or f"{model.stored_bytes / 1e9:.2f} GB; licence: {model.licence}"
        yield Finding(f"picture model {model.name}", not model.problem, detail, needed=False)
    chosen = build_frame_embedder("auto")
    detail = f"none: frames are not embedded; {checkpoint.remedy(checkpoint.ON_CPU)}"
    detail = chosen.space.model if chosen else detail
    yield Finding("--frames auto", chosen is not None, detail, needed=False)


def _library(path: Path, *, repair: bool) -> Iterator[Finding]:
    from store.library import Library

    if not path.exists():
        yield Finding("library", False, f"none yet at {path}: vidindex ingest FOLDER", needed=False)
        return
    try:
        with Library.open(path, write=repair) as library:
            faults = library.check()
            if repair:
                library.repair()
                done = f"rebuilt from the library (before: {'; '.join(faults) or 'sound'})"
                yield Finding("indexes of words and vectors", True, done)
                faults = library.check()
            yield Finding("library", not faults, "; ".join(faults) or f"{path} is sound")
            if text_model := library.text_model.get():
                yield _checked(
                    "text model of the library", lambda: f"{text_model} {scripts_read(text_model)}"
                )
    except VidindexError as error:
        yield Finding("library", False, str(error))
