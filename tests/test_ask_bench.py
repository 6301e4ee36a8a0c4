"""Questions of known truth over generated films, and what an answer to one is worth."""

from datetime import datetime

import pytest

from vidindex.bench.ask.questions import KINDS, DrawnQuestion, draw_questions
from vidindex.bench.ask.score import by_kind, outcome
from vidindex.bench.search.corpus import Reel, draw_corpus
from vidindex.core.answering.answers import Answer
from vidindex.core.answering.citations import Citation, Sentence
from vidindex.core.answering.question import Asked, understand
from vidindex.synthetic.clips import ClipEvent
from vidindex.types import Coverage, Filters, Span


@pytest.fixture(scope="module")
def reels() -> list[Reel]:
    return draw_corpus(7, 9, 60.0)


@pytest.fixture(scope="module")
def drawn(reels: list[Reel]) -> list[DrawnQuestion]:
    return draw_questions(reels, 7, 6)


def test_every_kind_is_drawn_and_the_same_seed_draws_the_same(
    reels: list[Reel], drawn: list[DrawnQuestion]
) -> None:
    assert {one.kind for one in drawn} == set(KINDS)
    assert draw_questions(reels, 7, 6) == drawn
    assert len({one.text for one in drawn}) == len(drawn)


def test_every_span_of_a_truth_is_an_event_of_its_file(
    reels: list[Reel], drawn: list[DrawnQuestion]
) -> None:
    events = {reel.name: [_span(event) for event in reel.scene.events] for reel in reels}
    for one in drawn:
        assert all(span in events[one.file] for span in one.spans), one


def test_every_question_is_read_as_what_it_was_drawn_as(drawn: list[DrawnQuestion]) -> None:
    for one in drawn:
        asked = understand(one.text, [], NOW)
        assert asked.files == (one.file,), one
        if one.kind.startswith("open"):
            assert asked.kind == "open"
        else:
            assert not asked.relation.is_plain, one


def test_the_order_of_a_yes_is_that_of_the_events(drawn: list[DrawnQuestion]) -> None:
    for one in drawn:
        if one.kind in ("before, yes", "after, no"):
            assert one.spans[0].start_s < one.spans[1].start_s
        if one.kind in ("after, yes", "before, no"):
            assert one.spans[0].start_s > one.spans[1].start_s


def answer(verdict: str, text: str, *spans: Span) -> Answer:
    citations = tuple(
        Citation(n, "v", "v.mp4", None, span, None, "x", "caption", (), "verified")
        for n, span in enumerate(spans, start=1)
    )
    asked = Asked("?", "whether", "x", Filters())
    sentences = (Sentence(text, tuple(range(1, len(spans) + 1))),)
    return Answer(asked, verdict, 1, 0.0, sentences, citations, "", "", Coverage(1, 1.0))  # type: ignore[arg-type]


NOW = datetime(2024, 3, 6, 13, 0).astimezone()
TRUE = Span(10.0, 15.0)
LASTS = DrawnQuestion("how long", "?", "v.mp4", "yes", (TRUE,), 5.0)
COLOUR = DrawnQuestion("open: colour", "?", "v.mp4", "answered", word="red", words=("red", "blue"))


@pytest.mark.parametrize(
    ("question", "found", "right", "wrong"),
    [
        (LASTS, answer("yes", "“x” lasts 5.2 s (at 10)", Span(10.0, 15.2)), True, False),
        (LASTS, answer("yes", "“x” lasts 7.5 s (at 10)", Span(10.0, 15.2)), False, True),
        (LASTS, answer("yes", "“x” lasts 5.0 s (at 30)", Span(30.0, 35.0)), False, True),
        (LASTS, answer("unsure", "Unsure"), False, False),
        (COLOUR, answer("answered", "It is red.", TRUE), True, False),
        (COLOUR, answer("answered", "It is red and blue.", TRUE), False, True),
        (COLOUR, answer("cannot be told", "Cannot be told"), False, False),
    ],
)
def test_an_answer_is_right_wrong_or_left_open(
    question: DrawnQuestion, found: Answer, right: bool, wrong: bool
) -> None:
    result = outcome(question, found)
    assert (result.is_right, result.is_wrong) == (right, wrong)


def test_a_sentence_with_another_colour_is_without_support() -> None:
    found = outcome(COLOUR, answer("answered", "It is red and blue.", TRUE))
    assert (found.sentences, found.unsupported) == (1, 1)


def test_scores_have_the_interval_of_their_number() -> None:
    right = outcome(LASTS, answer("yes", "“x” lasts 5.0 s", TRUE))
    kind, every = by_kind([right] * 100)
    assert (kind.n, kind.right, every.kind) == (100, 1.0, "all relations")
    assert kind.low == pytest.approx(0.963, abs=0.001)


def _span(event: ClipEvent) -> Span:
    return Span(event.start_s, event.end_s)
