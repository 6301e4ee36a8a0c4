"""Answer questions that relate things in time: search each, verify, and compare."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipelines.answer.footage import footage_of
from pipelines.answer.inquiry import Inquiry
from vidindex.core.answering.answers import Answer
from vidindex.core.answering.citations import Citation, Occasion, cited, occasions
from vidindex.core.answering.findings import Findings
from vidindex.core.answering.question import Asked
from vidindex.core.answering.relation_answer import RelationAnswer
from vidindex.core.answering.time_order import Related, is_same_recording, related
from vidindex.core.formatting.terminal import coverage_line
from vidindex.types import Channel, Event, Filters

MAX_ANCHORS = 3
"""Occasions of a thing for each of which it is said what happens before or after it."""

MAX_TRIES = 5
"""Events that are checked before nothing is said to come next."""

MAX_EVENTS = 12
"""Events of a stretch that are checked and reported."""

CHANNELS: tuple[tuple[Channel, ...], ...] = (("caption",), ("speech", "subtitle"), ("screen",))
"""What is taken for what happens: captions; where there are none, what is said, then read."""


def answer_relation(inquiry: Inquiry, asked: Asked) -> Answer:
    """The answer to a question with a relation. asked: with its anchors as questions."""
    relation = asked.relation
    anchors = [inquiry.find(anchor) for anchor in asked.anchors]
    built = RelationAnswer(asked, inquiry.library.coverage(asked.filters), list(anchors))
    for anchor in anchors:
        if not anchor.verified:
            return _with_notes(built.no_anchor(anchor), anchors)
    if relation.wants == "events":
        return _with_notes(_events(inquiry, asked, anchors, built), anchors)
    if relation.wants == "gap" and not relation.subject:
        return _with_notes(built.gap(*anchors), anchors)
    subject = inquiry.find(asked)
    built.findings.insert(0, subject)
    return _with_notes(_of_subject(asked, subject, anchors, built), [subject, *anchors])


def _of_subject(
    asked: Asked, subject: Findings, anchors: Sequence[Findings], built: RelationAnswer
) -> Answer:
    relation = asked.relation
    if relation.wants == "how long":
        return built.how_long(subject)
    if relation.wants == "how many different":
        return built.how_many_different(subject)
    if relation.wants in ("gap", "which first"):
        if not subject.verified:
            return built.no_anchor(subject)
        first, second = (
            (subject, anchors[0]) if relation.order == "before" else (anchors[0], subject)
        )
        return built.gap(first, second) if relation.wants == "gap" else (
            built.which_first(subject, anchors[0])
        )  # fmt: skip
    if relation.order:
        return built.of_subject(subject, anchors)
    return built.first_or_last(subject)


def _with_notes(answer: Answer, found: Sequence[Findings]) -> Answer:
    notes = dict.fromkeys(note for one in found for note in one.notes)
    checked = sum(one.coverage.checked for one in found)
    candidates = sum(one.coverage.candidates for one in found)
    coverage = replace(answer.coverage, checked=checked, candidates=candidates)
    if not found:
        return answer
    basis = coverage_line(coverage)
    return replace(answer, notes=tuple(notes), coverage=coverage, basis=basis)


def _events(
    inquiry: Inquiry, asked: Asked, anchors: Sequence[Findings], built: RelationAnswer
) -> Answer:
    """What happens there: nearest first where one is asked for, else in order of time."""
    relation, filters = asked.relation, asked.filters
    those = [list(one.verified[:MAX_ANCHORS]) for one in anchors]
    if not anchors:
        found = [Related(one, ()) for one in _happenings(inquiry, filters)]
        if relation.pick == "last":
            found.reverse()
        return _told(inquiry, asked, [found], [], built)
    assert relation.order
    runs: list[list[Related]] = []
    happenings = _apart(_happenings(inquiry, filters), [one for group in those for one in group])
    if relation.order in ("during", "between"):
        fits = [one for one in happenings if _may_relate(asked, one, those)]
        runs.append(related(fits, those, relation.order))
    else:
        for anchor in those[0]:
            fits = [one for one in happenings if _may_relate(asked, one, [[anchor]])]
            run = related(fits, [[anchor]], relation.order)
            runs.append(run[::-1] if relation.pick == "last" else run)
    return _told(inquiry, asked, runs, [group[0] for group in those], built)


def _told(
    inquiry: Inquiry,
    asked: Asked,
    runs: Sequence[Sequence[Related]],
    anchors: Sequence[Occasion],
    built: RelationAnswer,
) -> Answer:
    """Events of each run, checked in order: the first that holds, or up to a dozen."""
    one_each = asked.relation.pick is not None
    tries = MAX_TRIES if one_each else MAX_EVENTS
    found: list[Related] = []
    num_doubtful = num_left = 0
    for run in runs:
        for one in run[:tries]:
            checked = _checked(inquiry, one.occasion, asked.filters)
            if checked.first.answer == "verified":
                found.append(replace(one, occasion=checked))
                if one_each:
                    break
            num_doubtful += checked.first.answer in ("unsure", "unchecked")
        num_left += 0 if one_each else max(0, len(run) - tries)
    return built.of_events(found, anchors, num_left, num_doubtful)


def _checked(inquiry: Inquiry, one: Occasion, filters: Filters) -> Occasion:
    """The event compared with frames; what was said or written is text already."""
    first = one.first
    event = Event(first.video_id, first.span, first.text, first.channel, "", None)
    if first.event_ids:
        event = inquiry.library.events.by_ids(first.event_ids)[0]
    moment = inquiry.check(event)
    piece = inquiry.as_citation(moment, filters)
    if piece.channel in ("speech", "subtitle") and piece.answer == "unchecked":
        piece = replace(piece, answer="verified")
    return Occasion((piece,), piece.span.duration_s)


def _happenings(inquiry: Inquiry, filters: Filters) -> list[Occasion]:
    """Events of what is asked about, each as an occasion, in order of time."""
    footage = footage_of(inquiry.library, inquiry.library.videos.selected(filters), filters)
    for channels in CHANNELS:
        pieces = [
            cited(event, one)
            for video_id, one in footage.items()
            for event in inquiry.library.events.of_video(video_id, channels)
            if one.holds(event.span)
        ]
        if pieces:
            return sorted(_alone(pieces), key=_in_time)
    return []


def _alone(pieces: Sequence[Citation]) -> Iterator[Occasion]:
    """Each event by itself; the same words that go on are one."""
    by_text: dict[str, list[Citation]] = {}
    for piece in pieces:
        by_text.setdefault(piece.text, []).append(piece)
    for those in by_text.values():
        yield from occasions(those)


def _in_time(one: Occasion) -> tuple[float, str, float]:
    at_s = one.first.starts_at.timestamp() if one.first.starts_at else 0.0
    return at_s, one.first.name, one.first.span.start_s


def _apart(those: Sequence[Occasion], anchors: Sequence[Occasion]) -> list[Occasion]:
    """Without the anchors themselves: the same events, or the same stretch in the same words."""
    known = {number for one in anchors for piece in one.citations for number in piece.event_ids}
    return [
        one
        for one in those
        if not known & {number for piece in one.citations for number in piece.event_ids}
    ]


def _may_relate(asked: Asked, one: Occasion, anchors: Sequence[Sequence[Occasion]]) -> bool:
    """Whether it is of the recording of an anchor; on another camera where that is asked for."""
    every = [anchor for group in anchors for anchor in group]
    if asked.relation.elsewhere:
        return any(one.first.camera != anchor.first.camera for anchor in every)
    if asked.relation.order == "during" and len(asked.filters.cameras) > 0:
        return True
    return any(is_same_recording(one, anchor) for anchor in every)
