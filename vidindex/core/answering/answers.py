"""Turn search results into an answer in sentences: yes, no or unsure.

The rules: yes, where fresh frames verified an occasion; unsure, where some may be one. Where
nothing is left, the conclusion of the search decides: no, where it is that the thing is not
there; else evidence is lacking, and the answer is unsure. Sentences are templates of the
question's language.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from vidindex.core.answering.citations import Citation, Footage, Occasion, Sentence
from vidindex.core.answering.findings import CitationList, Findings, findings_of
from vidindex.core.answering.phrases import Phrases
from vidindex.core.answering.question import Asked
from vidindex.core.answering.rephrase import Dropped, Rephrased
from vidindex.core.formatting.terminal import coverage_line, one_line
from vidindex.types import Conclusion, Coverage, Event, Hit, Moment, Query, SearchResult, Verdict

NO_CONCLUSION = Conclusion()


@dataclass(frozen=True, slots=True)
class Step:
    """One step on the way to an answer, and the calls of the model that it took.

    kind: "searched" for candidates, "looked" at moments for an open answer, "checked" an event
    or a sentence against frames, "dropped" a sentence, "read" the question by the model.
    """

    kind: Literal["searched", "looked", "checked", "dropped", "read"]
    text: str
    calls: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known. count, total_s: verified occasions, and how long they lasted together.

    verdict: "answered" and "cannot be told" for what is answered by looking. sentences: made by
    rule, or the model's own that held against frames, each with the citations that it rests on.
    lacking: why no answer can be given; "" where one can. basis: what the answer rests on, in one
    line. conclusion: that of the search, of what was asked about alone. dropped: the model's
    sentences that did not hold. steps: what was done, calls: calls of the model, of at most
    max_calls. further: answers to the other questions of the same text.
    """

    asked: Asked
    verdict: Literal["yes", "no", "unsure", "answered", "cannot be told"]
    count: int
    total_s: float
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    lacking: str
    basis: str
    coverage: Coverage
    rephrased: Rephrased | None = None
    notes: tuple[str, ...] = ()
    conclusion: Conclusion = NO_CONCLUSION
    dropped: tuple[Dropped, ...] = ()
    steps: tuple[Step, ...] = ()
    calls: int = 0
    max_calls: int = 0
    further: tuple["Answer", ...] = ()


def step_line(step: Step) -> str:
    """`searched “a red circle”: 8 of 8 candidates checked, found (11 calls of the model)`."""
    calls = {0: "", 1: " (1 call of the model)"}.get(
        step.calls, f" ({step.calls} calls of the model)"
    )
    return f"{step.kind} {step.text}{calls}"


def answer(asked: Asked, result: SearchResult, footage: Mapping[str, Footage]) -> Answer:
    """Build the answer. footage: every video with a hit of the result, by its id."""
    return answer_of(findings_of(asked, result, footage))


def answer_of(found: Findings) -> Answer:
    """The answer to a question that relates nothing in time."""
    asked, say = found.asked, Phrases(found.asked.language)
    what, cites = one_line(asked.looked_for), CitationList()
    doubtful = (*found.unsure, *found.unchecked)
    absent = found.conclusion.kind == "not there"
    why = say.conclusion(found.conclusion, asked.looked_for)
    lacking = "" if found.verified or doubtful or absent else why
    if found.verified:
        may_be_more = bool(doubtful) or found.num_unchecked > 0
        sentences = _told(found, say, cites, at_least=may_be_more)
    elif doubtful:
        sentences = [Sentence(say.say("not verified", what=what))]
    elif lacking:
        sentences = [Sentence(say.say("lacking", why=why))]
    else:
        sentences = [Sentence(_nothing(asked, say, why))]
    sentences += doubts(found, say, cites)
    return Answer(
        asked=asked,
        verdict="yes" if found.verified else "no" if absent else "unsure",
        count=len(found.verified),
        total_s=sum(one.duration_s for one in found.verified),
        sentences=tuple(sentences),
        citations=tuple(cites.citations),
        lacking=lacking,
        basis=coverage_line(found.coverage),
        coverage=found.coverage,
        notes=found.notes,
        conclusion=found.conclusion,
    )


def as_shown(found: Answer) -> SearchResult:
    """The answer as a search result whose moments are its citations, in their order.

    So that a person who calls one by its number means the one that was shown.
    """
    moments = tuple(
        Moment(
            video_id=one.video_id,
            path=one.name,
            span=one.span,
            text=one.text,
            score=one.score or 0.0,
            hits=(Hit(Event(one.video_id, one.span, one.text, one.channel, ""), 0.0, ("words",)),),
            verdict=Verdict(one.answer, one.score, one.span),
            starts_at=one.starts_at,
        )
        for one in found.citations
    )
    query = Query(found.asked.looked_for, found.asked.filters, len(moments))
    return SearchResult(query, moments, (), found.coverage, conclusion=found.conclusion)


def doubts(found: Findings, say: Phrases, cites: CitationList) -> list[Sentence]:
    """What the frames did not settle, and what was not compared with frames."""
    further = say.say("further") if found.verified else ""
    by_text = [one for one in found.unchecked if one.first.channel != "frame"]
    by_frames = [one for one in found.unchecked if one.first.channel == "frame"]
    sentences = []
    for name, those in (("unsettled", found.unsure), ("text", by_text), ("alike", by_frames)):
        if those:
            key = f"{name} one" if len(those) == 1 else name
            text = say.say(key, n=len(those), further=further)
            sentences.append(Sentence(text, cites.add(*those)))
    return sentences


def _told(found: Findings, say: Phrases, cites: CitationList, *, at_least: bool) -> list[Sentence]:
    """How often, for how long, first and last; camera by camera where there are several."""
    asked, verified = found.asked, found.verified
    cameras = {one.first.camera for one in verified}
    (camera,) = cameras if len(cameras) == 1 else (None,)
    by = say.say("by camera", camera=one_line(camera)) if camera else ""
    times, lasting = say.how_often(len(verified)), say.lasting(verified)
    counts = asked.kind == "how many"
    if counts:
        times = say.say("at least", times=times) if at_least else times[:1].upper() + times[1:]
    yes = say.say("yes") if asked.kind == "whether" else ""
    key = "counted" if counts else "found"
    what = one_line(asked.looked_for)
    text = yes + say.say(key, what=what, times=times, by=by, lasting=lasting)
    sentences = [Sentence(text, cites.add(*verified))]
    if len(cameras) > 1:
        sentences += [_of_camera(name, verified, say, cites) for name in sorted(cameras, key=str)]
    return [*sentences, Sentence(say.say("same thing"))] if counts else sentences


def _of_camera(
    camera: str | None, verified: Sequence[Occasion], say: Phrases, cites: CitationList
) -> Sentence:
    those = [one for one in verified if one.first.camera == camera]
    values = {"times": say.how_often(len(those)), "lasting": say.lasting(those)}
    key = "camera" if camera else "no camera"
    return Sentence(say.say(key, camera=one_line(camera or ""), **values), cites.add(*those))


def _nothing(asked: Asked, say: Phrases, sentence: str) -> str:
    lead = {"whether": "no", "how many": "none"}.get(asked.kind, "")
    return f"{say.say(lead)}{sentence}." if lead else f"{sentence[0].upper()}{sentence[1:]}."
