"""The ffmpeg commands: proxies, thumbnails, and what is said when one fails."""

import os
from pathlib import Path

import ffmpeg
import pytest
from support.clip_assets import make, number_of, numbered

from vidindex.adapters.decoders.pyav import PyAVDecoder
from vidindex.adapters.media import ffmpeg as ffmpeg_commands
from vidindex.adapters.media.ffmpeg import encode, run
from vidindex.adapters.media.probe import probe
from vidindex.adapters.media.proxy import proxy
from vidindex.errors import MediaError


def test_a_proxy_is_smaller_and_shows_the_same_frames_at_the_same_times(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    clip = make("h264", tmp_path_factory)
    output = tmp_path / "proxy.mp4"
    proxy(probe(clip.path, "id").source(clip.path), output, 48)
    info = probe(output, "id")
    assert (info.width, info.height) == (96, 48)
    assert info.duration_s == pytest.approx(clip.duration_s, abs=0.01)
    times_s = [0.0, 1.0, 2.0]
    frames = PyAVDecoder().frames(info.source(output), times_s, (clip.width, clip.height))
    numbers = dict(clip.shown)
    assert [number_of(frame.picture) for frame in frames] == [numbers[t] for t in times_s]


def test_a_command_that_fails_gives_ffmpegs_reason(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"ffmpeg failed: Unknown encoder 'no_such_codec'"):
        encode(tmp_path / "x.mp4", [], 192, 96, 25, options={"vcodec": "no_such_codec"})


def test_the_same_pictures_give_the_same_file(tmp_path: Path) -> None:
    one, other = (make_again(tmp_path / name) for name in ("one.mp4", "other.mp4"))
    assert one.read_bytes() == other.read_bytes()


def make_again(path: Path) -> Path:
    encode(path, (numbered(i) for i in range(30)), 192, 96, 25, subtitles=[(0.1, 0.9, "a line")])
    return path


@pytest.mark.skipif(os.name != "posix", reason="named pipes are POSIX's")
def test_an_ffmpeg_that_makes_nothing_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ffmpeg_commands, "STALLED_S", 0.5)
    silent = tmp_path / "silent.mp4"
    os.mkfifo(silent)
    with pytest.raises(MediaError, match=r"made nothing for 0\.5 s"):
        run(ffmpeg.output(ffmpeg.input(str(silent)), str(tmp_path / "out.mp4")))


def test_an_ffmpeg_that_takes_too_much_memory_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ffmpeg_commands, "MAX_BYTES", 1 << 20)
    endless = ffmpeg.input("testsrc=size=640x360:rate=25", f="lavfi", re=None)
    with pytest.raises(MediaError, match=r"needed more than 0\.0 GB of memory"):
        run(ffmpeg.output(endless, str(tmp_path / "out.mp4"), t=600))
