"""Verify captions against fresh frames: Yes or No first, then the exact span."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from pipelines.inference.video_request import VideoRequest
from pipelines.search.verdict_cache import VerdictCache
from store.library import Library
from vidindex.core.prompts import PromptProfile, ground_schema
from vidindex.core.replies import parse_events
from vidindex.core.retrieval.calibration import Curve
from vidindex.core.retrieval.query_rewrite import as_caption
from vidindex.core.retrieval.verification import (
    FRAME_BUDGET,
    FrameRequest,
    frames_to_check,
    moved,
    unknown_words,
    verdict_from_yes_no,
)
from vidindex.errors import MediaError
from vidindex.ports import Decoder, VisionModel
from vidindex.types import Ask, Evidence, Moment, Reply, Source, Standard, Verdict

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
    """A moment whose frames can be decoded, and the frames to show."""

    place: int
    moment: Moment
    request: FrameRequest
    source: Source


@dataclass(frozen=True, slots=True)
class CaptionVerifier:
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
        cache: VerdictCache,
        tell: Callable[[int, Verdict], object],
    ) -> list[Verdict]:
        """A verdict for each moment, in order; unchecked where its frames cannot be decoded.

        What the model denies is not asked for its start and end. tell: receives each verdict
        (after the place of its moment) as soon as its answer is known, and again once the
        model has given its start and end; what it raises ends the check.
        """
        judge, caption = judge_of(self.model, self.profile), as_caption(question)
        decided = partial(self._decided, understood=not unknown_words(caption, self.model.limits))
        kept = [cache.get(moment, judge) for moment in moments]
        verdicts = [decided(one) if one and one.evidence else None for one in kept]
        for place, known in enumerate(verdicts):
            if known and not _lacks_span(known):
                tell(place, known)
        todo = [
            candidate
            for place, (moment, known) in enumerate(zip(moments, verdicts, strict=True))
            if (known is None or _lacks_span(known))
            and (candidate := self._candidate(place, moment))
        ]

        def settle(one: _Candidate, verdict: Verdict) -> None:
            verdicts[one.place] = cache.put(one.moment, judge, verdict)
            tell(one.place, verdict)

        yes_no = self.profile.yes_no.format(query=caption)
        unasked = [one for one in todo if verdicts[one.place] is None]
        for one, reply in self._answers(unasked, yes_no, schema=False):
            settle(one, decided(self._said(one, yes_no, reply)))
        likely = {
            one.place: known
            for one in todo
            if (known := verdicts[one.place]) and _lacks_span(known)
        }
        ground = self.profile.ground.format(query=caption)
        shown = [one for one in todo if one.place in likely]
        for one, reply in self._answers(shown, ground, schema=True):
            settle(one, self._placed(one, likely[one.place], reply))
        return [new or moment.verdict for new, moment in zip(verdicts, moments, strict=True)]

    def _decided(self, verdict: Verdict, *, understood: bool) -> Verdict:
        """The verdict by the thresholds in force; stored ones hold scores, which stay true."""
        answer = verdict_from_yes_no(
            verdict.score, verdict.mass, self.standard, understood=understood
        )
        probability = (
            self.curve(verdict.score) if self.curve and verdict.score is not None else None
        )
        return replace(verdict, answer=answer, probability=probability)

    def _candidate(self, place: int, moment: Moment) -> _Candidate | None:
        opened = self.library.open_source(moment.video_id)
        if opened is None:
            return None
        video, source = opened
        request = frames_to_check(moment.hits[0].event.span, video, self.model.limits)
        return _Candidate(place, moment, request, source)

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
        request = candidate.request
        question = VideoRequest(
            video_id=candidate.moment.video_id,
            times_s=tuple(time_s - request.span.start_s for time_s in request.times_s),
            shown_s=request.shown_s,
            fps=request.fps,
            size=request.size,
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

    def _said(self, candidate: _Candidate, prompt: str, said: Reply) -> Verdict:
        """What the model's Yes or No gives, before it is held against any threshold."""
        evidence = Evidence(
            frame_times_s=candidate.request.shown_s,
            prompt=prompt,
            model=self.model.limits.identity,
            reply=f"P(yes) {said.p_yes:.4f}, mass {said.yes_no_mass:.4f}",
            size=candidate.request.size,
        )
        span = candidate.moment.hits[0].event.span
        return Verdict("unchecked", said.p_yes, span, evidence, mass=said.yes_no_mass)

    def _placed(self, candidate: _Candidate, verdict: Verdict, reply: Reply) -> Verdict:
        """The verdict where the frames put it. Reply times count from the start of the look."""
        assert verdict.evidence, "only what was looked at is asked for its start and end"
        event, request = candidate.moment.hits[0].event, candidate.request
        parsed = parse_events(reply.text, request.span.duration_s)
        shown = [one.span.shift(request.span.start_s) for one in parsed.events]
        span, also = moved(event.span, shown)
        evidence = replace(verdict.evidence, grounding=reply.text)
        return replace(verdict, span=span, also=also, evidence=evidence)


def _lacks_span(verdict: Verdict) -> bool:
    """Whether the model was not yet asked for start and end, as of a search that was cut off."""
    grounded = verdict.evidence is not None and verdict.evidence.grounding is not None
    return verdict.answer != "rejected" and not grounded
