"""The pass that a model sees: chunks become captions with times, kept reply by reply.

Videos are gathered first and asked about together when the pass closes, so that a model
that works in batches is kept busy across files. Every reply is committed as it comes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipelines.asking import Question
from pipelines.scan import record_failure
from pipelines.stages import Work
from vidindex.errors import MediaError
from vidindex.events import chunk_events, coverage, looks_compressed, stitch
from vidindex.ports import Decoder, VisionModel
from vidindex.prompts import ParsedReply, PromptProfile, parse_events, segment_schema
from vidindex.sampling import LADDER_FPS, decode_times, even_grid, smart_resize
from vidindex.types import Ask, Chunk, Event, Reply

MAX_EVENTS, MAX_CHARS = 12, 200
MAX_TOKENS = 1024


@dataclass(slots=True)
class _Film:
    """One video under way: its chunks, and the reply that counts for each."""

    work: Work
    chunks: tuple[Chunk, ...]
    replies: dict[int, tuple[Chunk, Reply]] = field(default_factory=dict)
    problem: str = ""


@dataclass(slots=True)
class CaptionStage:
    """Qwen2.5-VL's segments become caption events. language: of the captions, or None."""

    decoder: Decoder
    model: VisionModel
    profile: PromptProfile
    language: str | None = None
    name: str = "captions"
    _films: list[_Film] = field(default_factory=list)

    def key(self, path: Path) -> str:
        return f"{self.model.limits.identity} {self.profile.name} {self.language or ''}".strip()

    def run(self, work: Work) -> None:
        plan = work.library.plans.get(work.video_id)
        if plan is None:
            raise MediaError(f"{work.path.name} has no frame plan", "ingest it again")
        self._films.append(_Film(work, plan.chunks))

    def close(self) -> None:
        """Ask about all gathered videos, once more about what looks compressed, and store."""
        films, self._films = self._films, []
        asked = [(film, chunk) for film in films for chunk in film.chunks if not chunk.continues]
        self._answer(asked, again=False)
        self._answer([pair for film in films for pair in self._doubtful(film)], again=True)
        for film in films:
            self._store(film)

    def _answer(self, todo: Sequence[tuple[_Film, Chunk]], *, again: bool) -> None:
        """A reply for every chunk: from the library where it is kept, else from the model."""
        waiting: dict[str, tuple[_Film, Chunk]] = {}
        for key, reply in self.model.answer(self._asks(todo, waiting)):
            film, chunk = waiting.pop(key)
            self._keep(film, chunk, key, reply)
            if not again:
                film.work.progress.advance(chunk.span.duration_s, film.work.path.name)

    def _asks(
        self, todo: Sequence[tuple[_Film, Chunk]], waiting: dict[str, tuple[_Film, Chunk]]
    ) -> Iterator[Ask]:
        """The questions that must be asked, decoded one by one as the model takes them."""
        for film, chunk in todo:
            if film.problem:
                continue
            film.work.deadline.check()
            question = self._question(film, chunk)
            key = question.key(self.model.limits.identity)
            kept = film.work.library.replies.get(key)
            if kept is not None:
                self._count_kept(film, chunk, kept)
                continue
            try:
                ask = question.ask(key, self.decoder, film.work.video.source(film.work.path))
            except MediaError as error:
                film.problem = str(error)
                continue
            waiting[key] = (film, chunk)
            yield ask

    def _question(self, film: _Film, chunk: Chunk) -> Question:
        limits = self.model.limits
        words = self.profile.segment
        if self.language:
            words += self.profile.segment_language.format(language=self.language)
        return Question(
            video_id=film.work.video_id,
            times_s=tuple(time_s - chunk.span.start_s for time_s in chunk.times_s),
            shown_s=tuple(decode_times(chunk)),
            fps=chunk.fps,
            size=(chunk.width, chunk.height),
            system=self.profile.system,
            prompt=words,
            max_tokens=min(MAX_TOKENS, limits.context_tokens // 3),
            schema=segment_schema(MAX_EVENTS, MAX_CHARS),
        )

    def _keep(self, film: _Film, chunk: Chunk, key: str, reply: Reply) -> None:
        """Commit one reply, with what it covers; a refusal is the video's problem."""
        if reply.finish_reason == "error":
            film.problem = f"{film.work.path.name}: the model refused a chunk: {reply.text}"
            return
        work = film.work
        with work.library.transaction():
            work.library.replies.put(
                key,
                reply,
                video_id=work.video_id,
                kind="segment",
                prompt=self._question(film, chunk).prompt,
                model=self.model.limits.identity,
                frame_times_s=chunk.times_s,
            )
            work.library.work.finish_piece(
                work.video_id, self.name, chunk.index, self.key(work.path), chunk.span.duration_s
            )
        self._prefer(film, chunk, reply)

    def _count_kept(self, film: _Film, chunk: Chunk, reply: Reply) -> None:
        if not film.replies:
            film.work.report.resumed += 1
        film.work.progress.advance(chunk.span.duration_s, film.work.path.name)
        self._prefer(film, chunk, reply)

    def _prefer(self, film: _Film, chunk: Chunk, reply: Reply) -> None:
        """Of two replies on one chunk, the one that covers more of it counts."""
        old = film.replies.get(chunk.index)
        if old is None or self._covered(chunk, reply) > self._covered(*old):
            film.replies[chunk.index] = (chunk, reply)

    def _doubtful(self, film: _Film) -> Iterator[tuple[_Film, Chunk]]:
        """Chunks whose story was told in too little time, at another rate."""
        for chunk, reply in list(film.replies.values()):
            if looks_compressed(self._parsed(chunk, reply).events, chunk.span.duration_s):
                film.work.report.repairs["compressed, asked again"] += 1
                yield film, self._other_setting(film, chunk)

    def _other_setting(self, film: _Film, chunk: Chunk) -> Chunk:
        """The next higher rate that the model can take, else the next lower one."""
        limits = self.model.limits
        higher = [fps for fps in LADDER_FPS if fps > chunk.fps]
        fits = [fps for fps in higher if len(even_grid(chunk.span, fps)) <= limits.max_frames]
        fps = fits[0] if fits else max((f for f in LADDER_FPS if f < chunk.fps), default=chunk.fps)
        pixels = int(chunk.width * chunk.height * min(1.0, chunk.fps / fps))
        height, width = smart_resize(
            film.work.video.height,
            film.work.video.width,
            limits.min_pixels,
            max(limits.min_pixels, min(pixels, limits.max_pixels)),
        )
        times_s = even_grid(chunk.span, fps)
        return replace(chunk, fps=fps, times_s=times_s, width=width, height=height)

    def _store(self, film: _Film) -> None:
        """Replies become events, in one transaction with the mark in the ledger."""
        work = film.work
        if film.problem:
            work.progress.note(film.problem)
            record_failure(work.library, work.place, self.name, film.problem)
            return
        events = stitch(film.chunks, self._events(film))
        with work.library.transaction():
            work.library.events.replace(work.video_id, "caption", events)
            work.library.work.finish(work.video_id, self.name, self.key(work.path))
        work.report.events += len(events)

    def _events(self, film: _Film) -> dict[int, list[Event]]:
        """Events of every chunk that was asked about; repairs are counted."""
        found = {}
        for index, (chunk, reply) in film.replies.items():
            parsed = self._parsed(chunk, reply)
            film.work.report.repairs.update(parsed.repairs)
            if not parsed.events and not parsed.says_absent:
                film.work.report.repairs["no event in reply"] += 1
            if reply.finish_reason == "length":
                film.work.report.repairs["reply cut at its token limit"] += 1
            source = self.model.limits.identity
            found[index] = chunk_events(film.work.video_id, chunk, parsed.events, source)
        return found

    def _parsed(self, chunk: Chunk, reply: Reply) -> ParsedReply:
        """What a reply says; the prompt's own words in it are no answer."""
        return parse_events(reply.text, chunk.span.duration_s, self.profile.segment)

    def _covered(self, chunk: Chunk, reply: Reply) -> float:
        return coverage(self._parsed(chunk, reply).events, chunk.span.duration_s)
