"""The pass that a model sees: chunks become captions with times, kept reply by reply.

Videos are gathered first and asked about together when the pass closes: the chunks of all
flow through one call of the model, decoded ahead of it by threads, so that it is kept busy
across files. Every reply is committed as it comes, every video stored once it and those
before it are complete: what is stored, and in which order, does not depend on timing.
"""

import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.inference.call_stats import PICTURES, STORING, ModelFigures
from pipelines.inference.prefetch import LookAhead
from pipelines.ingest.call_log import CallLedger
from pipelines.ingest.caption_requests import Call, CallForm, Film
from pipelines.ingest.scan import failure_line, record_failure
from pipelines.ingest.stages import Work
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
    look_ahead: LookAhead = field(default_factory=LookAhead)
    _films: dict[str, Film] = field(default_factory=dict)

    def key(self, path: Path) -> str:
        return f"{self.model.limits.identity} {self.profile.name} {self.language or ''}".strip()

    def run(self, work: Work) -> None:
        plan = work.library.frame_plans.get(work.video_id)
        if plan is None:
            raise MediaError(f"{work.path.name} has no frame plan", "ingest it again")
        source = self.model.limits.identity
        self._films[work.video_id] = Film(work, plan.chunks, self.profile, source)

    def close(self) -> None:
        """Ask about all gathered videos, once more about what looks compressed, and store."""
        films, self._films = list(self._films.values()), {}
        if not films:
            return
        figures, ledger = films[0].work.report.calls, CallLedger(films[0].work)
        figures.limits = self.model.limits
        with figures.whole(), ledger.tries_of(self.model):
            first = _Round(self, figures, ledger, is_first=True)
            doubtful = first.ask(films, [call for film in films for call in self._calls(film)])
            again = _Round(self, figures, ledger, is_first=False)
            again.ask(doubtful, [call for film in doubtful for call in self._calls_again(film)])

    @property
    def form(self) -> CallForm:
        return CallForm(self.model.limits, self.profile, self.language)

    def _calls(self, film: Film) -> Iterator[Call]:
        return (self.form.call(film, chunk) for chunk in film.chunks if not chunk.continues)

    def _calls_again(self, film: Film) -> Iterator[Call]:
        """The chunks whose story was told in too little time, at another rate."""
        for chunk in film.doubtful():
            film.work.report.repairs["compressed, asked again"] += 1
            yield self.form.call(film, self.form.other_setting(film, chunk))


@dataclass(slots=True)
class _Round:
    """One call of the model over many videos; films are stored in order, as they complete."""

    stage: CaptionStage
    figures: ModelFigures
    ledger: CallLedger
    is_first: bool
    _waiting: deque[Film] = field(default_factory=deque)
    _doubtful: list[Film] = field(default_factory=list)

    def ask(self, films: Iterable[Film], calls: Iterable[Call]) -> list[Film]:
        """A reply for every call: kept, or the model's. The films to be asked about again."""
        self._waiting.extend(films)
        with self.figures.spent(STORING):
            todo = [call for call in calls if not self._is_kept(call)]
            self._settle()
        if todo:
            self._ask_model(todo)
        return self._doubtful

    def _ask_model(self, calls: Iterable[Call]) -> None:
        asks = self._asks(calls)
        try:
            for key, reply in self.stage.model.answer(asks):
                with self.figures.spent(STORING):
                    self._keep(self.ledger.replied(key, reply), reply)
                    self._settle()
        finally:
            with suppress(ValueError):  # a model that is stopped may be reading it in a thread
                asks.close()
        self._settle()

    def _is_kept(self, call: Call) -> bool:
        """Whether its reply is in the library; else the film waits for it."""
        film = call.film
        reply = film.work.library.replies.get(call.key)
        if reply is None:
            film.open.add(call.chunk.index)
            return False
        if self.is_first:
            film.work.report.resumed += not film.replies
            film.work.progress.advance(call.chunk.span.duration_s, film.work.path.name)
        self.figures.kept += 1
        film.prefer(call.chunk, reply)
        return True

    # The way to the model: runs in whichever thread reads its questions; touches no library

    def _asks(self, calls: Iterable[Call]) -> Generator[Ask, None, None]:
        """The questions, decoded ahead of the model that takes them."""
        made = self.stage.look_ahead.results(calls, self._decode, lambda call: call.num_bytes)
        with closing(made):
            while entry := self._next(made):
                call, decoded = entry
                ask = self._ask(call, decoded)
                if ask and not call.film.problem:
                    call.film.work.deadline.check()
                    self.ledger.take(call, ask)
                    yield ask

    def _next(self, made: Iterator[tuple[Call, _Decoded]]) -> tuple[Call, _Decoded] | None:
        with self.figures.spent(PICTURES):
            return next(made, None)

    def _decode(self, call: Call) -> tuple[Ask | None, float]:
        """The question with its pictures, and the seconds that took; in a thread of its own.

        What lies behind a chunk that could not be decoded is not tried.
        """
        film, started_s = call.film, time.monotonic()
        if call.chunk.index > film.broken_at:
            return None, 0.0
        question = self.stage.form.question(film, call.chunk)
        source = film.work.video.source(film.work.path)
        try:
            ask = question.ask(call.key, self.stage.decoder, source)
        except (MediaError, OSError):
            film.broken_at = min(film.broken_at, call.chunk.index)
            raise
        return ask, time.monotonic() - started_s

    def _ask(self, call: Call, decoded: _Decoded) -> Ask | None:
        try:
            ask, seconds = decoded.result()
        except (MediaError, OSError) as error:
            problem = failure_line(error, call.film.work.path)
            call.film.problem = call.film.problem or problem
            return None
        self.figures.decode_s += seconds
        return ask

    # The way back: in the thread that owns the library

    def _keep(self, call: Call, reply: Reply) -> None:
        """Commit one reply, with what it covers; a refusal is the video's problem."""
        film, chunk, work = call.film, call.chunk, call.film.work
        film.open.discard(chunk.index)
        if self.is_first:
            work.progress.advance(chunk.span.duration_s, work.path.name)
        if reply.finish_reason == "error":
            film.problem = f"{work.path.name}: the model refused a chunk: {reply.text}"
            work.library.replies.unask(call.key)
            return
        stage = self.stage
        with work.library.transaction():
            work.library.replies.put(
                call.key,
                reply,
                video_id=work.video_id,
                kind="segment",
                prompt=stage.form.prompt,
                model=stage.model.limits.identity,
                frame_times_s=chunk.times_s,
            )
            work.library.replies.unask(call.key)
            work.library.work_ledger.finish_piece(
                work.video_id, stage.name, chunk.index, stage.key(work.path), chunk.span.duration_s
            )
        film.prefer(chunk, reply)

    def _settle(self) -> None:
        """Store the films that are complete, in order, but those that are to be asked again."""
        while self._waiting and self._waiting[0].is_done:
            film = self._waiting.popleft()
            if self.is_first and not film.problem and any(film.doubtful()):
                self._doubtful.append(film)
            else:
                self._store(film)

    def _store(self, film: Film) -> None:
        """Replies become events, in one transaction with the mark in the ledger of work."""
        work, stage = film.work, self.stage
        if film.problem:
            work.progress.note(film.problem)
            record_failure(work.library, work.place, stage.name, film.problem)
            return
        events = film.events()
        with work.library.transaction():
            work.library.events.replace(work.video_id, "caption", events)
            work.library.work_ledger.finish(work.video_id, stage.name, stage.key(work.path))
        work.report.events += len(events)
        work.stored()
