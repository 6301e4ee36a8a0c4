"""Speech becomes sentences in media time; what is missing is reported with its remedy.

Real weights (Whisper tiny.en) hear a real synthesizer (espeak-ng) speak at known times.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import ffmpeg
import numpy as np
import pytest
from support.library_assets import add_video
from support.library_assets import video as some_video
from support.speech_assets import ALARM, GATE, MODEL, WINDOW, film, mix, needs_voices

from pipelines.ingest.report import IngestReport
from pipelines.ingest.speech import SpeechStage, spoken_events
from pipelines.ingest.stages import StageContext
from pipelines.progress import Deadline, OutOfTime, Quiet
from store.library import Library
from vidindex.adapters.media.ffmpeg import run
from vidindex.adapters.media.probe import probe
from vidindex.adapters.speech.whisper import WhisperTranscriber
from vidindex.app import App, Settings, open_library
from vidindex.composition import build_file_reader
from vidindex.core.speech.pieces import Pieces
from vidindex.errors import MissingPackage, ModelNotFound
from vidindex.types import Event, Location, Span
from vidindex.types.speech import SAMPLES_PER_S, Samples, Transcript, Word

HEARD = Settings(model="none", ocr=False, speech=MODEL)


@pytest.fixture(scope="module")
def whisper() -> WhisperTranscriber:
    return WhisperTranscriber(MODEL)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with open_library(tmp_path / "library", HEARD) as opened:
        yield opened


def said(app: App) -> list[Event]:
    (entry,) = app.videos()
    return app.library.events.of_video(entry.video.video_id, ["speech"])


def words_of(text: str) -> list[str]:
    return [word.strip(".,!?").casefold() for word in text.split()]


def assert_at(events: Sequence[Event], spans: Sequence[Span], within_s: float = 0.5) -> None:
    assert len(events) == len(spans)
    for event, span in zip(events, spans, strict=True):
        assert event.span.start_s == pytest.approx(span.start_s, abs=within_s)
        assert event.span.end_s == pytest.approx(span.end_s, abs=within_s)


@needs_voices
@pytest.mark.slow
def test_spoken_sentences_are_events_at_their_times_and_found_by_search(
    app: App, tmp_path: Path
) -> None:
    texts = [GATE, WINDOW, ALARM]
    sound, spans = mix(list(zip((4.0, 11.5, 15.5), texts, strict=True)), 22.0)
    report = app.ingest(film(tmp_path / "film.mkv", sound, late_s=2.0))
    assert not report.failures
    events = said(app)
    assert_at(events, [span.shift(2.0) for span in spans])
    right = sum(a == b for e, t in zip(events, texts, strict=True)
                for a, b in zip(words_of(e.text), words_of(t), strict=False))  # fmt: skip
    assert right >= 0.8 * sum(len(words_of(text)) for text in texts)
    assert {event.source for event in events} == {f"faster-whisper:{MODEL}:en"}
    best = app.search("close the window").moments[0]
    assert best.span == events[1].span
    (word,) = [
        word
        for word in app.library.transcripts.of_event(events[1].event_id or 0)
        if "window" in word.text
    ]
    assert events[1].span.start_s < word.start_s < word.end_s < events[1].span.end_s


class CutOff:
    """Time that is over after so many looks at the clock."""

    def __init__(self, looks: int) -> None:
        self.left = looks

    def __call__(self) -> float:
        self.left -= 1
        return 0.0 if self.left >= 0 else 1.0


class Listener:
    """A real speech model that counts the seconds it was given."""

    def __init__(self, whisper: WhisperTranscriber) -> None:
        self._whisper = whisper
        self.heard_s: list[float] = []

    def __call__(self, samples: Samples) -> Transcript:
        self.heard_s.append(len(samples) / SAMPLES_PER_S)
        return self._whisper(samples)


class Shown(Quiet):
    """Progress that keeps what it is given."""

    def __init__(self) -> None:
        self.amounts: list[float] = []

    def advance(self, amount: float, name: str) -> None:
        self.amounts.append(amount)


@needs_voices
@pytest.mark.slow
def test_a_long_file_goes_on_at_the_piece_where_it_was_stopped(
    library: Library, whisper: WhisperTranscriber, tmp_path: Path
) -> None:
    sound, spans = mix([(1.5, GATE), (7.2, ALARM), (14.5, WINDOW)], 20.0)
    path = film(tmp_path / "film.mkv", sound)
    video_id = build_file_reader().fingerprint(path)
    add_video(library, probe(path, video_id), str(path))
    listener, shown = Listener(whisper), Shown()
    stage = SpeechStage(listener, build_file_reader().sound, "w", pieces=Pieces(8, 2))

    def run(clock: Callable[[], float]) -> IngestReport:
        context = StageContext(
            library, probe(path, video_id), Location(tmp_path, path, 0, 0), IngestReport(),
            shown, Deadline(1.0, "--budget", clock),
        )  # fmt: skip
        stage.run(context)
        return context.report

    with pytest.raises(OutOfTime):
        run(CutOff(2))
    assert library.events.count(video_id) == 0
    assert listener.heard_s == [pytest.approx(10.0, abs=0.1), pytest.approx(12.0, abs=0.1)]
    assert sum(shown.amounts) == pytest.approx(16.0)
    listener.heard_s.clear()
    shown.amounts.clear()
    assert run(lambda: 0.0).resumed == 1
    assert listener.heard_s == [pytest.approx(6.0, abs=0.1)]
    assert sum(shown.amounts) == pytest.approx(probe(path, "x").duration_s)
    assert library.work_ledger.done(video_id, "speech", stage.key([]))
    assert_at(library.events.of_video(video_id, ["speech"]), spans)


@needs_voices
@pytest.mark.slow
def test_a_later_ingest_transcribes_again_only_where_speech_is_asked_for(
    app: App, tmp_path: Path
) -> None:
    """What an older release left is kept until then."""
    sound, _ = mix([(0.5, GATE)], 5.0)
    path = film(tmp_path / "film.mkv", sound)
    with open_library(app.library.path.parent / "other", Settings(model="none", ocr=False)) as old:
        old.ingest(path)
        (entry,) = old.videos()
        old.library.events.add([Event(entry.video.video_id, Span(0, 5), "old", "speech", "w:en")])
        old.library.work_ledger.finish(entry.video.video_id, "speech", MODEL)
        old.ingest(path)
        assert [event.text for event in said(old)] == ["old"]
    with open_library(app.library.path.parent / "other", HEARD) as new:
        new.ingest(path)
        assert [event.text for event in said(new)] != ["old"]
        assert new.ingest(path).events == 0


def test_a_film_without_sound_is_done_without_a_model(app: App, tmp_path: Path) -> None:
    path = tmp_path / "silent.mp4"
    seen = ffmpeg.input("testsrc=duration=2:rate=5:size=64x64", f="lavfi")
    run(ffmpeg.output(seen, str(path), vcodec="libx264", pix_fmt="yuv420p"))
    assert not app.ingest(path).failures
    (entry,) = app.videos()
    assert app.library.work_ledger.note(entry.video.video_id, "speech") == {"dropped": {}}


def test_a_phrase_across_sentences_is_found(app: App) -> None:
    add_video(app.library, some_video("a" * 32), "film.mp4")
    told = ["They met up north.", "The gate was shut."]
    app.library.events.add(
        [Event("a" * 32, Span(3 * i, 3 * i + 2.8), text, "speech", "w:en")
         for i, text in enumerate(told)]
    )  # fmt: skip
    (moment,) = app.search("north gate rusty lock").moments
    assert moment.span == Span(0, 5.8)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["silence", "noise", "music"])
def test_nothing_is_said_over_silence_noise_and_music(
    whisper: WhisperTranscriber, kind: str
) -> None:
    times_s = np.arange(60 * SAMPLES_PER_S) / SAMPLES_PER_S
    notes = 220 * 2 ** (np.floor(times_s * 2) % 12 / 12)
    music = (
        0.3 * np.sin(2 * np.pi * np.cumsum(notes) / SAMPLES_PER_S) * np.exp(-(times_s % 0.5) * 4)
    )
    noise = np.random.default_rng(1).normal(0, 0.1, len(times_s))
    sounds = {"silence": np.zeros(len(times_s)), "noise": noise, "music": music}
    assert whisper(sounds[kind].astype(np.float32)).words == ()


def test_words_become_events_in_media_time_with_their_words() -> None:
    words = [Word(2.5, 3.0, " Close", 1, "en"), Word(3.0, 3.5, " it. ", 1, "en"),
             Word(5.0, 6.25, " Now!", 1, "en")]  # fmt: skip
    found = list(spoken_events(words, some_video("a" * 32), "faster-whisper:tiny"))
    assert [(event.span, event.text, own) for event, own in found] == [
        (Span(2.5, 3.5), "Close it.", words[:2]),
        (Span(5.0, 6.25), "Now!", words[2:]),
    ]
    assert {(event.channel, event.source) for event, _ in found} == {
        ("speech", "faster-whisper:tiny:en")
    }


def test_sentences_are_clipped_to_the_video() -> None:
    info = some_video("a" * 32)
    end_s = info.duration_s
    words = [
        Word(end_s - 1, end_s + 2, " end."),
        Word(end_s + 3, end_s + 4, " after."),
        Word(3, 3, " never."),
        Word(4, 5, "  "),
    ]
    found = [(e.span, e.text) for e, _ in spoken_events(words, info, "w")]
    assert found == [(Span(end_s - 1, end_s), "end.")]


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    with pytest.raises(MissingPackage) as caught:
        WhisperTranscriber("tiny")(np.zeros(16, np.float32))
    assert "pip install 'vidindex[speech]'" in str(caught.value)


@pytest.mark.parametrize("model", ["tiny", "no-such-model", "a folder"])
def test_without_the_weights_the_remedy_is_named(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "empty"))
    name = str(tmp_path) if model == "a folder" else model
    with pytest.raises(ModelNotFound) as caught:
        WhisperTranscriber(name)(np.zeros(16, np.float32))
    assert "faster_whisper.download_model" in str(caught.value)
