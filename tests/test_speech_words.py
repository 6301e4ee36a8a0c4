"""Words become sentences with true times; pieces join without losing or repeating a word."""

import numpy as np
import pytest

from vidindex.core.speech.inventions import transcript
from vidindex.core.speech.pieces import Pieces
from vidindex.core.speech.sentences import sentences, text_of
from vidindex.core.speech.word_times import align, unheard
from vidindex.types import Span
from vidindex.types.speech import SAMPLES_PER_S, SpokenText, Word


def said(text: str, start_s: float = 0.0, each_s: float = 0.5) -> list[Word]:
    """The words of a text one after the other, each as long."""
    return [
        Word(start_s + i * each_s, start_s + (i + 1) * each_s, f" {word}")
        for i, word in enumerate(text.split())
    ]


def lines(words: list[Word]) -> list[str]:
    return [text_of(sentence) for sentence in sentences(words)]


def heard(words: list[Word]) -> list[str]:
    return [word.text.strip() for word in words]


def test_a_sentence_ends_at_its_full_stop() -> None:
    assert lines(said("The gate is open. Who opened it? Nobody!")) == [
        "The gate is open.",
        "Who opened it?",
        "Nobody!",
    ]


def test_titles_initials_and_decimals_end_no_sentence() -> None:
    assert lines(said("Dr. J. Smith paid 3.5 euros, i.e. too much.")) == [
        "Dr. J. Smith paid 3.5 euros, i.e. too much."
    ]


def test_a_pause_ends_a_sentence_without_punctuation() -> None:
    assert lines(said("the gate") + said("is open", 2.0)) == ["the gate", "is open"]


def test_a_short_pause_ends_none() -> None:
    assert lines(said("the gate") + said("is open", 1.9)) == ["the gate is open"]


def test_text_without_spaces_is_joined_without_spaces() -> None:
    words = [Word(0, 1, "门"), Word(1, 2, "开了。"), Word(2, 3, "谁?")]
    assert lines(words) == ["门开了。", "谁?"]


def test_a_change_of_language_ends_a_sentence() -> None:
    assert lines([Word(0, 1, " so", 1.0, "en"), Word(1, 2, " ja", 1.0, "de")]) == ["so", "ja"]


def test_a_monologue_is_divided_at_its_longest_pauses_and_loses_no_word() -> None:
    words = said(" ".join(f"w{i}" for i in range(100)), each_s=0.5)
    later = [
        Word(w.start_s + 0.6 * (i >= 30), w.end_s + 0.6 * (i >= 30), w.text)
        for i, w in enumerate(words)
    ]
    found = sentences(later)
    assert [word for sentence in found for word in sentence] == later
    assert all(own[-1].end_s - own[0].start_s <= 20.0 for own in found)
    assert found[0][-1].text == " w29" or found[1][-1].text == " w29"


def test_nothing_said_is_no_sentence() -> None:
    assert sentences([]) == []


def test_edges_are_those_of_the_voice_where_the_model_spreads_words_into_silence() -> None:
    words = [Word(0.5, 4.4, " The"), Word(4.4, 5.0, " gate"), Word(5.0, 5.8, " opens.")]
    aligned, silent = align(words, [Span(4.0, 6.0)])
    assert [(w.start_s, w.end_s) for w in aligned] == [(4.0, 4.4), (4.4, 5.0), (5.0, 6.0)]
    assert silent == []


def test_words_far_from_the_edge_of_a_voice_keep_their_times() -> None:
    """Music that is taken for a voice goes on beside what is said."""
    aligned, _ = align(said("hello there", 5.0), [Span(0.0, 20.0)])
    assert [(w.start_s, w.end_s) for w in aligned] == [(5.0, 5.5), (5.5, 6.0)]


def test_words_where_there_is_no_voice_are_left_out() -> None:
    aligned, silent = align(said("Yes.", 1.0) + said("Thanks.", 9.0), [Span(1.0, 1.5)])
    assert (heard(aligned), heard(silent)) == (["Yes."], ["Thanks."])


def test_words_that_the_model_is_sure_of_stay_where_the_detector_hears_no_voice() -> None:
    """In noise a voice is missed for a second or two in the middle of what is said."""
    voices = [Span(1.0, 2.0), Span(5.0, 6.0)]
    words = [*said("Close", 1.2), *said("the gate", 3.0), *said("now.", 5.1)]
    aligned, silent = align(words, voices)
    assert (heard(aligned), silent) == (["Close", "the", "gate", "now."], [])
    assert [w.start_s for w in aligned[1:3]] == [3.0, 3.5]


def test_words_that_the_model_doubts_are_left_out_where_there_is_no_voice() -> None:
    doubted = [Word(3.0, 3.5, " of", 0.6), Word(3.5, 4.0, " mud", 0.2)]
    aligned, silent = align(doubted, [Span(1.0, 2.0), Span(5.0, 6.0)])
    assert (aligned, silent) == ([], doubted)


def test_stretches_that_the_model_passed_over_are_found() -> None:
    voices = [Span(1, 4), Span(5, 6), Span(6.5, 9), Span(12, 12.5), Span(20, 23)]
    words = [*said("Close the gate.", 1.2), *said("Now.", 20.5)]
    assert unheard(words, voices) == [Span(5, 12.5)]
    assert unheard(words, [Span(1, 4), Span(10, 11), Span(20, 23)]) == []
    assert unheard([], voices) == [Span(1, 23)]


def test_a_word_of_no_length_at_the_edge_of_a_voice_is_kept() -> None:
    aligned, _ = align([Word(3.9, 3.9, " 7"), *said("people", 4.2)], [Span(4.0, 5.0)])
    assert [(w.start_s, w.end_s) for w in aligned] == [(4.0, 4.0), (4.2, 5.0)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (SpokenText(tuple(said("Thanks for watching!")), 0.9, -1.2), "no speech"),
        (SpokenText(tuple(said("[Music playing]"))), "sound"),
        (SpokenText(tuple(said("♪ ♪"))), "sound"),
        (SpokenText(tuple(said("Thank you.", 50.0))), "no voice"),
    ],
)
def test_inventions_are_left_out_and_counted_by_reason(text: SpokenText, reason: str) -> None:
    found = transcript([text, SpokenText(tuple(said("It rains.", 10.0)))], [Span(0, 12)])
    assert heard(list(found.words)) == ["It", "rains."]
    assert found.dropped == {reason: 1}


def test_clear_speech_is_kept_though_the_model_doubts_that_there_is_any() -> None:
    found = transcript([SpokenText(tuple(said("It rains.")), 0.75, -0.3)], [Span(0, 2)])
    assert (heard(list(found.words)), found.dropped) == (["It", "rains."], {})


def test_a_loop_is_kept_once_and_counted() -> None:
    loop = SpokenText(tuple(said("we go " + "to the gate and " * 5 + "stop")))
    found = transcript([loop], [Span(0, 30)])
    assert " ".join(heard(list(found.words))) == "we go to the gate and stop"
    assert found.dropped == {"repeated": 1}


def test_sentences_that_are_like_one_another_are_no_loop() -> None:
    text = " ".join(f"Unit {name} to the gate." for name in ("one", "two", "three", "four", "five"))
    found = transcript([SpokenText(tuple(said(text)))], [Span(0, 30)])
    assert " ".join(heard(list(found.words))) == text


def test_what_is_said_three_times_is_no_loop() -> None:
    found = transcript([SpokenText(tuple(said("No, no, no! Stop it.")))], [Span(0, 9)])
    assert " ".join(heard(list(found.words))) == "No, no, no! Stop it."


def numbered(duration_s: int) -> list[np.ndarray[tuple[int], np.dtype[np.float32]]]:
    """Sound whose samples are its seconds, in pieces of seven seconds."""
    whole = np.repeat(np.arange(duration_s, dtype=np.float32), SAMPLES_PER_S)
    return [whole[i : i + 7 * SAMPLES_PER_S] for i in range(0, len(whole), 7 * SAMPLES_PER_S)]


def seconds(samples: np.ndarray[tuple[int], np.dtype[np.float32]]) -> tuple[float, float, int]:
    return float(samples[0]), float(samples[-1]), len(samples) // SAMPLES_PER_S


def test_sound_is_cut_into_pieces_that_overlap() -> None:
    cut = {i: seconds(own) for i, own in Pieces(20, 2).cut(numbered(50))}
    assert cut == {0: (0, 21, 22), 1: (18, 41, 24), 2: (38, 49, 12)}


@pytest.mark.parametrize("duration_s", [1, 20, 21, 22])
def test_sound_that_ends_within_the_overlap_makes_no_piece_of_its_own(duration_s: int) -> None:
    assert [i for i, _ in Pieces(20, 2).cut(numbered(duration_s))] == [0]


def test_cutting_goes_on_at_a_later_piece() -> None:
    pieces = Pieces(20, 2)
    whole = np.concatenate(numbered(50))[round(pieces.start_s(1) * SAMPLES_PER_S) :]
    assert {i: seconds(own) for i, own in pieces.cut([whole], 1)} == {
        1: (18, 41, 24),
        2: (38, 49, 12),
    }


def test_pieces_that_were_all_done_before_make_no_further_piece() -> None:
    pieces = Pieces(20, 2)
    rest = np.concatenate(numbered(22))[round(pieces.start_s(1) * SAMPLES_PER_S) :]
    assert list(pieces.cut([rest], 1)) == []


def test_no_sound_makes_no_piece() -> None:
    assert list(Pieces(20, 2).cut([])) == []


def test_pieces_join_at_the_pause_that_both_hear_with_each_word_once() -> None:
    one = [*said("the gate is", 17.0), *said("open now", 19.5, 1.0)]  # its last word is cut off
    two = [*said("is", 18.1, 0.5), *said("open now", 19.4, 0.6), *said("so go", 22.5)]
    joined = Pieces(20, 2).join({0: one, 1: two})
    assert heard(joined) == ["the", "gate", "is", "open", "now", "so", "go"]
    assert joined[3].start_s == 19.4


def test_pieces_join_where_nobody_pauses() -> None:
    words = said(" ".join(str(i) for i in range(40)))
    one = [word for word in words if word.start_s < 12]
    two = [word for word in words if word.start_s >= 8]
    assert Pieces(10, 2).join({0: one, 1: two}) == words
