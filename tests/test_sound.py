"""Sound is decoded in media time: what is missing from a file is silence, not a shorter film."""

import wave
from pathlib import Path

import ffmpeg
import numpy as np
import pytest
from support.clock_assets import make_jumping

from vidindex.adapters.media.ffmpeg import run
from vidindex.adapters.media.probe import probe
from vidindex.composition import build_file_reader
from vidindex.errors import DecodeError
from vidindex.types.speech import SAMPLES_PER_S, Samples

TONES = (440, 660, 880, 550)


def tone_film(path: Path, late_s: float = 0.0, **options: str) -> Path:
    """Ten seconds of pictures, and from a second on one tone after the other, 2 s each."""
    seconds = np.arange(2 * SAMPLES_PER_S) / SAMPLES_PER_S
    sound = np.concatenate([np.sin(2 * np.pi * tone * seconds) for tone in TONES])
    heard = path.with_suffix(".wav")
    with wave.open(str(heard), "wb") as file:
        file.setparams((1, 2, SAMPLES_PER_S, 0, "NONE", ""))
        file.writeframes((sound * 16_000).astype("<i2").tobytes())
    seen = ffmpeg.input("testsrc=duration=10:rate=10:size=64x64", f="lavfi")
    tones = ffmpeg.input(str(heard), itsoffset=late_s)
    run(ffmpeg.output(seen, tones, str(path), vcodec="libx264", pix_fmt="yuv420p", **options))
    return path


def without_packets(path: Path, output: Path, from_s: float, to_s: float) -> Path:
    """The same film, from which the packets of sound between two times are lost."""
    lost = f"noise=drop=between(pts*tb\\,{from_s}\\,{to_s})"
    run(ffmpeg.output(ffmpeg.input(str(path)), str(output), c="copy", **{"bsf:a": lost}))
    return output


def decoded(path: Path, from_s: float = 0.0, track: int = 1) -> Samples:
    video = probe(path, "film")
    sound = build_file_reader().sound(video.source(path), video.duration_s, track, from_s)
    return np.concatenate(list(sound))


def tone_at(samples: Samples, at_s: float) -> int:
    """The loudest tone of a half second, in Hz; 0 for silence."""
    begin = round(at_s * SAMPLES_PER_S)
    part = samples[begin : begin + SAMPLES_PER_S // 2]
    return 2 * int(np.argmax(np.abs(np.fft.rfft(part)))) if np.abs(part).max() > 0.05 else 0


def test_sound_that_begins_later_than_the_pictures_follows_silence(tmp_path: Path) -> None:
    samples = decoded(tone_film(tmp_path / "late.mkv", late_s=2.0, acodec="aac"))
    assert samples.dtype == np.float32
    assert [tone_at(samples, at_s) for at_s in (0.7, 1.4, 2.7, 4.7, 6.7, 8.7)] == [0, 0, *TONES]


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".ts"])
def test_what_follows_lost_packets_of_sound_is_heard_at_its_time(
    suffix: str, tmp_path: Path
) -> None:
    whole = tone_film(tmp_path / f"whole{suffix}", acodec="aac")
    holed = without_packets(whole, tmp_path / f"holed{suffix}", 2.0, 4.0)
    samples = decoded(holed)
    assert [tone_at(samples, at_s) for at_s in (0.7, 2.7, 4.7, 6.7)] == [440, 0, 880, 550]
    assert len(samples) / SAMPLES_PER_S == pytest.approx(8.0, abs=0.1)


def test_sound_is_decoded_from_a_later_second_on(tmp_path: Path) -> None:
    path = tone_film(tmp_path / "late.mkv", late_s=2.0, acodec="aac")
    for from_s in (1.25, 3.25):
        rest = decoded(path)[round(from_s * SAMPLES_PER_S) :]
        assert np.array_equal(decoded(path, from_s), rest)


def test_sound_goes_no_further_than_the_film(tmp_path: Path) -> None:
    path = tone_film(tmp_path / "film.mkv", acodec="aac")
    source = probe(path, "film").source(path)
    short = np.concatenate(list(build_file_reader().sound(source, 5.0)))
    assert len(short) == 5 * SAMPLES_PER_S


def test_sound_of_a_file_whose_clock_jumps_follows_its_pictures(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = make_jumping("ts_forward", tmp_path_factory)
    video = probe(path, "film")
    assert video.clock
    sound = list(build_file_reader().sound(video.source(path), video.duration_s))
    assert sum(map(len, sound)) / SAMPLES_PER_S == pytest.approx(video.duration_s, abs=0.3)


def test_a_track_is_chosen_by_its_number(tmp_path: Path) -> None:
    low, high = (
        tone_film(tmp_path / name, late_s=late_s, acodec="aac")
        for name, late_s in (("low.mkv", 0.0), ("high.mkv", 1.0))
    )
    both = tmp_path / "both.mkv"
    one, other = ffmpeg.input(str(low)), ffmpeg.input(str(high))
    run(ffmpeg.output(one.video, one.audio, other.audio, str(both), c="copy"))
    assert [tone_at(decoded(both, track=track), 0.3) for track in (1, 2)] == [440, 0]
    with pytest.raises(DecodeError, match="2 sound tracks, no track 3"):
        decoded(both, track=3)
