"""Answer open questions by looking: find moments, show them, and check each sentence.

What the model answers is shown only as far as fresh frames of the moments that it cites hold
against it, one sentence after the other. Where none holds, the answer is that it cannot be told.
"""

from collections.abc import Sequence
from dataclasses import replace

from pipelines.answer.footage import footage_of
from pipelines.answer.inquiry import Inquiry
from pipelines.answer.montage import Shown, show
from vidindex.core.answering.answers import Answer, Step
from vidindex.core.answering.citations import Citation, Occasion, Sentence, cited
from vidindex.core.answering.findings import Findings
from vidindex.core.answering.languages import LANGUAGES
from vidindex.core.answering.open_answer import read_open_reply, sound
from vidindex.core.answering.open_result import OpenAnswer
from vidindex.core.answering.question import Asked
from vidindex.core.answering.relation_answer import RelationAnswer
from vidindex.core.answering.rephrase import Dropped
from vidindex.core.answering.time_order import related
from vidindex.core.formatting.terminal import format_wall, one_line
from vidindex.core.formatting.time_format import format_time
from vidindex.core.prompts.questions import (
    ANSWER_TOKENS,
    ShownMoment,
    answer_schema,
    as_data,
    moment_lines,
)
from vidindex.core.retrieval.verification import verdict_from_yes_no
from vidindex.core.sampling.montage import even_spans, max_moments
from vidindex.types import Ask, Channel, Event, Reply, Span

MAX_MOMENTS, MAX_PARTS = 4, 8
"""Moments that are shown at once: of what was found, and evenly spaced parts of a whole film."""

PART = "(a part of the whole)"
"""The text of a part that was shown because it is evenly spaced, not for what it shows."""

_Texts = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
"""What was heard, read and seen in one moment."""

TEXTS: tuple[tuple[str, tuple[Channel, ...]], ...] = (
    ("heard", ("speech", "subtitle")),
    ("read", ("screen",)),
    ("seen", ("caption",)),
)


def answer_by_looking(inquiry: Inquiry, asked: Asked) -> Answer:
    """The answer to an open question, sentence by sentence, or that it cannot be told."""
    built = OpenAnswer(asked, inquiry.library.coverage(asked.filters))
    if inquiry.budget is None:
        return built.not_looked_at("why no model", _found_by_text(inquiry, asked))
    if asked.relation.whole:
        return _looked(inquiry, asked, _whole(inquiry, asked), built)
    anchors = [inquiry.find(anchor) for anchor in asked.anchors]
    for anchor in anchors:
        if not anchor.verified:
            return RelationAnswer(asked, built.coverage).no_anchor(anchor)
    found = [inquiry.find(replace(asked, looked_for=caption)) for caption in asked.searches]
    built = replace(built, findings=tuple(found))
    return _looked(inquiry, asked, _best(asked, found, anchors), built)


def _found_by_text(inquiry: Inquiry, asked: Asked) -> list[Occasion]:
    found = [inquiry.find(replace(asked, looked_for=one)) for one in asked.searches]
    return [occasion for one in found for occasion in (*one.verified, *one.unchecked)]


def _best(asked: Asked, found: Sequence[Findings], anchors: Sequence[Findings]) -> list[Citation]:
    """The best moments of each search: verified before unsure before unchecked ones."""
    order = asked.relation.order
    each = max(1, MAX_MOMENTS // max(1, len(found)))
    chosen: list[Citation] = []
    for one in found:
        those: Sequence[Occasion] = (*one.verified, *one.unsure, *one.unchecked)
        if order:
            pairs = related(one.verified, [anchor.verified for anchor in anchors], order)
            those = [pair.occasion for pair in pairs]
        if asked.relation.pick == "last":
            those = those[::-1]
        chosen += [occasion.first for occasion in those[:each]]
    return chosen


def _whole(inquiry: Inquiry, asked: Asked) -> list[Citation]:
    """Evenly spaced parts of all that is asked about."""
    windows = inquiry.library.videos.pictured(asked.filters)
    assert inquiry.budget
    count = min(MAX_PARTS, max_moments(inquiry.budget.limits))
    parts = even_spans(windows, count)
    footage = footage_of(inquiry.library, windows, asked.filters)
    inquiry.log("looked", f"{len(parts)} evenly spaced parts", inquiry.calls)
    events = [Event(video_id, span, PART, "caption", "") for video_id, span in parts]
    return [cited(event, footage[event.video_id]) for event in events]


def _looked(
    inquiry: Inquiry, asked: Asked, chosen: Sequence[Citation], built: OpenAnswer
) -> Answer:
    """The model's answer about these moments, as far as it holds."""
    budget = inquiry.budget
    assert budget
    if not chosen:
        return built.nothing_found()
    shown = _show(inquiry, chosen)
    if shown is None:
        return built.cannot_tell("why no frames", chosen)
    if not budget.left:
        return built.cannot_tell("why calls", chosen)
    chosen = [one for one, part in zip(chosen, shown.parts, strict=True) if part]
    texts = [_texts(inquiry, one) for one in chosen]
    reply = read_open_reply(_answer(inquiry, asked, chosen, texts, shown))
    if reply.problem:
        return built.cannot_tell(reply.problem, chosen)
    words = " ".join([asked.question, *(text for one in texts for those in one for text in those)])
    names = asked.language in ("en", "fr", "es")
    kept, dropped = sound(reply.sentences, len(chosen), known_words=words, names=names)
    held, failed = _held(inquiry, asked, kept, chosen)
    for one in (*dropped, *failed):
        inquiry.steps.append(Step("dropped", f"“{one_line(one.text)}”: {one.why}"))
    return built.answered(held, chosen, [*dropped, *failed])


def _show(inquiry: Inquiry, chosen: Sequence[Citation]) -> Shown | None:
    assert inquiry.budget
    moments = [(one.video_id, one.span) for one in chosen]
    return show(inquiry.library, inquiry.services.decoder, moments, inquiry.budget.limits)


def _answer(
    inquiry: Inquiry,
    asked: Asked,
    chosen: Sequence[Citation],
    texts: Sequence[_Texts],
    shown: Shown,
) -> Reply:
    """What the model replies to the question about these moments."""
    prompts, before = inquiry.services.profile.questions, inquiry.calls
    language = LANGUAGES.get(asked.language)
    prompt = prompts.open.format(
        moments=moment_lines(_described(chosen, texts, shown), with_texts=True),
        question=as_data(asked.question),
        language=language.name if language else "the language of the question",
    )
    system, schema = inquiry.services.profile.system, answer_schema(len(chosen))
    ask = Ask("open", system, prompt, shown.frames, ANSWER_TOKENS, schema)
    assert inquiry.budget
    ((_, reply),) = inquiry.budget.answer([ask])
    names = "; ".join(f"[{n}] {_at(one)}" for n, one in enumerate(chosen, start=1))
    inquiry.log("looked", f"{names} ({prompts.name})", before)
    return reply


def _held(
    inquiry: Inquiry, asked: Asked, kept: Sequence[Sentence], chosen: Sequence[Citation]
) -> tuple[list[Sentence], list[Dropped]]:
    """(sentences that the frames of what they cite confirm, those that they do not)."""
    before = inquiry.calls
    assert inquiry.budget
    asks = (
        ask
        for place, one in enumerate(kept)
        if (ask := _holds(inquiry, asked, str(place), one, chosen))
    )
    replies = dict(inquiry.budget.answer(asks))
    held, failed = [], []
    for place, one in enumerate(kept):
        reply = replies.get(str(place))
        usable = reply is not None and reply.finish_reason != "error"
        said = verdict_from_yes_no(reply.p_yes, reply.yes_no_mass) if reply and usable else None
        if said == "verified":
            held.append(one)
        else:
            why = {"rejected": "the frames that it cites do not show it",
                   "unsure": "the frames that it cites do not settle it"}  # fmt: skip
            failed.append(Dropped(one.text, why.get(said or "", "it could not be checked")))
    inquiry.log("checked", f"{len(kept)} sentences of the model: {len(held)} hold", before)
    return held, failed


def _holds(
    inquiry: Inquiry, asked: Asked, key: str, sentence: Sentence, chosen: Sequence[Citation]
) -> Ask | None:
    """Whether the sentence is right, about fresh frames of what it cites alone, without texts."""
    those = [chosen[number - 1] for number in dict.fromkeys(sentence.cites)]
    shown = _show(inquiry, those)
    if shown is None:
        return None
    profile = inquiry.services.profile
    prompt = profile.questions.holds.format(
        moments=moment_lines(_described(those, [((), (), ())] * len(those), shown),
                             with_texts=False),
        question=as_data(asked.question),
        sentence=as_data(sentence.text),
    )  # fmt: skip
    return Ask(key, profile.system, prompt, shown.frames, 1, choices=("Yes", "No"))


def _described(
    chosen: Sequence[Citation], texts: Sequence[_Texts], shown: Shown
) -> list[ShownMoment]:
    """What a prompt says of each moment that can be shown, numbered in order."""
    parts = [part for part in shown.parts if part]
    return [
        ShownMoment(number, _clip(part.video), _at(one), *those)
        for number, (one, part, those) in enumerate(
            zip(chosen, parts, texts, strict=True), start=1
        )
    ]  # fmt: skip


def _clip(span: Span) -> str:
    """`00:07.50-00:09.00`: the form in which models are asked for times of a clip."""
    ends = (f"{int(at_s // 60):02d}:{at_s % 60:05.2f}" for at_s in (span.start_s, span.end_s))
    return "-".join(ends)


def _at(one: Citation) -> str:
    wall = f", {format_wall(one.starts_at)}" if one.starts_at else ""
    span = f"{format_time(one.span.start_s)} to {format_time(one.span.end_s)}"
    return f"{one_line(one.name)} {span}{wall}"


def _texts(inquiry: Inquiry, one: Citation) -> _Texts:
    """What was heard, read and seen in a moment."""
    events = inquiry.library.events.of_video(one.video_id)
    inside = [event for event in events if event.span.overlap(one.span) > 0]
    heard, read, seen = (
        tuple(dict.fromkeys(event.text for event in inside if event.channel in channels))
        for _, channels in TEXTS
    )
    return heard, read, seen
