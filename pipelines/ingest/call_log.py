"""Log the model calls of one pass: marked, counted and timed from request to reply.

The model may take its questions in a thread of its own; the library is written by the
thread that made the ledger.
"""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from pipelines.inference.call_stats import CallStats
from pipelines.ingest.caption_requests import CaptionRequest
from pipelines.ingest.stages import StageContext
from vidindex.ports import CountsTries, VisionModel
from vidindex.types import Ask, Reply


class CallLog:
    """The calls of one pass over one library."""

    def __init__(self, context: StageContext) -> None:
        self._library = context.library
        self._log = context.log
        self._stats: CallStats = context.report.calls
        self._owner = threading.get_ident()
        self._taken: deque[tuple[CaptionRequest, Ask]] = deque()
        self._open: dict[str, tuple[CaptionRequest, float]] = {}

    def take(self, request: CaptionRequest, ask: Ask) -> None:
        """The model is about to be given this question."""
        self._open[request.key] = (request, time.monotonic())
        self._taken.append((request, ask))
        if threading.get_ident() == self._owner:
            self._mark()

    def replied(self, key: str, reply: Reply) -> CaptionRequest:
        """Its reply came; the call that it answers."""
        self._mark()
        request, taken_s = self._open.pop(key)
        latency_s = time.monotonic() - taken_s
        self._stats.replied(reply, latency_s)
        self._log.write(
            "reply",
            file=str(request.job.context.path),
            chunk=request.chunk.index,
            ended=reply.finish_reason,
            prompt_tokens=reply.usage.prompt_tokens,
            completion_tokens=reply.usage.completion_tokens,
            latency_s=round(latency_s, 3),
        )
        return request

    def _mark(self) -> None:
        """Leave a mark of every call that was taken, before its reply can come."""
        while self._taken:
            request, ask = self._taken.popleft()
            again = self._library.replies.ask(request.key, request.job.context.video_id)
            self._stats.asked_again += again
            self._stats.took(ask)
            self._log.write(
                "chunk asked",
                file=str(request.job.context.path),
                chunk=request.chunk.index,
                frames=request.chunk.num_frames,
                pixels=request.chunk.width * request.chunk.height,
                again=again,
            )

    @contextmanager
    def tries_of(self, model: VisionModel) -> Iterator[None]:
        """Count what the model's backend tries more than once meanwhile, where it says so."""
        if not isinstance(model, CountsTries):
            yield
            return
        before = dict(model.counts())
        try:
            yield
        finally:
            for name, count in model.counts().items():
                self._stats.tries[name] += count - before.get(name, 0)
