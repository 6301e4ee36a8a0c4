"""Captions are verified by looking again: fresh frames, grounding, then yes or no."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipelines.asking import Question
from pipelines.verdicts import VerdictBook
from store.library import Library
from vidindex.errors import MediaError
from vidindex.ports import Decoder, VisionModel
from vidindex.prompts import PromptProfile, ground_schema, parse_events
from vidindex.question import as_caption
from vidindex.types import Ask, Evidence, Moment, Reply, Source, Span, Verdict
from vidindex.verification import Look, answer_for, look_at, moved

MAX_SPANS = 6
GROUND_TOKENS = 320


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A moment whose frames can be had, and how it will be looked at."""

    place: int
    moment: Moment
    look: Look
    source: Source


@dataclass(frozen=True, slots=True)
class LookAgain:
    """Decides on captions; asks about all candidates of a search together."""

    library: Library
    decoder: Decoder
    model: VisionModel
    profile: PromptProfile

    @property
    def judge(self) -> str:
        return f"{self.model.limits.identity} {self.profile.name}"

    def check(self, question: str, moments: Sequence[Moment], book: VerdictBook) -> list[Verdict]:
        """A verdict for each moment, in order; unchecked where its frames cannot be had."""
        verdicts = [book.known(moment, self.judge) or moment.verdict for moment in moments]
        caption = as_caption(question)
        ground = self.profile.ground.format(query=caption)
        yes_no = self.profile.yes_no.format(query=caption)
        todo = [
            candidate
            for place, (moment, verdict) in enumerate(zip(moments, verdicts, strict=True))
            if verdict.answer == "unchecked" and (candidate := self._candidate(place, moment))
        ]
        grounded = self._answers(todo, ground, schema=True)
        said = self._answers(todo, yes_no, schema=False)
        for candidate in todo:
            reply = said.get(candidate.place)
            if reply is None:
                continue
            where, also = self._spans(candidate, grounded.get(candidate.place))
            verdict = replace(self._verdict(candidate, where, yes_no, reply), also=also)
            verdicts[candidate.place] = book.note(candidate.moment, self.judge, verdict)
        return verdicts

    def _candidate(self, place: int, moment: Moment) -> _Candidate | None:
        location = self.library.videos.present_location(moment.video_id)
        video = self.library.videos.get(moment.video_id)
        if location is None or video is None:
            return None
        look = look_at(moment.hits[0].event.span, video, self.model.limits)
        return _Candidate(place, moment, look, video.source(location.path))

    def _answers(
        self, todo: Sequence[_Candidate], prompt: str, *, schema: bool
    ) -> dict[int, Reply]:
        """Replies by place; frames that cannot be decoded, and refusals, have none."""
        replies = self.model.answer(
            ask for candidate in todo if (ask := self._ask(candidate, prompt, schema=schema))
        )
        return {int(key): reply for key, reply in replies if reply.finish_reason != "error"}

    def _ask(self, candidate: _Candidate, prompt: str, *, schema: bool) -> Ask | None:
        look = candidate.look
        question = Question(
            video_id=candidate.moment.video_id,
            times_s=tuple(time_s - look.span.start_s for time_s in look.times_s),
            shown_s=look.shown_s,
            fps=look.fps,
            size=look.size,
            system=self.profile.system,
            prompt=prompt,
            max_tokens=GROUND_TOKENS if schema else 1,
            schema=ground_schema(MAX_SPANS) if schema else None,
            choices=() if schema else ("Yes", "No"),
        )
        try:
            return question.ask(str(candidate.place), self.decoder, candidate.source)
        except MediaError:
            return None

    def _spans(self, candidate: _Candidate, reply: Reply | None) -> tuple[Span, tuple[Span, ...]]:
        """Where the frames put it. Times begin at the look's start, which is added here."""
        event, look = candidate.moment.hits[0].event, candidate.look
        if reply is None:
            return event.span, ()
        parsed = parse_events(reply.text, look.span.duration_s)
        return moved(event.span, [one.span.shift(look.span.start_s) for one in parsed.events])

    def _verdict(self, candidate: _Candidate, where: Span, prompt: str, reply: Reply) -> Verdict:
        evidence = Evidence(
            frame_times_s=candidate.look.shown_s,
            prompt=prompt,
            model=self.model.limits.identity,
            reply=f"P(yes) {reply.p_yes:.4f}, mass {reply.yes_no_mass:.4f}",
        )
        answer = answer_for(reply.p_yes, reply.yes_no_mass)
        return Verdict(answer, reply.p_yes, where, evidence)
