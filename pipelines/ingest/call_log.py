"""Which calls a model has taken and which it has answered: marked, counted and logged.

The model may take its questions in a thread of its own; the library is written by the
thread that made the ledger.
"""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from pipelines.inference.call_stats import ModelFigures
from pipelines.ingest.caption_requests import Call
from pipelines.ingest.stages import Work
from vidindex.ports import CountsTries, VisionModel
from vidindex.types import Ask, Reply


class CallLedger:
    """The calls of one pass over one library."""

    def __init__(self, work: Work) -> None:
        self._library = work.library
        self._log = work.log
        self._figures: ModelFigures = work.report.calls
        self._owner = threading.get_ident()
        self._taken: deque[tuple[Call, Ask]] = deque()
        self._open: dict[str, tuple[Call, float]] = {}

    def take(self, call: Call, ask: Ask) -> None:
        """The model is about to be given this question."""
        self._open[call.key] = (call, time.monotonic())
        self._taken.append((call, ask))
        if threading.get_ident() == self._owner:
            self._mark()

    def replied(self, key: str, reply: Reply) -> Call:
        """Its reply came; the call that it answers."""
        self._mark()
        call, taken_s = self._open.pop(key)
        latency_s = time.monotonic() - taken_s
        self._figures.replied(reply, latency_s)
        self._log.tell(
            "reply",
            file=str(call.film.work.path),
            chunk=call.chunk.index,
            ended=reply.finish_reason,
            prompt_tokens=reply.usage.prompt_tokens,
            completion_tokens=reply.usage.completion_tokens,
            latency_s=round(latency_s, 3),
        )
        return call

    def _mark(self) -> None:
        """Leave a mark of every call that was taken, before its reply can come."""
        while self._taken:
            call, ask = self._taken.popleft()
            again = self._library.replies.ask(call.key, call.film.work.video_id)
            self._figures.asked_again += again
            self._figures.took(ask)
            self._log.tell(
                "chunk asked",
                file=str(call.film.work.path),
                chunk=call.chunk.index,
                frames=call.chunk.num_frames,
                pixels=call.chunk.width * call.chunk.height,
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
                self._figures.tries[name] += count - before.get(name, 0)
