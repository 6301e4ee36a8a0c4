"""Hold everything that can be chosen: settings with the defaults of the command line."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from vidindex.core.sampling.planner import Policy


@dataclass(frozen=True, slots=True)
class Backend:
    """What runs the model: an engine in this process or, where any are named, endpoints.

    endpoints: addresses of OpenAI-compatible servers of one model. Frames and questions are
    sent there and nowhere else. times_as_text: clips are shown as pictures behind their times,
    as is the only way at endpoints that take no frame rate.
    """

    engine: Literal["transformers", "vllm"] = "transformers"
    endpoints: tuple[str, ...] = ()
    times_as_text: bool = False

    @property
    def options(self) -> tuple[str, ...]:
        """What of it is not the default, as words of the command line."""
        named = [word for url in self.endpoints for word in ("--endpoint", url)]
        if not named and self.engine != "transformers":
            named = ["--backend", self.engine]
        return (*named, "--times-as-text") if self.times_as_text else tuple(named)


@dataclass(frozen=True, slots=True)
class SpeechOptions:
    """How speech is transcribed.

    endpoint: the address of an OpenAI-compatible server. Sound is sent there and nowhere else.
    words: names and terms to expect. track: of the sound tracks of each file, from 1.
    """

    endpoint: str | None = None
    words: tuple[str, ...] = ()
    track: int = 1


@dataclass(frozen=True, slots=True)
class Embedding:
    """What turns texts into vectors.

    name: of a model, or a folder; "auto": the one the library was made with, else a multilingual
    one that is on this machine, else all-MiniLM-L6-v2. endpoint: the address of an
    OpenAI-compatible server. Texts and questions are sent there and nowhere else; `name` is then
    what it is served under, "auto" for the only one.
    """

    name: str = "auto"
    endpoint: str | None = None

    @property
    def options(self) -> tuple[str, ...]:
        """What of it is not the default, as words of the command line."""
        named = () if self.name == "auto" else ("--embedder", self.name)
        return named if self.endpoint is None else (*named, "--embedder-endpoint", self.endpoint)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be chosen; the defaults are those of the command line.

    model: "auto" (the best that is on this machine), "none", "bundled", a name or a path.
    With endpoints the name that they serve it under, "auto" for the only one.
    backend: what runs it.
    embedder: the text model, by its name alone where it runs in this process.
    speech: a faster-whisper model, "auto" for one that is on this machine, None for no
    transcription. With `speech_options.endpoint` the name that it is served under.
    frames: a dual encoder that embeds frames, "auto" (an official SigLIP 2 on this machine, or
    the one that a library was embedded with), "none", "bundled", a name or a path.
    frame_rate: frames a second that it is shown.
    text_model: what recognises on-screen text, "bundled" or the path of a model; None for the
    one with which the library was read before.
    policy: how frames are sampled for the model, "adaptive" or "uniform" at `uniform_fps`.
    recorded_at: the true start of the one file that is ingested, by the user's word.
    zone: of the times in file names that say none and whose camera's zone is not known; None
    is this machine's. follow_links: also those that lead out of the folders of footage.
    """

    decoder: str = "pyav"
    embedder: "str | Embedding" = "auto"
    model: str = "auto"
    backend: Backend = Backend()
    ocr: bool = True
    text_model: str | None = None
    speech: str | None = None
    speech_options: SpeechOptions = SpeechOptions()
    policy: "Policy" = "adaptive"
    uniform_fps: float = 1.0
    caption_language: str | None = None
    full_hash: bool = False
    recorded_at: datetime | None = None
    zone: str | None = None
    frames: str = "auto"
    frame_rate: float = 1.0
    follow_links: bool = False

    @property
    def embedding(self) -> Embedding:
        """The text model, with where it runs."""
        return Embedding(self.embedder) if isinstance(self.embedder, str) else self.embedder
