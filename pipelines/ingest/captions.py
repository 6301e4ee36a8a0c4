"""Caption chunks with a vision model, keeping each reply as it comes.

Videos are gathered first and asked about together when the pass closes: the chunks of all
flow through one call of the model, decoded ahead of it by threads, so that it is kept busy
across files. Every reply is committed as it comes, every video stored once it and those
before it are complete: what is stored, and in which order, does not depend on timing.
"""

import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.inference.call_stats import PICTURES, STORING, CallStats
from pipelines.inference.prefetch import Prefetcher
from pipelines.ingest.call_log import CallLog
from pipelines.ingest.caption_requests import CaptionRequest, RequestBuilder, VideoJob
from pipelines.ingest.scan import failure_line, record_failure
from pipelines.ingest.stages import StageContext
from vidindex.core.prompts import PromptProfile
from vidindex.errors import MediaError
from vidindex.ports import Decoder, VisionModel
from vidindex.types import Ask, Reply

_Decoded = Future[tuple[Ask | None, float]]


@dataclass(slots=True)
class CaptionStage:
    """Qwen2.5-VL's segments become caption events. language: of the captions, or None."""

    decoder: Decoder
    model: VisionModel
    profile: PromptProfile
    language: str | None = None
    name: str = "captions"
    prefetcher: Prefetcher = field(default_factory=Prefetcher)
    _jobs: dict[str, VideoJob] = field(default_factory=dict)

    def key(self, paths: Sequence[Path]) -> str:
        return f"{self.model.limits.identity} {self.profile.name} {self.language or ''}".strip()

    def run(self, context: StageContext) -> None:
        plan = context.library.frame_plans.get(context.video_id)
        if plan is None:
            raise MediaError(f"{context.path.name} has no frame plan", "ingest it again")
        source = self.model.limits.identity
        self._jobs[context.video_id] = VideoJob(context, plan.chunks, self.profile, source)

    def drop(self) -> None:
        """Forget the videos that were gathered."""
        self._jobs = {}

    def close(self) -> None:
        """Ask about all gathered videos, once more about what looks compressed, and store."""
        jobs, self._jobs = list(self._jobs.values()), {}
        if not jobs:
            return
        stats, call_log = jobs[0].context.report.calls, CallLog(jobs[0].context)
        stats.limits = self.model.limits
        with stats.whole(), call_log.tries_of(self.model):
            first = _CaptionPass(self, stats, call_log, is_first=True)
            doubtful = first.ask(jobs, [request for job in jobs for request in self._requests(job)])
            again = _CaptionPass(self, stats, call_log, is_first=False)
            again.ask(
                doubtful, [request for job in doubtful for request in self._requests_again(job)]
            )

    @property
    def builder(self) -> RequestBuilder:
        return RequestBuilder(self.model.limits, self.profile, self.language)

    def _requests(self, job: VideoJob) -> Iterator[CaptionRequest]:
        return (self.builder.request(job, chunk) for chunk in job.chunks if not chunk.continues)

    def _requests_again(self, job: VideoJob) -> Iterator[CaptionRequest]:
        """Requests for chunks whose events cover too little of their time, at another rate."""
        for chunk in job.doubtful():
            job.context.report.repairs["compressed, asked again"] += 1
            yield self.builder.request(job, self.builder.other_setting(job, chunk))


@dataclass(slots=True)
class _CaptionPass:
    """One call of the model over many videos; videos are stored in order, as they complete."""

    stage: CaptionStage
    stats: CallStats
    call_log: CallLog
    is_first: bool
    _waiting: deque[VideoJob] = field(default_factory=deque)
    _doubtful: list[VideoJob] = field(default_factory=list)

    def ask(self, jobs: Iterable[VideoJob], requests: Iterable[CaptionRequest]) -> list[VideoJob]:
        """A reply for every call: kept, or the model's. The videos to ask about again."""
        self._waiting.extend(jobs)
        with self.stats.spent(STORING):
            todo = [request for request in requests if not self._is_kept(request)]
            self._settle()
        if todo:
            self._ask_model(todo)
        return self._doubtful

    def _ask_model(self, requests: Iterable[CaptionRequest]) -> None:
        asks = self._asks(requests)
        try:
            for key, reply in self.stage.model.answer(asks):
                with self.stats.spent(STORING):
                    self._keep(self.call_log.replied(key, reply), reply)
                    self._settle()
        finally:
            with suppress(ValueError):  # a model that is stopped may be reading it in a thread
                asks.close()
        self._settle()

    def _is_kept(self, request: CaptionRequest) -> bool:
        """Whether its reply is in the library; else the video waits for it."""
        job = request.job
        reply = job.context.library.replies.get(request.key)
        if reply is None:
            job.open.add(request.chunk.index)
            return False
        if self.is_first:
            job.context.report.resumed += not job.replies
            job.context.progress.advance(request.chunk.span.duration_s, job.context.path.name)
        self.stats.kept += 1
        job.prefer(request.chunk, reply)
        return True

    # The way to the model: runs in whichever thread reads its questions; touches no library

    def _asks(self, requests: Iterable[CaptionRequest]) -> Generator[Ask, None, None]:
        """The questions, decoded ahead of the model that takes them."""
        made = self.stage.prefetcher.results(
            requests, self._decode, lambda request: request.num_bytes
        )
        with closing(made):
            while entry := self._next(made):
                request, decoded = entry
                ask = self._ask(request, decoded)
                if ask and not request.job.problem:
                    request.job.context.deadline.check()
                    self.call_log.take(request, ask)
                    yield ask

    def _next(
        self, made: Iterator[tuple[CaptionRequest, _Decoded]]
    ) -> tuple[CaptionRequest, _Decoded] | None:
        with self.stats.spent(PICTURES):
            return next(made, None)

    def _decode(self, request: CaptionRequest) -> tuple[Ask | None, float]:
        """The question with its pictures, and the seconds that took; in a thread of its own.

        What is behind a chunk that could not be decoded is not tried.
        """
        job, started_s = request.job, time.monotonic()
        if request.chunk.index > job.broken_at:
            return None, 0.0
        video_request = self.stage.builder.video_request(job, request.chunk)
        source = job.context.video.source(job.context.location)
        try:
            ask = video_request.ask(request.key, self.stage.decoder, source)
        except (MediaError, OSError):
            job.broken_at = min(job.broken_at, request.chunk.index)
            raise
        return ask, time.monotonic() - started_s

    def _ask(self, request: CaptionRequest, decoded: _Decoded) -> Ask | None:
        try:
            ask, seconds = decoded.result()
        except (MediaError, OSError) as error:
            problem = failure_line(error, request.job.context.path)
            request.job.problem = request.job.problem or problem
            return None
        self.stats.decode_s += seconds
        return ask

    # The way back: in the thread that owns the library

    def _keep(self, request: CaptionRequest, reply: Reply) -> None:
        """Commit one reply, with what it covers; a refusal is the video's problem."""
        job, chunk, context = request.job, request.chunk, request.job.context
        job.open.discard(chunk.index)
        if self.is_first:
            context.progress.advance(chunk.span.duration_s, context.path.name)
        if reply.finish_reason == "error":
            job.problem = f"{context.path.name}: the model refused a chunk: {reply.text}"
            context.library.replies.unask(request.key)
            return
        stage = self.stage
        with context.library.transaction():
            context.library.replies.put(
                request.key,
                reply,
                video_id=context.video_id,
                kind="segment",
                prompt=stage.builder.prompt,
                model=stage.model.limits.identity,
                frame_times_s=chunk.times_s,
            )
            context.library.replies.unask(request.key)
            context.library.work_ledger.finish_piece(
                context.video_id,
                stage.name,
                chunk.index,
                stage.key(context.paths),
                chunk.span.duration_s,
            )
        job.prefer(chunk, reply)

    def _settle(self) -> None:
        """Store the videos that are complete, in order, except those to ask again."""
        while self._waiting and self._waiting[0].is_done:
            job = self._waiting.popleft()
            if self.is_first and not job.problem and any(job.doubtful()):
                self._doubtful.append(job)
            else:
                self._store(job)

    def _store(self, job: VideoJob) -> None:
        """Replies become events, in one transaction with the mark in the ledger of work."""
        context, stage = job.context, self.stage
        if job.problem:
            context.progress.note(job.problem)
            record_failure(context.library, context.location, stage.name, job.problem)
            return
        events = job.events()
        with context.library.transaction():
            context.library.events.replace(context.video_id, "caption", events)
            context.library.work_ledger.finish(
                context.video_id, stage.name, stage.key(context.paths)
            )
        context.report.events += len(events)
        context.stored()
