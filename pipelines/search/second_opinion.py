"""Ask a second, slower model about accepted candidates; it can only lower a verdict.

So the share of false alarms that was promised for the first model's line still holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipelines.inference.video_request import VideoRequest
from pipelines.search.verdict_cache import VerdictCache
from store.library import Library
from vidindex.core.replies.reasoning import (
    REASONING_PROFILE,
    REASONING_TOKENS,
    REASONING_YES_NO,
    read_conclusion,
)
from vidindex.core.retrieval.calibration import Curve
from vidindex.core.retrieval.query_rewrite import as_caption
from vidindex.core.retrieval.verification import FRAME_BUDGET, FrameRequest, frames_to_check
from vidindex.errors import MediaError
from vidindex.ports import Decoder, VisionModel
from vidindex.types import Ask, Evidence, Moment, Opinion, Reply, Verdict
from vidindex.types.search import Answer

SYSTEM = "You are a helpful assistant."
_ANSWERS: dict[str | None, Answer] = {"Yes": "verified", "No": "rejected", None: "unsure"}
SCORES = {"verified": 1.0, "rejected": 0.0}
"""A conclusion has no degree; none at all has no score."""


def reasoning_judge(model: VisionModel) -> str:
    """Who gives the opinion: its calibration is its own."""
    return (
        f"{model.limits.identity}, {REASONING_PROFILE}, {FRAME_BUDGET}, {REASONING_TOKENS} tokens"
    )


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """Opinions on moments; curve: what a Yes or a No of this model is worth, if measured."""

    library: Library
    decoder: Decoder
    model: VisionModel
    curve: Curve | None = None

    def review(self, question: str, moments: Sequence[Moment], cache: VerdictCache) -> list[Moment]:
        """The moments with opinions on those that the first model saw and did not reject."""
        judge = reasoning_judge(self.model)
        asked = [place for place, moment in enumerate(moments) if _is_open(moment)]
        verdicts = {place: cache.get(moments[place], judge) for place in asked}
        prompt = REASONING_YES_NO.format(query=as_caption(question))
        asks = (
            ask
            for place in asked
            if verdicts[place] is None and (ask := self._ask(str(place), moments[place], prompt))
        )
        for key, reply in self.model.answer(asks):
            if reply.finish_reason != "error":
                moment = moments[int(key)]
                verdict = self._verdict(moment, prompt, reply)
                verdicts[int(key)] = cache.put(moment, judge, verdict)
        return [self._joined(moment, verdicts.get(place)) for place, moment in enumerate(moments)]

    def _frame_request(self, moment: Moment) -> FrameRequest | None:
        video = self.library.videos.get(moment.video_id)
        if video is None:
            return None
        return frames_to_check(moment.hits[0].event.span, video, self.model.limits)

    def _ask(self, key: str, moment: Moment, prompt: str) -> Ask | None:
        opened, request = self.library.open_source(moment.video_id), self._frame_request(moment)
        if opened is None or request is None:
            return None
        question = VideoRequest(
            video_id=moment.video_id,
            times_s=tuple(time_s - request.span.start_s for time_s in request.times_s),
            shown_s=request.shown_s,
            fps=request.fps,
            size=request.size,
            system=SYSTEM,
            prompt=prompt,
            max_tokens=REASONING_TOKENS,
        )
        try:
            return question.ask(key, self.decoder, opened[1])
        except MediaError:
            return None

    def _verdict(self, moment: Moment, prompt: str, reply: Reply) -> Verdict:
        answer = _ANSWERS[read_conclusion(reply.text)]
        request = self._frame_request(moment)
        times_s = request.shown_s if request else ()
        evidence = Evidence(times_s, prompt, self.model.limits.identity, reply.text)
        return Verdict(answer, SCORES.get(answer), moment.verdict.span, evidence)

    def _joined(self, moment: Moment, verdict: Verdict | None) -> Moment:
        """The moment's verdict, weakened where the second model does not see it."""
        if verdict is None or verdict.evidence is None:
            return moment
        probability = (
            self.curve(verdict.score) if self.curve and verdict.score is not None else None
        )
        opinion = Opinion(
            verdict.answer, verdict.evidence.model, verdict.evidence.reply, probability
        )
        answer = weaker(moment.verdict.answer, verdict.answer)
        return replace(moment, verdict=replace(moment.verdict, answer=answer, second=opinion))


def weaker(first: Answer, second: Answer) -> Answer:
    """Both see it: verified. One denies it: unsure. Unsure and denied: rejected."""
    if second == "rejected":
        return "unsure" if first == "verified" else "rejected"
    return first


def _is_open(moment: Moment) -> bool:
    return moment.verdict.mass is not None and moment.verdict.answer in ("verified", "unsure")
