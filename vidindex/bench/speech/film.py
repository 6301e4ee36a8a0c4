"""Write a film in which sentences are spoken by espeak-ng at known times."""

import tempfile
import wave
from collections.abc import Sequence
from pathlib import Path

import ffmpeg
import numpy as np

from vidindex.adapters.media.ffmpeg import run
from vidindex.bench.speech.voices import say
from vidindex.types.speech import SAMPLES_PER_S

WORDS_PER_MINUTE, AFTER_S = 150, 1.0


def write_spoken(path: Path, lines: Sequence[tuple[float, str]]) -> Path:
    """A test picture, and each text from its second on, in order and not overlapping.

    Raises MissingPackage without espeak-ng.
    """
    sound = np.zeros(0, np.float32)
    for start_s, text in lines:
        pause = np.zeros(max(0, round(start_s * SAMPLES_PER_S) - len(sound)), np.float32)
        sound = np.concatenate([sound, pause, say(text, "en-us", WORDS_PER_MINUTE)])
    duration_s = len(sound) / SAMPLES_PER_S + AFTER_S
    with tempfile.TemporaryDirectory() as folder:
        heard = Path(folder) / "said.wav"
        with wave.open(str(heard), "wb") as file:
            file.setparams((1, 2, SAMPLES_PER_S, 0, "NONE", ""))
            file.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
        seen = ffmpeg.input(f"testsrc=duration={duration_s}:rate=5:size=320x180", f="lavfi")
        voice = ffmpeg.input(str(heard))
        run(
            ffmpeg.output(seen, voice, str(path), vcodec="libx264", acodec="aac", pix_fmt="yuv420p")
        )
    return path
