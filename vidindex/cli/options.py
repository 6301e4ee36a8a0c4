"""Define options and argument types that several commands share."""

from collections.abc import Callable
from datetime import datetime, time
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from vidindex.config import default_library
from vidindex.core.formatting.time_format import parse_time
from vidindex.errors import InputError

if TYPE_CHECKING:
    from vidindex.app import App
    from vidindex.types import Channel, Filters

F = TypeVar("F", bound=Callable[..., Any])


class MediaTime(click.ParamType[Any, Any]):
    """A time as people write it: 90, 01:30 or 00:01:30.5."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if isinstance(value, float):
            return value
        try:
            return parse_time(str(value))
        except InputError as error:
            self.fail(str(error), param, ctx)


class ClockTime(click.ParamType[Any, Any]):
    """An hour of the day, HH:MM; the next one that comes."""

    name = "HH:MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return datetime.strptime(str(value), "%H:%M").time()
        except ValueError:
            self.fail(f"{value!r} is not a valid hour; write it as 07:00", param, ctx)


class WallTime(click.ParamType[Any, Any]):
    """A wall clock, with or without a UTC offset; with `hours`, also an hour without a day."""

    name = "wall clock"

    def __init__(self, *, hours: bool = False) -> None:
        self.hours = hours

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime | time:
        if isinstance(value, datetime | time):
            return value
        written = str(value).strip()
        try:
            if self.hours and written[2:3] == ":":
                return time.fromisoformat(written)
            return datetime.fromisoformat(written)
        except ValueError:
            forms = "2024-03-01 14:00 or 2024-03-01T14:00:05+01:00"
            self.fail(f"{value!r} is not a valid time; write {forms}", param, ctx)


class Duration(click.ParamType[Any, Any]):
    """A length of time: 90s, 45m, 2h, 1h30m; a bare number is seconds."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        return MediaTime().convert(value, param, ctx)


def model_option(function: F) -> F:
    """`--model`: which vision model looks at the frames."""
    return click.option(
        "--model",
        envvar="VIDINDEX_MODEL",
        default="auto",
        show_default=True,
        help="A vision model by name or path; auto: the best that is on this machine and fits it; "
        "bundled: the small one for trying things out; none: text channels only. With --endpoint "
        "the name that it is served under; auto: the only one (environment: VIDINDEX_MODEL).",
    )(function)


def frames_option(function: F) -> F:
    """`--frames`, `--no-frames`: which dual encoder embeds frames, as one `frames`."""
    options = [
        click.option(
            "--frames",
            envvar="VIDINDEX_FRAMES",
            metavar="MODEL",
            default="auto",
            show_default=True,
            help="Embed frames by this dual encoder (SigLIP 2, SigLIP, CLIP), by name or folder, "
            "so that they are found by what they show; auto: a SigLIP 2 on this machine, or the "
            "one that the library's frames have; bundled: a small one for trying things out "
            "(environment: VIDINDEX_FRAMES).",
        ),
        click.option("--no-frames", is_flag=True, help="Do not embed frames."),
    ]

    @wraps(function)
    def packed(*args: Any, frames: str, no_frames: bool, **others: Any) -> Any:
        return function(*args, frames="none" if no_frames else frames, **others)

    wrapped: Any = packed
    for option in reversed(options):
        wrapped = option(wrapped)
    return cast(F, wrapped)


def backend_option(function: F) -> F:
    """What runs the model, as one `backend`: `--backend`, `--endpoint`, `--times-as-text`."""
    options = [
        click.option(
            "--backend",
            envvar="VIDINDEX_BACKEND",
            type=click.Choice(["transformers", "vllm"]),
            default="transformers",
            show_default=True,
            help="What runs the model: vllm is fast on a GPU, over several, and with AWQ, and "
            "needs the extra vidindex[vllm]; the answers are the same (environment: "
            "VIDINDEX_BACKEND).",
        ),
        click.option(
            "--endpoint",
            envvar="VIDINDEX_ENDPOINT",
            multiple=True,
            metavar="URL",
            help="Ask an OpenAI-compatible server instead: a vLLM, or a hosted Qwen. Frames are "
            "sent there. Several that serve the same model share the work (environment: "
            "VIDINDEX_ENDPOINT, with blanks between; the key in VIDINDEX_API_KEY).",
        ),
        click.option(
            "--times-as-text",
            is_flag=True,
            help="Show clips as pictures behind their times, not at a frame rate: twice the "
            "tokens, other answers. Endpoints that are no vLLM are always asked this way.",
        ),
    ]

    @wraps(function)
    def packed(*args: Any, backend: Any, endpoint: Any, times_as_text: bool, **others: Any) -> Any:
        from vidindex.settings import Backend

        chosen = Backend(backend, tuple(endpoint), times_as_text)
        return function(*args, backend=chosen, **others)

    wrapped: Any = packed
    for option in reversed(options):
        wrapped = option(wrapped)
    return cast(F, wrapped)


def embedder_option(function: F) -> F:
    """The text model, as one `embedder`: `--embedder`, `--embedder-endpoint`."""
    options = [
        click.option(
            "--embedder",
            envvar="VIDINDEX_EMBEDDER",
            default="auto",
            show_default=True,
            help="The text model by name or path, e.g. intfloat/multilingual-e5-small; auto: the "
            "one that the library was made with, else one of many languages that is on this "
            "machine, else all-MiniLM-L6-v2. With --embedder-endpoint the name that it is served "
            "under; auto: the only one (environment: VIDINDEX_EMBEDDER).",
        ),
        click.option(
            "--embedder-endpoint",
            envvar="VIDINDEX_EMBEDDER_ENDPOINT",
            metavar="URL",
            help="Embed at an OpenAI-compatible server (/v1/embeddings). Texts and questions are "
            "sent there (environment: VIDINDEX_EMBEDDER_ENDPOINT; the key in VIDINDEX_API_KEY).",
        ),
    ]

    @wraps(function)
    def packed(*args: Any, embedder: str, embedder_endpoint: str | None, **others: Any) -> Any:
        from vidindex.settings import Embedding

        return function(*args, embedder=Embedding(embedder, embedder_endpoint), **others)

    wrapped: Any = packed
    for option in reversed(options):
        wrapped = option(wrapped)
    return cast(F, wrapped)


def speech_option(function: F) -> F:
    """Whether and how speech is transcribed, as `speech` and `speech_options`."""
    options = [
        click.option(
            "--speech",
            metavar="MODEL",
            envvar="VIDINDEX_SPEECH",
            help="Transcribe speech by this faster-whisper model, a name or a folder; auto: one "
            "that is on this machine. With --speech-endpoint the name that it is served under; "
            "auto: the only one. Without it no sound is transcribed, but for cameras that are set "
            "to be (vidindex cameras; environment: VIDINDEX_SPEECH).",
        ),
        click.option(
            "--speech-endpoint",
            metavar="URL",
            envvar="VIDINDEX_SPEECH_ENDPOINT",
            help="Transcribe at an OpenAI-compatible server (/v1/audio/transcriptions). Sound is "
            "sent there (environment: VIDINDEX_SPEECH_ENDPOINT; the key in VIDINDEX_API_KEY).",
        ),
        click.option(
            "--speech-words",
            type=click.Path(path_type=Path, exists=True, dir_okay=False),
            help="A file with names and terms to expect in speech, one a line.",
        ),
        click.option(
            "--track",
            type=click.IntRange(min=1),
            default=1,
            show_default=True,
            help="Which sound track of each file is transcribed.",
        ),
    ]

    @wraps(function)
    def packed(
        *args: Any,
        speech: str | None,
        speech_endpoint: str | None,
        speech_words: Path | None,
        track: int,
        **others: Any,
    ) -> Any:
        from vidindex.core.speech.expected_words import read_words
        from vidindex.settings import SpeechOptions

        words = read_words(speech_words.read_bytes(), str(speech_words)) if speech_words else ()
        chosen = SpeechOptions(speech_endpoint, words, track)
        model = speech or ("auto" if speech_endpoint else None)
        return function(*args, speech=model, speech_options=chosen, **others)

    wrapped: Any = packed
    for option in reversed(options):
        wrapped = option(wrapped)
    return cast(F, wrapped)


def policy_option(function: F) -> F:
    """`--policy`: how frames are sampled for the model."""
    return click.option(
        "--policy",
        type=click.Choice(["adaptive", "uniform"]),
        default="adaptive",
        show_default=True,
        help="How frames are sampled for the model: more where more moves, or evenly.",
    )(function)


def library_option(function: F) -> F:
    """`--library`, else VIDINDEX_LIBRARY, else the platform's data folder."""
    return click.option(
        "--library",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="VIDINDEX_LIBRARY",
        default=default_library,
        show_default="the platform's data folder",
        help="The library directory (environment: VIDINDEX_LIBRARY).",
    )(function)


def json_option(function: F) -> F:
    """`--json` for machines."""
    return click.option("as_json", "--json", is_flag=True, help="Print JSON for machines.")(
        function
    )


def path_map_option(function: F) -> F:
    """`--path-map`: where the editing machine has the media."""
    return click.option(
        "--path-map",
        "path_maps",
        multiple=True,
        metavar="HERE=THERE",
        help="Where the editing machine has the media: /mnt/nas=/Volumes/Rushes, /mnt/nas=Z:. The "
        "longest HERE that fits a file counts.",
    )(function)


def filter_options(function: F) -> F:
    """What may be found: files, cameras, days, wall clock, media time, channels.

    `read_filters` makes `Filters` of what the command receives, for a library.
    """
    options = [
        click.option("globs", "--file", multiple=True, help="Only files that match this GLOB."),
        click.option("cameras", "--camera", multiple=True, help="Only this camera."),
        click.option(
            "days",
            "--day",
            multiple=True,
            type=click.DateTime(["%Y-%m-%d"]),
            help="Only recordings of this day, YYYY-MM-DD, by the clock of the camera.",
        ),
        click.option(
            "recorded_since",
            "--since",
            type=WallTime(hours=True),
            help="Not recorded before: 2024-03-01 14:00, or 14:00 of --day, else of today; by the "
            "clock of the camera, in its zone (vidindex cameras), else in this machine's, unless "
            "an offset such as +01:00 follows.",
        ),
        click.option(
            "recorded_until",
            "--until",
            type=WallTime(hours=True),
            help="Recorded before this wall clock, read as for --since.",
        ),
        click.option("start_s", "--start", type=MediaTime(), help="Not before this media time."),
        click.option("end_s", "--end", type=MediaTime(), help="Not after this media time."),
        click.option(
            "channels",
            "--channel",
            multiple=True,
            type=click.Choice(["caption", "screen", "subtitle", "speech", "clock", "frame"]),
            help="Only what is found in texts of this kind, or in the vectors of frames.",
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def read_filters(
    app: "App",
    globs: tuple[str, ...],
    cameras: tuple[str, ...],
    days: tuple[datetime, ...],
    recorded_since: datetime | time | None,
    recorded_until: datetime | time | None,
    start_s: float | None,
    end_s: float | None,
    channels: "tuple[Channel, ...]",
) -> "Filters":
    """What the options of `filter_options` say, in this library.

    Raises InputError for an unknown camera, and where hours are no stretch of time.
    """
    from vidindex.types import Filters

    on_days = tuple(day.date() for day in days)
    said = Filters(globs, start_s, end_s, cameras, on_days, channels)
    return app.narrowed(said, recorded_since, recorded_until)


follow_links_option = click.option(
    "--follow-links/--no-follow-links",
    help="Follow links that lead out of the folders, for films and subtitles; not by default.",
)
