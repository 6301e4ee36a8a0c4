"""Describe an example moment or picture with the vision model, to search for its like.

`FILE@01:23` is shown as a short stretch of video around that moment, a picture as a video
in which nothing moves; both are asked about as every chunk of an ingest is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from pipelines.services import Services
from store.library import Library
from vidindex.core.formatting.time_format import format_time, parse_time
from vidindex.core.prompts import segment_schema
from vidindex.core.prompts.profile import MAX_CHARS, MAX_EVENTS, MAX_TOKENS
from vidindex.core.replies import SaidEvent, parse_events
from vidindex.core.retrieval.verification import frames_to_check
from vidindex.core.sampling.grid import size_for_model
from vidindex.errors import InputError, ModelError, ModelNotFound
from vidindex.ports import VisionModel
from vidindex.types import Ask, FrameBatch, Source, Span, VideoInfo
from vidindex.types.plan import Picture

AROUND_S = 2.0
"""Before and after the moment; `frames_to_check` adds its margin."""

STILL_FRAMES, STILL_FPS = 4, 2.0
NAME_ONE = "name a picture, or a moment as FILE@01:23"
_REACH_S = 0.5
"""An event that begins or ends within the frame next to the moment is seen at it, too."""

ReadStill = Callable[[Path, Callable[[int, int], tuple[int, int]]], Picture]
"""A picture file, at the size (width, height) that the function gives its own."""


@dataclass(frozen=True, slots=True)
class ExampleDescriber:
    """Describes moments and pictures. language: of the captions, None for the model's own."""

    library: Library
    services: Services
    read_still: ReadStill
    language: str | None = None

    def describe(self, like: str) -> str:
        """What `like` shows, as a caption to search for.

        like: `FILE@01:23`, where the file is on disk or has that name in the library, or a
        picture file. Raises InputError where nothing is seen there or there is no such file,
        ModelNotFound without a model, MediaError where the frames cannot be had.
        """
        if self.services.model is None:
            raise ModelNotFound(
                "no vision model here that could say what it shows",
                "name one with --model (see: vidindex models), or search in words",
            )
        name, at_s = split(like)
        if at_s is None:
            return self._still(self.services.model, Path(name).expanduser())
        return self._moment(self.services.model, name, at_s)

    def _moment(self, model: VisionModel, name: str, at_s: float) -> str:
        video, source = open_named(self.library, self.services, name)
        require_within(video, at_s, name)
        end_s = min(video.duration_s, at_s + AROUND_S)
        request = frames_to_check(Span(max(0.0, at_s - AROUND_S), end_s), video, model.limits)
        frames = list(self.services.decoder.frames(source, request.shown_s, request.size))
        shown = FrameBatch.of(frames, request.fps)
        start_s = request.span.start_s
        times_s = tuple(time_s - start_s for time_s in request.times_s)
        batch = FrameBatch(times_s, shown.pts_s, shown.pictures, request.fps)
        events = self._events(model, batch, request.span.duration_s)
        return _words(events, at_s - start_s, f"{name} at {format_time(at_s)}")

    def _still(self, model: VisionModel, path: Path) -> str:
        if not path.is_file():
            raise InputError(f"no such picture: {path}", NAME_ONE)
        picture = self.read_still(path, partial(size_for_model, limits=model.limits))
        times_s = tuple(i / STILL_FPS for i in range(STILL_FRAMES))
        batch = FrameBatch(times_s, times_s, np.stack([picture] * STILL_FRAMES), STILL_FPS)
        duration_s = STILL_FRAMES / STILL_FPS
        return _words(self._events(model, batch, duration_s), duration_s / 2, str(path))

    def _events(
        self, model: VisionModel, frames: FrameBatch, duration_s: float
    ) -> tuple[SaidEvent, ...]:
        profile = self.services.profile
        prompt = profile.segment
        if self.language:
            prompt += profile.segment_language.format(language=self.language)
        max_tokens = min(MAX_TOKENS, model.limits.context_tokens // 3)
        schema = segment_schema(MAX_EVENTS, MAX_CHARS)
        ask = Ask("like", profile.system, prompt, frames, max_tokens, schema)
        ((_, reply),) = model.answer([ask])
        if reply.finish_reason == "error":
            raise ModelError(f"the model refused to look: {reply.text}", "name another moment")
        return parse_events(reply.text, duration_s, prompt, describes=True).events


def open_named(library: Library, services: Services, name: str) -> tuple[VideoInfo, Source]:
    """The file on disk, known to the library or not; else what the library calls so.

    Raises InputError where it is several files, or not where it was.
    """
    path = Path(name).expanduser().absolute()
    if path.is_file():
        known = library.videos.location_at(path)
        video = library.videos.get(known[0]) if known else None
        video = video or services.probe(path, services.fingerprint(path))
        return video, video.source(path)
    ids = library.videos.find([name])
    if len(ids) > 1:
        raise InputError(f"{name!r} means {len(ids)} videos", "name one of them")
    opened = library.open_source(ids[0])
    if opened is None:
        raise InputError(f"{name} is not where it was", "ingest its folder again")
    return opened


def require_within(video: VideoInfo, at_s: float, name: str) -> None:
    """Raise InputError where the video ends before the moment."""
    if at_s >= video.duration_s:
        raise InputError(
            f"{name} ends at {format_time(video.duration_s)}, before {format_time(at_s)}",
            "name a moment within it",
        )


def split(like: str) -> tuple[str, float | None]:
    """(file, moment in seconds); the moment is None without a time behind an @."""
    name, at, time = like.rpartition("@")
    if not at or not name:
        return like, None
    try:
        return name, parse_time(time)
    except InputError:
        return like, None


def _words(events: tuple[SaidEvent, ...], at_s: float, place: str) -> str:
    """The caption of the shortest event at that time, which says the most of it."""
    near = [e for e in events if e.text and _distance_s(e.span, at_s) <= _REACH_S]
    if not near:
        raise InputError(f"the model sees nothing happen in {place}", "name another moment")
    return min(near, key=lambda e: (_distance_s(e.span, at_s), e.span.duration_s)).text


def _distance_s(span: Span, at_s: float) -> float:
    return max(0.0, span.start_s - at_s, at_s - span.end_s)
