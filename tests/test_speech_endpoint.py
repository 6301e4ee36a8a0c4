"""Speech is transcribed at an endpoint: words, their times, and answers that cannot be used."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.speech_assets import ALARM, GATE, MODEL, film, mix, needs_voices
from support.speech_server import NAME, SpeechServer, speech_server

from vidindex.adapters.speech.endpoint import EndpointTranscriber
from vidindex.app import Settings, open_library
from vidindex.bench.speech.score import word_errors, words_of
from vidindex.cli.main import run_command
from vidindex.core.speech.reply import spoken_texts
from vidindex.errors import DecodeError, InputError, ModelError
from vidindex.settings import SpeechOptions
from vidindex.types import Span
from vidindex.types.speech import SAMPLES_PER_S, Samples

SAID = ((2.0, GATE), (8.0, ALARM))


@pytest.fixture(scope="module")
def server() -> Iterator[SpeechServer]:
    with speech_server(MODEL) as served:
        yield served


@pytest.fixture(autouse=True)
def as_usual(server: SpeechServer) -> None:
    server.gives = "words"
    server.failures.clear()
    server.asked.clear()


@pytest.fixture(scope="module")
def spoken() -> tuple[Samples, list[Span]]:
    return mix(SAID, 14.0)


def is_mostly(heard: str, said: str) -> bool:
    """Whether the smallest of models understood it, but for one word."""
    return word_errors(words_of(said), words_of(heard)) <= 1


@needs_voices
@pytest.mark.slow
def test_words_of_an_endpoint_become_sentences_with_their_times(
    server: SpeechServer, spoken: tuple[Samples, list[Span]], tmp_path: Path
) -> None:
    path = film(tmp_path / "film.mkv", spoken[0])
    settings = Settings(
        model="none", ocr=False, speech="auto", speech_options=SpeechOptions(endpoint=server.url)
    )
    with open_library(tmp_path / "library", settings) as app:
        assert not app.ingest(path).failures
        (entry,) = app.videos()
        events = app.library.events.of_video(entry.video.video_id, ["speech"])
        words = [app.library.transcripts.of_event(event.event_id or 0) for event in events]
    assert all(is_mostly(event.text, text) for event, (_, text) in zip(events, SAID, strict=True))
    for event, span in zip(events, spoken[1], strict=True):
        assert event.span.start_s == pytest.approx(span.start_s, abs=0.4)
        assert event.span.end_s == pytest.approx(span.end_s, abs=0.4)
    assert {event.source for event in events} == {f"endpoint:{NAME}:en"}
    assert words[0][-1].text.casefold() == " gate."
    assert server.asked[0]["granularities"] == ["word", "segment"]


@needs_voices
@pytest.mark.slow
def test_segments_of_an_endpoint_without_word_times_are_taken_and_marked(
    server: SpeechServer, spoken: tuple[Samples, list[Span]], tmp_path: Path
) -> None:
    server.gives = "segments"
    path = film(tmp_path / "film.mkv", spoken[0])
    settings = Settings(
        model="none", ocr=False, speech=NAME, speech_options=SpeechOptions(endpoint=server.url)
    )
    with open_library(tmp_path / "library", settings) as app:
        report = app.ingest(path)
        (entry,) = app.videos()
        events = app.library.events.of_video(entry.video.video_id, ["speech"])
        assert app.library.transcripts.of_event(events[0].event_id or 0) == ()
    assert any("times of segments and not of words" in note for note in report.notes)
    assert {event.source for event in events} == {f"endpoint:{NAME}:en:coarse"}
    assert events[0].span.start_s == pytest.approx(spoken[1][0].start_s, abs=0.6)
    assert is_mostly(events[0].text, GATE)


@needs_voices
def test_a_server_that_stumbles_is_asked_again(
    server: SpeechServer, spoken: tuple[Samples, list[Span]]
) -> None:
    server.failures += [503, 500]
    heard = EndpointTranscriber(server.url, NAME, ["Kowalczyk", "Nordtor"], environment={})(
        spoken[0][: 7 * SAMPLES_PER_S]
    )
    assert is_mostly("".join(word.text for word in heard.words), GATE)
    assert server.asked[0]["prompt"] == "Kowalczyk, Nordtor"


@needs_voices
@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ("text", DecodeError, "text without times"),
        (401, ModelError, "wants a key"),
        (400, DecodeError, "HTTP 400"),
    ],
)
def test_an_answer_that_cannot_be_used_is_an_error_with_its_reason(
    server: SpeechServer,
    spoken: tuple[Samples, list[Span]],
    fault: str | int,
    error: type[Exception],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("vidindex.adapters.endpoints.single.FIRST_REST_S", 0.01)
    if isinstance(fault, int):
        server.failures.append(fault)
    else:
        server.gives = "text"
    with pytest.raises(error, match=words):
        EndpointTranscriber(server.url, NAME, environment={})(spoken[0][: 7 * SAMPLES_PER_S])


def test_silence_is_not_sent(server: SpeechServer, spoken: tuple[Samples, list[Span]]) -> None:
    heard = EndpointTranscriber(server.url, NAME, environment={})(0 * spoken[0])
    assert (heard.words, server.asked) == ((), [])


def test_a_name_that_is_not_said_is_the_only_one_served(server: SpeechServer) -> None:
    assert EndpointTranscriber(server.url, "auto", environment={}).name == f"endpoint:{NAME}"


def test_what_is_no_address_is_refused_at_once() -> None:
    with pytest.raises(InputError, match="not the address"):
        EndpointTranscriber("ftp://here", "auto", environment={})


def test_punctuation_and_runs_without_spaces_stay_with_their_words() -> None:
    reply = {
        "text": "Is it open? Yes.", "language": "english",
        "segments": [{"start": 0, "end": 2, "text": " Is it open? Yes."}],
        "words": [{"word": w, "start": i / 2, "end": i / 2 + 0.4}
                  for i, w in enumerate(["Is", "it", "open", "Yes"])],
    }  # fmt: skip
    (text,) = spoken_texts(reply)
    assert [word.text for word in text.words] == [" Is", " it", " open?", " Yes."]
    chinese = {
        "text": "门开了。", "language": "zh",
        "segments": [{"start": 0, "end": 1, "text": "门开了。"}],
        "words": [{"word": "门", "start": 0, "end": 0.5}, {"word": "开了", "start": 0.5, "end": 1}],
    }  # fmt: skip
    (text,) = spoken_texts(chinese)
    assert (text.text, [word.text for word in text.words]) == ("门开了。", [" 门", "开了。"])


@pytest.mark.parametrize(
    "reply",
    ["text", {}, {"text": 3}, {"text": "a", "segments": [{"start": "x", "end": 1, "text": "a"}]},
     {"text": "a", "segments": [{"start": float("nan"), "end": 1, "text": "a"}]}],
)  # fmt: skip
def test_a_reply_that_is_no_transcription_is_refused(reply: object) -> None:
    with pytest.raises(ValueError, match=r"its? "):
        spoken_texts(reply)


@needs_voices
@pytest.mark.slow
def test_the_command_line_transcribes_at_an_endpoint_with_expected_words(
    server: SpeechServer,
    spoken: tuple[Samples, list[Span]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    film(tmp_path / "film.mkv", spoken[0])
    names = tmp_path / "names.txt"
    names.write_text("# crew\nKowalczyk\n\n", encoding="utf-8")
    options = ["--no-ocr", "--model", "none", "--speech-endpoint", server.url]
    words = ["ingest", str(tmp_path), "--library", str(tmp_path / "library"), *options]
    assert run_command([*words, "--speech-words", str(names)]) == 0
    assert server.asked[-1]["prompt"] == "Kowalczyk"
    capsys.readouterr()
    names.write_text("x" * 600)
    assert run_command([*words, "--speech-words", str(names)]) == 2
    assert "a speech model reads 500" in capsys.readouterr().err
