"""Questions rewritten as the captions they look for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidindex.core.retrieval.query_rewrite import as_caption, is_english, search_words


@pytest.mark.parametrize(
    ("question", "caption"),
    [
        ("when does a man open the gate?", "a man opens the gate"),
        ("At what time does the blue truck arrive?", "the blue truck arrives"),
        ("when is the gate open?", "the gate open"),
        ("is there a dog in the yard?", "a dog in the yard"),
        ("did someone carry a box", "someone carries a box"),
        ("when do three dogs run?", "three dogs run"),
        ("when did the lights go off?", "the lights go off"),
        ("did a hand wave?", "a hand waves"),
        ("did anything purple move?", "something purple moves"),
        ("does something fall?", "something falls"),
        ("did a purple cross blink?", "a purple cross blinks"),
        ("did a man help carry boxes?", "a man helps carry boxes"),
        ("did a car cross the road?", "a car crosses the road"),
        ("who opens the gate?", "a person opens the gate"),
        ("can you show me the moment when the car stops?", "the car stops"),
        ("find a man in a red coat", "a man in a red coat"),
        ("show me yellow squares", "yellow squares"),
        ("show me all clips where two men fight", "two men fight"),
        ("a man  opens\nthe gate", "a man opens the gate"),
        ("did anyone wearing a red shirt appear?", "a person wearing a red shirt"),
        ("did anybody ever fall", "a person falls"),
        ("was anyone at the gate at any time?", "a person at the gate"),
        ("has anybody entered the shop?", "a person entered the shop"),
        ("has a dog been in the yard?", "a dog in the yard"),
        ("when was the red car last seen?", "the red car"),
        ("can you see any red cars?", "red cars"),
        ("did it rain?", "it rain"),
        ("anyone opening the gate?", "a person opening the gate"),
        ("who appeared?", "a person"),
    ],
)
def test_a_question_becomes_the_caption_it_looks_for(question: str, caption: str) -> None:
    assert as_caption(question) == caption


@pytest.mark.parametrize(
    ("question", "kept"),
    [
        ("are there no people?", "no people"),
        ("does the man not open the gate?", "not open"),
        ("when doesn't the man stop?", "doesn't"),
        ("how many people enter the shop?", "how many people"),
        ("when do 3 cars stop?", "3 cars"),
        ("was the man not visible?", "not visible"),
        ("is the car no longer there?", "no longer there"),
    ],
)
def test_negations_and_numbers_stay(question: str, kept: str) -> None:
    assert kept in as_caption(question)


@pytest.mark.parametrize(
    "text",
    [
        "Wann öffnet der Mann das Tor?",
        "was macht der Mann",
        "¿Cuándo abre la puerta?",
        "Quand est-ce que l'homme ouvre ?",
        "do homem ao lado",
        "男はいつ門を開けますか？",
        "متى يفتح الرجل الباب؟",
        "show jumping horse",
        "find",
        "when",
        "",
    ],
)
def test_other_languages_and_plain_words_are_left_as_they_are(text: str) -> None:
    assert as_caption(text) == text
    assert "".join(search_words(text)) or not text


@pytest.mark.parametrize(
    "question", ["did anyone in a red shirt appear?", "has a dog been seen?", "who was there?"]
)
def test_a_caption_is_left_as_it_is(question: str) -> None:
    assert as_caption(as_caption(question)) == as_caption(question)


@pytest.mark.parametrize(
    ("text", "english"),
    [("did anyone enter the café?", True), ("Hat er das Tor geöffnet?", False), ("誰", False)],
)
def test_english_is_told_by_its_letters_or_its_opening(text: str, english: bool) -> None:
    assert is_english(text) is english


@given(st.text())
def test_a_question_with_words_never_becomes_nothing(text: str) -> None:
    assert bool(as_caption(text)) == bool(text.split())
    assert bool(search_words(text)) == bool(text.split())


def test_words_that_only_ask_are_not_searched_for() -> None:
    assert search_words("when does a man not open the 2 gates?") == (
        "man",
        "not",
        "open",
        "2",
        "gates",
    )


def test_phrases_times_and_signs_are_words() -> None:
    assert search_words('sign saying "NO EXIT" 01:23 -') == (
        "sign",
        "saying",
        "NO EXIT",
        "01:23",
        "-",
    )
    assert search_words("the The THE") == ("the",)


def test_groups_of_digits_are_kept_though_they_are_alike() -> None:
    assert search_words("3 000 000") == ("3", "000", "000")
    assert search_words("a red and a red car") == ("red", "car")
    assert search_words("gate 4 gate 4") == ("gate", "4")
