"""Evaluate the preset "reference": one question per query about the whole video.

2 frames a second (fewer where they would be too many), the published prompt, greedy, free
text; no library, no search and no check. What the reply means is read as everywhere.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.evaluate.output import ReplyFile
from pipelines.evaluate.queries import (
    EvalReport,
    Evaluated,
    files_below,
    find_files,
    named_videos,
    prediction,
)
from pipelines.inference.frame_cache import CachingDecoder
from pipelines.inference.video_request import VideoRequest
from pipelines.progress import Progress
from pipelines.services import Services
from vidindex.core.evaluation.values import EvalQuery, GroundTruth, Window
from vidindex.core.families import family_named
from vidindex.core.prompts.reference import (
    REFERENCE_FPS,
    REFERENCE_GROUND,
    REFERENCE_MAX_FRAMES,
    REFERENCE_MAX_PIXELS,
    REFERENCE_MIN_FRAMES,
    REFERENCE_MIN_PIXELS,
    REFERENCE_PROFILE,
    REFERENCE_SYSTEM,
    REFERENCE_TOKENS,
    REFERENCE_VIDEO_TOKENS,
)
from vidindex.core.replies import parse_events
from vidindex.core.sampling.grid import smart_resize
from vidindex.errors import MediaError
from vidindex.ports import VisionModel
from vidindex.types import Ask, FoundFile, ModelLimits, Reply, Source, VideoInfo


@dataclass(frozen=True, slots=True)
class _Film:
    """A video that can be asked about, and the frames that every question about it shows."""

    name: str
    video: VideoInfo
    source: Source
    times_s: tuple[float, ...]
    fps: float
    size: tuple[int, int]

    def question(self, text: str, limits: ModelLimits) -> VideoRequest:
        """When does it happen?"""
        return VideoRequest(
            video_id=self.video.video_id,
            times_s=self.times_s,
            shown_s=self.times_s,
            fps=self.fps,
            size=self.size,
            system=REFERENCE_SYSTEM,
            prompt=REFERENCE_GROUND.format(query=text),
            max_tokens=_reply_tokens(limits),
        )


_Asked = dict[str, tuple[_Film, VideoRequest]]
"""By the key of the question."""


@dataclass(frozen=True, slots=True)
class EvaluateReference:
    """One evaluation; raw replies go to `replies` as they come, and are not asked for again."""

    services: Services
    model: VisionModel
    replies: ReplyFile
    progress: Progress

    def run(self, truth: GroundTruth, folder: Path) -> Evaluated:
        """Predictions for all queries. Raises InputError where none of the videos is found."""
        started_s = time.monotonic()
        report = _report(truth, self.model.limits)
        files = find_files(truth, files_below(self.services, folder), report)
        films = self._films(files, report)
        asked = {query.query_id: self._questions(query, films) for query in truth.queries}
        self._ask({key: one for of_one in asked.values() for key, one in of_one.items()}, report)
        predictions = tuple(
            prediction(query, self._windows(asked[query.query_id], truth.many_videos))
            for query in truth.queries
        )
        replied = [any(map(self.replies.has, of_one)) for of_one in asked.values()]
        report.not_asked = replied.count(False)
        report.empty = sum(not one.answers for one in predictions)
        report.seconds = time.monotonic() - started_s
        return Evaluated(predictions, report)

    def _films(self, files: Mapping[str, FoundFile], report: EvalReport) -> dict[str, _Film]:
        films = {}
        self.progress.start("probe", len(files), "files")
        for name, file in files.items():
            try:
                films[name] = self._film(name, file.path)
            except (MediaError, OSError, ValueError) as error:
                report.failed[name] = str(error)
            self.progress.advance(1, name)
        self.progress.finish()
        return films

    def _film(self, name: str, path: Path) -> _Film:
        video = self.services.probe(path, self.services.fingerprint(path))
        times_s, fps = reference_times(video.picture_end_s, self.model.limits)
        size = reference_size(video, len(times_s), self.model.limits)
        return _Film(name, video, video.source(path), times_s, fps, size)

    def _questions(self, query: EvalQuery, films: Mapping[str, _Film]) -> _Asked:
        """One for each video that the query names and that is there."""
        limits = self.model.limits
        named = [films[name] for name in named_videos(query) if name in films]
        questions = [(film, film.question(query.text, limits)) for film in named]
        return {one.key(limits.identity): (film, one) for film, one in questions}

    def _ask(self, asked: _Asked, report: EvalReport) -> None:
        """A reply for every question: from the file where it is kept, else from the model."""
        todo = {key: one for key, one in asked.items() if not self.replies.has(key)}
        report.resumed = len(asked) - len(todo)
        self.progress.start("reference", len(todo), "questions")
        for key, reply in self.model.answer(self._asks(todo, report)):
            film, question = todo[key]
            if reply.finish_reason == "error":
                report.failed[film.name] = f"the model refused it: {reply.text}"
            else:
                self._keep(key, film, question, reply)
            self.progress.advance(1, film.name)
        self.progress.finish()

    def _asks(self, todo: _Asked, report: EvalReport) -> Iterator[Ask]:
        """Questions about the same video follow each other: its frames are decoded once."""
        decoder = CachingDecoder(self.services.decoder)
        for key, (film, question) in sorted(todo.items(), key=lambda item: item[1][0].name):
            if film.name not in report.failed:
                try:
                    yield question.ask(key, decoder, film.source)
                except MediaError as error:
                    report.failed[film.name] = str(error)

    def _keep(self, key: str, film: _Film, question: VideoRequest, reply: Reply) -> None:
        self.replies.put(
            key,
            reply.text,
            video=film.name,
            prompt=question.prompt,
            model=self.model.limits.identity,
            num_frames=len(film.times_s),
            fps=film.fps,
            size=film.size,
            finish_reason=reply.finish_reason,
        )

    def _windows(self, asked: _Asked, many_videos: bool) -> list[Window]:
        """What the replies say, in their order; models give no scores with their words."""
        windows = []
        for key, (film, question) in asked.items():
            parsed = parse_events(self.replies.get(key), film.video.duration_s, question.prompt)
            name = film.name if many_videos else ""
            windows += [Window(e.span.start_s, e.span.end_s, video=name) for e in parsed.events]
        return windows


def reference_times(duration_s: float, limits: ModelLimits) -> tuple[tuple[float, ...], float]:
    """Media times of the frames, and their exact rate: as many as qwen-vl-utils takes.

    An even number, 2 a second, at least 4, at most 768 and what the model takes; evenly
    spaced over the whole video, where qwen-vl-utils rounds to source frames.
    """
    factor = family_named(limits.family).factor_px
    pairs = limits.max_video_tokens // -(-limits.min_pixels // factor**2)
    most = min(REFERENCE_MAX_FRAMES, limits.max_frames, 2 * pairs)
    wanted = max(duration_s * REFERENCE_FPS, REFERENCE_MIN_FRAMES)
    num_frames = int(min(wanted, most)) // 2 * 2
    fps = num_frames / duration_s
    return tuple(place / fps for place in range(num_frames)), fps


def reference_size(video: VideoInfo, num_frames: int, limits: ModelLimits) -> tuple[int, int]:
    """(width, height) of the frames: the budget of the video shared evenly, within the model's.

    Raises ValueError for a picture that is far longer than wide.
    """
    tokens = min(REFERENCE_VIDEO_TOKENS, limits.max_video_tokens)
    factor = family_named(limits.family).factor_px
    share = 2 * tokens * factor**2 // num_frames
    most = min(REFERENCE_MAX_PIXELS, share)
    least = min(REFERENCE_MIN_PIXELS, most)
    height, width = smart_resize(video.height, video.width, least, most, factor)
    fits = min(most, limits.max_pixels)
    height, width = smart_resize(height, width, min(limits.min_pixels, fits), fits, factor)
    return width, height


def _reply_tokens(limits: ModelLimits) -> int:
    return min(REFERENCE_TOKENS, limits.context_tokens // 3)


def _report(truth: GroundTruth, limits: ModelLimits) -> EvalReport:
    return EvalReport(
        len(truth.queries),
        model=limits.identity,
        licence=limits.licence,
        settings={
            "prompts": REFERENCE_PROFILE,
            "prompt": REFERENCE_GROUND,
            "fps": REFERENCE_FPS,
            "max_frames": min(REFERENCE_MAX_FRAMES, limits.max_frames),
            "video_tokens": min(REFERENCE_VIDEO_TOKENS, limits.max_video_tokens),
            "max_reply_tokens": _reply_tokens(limits),
            "decoding": "greedy",
        },
    )
