"""Transcripts are read, saved and corrected; a person's line stays and is found."""

import json
from pathlib import Path

import pytest
from support.library_assets import add_video
from support.library_assets import video as some_video

from pipelines.ingest.transcript import PERSON, beside_corrections
from store.library import Library
from vidindex.app import App, Settings, open_library
from vidindex.cli.main import run_command
from vidindex.core.speech.writing import as_srt, as_vtt
from vidindex.errors import InputError
from vidindex.types import Event, Span
from vidindex.types.speech import Word

VIDEO = "a" * 32
SAID = [Word(1.0, 1.4, " Close"), Word(1.4, 1.6, " the"), Word(1.6, 2.2, " grate.")]


def said(text: str, start_s: float, source: str = "w:en") -> Event:
    return Event(VIDEO, Span(start_s, start_s + 1.2), text, "speech", source)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A library in which two lines are said in one film, the first with times of its words."""
    with open_library(tmp_path / "library", Settings(model="none")) as app:
        add_video(app.library, some_video(VIDEO), "film.mp4")
        app.library.vectors.require(app.services.embedder.space)
        first, _ = app.library.events.add([said("Close the grate.", 1.0), said("It rains.", 5.0)])
        app.library.transcripts.put_words(first, SAID)
    return tmp_path / "library"


def opened(folder: Path) -> App:
    return open_library(folder, Settings(model="none"))


def test_a_line_that_a_person_corrects_is_found_with_the_times_of_its_words(folder: Path) -> None:
    with opened(folder) as app:
        first, _ = app.transcript(VIDEO)
        app.correct_line(first.event_id, "Close  the gate.")
        corrected, other = app.transcript(VIDEO)
        assert (corrected.text, corrected.corrected, other.corrected) == (
            "Close the gate.", True, False,
        )  # fmt: skip
        assert corrected.span == first.span
        assert [(word.text, word.start_s) for word in corrected.words] == [
            (" Close", 1.0), (" the", 1.4), (" gate.", 1.6),
        ]  # fmt: skip
        assert [m.text for m in app.search("gate").moments][:1] == ["Close the gate."]
        assert "grate" not in "".join(moment.text for moment in app.search("grate").moments)
        assert app.library.vectors.count_missing() == 0


def test_a_line_of_another_number_of_words_has_no_times_of_words(folder: Path) -> None:
    with opened(folder) as app:
        assert app.correct_line(app.transcript(VIDEO)[0].event_id, "Shut it.").words == ()


@pytest.mark.parametrize("text", ["", "   ", "x" * 2001])
def test_an_empty_or_endless_line_is_refused(folder: Path, text: str) -> None:
    with opened(folder) as app, pytest.raises(InputError, match="characters"):
        app.correct_line(app.transcript(VIDEO)[0].event_id, text)


def test_only_spoken_lines_are_corrected(folder: Path) -> None:
    with opened(folder) as app:
        (caption,) = app.library.events.add([Event(VIDEO, Span(0, 1), "a gate", "caption", "m")])
        for number in (caption, 999):
            with pytest.raises(InputError, match="no spoken line"):
                app.correct_line(number, "x")


def test_a_new_transcript_leaves_corrected_lines_in_their_place() -> None:
    person: tuple[Event, list[Word]] = (said("Close the gate.", 1.0, PERSON), [])
    heard = [(said("Close the great.", 1.1), SAID), (said("It rains.", 5.0), [])]
    assert beside_corrections(heard, [person]) == [person, heard[1]]
    whole: tuple[Event, list[Word]] = (
        Event(VIDEO, Span(0.5, 9.0), "Close the grate. It rains.", "speech", "w"),
        [],
    )
    assert beside_corrections([whole], [person]) == [person]


def test_subtitles_are_written_with_their_signs_escaped() -> None:
    lines = [(Span(1.0, 2.25), "a <b> --> c")]
    assert as_srt(lines) == "1\n00:00:01,000 --> 00:00:02,250\na <b> -> c\n\n"
    assert as_vtt(lines) == ("WEBVTT\n\n00:00:01.000 --> 00:00:02.250\na &lt;b&gt; --&gt; c\n\n")


def test_the_command_line_shows_saves_and_corrects(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["transcript", "film.mp4", "--library", str(folder)]
    assert run_command([*words, "--correct", "1", "Close the gate."]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "00:00:01.0  Close the gate.",
        "00:00:05.0  It rains.",
    ]
    assert run_command([*words, "--format", "json", "-o", str(tmp_path / "said.json")]) == 0
    first = json.loads((tmp_path / "said.json").read_text())[0]
    assert (first["corrected"], first["words"][2]["text"]) == (True, " gate.")
    assert run_command([*words, "--correct", "3", "x"]) == 2
    assert "no line 3, of 2" in capsys.readouterr().err


def test_a_library_that_is_read_only_shows_its_transcripts(folder: Path) -> None:
    with Library.open(folder) as library:
        assert len(list(library.transcripts.of_events(VIDEO))) == 1
