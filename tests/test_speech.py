"""Speech becomes events in media time; what is missing is said with its remedy.

The weights of a speech model are not among the test material: transcription itself is
not run here, only what happens before and after it.
"""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import ffmpeg
import numpy as np
import pytest

from vidindex.adapters.media.ffmpeg import run
from vidindex.adapters.media.probe import probe
from vidindex.adapters.media.sound import SAMPLES_PER_S
from vidindex.adapters.speech_whisper import WhisperTranscriber, events
from vidindex.composition import build_file_reader
from vidindex.errors import MissingPackage, ModelNotFound
from vidindex.types import Span, VideoInfo

HAS_WHISPER = find_spec("faster_whisper") is not None


@dataclass
class Segment:
    """The fields of faster_whisper.transcribe.Segment that are used."""

    start: float
    end: float
    text: str


def film(path: Path, sound_late_s: float) -> Path:
    """Ten seconds of pictures and, later than these, sound."""
    seen = ffmpeg.input("testsrc=duration=10:rate=10:size=64x64", f="lavfi")
    heard = ffmpeg.input("sine=frequency=440:duration=5", f="lavfi", itsoffset=sound_late_s)
    run(ffmpeg.output(seen, heard, str(path), vcodec="libx264", acodec="aac", pix_fmt="yuv420p"))
    return path


@pytest.fixture
def video(tmp_path: Path) -> tuple[VideoInfo, Path]:
    path = film(tmp_path / "film.mkv", 2.0)
    return probe(path, "film"), path


def test_segments_become_events_in_media_time(video: tuple[VideoInfo, Path]) -> None:
    spoken = [Segment(0.5, 1.5, "  Close the\n gate. "), Segment(3.0, 4.25, " Now!")]
    found = list(events(spoken, video[0], "faster-whisper:tiny:en", audio_start_s=2.0))
    assert [(event.span, event.text) for event in found] == [
        (Span(2.5, 3.5), "Close the gate."),
        (Span(5.0, 6.25), "Now!"),
    ]
    assert {(event.channel, event.source) for event in found} == {
        ("speech", "faster-whisper:tiny:en")
    }


def test_segments_are_clipped_to_the_video(video: tuple[VideoInfo, Path]) -> None:
    spoken = [
        Segment(7.0, 12.0, "until the end"),
        Segment(20.0, 21.0, "after the end"),
        Segment(3.0, 3.0, "no time at all"),
        Segment(4.0, 5.0, "   "),
    ]
    found = list(events(spoken, video[0], "w", audio_start_s=0.0))
    assert [(event.span, event.text) for event in found] == [(Span(7, 10), "until the end")]


def test_sound_that_begins_later_than_the_pictures_is_noticed(
    video: tuple[VideoInfo, Path],
) -> None:
    sound = build_file_reader().sound(video[1])
    assert sound.start_s - video[0].start_s == pytest.approx(2.0, abs=0.05)


def test_sound_is_decoded_in_a_child_to_the_samples_that_a_speech_model_hears(
    video: tuple[VideoInfo, Path],
) -> None:
    samples = build_file_reader().sound(video[1]).samples
    assert samples.dtype == np.float32
    assert len(samples) / SAMPLES_PER_S == pytest.approx(5.0, abs=0.1)
    tone = np.abs(np.fft.rfft(samples[:SAMPLES_PER_S]))
    assert np.argmax(tone) == 440


@pytest.mark.skipif(HAS_WHISPER, reason="faster-whisper is installed here")
def test_without_the_package_the_extra_is_named(video: tuple[VideoInfo, Path]) -> None:
    with pytest.raises(MissingPackage) as caught:
        WhisperTranscriber("tiny", build_file_reader().sound)(*video)
    assert "pip install 'vidindex[speech]'" in str(caught.value)


@pytest.mark.skipif(not HAS_WHISPER, reason="faster-whisper is not installed here")
@pytest.mark.parametrize("model", ["tiny", "no-such-model", "a folder"])
def test_without_the_weights_the_remedy_is_named(
    video: tuple[VideoInfo, Path], model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "empty"))
    name = str(tmp_path) if model == "a folder" else model
    with pytest.raises(ModelNotFound) as caught:
        WhisperTranscriber(name, build_file_reader().sound)(*video)
    assert "faster_whisper.download_model" in str(caught.value)
