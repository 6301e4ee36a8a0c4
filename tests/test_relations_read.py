"""Relations in time, read out of questions by rule, and compared: no film, no model."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidindex.core.answering.citations import Citation, Occasion
from vidindex.core.answering.languages import ENGLISH, LANGUAGES, language_of
from vidindex.core.answering.question import understand
from vidindex.core.answering.several import split_questions
from vidindex.core.answering.time_order import is_same_recording, on_one_line, related
from vidindex.errors import InputError
from vidindex.types import Camera, Span
from vidindex.types.search import MAX_QUERY_CHARACTERS

NOW = datetime(2024, 3, 6, 13, 0).astimezone()
CAMERAS = [Camera("cam1"), Camera("cam3"), Camera("gate")]


def read(question: str) -> tuple[object, ...]:
    """(wants, order, pick, what is asked for, what it is related to)."""
    asked = understand(question, CAMERAS, NOW)
    one = asked.relation
    anchors = tuple(anchor.looked_for for anchor in asked.anchors)
    return one.wants, one.order, one.pick, asked.looked_for, anchors


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("what happens after the blue circle moves left?",
         ("events", "after", "first", "", ("the blue circle moves left",))),
        ("what happened right before the man opened the gate?",
         ("events", "before", "last", "", ("the man opens the gate",))),
        ("After the gate opens, what happens?",
         ("events", "after", "first", "", ("the gate opens",))),
        ("what happens between a dog barking and a cat running?",
         ("events", "between", None, "", ("a dog barks", "a cat runs"))),
        ("what happens while the red light blinks?",
         ("events", "during", None, "", ("the red light blinks",))),
        ("what is the last thing that happens?", ("events", None, "last", "", ())),
        ("what was the first thing in film.mp4?", ("events", None, "first", "", ())),
        ("what is the last thing that happens before the gate opens?",
         ("events", "before", "last", "", ("the gate opens",))),
        ("what happened between 22:00 and 22:30 on camera 3", ("events", None, None, "", ())),
        ("did a dog bark before the gate opened?",
         ("as asked", "before", None, "a dog barks", ("the gate opens",))),
        ("when did a dog bark after the gate opened?",
         ("as asked", "after", None, "a dog barks", ("the gate opens",))),
        ("while the gate is open, did a car enter?",
         ("as asked", "during", None, "a car enters", ("the gate is open",))),
        ("did a dog bark at the same time as a cat ran?",
         ("as asked", "during", None, "a dog barks", ("a cat runs",))),
        ("when was the red car last seen?", ("as asked", None, "last", "the red car", ())),
        ("when did a dog bark for the first time?",
         ("as asked", None, "first", "a dog barks", ())),
        ("how long does the red light blink?",
         ("how long", None, None, "the red light blinks", ())),
        ("how many different circles are there?",
         ("how many different", None, None, "a circle", ())),
        ("how long after the gate opens does the dog bark?",
         ("gap", "after", None, "the dog barks", ("the gate opens",))),
        ("which came first, the dog or the cat?",
         ("which first", None, None, "the dog", ("the cat",))),
        ("Was passiert, nachdem das Tor aufgeht?",
         ("events", "after", "first", "", ("das Tor aufgeht",))),
        ("Was ist das Letzte, was passiert?", ("events", None, "last", "", ())),
        ("Bellt ein Hund, bevor das Tor aufgeht?",
         ("as asked", "before", None, "Bellt ein Hund", ("das Tor aufgeht",))),
        ("Bewegt sich der Kreis nach links?",
         ("as asked", None, None, "Bewegt sich der Kreis nach links", ())),
        ("Que se passe-t-il après que le portail s'ouvre ?",
         ("events", "after", "first", "", ("le portail s'ouvre",))),
        ("Quelle est la dernière chose qui se passe ?", ("events", None, "last", "", ())),
        ("¿Qué pasa antes de que se abra la puerta?",
         ("events", "before", "last", "", ("se abra la puerta",))),
        ("¿Qué es lo último que pasa?", ("events", None, "last", "", ())),
        ("门打开之后发生了什么？", ("events", "after", "first", "", ("门打开",))),
        ("最后发生了什么？", ("events", None, "last", "", ())),
        ("有多少种不同的圆圈？", ("how many different", None, None, "圆圈", ())),
    ],
)  # fmt: skip
def test_a_relation_is_read_with_what_it_relates(
    question: str, expected: tuple[object, ...]
) -> None:
    assert read(question) == expected


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("did a dog bark as soon as the gate opened?", "as soon as"),
        ("did a dog bark until the gate opened?", "until"),
        ("did a dog bark more often than a cat?", "more often than"),
        ("what happens next?", "happens next"),
        ("when did a dog bark the second time?", "second time"),
        ("in which order did the cars come?", "in which order"),
        ("Bellt der Hund, sobald das Tor aufgeht?", "sobald"),
        ("Est-ce que le chien aboie dès que le portail s'ouvre ?", "dès que"),
        ("¿Hay un perro en cuanto se abre la puerta?", "en cuanto"),
        ("狗直到门打开才叫吗？", "直到"),
    ],
)
def test_a_relation_that_no_rule_reads_is_said(question: str, word: str) -> None:
    with pytest.raises(InputError, match="how the question relates things in time") as raised:
        understand(question, CAMERAS, NOW)
    assert repr(word) in raised.value.message


@pytest.mark.parametrize(
    "question",
    [
        "who looks after the child?",
        "did a dog run after a cat?",
        "did a man stand before the gate?",
        "did a dog run between two cars?",
        'did a sign say "before noon"?',
        "is the first floor visible?",
    ],
)
def test_words_of_place_and_pursuit_are_no_relation(question: str) -> None:
    assert understand(question, CAMERAS, NOW).relation.is_plain


def test_each_part_has_the_camera_that_it_names() -> None:
    asked = understand("did a dog bark on camera 1 while a cat ran on camera 3?", CAMERAS, NOW)
    assert asked.filters.cameras == ("cam1",)
    assert [one.filters.cameras for one in asked.anchors] == [("cam3",)]
    asked = understand("what happened on another camera while a cat ran at the gate?", CAMERAS, NOW)
    assert asked.relation.elsewhere
    assert asked.filters.cameras == ()
    assert [one.filters.cameras for one in asked.anchors] == [("gate",)]


def test_a_file_and_an_hour_hold_for_every_part() -> None:
    asked = understand("did a dog bark today before a cat ran in film.mp4?", CAMERAS, NOW)
    assert asked.files == ("film.mp4",)
    assert asked.anchors[0].filters.days == asked.filters.days == (NOW.date(),)
    of_file = asked.of_files(("cam1/film.mp4",))
    assert of_file.filters.globs == of_file.anchors[0].filters.globs == ("cam1/film.mp4",)


@pytest.mark.parametrize(
    ("question", "searches"),
    [
        ("what colour was the circle that moved left", ("the circle moves left",)),
        ("why does the triangle blink?", ("the triangle blinks",)),
        ("which animal crosses the road?", ("an animal crosses the road",)),
        ("compare the red car and the blue van", ("the red car", "the blue van")),
        ("describe the man at the door", ("the man at the door",)),
        ("what does the video show?", ()),
        ("describe the whole night", ()),
    ],
)
def test_an_open_question_gives_what_to_search_for(
    question: str, searches: tuple[str, ...]
) -> None:
    asked = understand(question, CAMERAS, NOW)
    assert (asked.kind, asked.searches) == ("open", searches)
    assert asked.relation.whole == (not searches)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("did a dog bark?", "en"),
        ("Hat jemand das Tor geöffnet?", "de"),
        ("Qui a ouvert le portail ?", "fr"),
        ("¿Quién abrió la puerta?", "es"),
        ("谁打开了门？", "zh"),
        ("誰か来ましたか？", None),
        ("Кто открыл ворота?", None),
    ],
)
def test_a_language_is_recognised_by_its_common_words(text: str, code: str | None) -> None:
    found = language_of(text)
    assert (found.code if found else None) == code


def test_every_language_has_every_sentence_with_the_same_blanks() -> None:
    def blanks(text: str) -> set[str]:
        return {part.split("}")[0].split(":")[0] for part in text.split("{")[1:]}

    for language in LANGUAGES.values():
        assert language.sentences.keys() == ENGLISH.sentences.keys()
        for name, text in language.sentences.items():
            assert blanks(text) == blanks(ENGLISH.sentences[name]), (language.code, name)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("did a dog bark? when did a cat run?", ["did a dog bark?", "when did a cat run?"]),
        ("did a dog bark and when did a cat run?", ["did a dog bark?", "when did a cat run?"]),
        ("did a dog and a cat run?", ["did a dog and a cat run?"]),
        ('did a sign say "who? me?"', ['did a sign say "who? me?"']),
        ("what happens between a dog barking and what follows?",
         ["what happens between a dog barking and what follows?"]),
    ],
)  # fmt: skip
def test_several_questions_are_told_apart(text: str, parts: list[str]) -> None:
    assert split_questions(text) == parts


@pytest.mark.parametrize(
    "text", ["", "   ", "?!", "x" * (MAX_QUERY_CHARACTERS + 1), "is it red? " * 6]
)
def test_a_text_that_is_no_question_or_too_many_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        split_questions(text)


def occasion(
    start_s: float, end_s: float, video: str = "a", camera: str | None = None, at_s: float = 0.0
) -> Occasion:
    """One at that media time; with a camera, by a clock that begins at `at_s`."""
    starts_at = NOW + timedelta(seconds=at_s + start_s) if camera else None
    span = Span(start_s, end_s)
    piece = Citation(0, video, f"{video}.mp4", camera, span, starts_at, "x", "caption", ())
    return Occasion((replace(piece, answer="verified"),), end_s - start_s)


@given(st.floats(0, 50), st.floats(1, 20), st.floats(0, 50), st.floats(1, 20))
def test_two_occasions_are_in_one_order_at_most(
    a: float, a_lasts: float, b: float, b_lasts: float
) -> None:
    spans = on_one_line(occasion(a, a + a_lasts), occasion(b, b + b_lasts))
    assert spans
    holds = [order for order in ("before", "after", "during") if spans.holds(order)]
    assert len(holds) <= 1
    if not holds:
        assert abs(spans.gap_s) <= 0.5


def test_what_comes_after_is_related_to_the_nearest_that_it_follows() -> None:
    first, second, third = occasion(0, 5), occasion(10, 15), occasion(20, 25)
    (found,) = related([third], [[first, second]], "after")
    assert found.to == (second,)
    assert related([first], [[second]], "after") == []
    assert related([second], [[third], [first]], "between")[0].to == (first, third)


def test_files_are_compared_by_clock_and_not_at_all_without_one() -> None:
    early, late = occasion(0, 5, "a", "cam1"), occasion(0, 5, "b", "cam3", 60.0)
    assert [one.occasion for one in related([late], [[early]], "after")] == [late]
    assert not is_same_recording(early, late)
    assert is_same_recording(early, occasion(0, 5, "c", "cam1", 60.0))
    assert on_one_line(occasion(0, 5, "a"), occasion(0, 5, "b")) is None
