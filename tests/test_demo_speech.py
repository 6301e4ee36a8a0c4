"""The demo hears and finds a spoken sentence, or says what is missing for that."""

from pathlib import Path

import pytest
from support.speech_assets import needs_voices

from vidindex.cli.demo import HEARD, hear


@needs_voices
@pytest.mark.slow
def test_the_demo_hears_and_finds_a_spoken_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hear(tmp_path, quiet=True)
    found = capsys.readouterr().out.partition(HEARD)[2]
    assert "spoken.mp4" in found
    assert "00:00:06" in found


def test_the_demo_says_what_is_missing_for_speech(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    hear(tmp_path, quiet=True)
    assert "no speech is heard here: espeak-ng is not installed" in capsys.readouterr().out
