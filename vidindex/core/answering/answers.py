"""Turn search results into an answer in sentences: yes, no or unsure.

The rules: yes, where fresh frames verified an occasion; unsure, where some may be one. Where
nothing is left, the conclusion of the search decides: no, where it is that the thing is not
there; else evidence is lacking, and the answer is unsure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from vidindex.core.answering.citations import (
    Citation,
    Footage,
    Occasion,
    Sentence,
    cited,
    how_often,
    numbered,
    occasions,
)
from vidindex.core.answering.question import Asked
from vidindex.core.answering.rephrase import Rephrased
from vidindex.core.formatting.terminal import coverage_line, format_wall, one_line
from vidindex.core.formatting.time_format import format_duration, format_time
from vidindex.core.retrieval.conclusion import conclude
from vidindex.types import Conclusion, Coverage, Moment, Query, SearchResult, Verdict

NO_CONCLUSION = Conclusion()


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known. count, total_s: verified occasions, and how long they lasted together.

    sentences: made by rule, each with the citations that it rests on. lacking: why no answer
    can be given; "" where one can. basis: what the answer rests on, in one line.
    conclusion: that of the search, of what was asked about alone.
    """

    asked: Asked
    verdict: Literal["yes", "no", "unsure"]
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


def answer(asked: Asked, result: SearchResult, footage: Mapping[str, Footage]) -> Answer:
    """Build the answer. footage: every video with a hit of the result, by its id."""
    found = [piece for moment in result.moments for piece in _pieces(moment, footage)]
    pieces = [piece for piece in found if footage[piece.video_id].holds(piece.span)]
    verified, unsure, unchecked = _by_answer(pieces)
    conclusion = _conclusion(asked, result, pieces)
    absent = conclusion.kind == "not there"
    lacking = "" if pieces or absent else conclusion.sentence
    if verified:
        sentences = _told(asked, verified, at_least=_may_be_more(result, unsure + unchecked))
    elif pieces:
        sentences = [Sentence(f"Unsure: no occasion of {_quoted(asked)} was verified.")]
    elif lacking:
        sentences = [Sentence(f"Unsure: evidence is lacking: {lacking}.")]
    else:
        sentences = [Sentence(_nothing(asked, conclusion.sentence))]
    return Answer(
        asked=asked,
        verdict="yes" if verified else "no" if absent else "unsure",
        count=len(verified),
        total_s=sum(one.duration_s for one in verified),
        sentences=(*sentences, *_doubts(unsure, unchecked, more=bool(verified))),
        citations=tuple(c for one in (*verified, *unsure, *unchecked) for c in one.citations),
        lacking=lacking,
        basis=coverage_line(result.coverage),
        coverage=result.coverage,
        notes=(*result.notes, *_outside(len(found) - len(pieces))),
        conclusion=conclusion,
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
            hits=(),
            verdict=Verdict(one.answer, one.score, one.span),
            starts_at=one.starts_at,
        )
        for one in found.citations
    )
    query = Query(found.asked.looked_for, found.asked.filters, len(moments))
    return SearchResult(query, moments, (), found.coverage, conclusion=found.conclusion)


def _pieces(moment: Moment, footage: Mapping[str, Footage]) -> list[Citation]:
    """Where the verdict puts the moment, and the files in which the same event goes on."""
    verdict, lead = moment.verdict, moment.hits[0].event
    ids = tuple(
        hit.event.event_id
        for hit in moment.hits
        if hit.event.event_id is not None and hit.event.video_id == moment.video_id
    )
    here = [
        replace(
            cited(replace(lead, span=span), footage[moment.video_id]),
            text=moment.text,
            event_ids=ids,
        )
        for span in (verdict.span, *verdict.also)
    ]
    there = [
        cited(hit.event, footage[hit.event.video_id])
        for hit in moment.hits
        if hit.event.video_id != moment.video_id
    ]
    return [replace(one, answer=verdict.answer, score=verdict.score) for one in here + there]


def _by_answer(pieces: Sequence[Citation]) -> list[list[Occasion]]:
    """The occasions that are verified, unsure and unchecked, numbered through in that order."""
    found: list[list[Occasion]] = []
    for answer in ("verified", "unsure", "unchecked"):
        first = 1 + sum(len(one.citations) for those in found for one in those)
        found.append(numbered(occasions(p for p in pieces if p.answer == answer), first))
    return found


def _outside(count: int) -> list[str]:
    """Frames may put a moment elsewhere than its caption did: out of the hours asked about."""
    note = f"left out, as the frames put it outside of what was asked about: {count:,}"
    return [note] if count else []


def _conclusion(asked: Asked, result: SearchResult, pieces: Sequence[Citation]) -> Conclusion:
    """That of the search, of the pieces that are in what was asked about."""
    looks, coverage = result.conclusion.looks, result.coverage
    if coverage.duration_s <= 0:
        within = asked.where_and_when
        why = f"no recordings in {within}" if within else "the library is empty"
        if coverage.undated:
            why += f"; {coverage.undated:,} files of unknown recording time were left out"
        looks = replace(looks, why_none=why)
    channels = {piece.channel for piece in pieces}
    return conclude(asked.looked_for, [piece.answer for piece in pieces], looks, channels)


def _may_be_more(result: SearchResult, doubtful: Sequence[Occasion]) -> bool:
    return bool(doubtful) or result.coverage.checked < result.coverage.candidates


def _told(asked: Asked, verified: Sequence[Occasion], *, at_least: bool) -> list[Sentence]:
    """How often, for how long, first and last; camera by camera where there are several."""
    cameras = {one.first.camera for one in verified}
    if asked.kind == "how many":
        count = how_often(len(verified))
        lead = f"{f'At least {count}' if at_least else count.capitalize()}: {_quoted(asked)}"
    else:
        lead = f"{'Yes: ' if asked.kind == 'whether' else ''}{_quoted(asked)} was found "
        lead += how_often(len(verified))
    (camera,) = cameras if len(cameras) == 1 else (None,)
    place = f" by camera {camera}" if camera else ""
    sentences = [Sentence(f"{lead}{place}, {_lasting(verified)}.", _numbers(verified))]
    if len(cameras) > 1:
        for name in sorted(cameras, key=str):
            those = [one for one in verified if one.first.camera == name]
            who = f"Camera {name}" if name else "Files of no known camera"
            text = f"{who}: {how_often(len(those))}, {_lasting(those)}."
            sentences.append(Sentence(text, _numbers(those)))
    if asked.kind == "how many":
        counted = "Occasions are counted; the same person or thing may be on several of them."
        sentences.append(Sentence(counted))
    return sentences


def _doubts(
    unsure: Sequence[Occasion], unchecked: Sequence[Occasion], *, more: bool
) -> list[Sentence]:
    further = "further " if more else ""
    sentences = []
    if unsure:
        text = f"On {_count(unsure, further)} the frames did not settle it."
        sentences.append(Sentence(text, _numbers(unsure)))
    by_text = [one for one in unchecked if one.first.channel != "frame"]
    by_frames = [one for one in unchecked if one.first.channel == "frame"]
    if by_text:
        fit = "fits by its" if len(by_text) == 1 else "fit by their"
        text = f"{_count(by_text, further)} {fit} text alone; no frame was checked."
        sentences.append(Sentence(text, _numbers(by_text)))
    if by_frames:
        looks = "looks" if len(by_frames) == 1 else "look"
        text = f"{_count(by_frames, further)} only {looks} like it; no model looked at a frame."
        sentences.append(Sentence(text, _numbers(by_frames)))
    return sentences


def _count(those: Sequence[Occasion], further: str) -> str:
    return f"{len(those):,} {further}{'occasion' if len(those) == 1 else 'occasions'}"


def _nothing(asked: Asked, sentence: str) -> str:
    lead = {"whether": "No: ", "how many": "None: "}.get(asked.kind, "")
    return f"{lead}{sentence}." if lead else f"{sentence[0].upper()}{sentence[1:]}."


def _lasting(those: Sequence[Occasion]) -> str:
    lasts = format_duration(sum(one.duration_s for one in those))
    first, last = those[0].first, those[-1].first
    if len(those) == 1:
        return f"for {lasts}, {_at(first)}"
    return f"{lasts} in all, first {_at(first)}, last {_at(last)}"


def _at(citation: Citation) -> str:
    if citation.starts_at:
        return f"at {format_wall(citation.starts_at)}"
    return f"at {format_time(citation.span.start_s)} of {one_line(citation.name)}"


def _quoted(asked: Asked) -> str:
    return f"“{one_line(asked.looked_for)}”"


def _numbers(those: Sequence[Occasion]) -> tuple[int, ...]:
    return tuple(number for one in those for number in one.numbers)
