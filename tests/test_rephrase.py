"""A model's words for an answer: kept where they are tied to events, else dropped and counted."""

import json
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.instructions import instructions

from vidindex.core.answering.citations import Citation, Sentence
from vidindex.core.answering.rephrase import Dropped, Rephrased, findings, tied
from vidindex.types import Span

TWO = datetime(2024, 3, 1, 14, 0, 2).astimezone()
ZONE = TWO.isoformat()[-6:]
NAME = "cam3_20240301_140000.mp4"


def event(number: int, text: str, answer: str = "verified") -> Citation:
    span = Span(2.0, 7.0)
    return Citation(
        number, "a", NAME, "cam3", span, TWO, text, "caption", (number,),
        "verified" if answer == "verified" else "unsure", 0.9,
    )  # fmt: skip


EVENTS = (
    event(1, "a man in a red shirt opens the gate"),
    event(2, "a white van leaves"),
    event(3, "a dog does not move", "unsure"),
)
RULES = (
    Sentence("Yes: “a man” was found twice by camera cam3, 10.0 s in all.", (1, 2)),
    Sentence("On 1 further occasion the frames did not settle it.", (3,)),
)
QUESTION = "did a man open the gate today?"


def kept(reply: str) -> list[tuple[str, tuple[int, ...]]]:
    sentences, _ = tied(reply, RULES, EVENTS, QUESTION, "yes")
    return [(one.text, one.cites) for one in sentences]


def why(reply: str) -> str:
    sentences, dropped = tied(reply, RULES, EVENTS, QUESTION, "yes")
    assert sentences == ()
    (one,) = dropped
    return one.why


@pytest.mark.parametrize(
    ("reply", "cites"),
    [
        ("Yes, a man in a red shirt opened the gate [1].", [(1,)]),
        ("A man wearing a red shirt opens the gate today. [1]", [(1,)]),
        ("[2] A white van left at 14:00.", [(2,)]),
        (f"A man opens the gate at 14:00:02{ZONE} [1].", [(1,)]),
        ("1. At 14:00:02 a man opens the gate [1].\n2. A van is leaving [2].", [(1,), (2,)]),
        ("It was seen twice, for 10 s in all [1, 2].", [(1, 2)]),
        (f"In {NAME} a white van leaves [2].", [(2,)]),
        ("Possibly a dog does not move [3].", [(3,)]),
        ("On 2024-03-01 camera cam3 saw a man [1][1].", [(1,)]),
        ("A man was in camera 3 for 5s [1].", [(1,)]),
    ],
)
def test_a_sentence_that_is_tied_to_its_events_is_kept(
    reply: str, cites: list[tuple[int, ...]]
) -> None:
    assert [one[1] for one in kept(reply)] == cites


def test_brackets_and_list_marks_are_no_part_of_the_sentence() -> None:
    assert kept("- A man opens the gate [1].\n") == [("A man opens the gate.", (1,))]


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        ("A man opens the gate.", "cites no event"),
        ("A man opens the gate [4].", "unknown event [4]"),
        ("A man opens the gate [1][9].", "unknown event [9]"),
        ("[1].", "says nothing"),
        ("Three men open the gate [1].", "'three' is in none of the events"),
        ("A man opens the gate 5 times [1].", "'5' is in none of the events"),
        ("A man opens the gate at 15:00 [1].", "'15:00' is in none of the events"),
        ("A man opens the gate on 2024-03-02 [1].", "'2024-03-02' is in none of the events"),
        ("A man in camera 4 opens the gate [1].", "'4' is in none of the events"),
        ("A man opens 3 gates [1].", "'3' is in none of the events"),
        ("A man opens the gate in cam4 [1].", "'cam4' is in none of the events"),
        ("A man opens the gate for 5 minutes [1].", "'5' is in none of the events"),
        ("It was seen twice [1].", "'twice' is in none of the events"),
        ("A man opens the gate in the evening [1].", "'evening' is in none of the events"),
        ("John opens the gate [1].", "'John' is in none of the events"),
        ("A man called Smith opens the gate [1].", "'Smith' is in none of the events"),
        ("A white van leaves [1].", "most of its words"),
        ("A man steals a bicycle from somebody [1].", "most of its words"),
        ("No, a man opens the gate [1].", "says no where the answer is yes"),
        ("A man does not open the gate [1].", "denies what its events say"),
        ("A dog may move [3].", "denies what its events say"),
        ("A dog does not move [3].", "surer than the frames"),
    ],
)
def test_a_sentence_that_says_more_than_its_events_is_dropped_with_the_reason(
    reply: str, says: str
) -> None:
    assert says in why(reply)


def test_every_sentence_of_a_reply_is_kept_or_counted() -> None:
    reply = "A man opens the gate [1]. He is a thief. A van leaves [2]! Was it Bob [1]? [7] So."
    sentences, dropped = tied(reply, RULES, EVENTS, QUESTION, "yes")
    assert [one.cites for one in sentences] == [(1,), (2,)]
    assert Rephrased("m", sentences, dropped).summary == "3 of 5 sentences dropped"


def test_a_summary_has_no_verdict_that_could_be_flipped() -> None:
    assert tied("A dog does not move [3].", RULES, EVENTS)[0]


def test_findings_are_the_rules_sentences_and_then_the_events() -> None:
    lines = findings((*RULES, Sentence("Nothing cited.")), EVENTS)
    assert lines[0].endswith("10.0 s in all. [1][2]")
    assert lines[2] == (
        f"camera cam3, at 2024-03-01 14:00:02{ZONE}, in {NAME} at 00:00:02.0, for 5.0 s: "
        '"a man in a red shirt opens the gate" [1]'
    )
    assert len(lines) == 5


def test_no_text_of_an_event_ends_its_string_or_its_line() -> None:
    for text in instructions():
        (line,) = findings((), [replace(EVENTS[0], text=text)])
        quoted = line[line.index(': "') + 2 : line.rindex(" [1]")]
        assert json.loads(quoted)
        assert "\n" not in line
        assert "<|" not in line


_WORDS = "a man the gate opens van Yes No not 1 2 14:00 [1] [2] [3] [4] [1,9] [] . ! \n twice"
_REPLIES = st.lists(st.sampled_from(_WORDS.split(" ")), max_size=25).map(" ".join)


@given(st.text() | _REPLIES, st.sampled_from(["yes", "no", "unsure", None]))
def test_no_sentence_that_is_kept_cites_what_does_not_exist(reply: str, verdict: str) -> None:
    sentences, dropped = tied(reply, RULES, EVENTS, QUESTION, verdict)  # type: ignore[arg-type]
    assert all(one.cites and set(one.cites) <= {1, 2, 3} for one in sentences)
    assert all(one.text and "[" not in one.text.replace("[]", "") for one in sentences)
    assert all(isinstance(one, Dropped) and one.why for one in dropped)


@given(_REPLIES)
def test_what_is_kept_would_be_kept_again(reply: str) -> None:
    sentences, _ = tied(reply, RULES, EVENTS, QUESTION, "yes")
    again = "\n".join(f"{one.text} {''.join(f'[{n}]' for n in one.cites)}" for one in sentences)
    assert tied(again, RULES, EVENTS, QUESTION, "yes")[0] == sentences
