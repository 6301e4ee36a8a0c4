"""The benchmark of speech: what it counts, what it plays, and its table."""

import json

import numpy as np
import pytest
from support.speech_assets import MODEL, needs_voices

from vidindex.bench.speech.score import score, word_errors
from vidindex.bench.speech.voices import Spoken, mixed, music, noise, sentences, speak
from vidindex.cli.main import run_command
from vidindex.errors import MissingPackage
from vidindex.types import Span
from vidindex.types.speech import SAMPLES_PER_S

SAID = [Spoken("The gate is open.", Span(1, 3)), Spoken("Close it now.", Span(5, 7))]


def test_a_perfect_transcript_has_no_error() -> None:
    found = score(SAID, [(one.span, one.text.upper()) for one in SAID], 1.0)
    assert (found.n, found.missed, found.extra, found.word_error) == (2, 0, 0, 0.0)
    assert (found.start_p95_s, found.end_p95_s) == (0.0, 0.0)


def test_errors_of_both_ends_are_told_apart() -> None:
    lines = [(Span(0.5, 3), "the gate is open"), (Span(5, 7.2), "close it now")]
    found = score(SAID, lines, 1.0)
    assert found.start_p50_s == pytest.approx(0.25)
    assert found.end_p50_s == pytest.approx(0.1)


def test_two_sentences_in_one_line_are_one_found_and_one_missed() -> None:
    found = score(SAID, [(Span(1, 7), "the gate is open close it now")], 1.0)
    assert (found.missed, found.extra, found.word_error) == (1, 0, 0.0)


def test_lines_where_nobody_speaks_are_extra_and_word_errors() -> None:
    lines = [(one.span, one.text) for one in SAID] + [(Span(9, 10), "Thanks for watching")]
    found = score(SAID, lines, 1.0)
    assert (found.missed, found.extra) == (0, 1)
    assert found.word_error == pytest.approx(3 / 7)


@pytest.mark.parametrize(
    ("said", "heard", "count"),
    [("a b c", "a b c", 0), ("a b c", "a x c", 1), ("a b c", "a c", 1), ("", "a", 1), ("a", "", 1)],
)
def test_word_errors_are_replaced_left_out_and_added_words(
    said: str, heard: str, count: int
) -> None:
    assert word_errors(said.split(), heard.split()) == count


def test_a_seed_draws_the_same_sentences_again_and_another_draws_others() -> None:
    assert sentences(20, 3) == sentences(20, 3) != sentences(20, 4)
    assert all(text[0].isupper() and text.endswith(".") for text in sentences(20, 3))


@pytest.mark.parametrize("make", [noise, music])
def test_what_is_behind_the_voices_is_as_loud_as_it_says(make: type) -> None:
    behind = make(3.0, 1)
    voices = (0.1 * np.sign(noise(3.0, 2))).astype(np.float32)
    rest = mixed(voices, behind, -10.0) - voices
    assert 10 * np.log10(np.mean(rest**2) / np.mean(voices**2)) == pytest.approx(-10, abs=0.1)


@needs_voices
def test_sentences_are_spoken_at_the_times_that_are_stated() -> None:
    sound, spoken = speak(sentences(2, 1), 1)
    loud = np.abs(sound) > 0
    for one in spoken:
        start, end = (round(t * SAMPLES_PER_S) for t in (one.span.start_s, one.span.end_s))
        assert loud[start]
        assert loud[end - 1]
        assert not loud[start - 1000 : start].any()
        assert not loud[end : end + 1000].any()


def test_without_the_synthesizer_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingPackage, match="espeak-ng"):
        speak(["Hello."], 1)


@needs_voices
@pytest.mark.slow
def test_the_benchmark_compares_with_bare_faster_whisper(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["--speech", MODEL, "--sentences", "2", "--minutes", "0.2", "--seed", "3", "--json"]
    assert run_command(["bench", "speech", *words]) == 0
    figures = json.loads(capsys.readouterr().out)
    plain = figures["heard"][0]
    assert (plain["sound"], plain["ours"]["n"], plain["ours"]["missed"]) == ("plain", 2, 0)
    assert plain["ours"]["start_p95_s"] <= 0.5
    assert [(one["sound"], one["events"]) for one in figures["unspoken"]] == [
        ("silence", 0), ("noise", 0), ("music", 0),
    ]  # fmt: skip
