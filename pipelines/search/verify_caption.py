"""Captions are verified by looking again: fresh frames, Yes or No, then where exactly."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from pipelines.inference.video_request import Question
from pipelines.search.verdict_cache import VerdictBook
from store.library import Library
from vidindex.core.prompts import PromptProfile, ground_schema
from vidindex.core.replies import parse_events
from vidindex.core.retrieval.calibration import Curve
from vidindex.core.retrieval.query_rewrite import as_caption
from vidindex.core.retrieval.verification import FRAME_BUDGET, Look, answer_for, look_at, moved
from vidindex.errors import MediaError
from vidindex.ports import Decoder, VisionModel
from vidindex.types import Ask, Evidence, Moment, Reply, Source, Span, Standard, Usage, Verdict

MAX_SPANS = 6
GROUND_TOKENS = 320


def judge_of(model: VisionModel, profile: PromptProfile) -> str:
    """Who judges: other weights, words or frames give scores that mean something else."""
    return judge_named(model.limits.identity, profile)


def judge_named(identity: str, profile: PromptProfile) -> str:
    """The same of a model that is known by its identity alone."""
    return f"{identity}, {profile.name}, {FRAME_BUDGET}"


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A moment whose frames can be had, and how it will be looked at."""

    place: int
    moment: Moment
    look: Look
    source: Source


@dataclass(frozen=True, slots=True)
class LookAgain:
    """Decides on captions; asks about all candidates of a search together.

    standard: from which score on a candidate is verified; curve: its probability, if measured.
    """

    library: Library
    decoder: Decoder
    model: VisionModel
    profile: PromptProfile
    standard: Standard
    curve: Curve | None = None

    def check(
        self,
        question: str,
        moments: Sequence[Moment],
        book: VerdictBook,
        tell: Callable[[int, Verdict], object],
    ) -> list[Verdict]:
        """A verdict for each moment, in order; unchecked where its frames cannot be had.

        What the model denies is not asked for its start and end. tell: is told each verdict
        (after the place of its moment) as soon as its answer is known, and again once the
        model has said where it begins and ends; what it raises ends the check.
        """
        judge, caption = judge_of(self.model, self.profile), as_caption(question)
        kept = [book.known(moment, judge) for moment in moments]
        verdicts = [self._settled(one) for one in kept]
        for place, known in enumerate(verdicts):
            if known:
                tell(place, known)
        todo = [
            candidate
            for place, (moment, verdict) in enumerate(zip(moments, verdicts, strict=True))
            if verdict is None and (candidate := self._candidate(place, moment))
        ]
        yes_no = self.profile.yes_no.format(query=caption)
        said = {
            c.place: said_of(verdict)
            for c in todo
            if (verdict := kept[c.place]) and verdict.evidence
        }

        def settle(one: _Candidate, grounded: Reply | None) -> None:
            verdict = self._verdict(one, yes_no, said[one.place], grounded)
            decided = self._decided(book.note(one.moment, judge, verdict))
            verdicts[one.place] = decided
            tell(one.place, decided)

        unsaid = [one for one in todo if one.place not in said]
        for one, reply in self._answers(unsaid, yes_no, schema=False):
            said[one.place] = reply
            settle(one, None)
        likely = [c for c in todo if c.place in said and not self._denied(said[c.place])]
        ground = self.profile.ground.format(query=caption)
        for one, reply in self._answers(likely, ground, schema=True):
            settle(one, reply)
        return [new or moment.verdict for new, moment in zip(verdicts, moments, strict=True)]

    def _settled(self, known: Verdict | None) -> Verdict | None:
        """A stored verdict by the lines of now; None where it lacks a start and end it needs."""
        if known is None or known.evidence is None:
            return None
        decided = self._decided(known)
        missing = known.evidence.grounding is None and decided.answer != "rejected"
        return None if missing else decided

    def _decided(self, verdict: Verdict) -> Verdict:
        """The verdict by the lines in force; stored ones hold scores, which stay true."""
        answer = answer_for(verdict.score, verdict.mass, self.standard)
        probability = (
            self.curve(verdict.score) if self.curve and verdict.score is not None else None
        )
        return replace(verdict, answer=answer, probability=probability)

    def _denied(self, reply: Reply) -> bool:
        return answer_for(reply.p_yes, reply.yes_no_mass, self.standard) == "rejected"

    def _candidate(self, place: int, moment: Moment) -> _Candidate | None:
        location = self.library.videos.present_location(moment.video_id)
        video = self.library.videos.get(moment.video_id)
        if location is None or video is None:
            return None
        look = look_at(moment.hits[0].event.span, video, self.model.limits)
        return _Candidate(place, moment, look, video.source(location.path))

    def _answers(
        self, todo: Sequence[_Candidate], prompt: str, *, schema: bool
    ) -> Iterator[tuple[_Candidate, Reply]]:
        """Replies as they come; frames that cannot be decoded, and refusals, have none."""
        by_place = {candidate.place: candidate for candidate in todo}
        replies = self.model.answer(
            ask for candidate in todo if (ask := self._ask(candidate, prompt, schema=schema))
        )
        for key, reply in replies:
            if reply.finish_reason != "error":
                yield by_place[int(key)], reply

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

    def _verdict(
        self, candidate: _Candidate, prompt: str, said: Reply, grounded: Reply | None
    ) -> Verdict:
        span, also = self._spans(candidate, grounded)
        evidence = Evidence(
            frame_times_s=candidate.look.shown_s,
            prompt=prompt,
            model=self.model.limits.identity,
            reply=f"P(yes) {said.p_yes:.4f}, mass {said.yes_no_mass:.4f}",
            size=candidate.look.size,
            grounding=grounded.text if grounded else None,
        )
        answer = answer_for(said.p_yes, said.yes_no_mass, self.standard)
        return Verdict(answer, said.p_yes, span, evidence, also, said.yes_no_mass)


def said_of(verdict: Verdict) -> Reply:
    """The Yes or No behind a verdict: of a search that was cut off, only the span is asked."""
    return Reply("", "stop", Usage(0, 0), verdict.score, verdict.mass)
