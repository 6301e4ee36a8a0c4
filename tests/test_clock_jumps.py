"""Files whose clock jumps are films of the pictures that they hold, whatever their times say."""

import math
import shutil
from dataclasses import asdict
from pathlib import Path

import ffmpeg
import pytest
from support.clip_assets import number_of
from support.clock_assets import (
    FPS,
    HOUR_S,
    JUMPING,
    NUM_FRAMES,
    PIECE_S,
    joined,
    make_jumping,
    matroska_forward,
    set_back,
)

from vidindex.adapters.decoders.decord import DecordDecoder
from vidindex.adapters.decoders.pyav import PyAVDecoder
from vidindex.adapters.media import frame_times
from vidindex.adapters.media.activity_signals import read_signals
from vidindex.adapters.media.copy_clip import copy
from vidindex.adapters.media.encode_clip import cut
from vidindex.adapters.media.ffmpeg import run
from vidindex.adapters.media.probe import probe
from vidindex.adapters.media.proxy import proxy
from vidindex.adapters.media.subtitles import read_subtitles
from vidindex.app import Settings, open_library
from vidindex.cli.main import run_command
from vidindex.core.sampling.planner import PlanSettings, make_plan
from vidindex.errors import ProbeError, UnsupportedMedia
from vidindex.types import Span, VideoInfo
from vidindex.types.clip import Canvas, Cut

WHOLE_S = 2 * PIECE_S
PLAIN = Settings(model="none", ocr=False)
SAID = {
    "ts_forward": "forward by 10.0 h",
    "ts_back": "back by 10.0 h",
    "ts_again": "back by 20.0 s",
    "flv_forward": "forward by 1.0 h",
    "flv_back": "back by 10.0 h",
    "flv_again": "back by 20.0 s",
    "mkv_forward": "forward by 1.0 h",
    "mkv_back": "back by 1.0 min",
}


@pytest.fixture(params=list(JUMPING))
def film(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_jumping(request.param, tmp_path_factory)


def numbers_at(video: VideoInfo, path: Path, times_s: list[float]) -> list[int]:
    frames = PyAVDecoder().frames(video.source(path), times_s)
    return [number_of(frame.picture) for frame in frames]


def first_s(video: VideoInfo, path: Path) -> float:
    """When its first picture is shown: sound may begin a little earlier."""
    (frame,) = PyAVDecoder().frames(video.source(path), [0.0])
    return frame.pts_s


@pytest.mark.parametrize("name", JUMPING)
def test_media_time_runs_on_over_the_pictures_and_the_jump_is_noted(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    info = probe(make_jumping(name, tmp_path_factory), "id")
    assert info.num_frames == 2 * NUM_FRAMES
    assert info.duration_s == pytest.approx(WHOLE_S, abs=0.2)
    assert info.clock is not None
    assert len(info.clock.pieces) == 2
    (note,) = info.notes
    assert f"its clock jumps {SAID[name]} at 00:00:20." in note


def test_every_picture_is_at_its_media_time(film: Path) -> None:
    video = probe(film, "id")
    begins_s = first_s(video, film)
    times_s = [begins_s + (i + 0.5) / FPS for i in range(2 * NUM_FRAMES)]
    assert numbers_at(video, film, times_s) == list(range(2 * NUM_FRAMES))


@pytest.mark.parametrize("at_s", [3.1, 19.9, 20.3, 38.5])
def test_a_seek_finds_the_picture_on_either_side(film: Path, at_s: float) -> None:
    video = probe(film, "id")
    times_s = [first_s(video, film) + at_s]
    assert numbers_at(video, film, times_s) == [math.floor(at_s * FPS)]


def test_an_exact_clip_over_the_jump_holds_every_frame(film: Path, tmp_path: Path) -> None:
    video, output = probe(film, "id"), tmp_path / "clip.mp4"
    begins_s = first_s(video, film)
    span = Span(begins_s + 19.0, begins_s + 21.0)
    sound = tuple(stream.index for stream in video.audio)
    cut(Cut(video.source(film), span, span.start_s, Canvas(192, 96), sound), output)
    made = probe(output, "id")
    assert made.picture_end_s == pytest.approx(2.0, abs=0.01)
    assert len(made.audio) == 1
    shown = numbers_at(made, output, [(i + 0.5) / FPS for i in range(10)])
    assert shown == list(range(95, 105))


def test_a_copied_clip_over_the_jump_begins_at_a_keyframe(film: Path, tmp_path: Path) -> None:
    video, output = probe(film, "id"), tmp_path / f"copy{film.suffix}"
    begins_s = first_s(video, film)
    span = Span(begins_s + 19.3, begins_s + 21.0)
    held = copy(Cut(video.source(film), span, span.start_s, Canvas(192, 96), (1,)), output)
    assert held.start_s == pytest.approx(begins_s + 18.0, abs=0.01)
    made = probe(output, "id")
    assert made.clock is None
    at_s = first_s(made, output)
    assert numbers_at(made, output, [at_s + 0.1, at_s + 2.5]) == [90, 102]


def test_a_proxy_plays_in_media_time(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    film, output = make_jumping("ts_back", tmp_path_factory), tmp_path / "proxy.mp4"
    proxy(probe(film, "id").source(film), output, 96)
    made = probe(output, "id")
    assert made.duration_s == pytest.approx(WHOLE_S, abs=0.2)
    times_s = [first_s(made, output) + at_s for at_s in (0.1, 19.9, 20.1, 38.5)]
    assert numbers_at(made, output, times_s) == [0, 99, 100, 192]


def test_the_plan_holds_no_hour_that_was_not_recorded(film: Path) -> None:
    video = probe(film, "id")
    signals = read_signals(video.source(film))
    assert 0 <= signals.packet_times_s[0] < signals.packet_times_s[-1] < video.picture_end_s
    assert len(make_plan(video, signals, PlanSettings()).chunks) < 12


def test_subtitles_of_the_stream_follow_the_map(tmp_path: Path) -> None:
    stream = joined(tmp_path, ".ts", (10.0, 10.0 + PIECE_S + HOUR_S))
    said, film = tmp_path / "said.srt", tmp_path / "said.mkv"
    said.write_text("1\n01:00:41,000 --> 01:00:42,000\nlate line\n")
    both = ffmpeg.input(str(stream)), ffmpeg.input(str(said))
    run(ffmpeg.output(*both, str(film), c="copy").global_args("-copyts"))
    (event,) = read_subtitles(probe(film, "id"), film, []).events
    # By its clock the second piece begins at 3631.4 s, which is 20 s of media time.
    assert event.text == "late line"
    assert event.span.start_s == pytest.approx(20.0 + 3641 - 3631.4, abs=0.1)


def test_the_second_decoder_refuses_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    film = make_jumping("flv_forward", tmp_path_factory)
    source = probe(film, "id").source(film)
    with pytest.raises(UnsupportedMedia, match="clock jumps"):
        list(DecordDecoder().frames(source, [1.0]))


def test_the_map_is_stored_with_the_video(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shutil.copy(make_jumping("ts_back", tmp_path_factory), tmp_path / "film.ts")
    with open_library(tmp_path / "library", PLAIN) as app:
        report = app.ingest(tmp_path / "film.ts")
        (video,) = app.library.videos.all()
    assert video == probe(tmp_path / "film.ts", video.video_id)
    assert video.clock
    assert asdict(video.clock)["entries"]
    of_film = [note for note in report.notes if note.startswith("film.ts")]
    assert of_film == [f"film.ts: {video.notes[0]}"]


def test_hours_that_were_not_recorded_are_not_searched_and_not_cut(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(make_jumping("ts_forward", tmp_path_factory), tmp_path / "film.ts")
    library = ["--library", str(tmp_path / "library")]
    path = str(tmp_path / "film.ts")
    assert run_command(["ingest", path, "--model", "none", "--no-ocr", "-q", *library]) == 0
    assert "its clock jumps forward by 10.0 h" in capsys.readouterr().out
    run_command(["search", "x", *library])
    assert "1 file, 40.0 s searched" in capsys.readouterr().out
    late = run_command(["clip", "film.ts@5:00:00-5:00:02", *library, "-o", str(tmp_path)])
    assert late == 2
    assert "film.ts has no 05:00:00.0; it lasts 00:00:40." in capsys.readouterr().err
    clip = tmp_path / "clip.mp4"
    assert run_command(["clip", "film.ts@0:19-0:21", *library, "-o", str(clip)]) == 0
    assert probe(clip, "id").picture_end_s == pytest.approx(2.0, abs=0.01)


def test_a_matroska_file_that_cannot_be_sought_is_refused_with_a_command_that_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame_times, "MAX_READ_ON_S", 30.0)
    whole, film, mended = (tmp_path / f"{name}.mkv" for name in ("whole", "film", "mended"))
    shown = ffmpeg.input("testsrc=s=32x32:r=1", format="lavfi", t=140)
    heard = ffmpeg.input("sine=440:r=8000", format="lavfi", t=140)
    live = {"live": 1, "cluster_time_limit": 1000, "output_ts_offset": 5000, "g": 100}
    run(ffmpeg.output(shown, heard, str(whole), vcodec="libx264", preset="ultrafast", **live))
    film.write_bytes(set_back(whole.read_bytes(), 5070, 3000))
    with pytest.raises(ProbeError, match=r"its clock jumps at 00:01:\d\d\.0, and nothing") as error:
        probe(film, "id")
    remedy = {"vf": "setpts=N/FRAME_RATE/TB", "af": "asetpts=N/SR/TB"}
    told = " ".join(f"-{option} {value}" for option, value in remedy.items())
    assert f"ffmpeg -i IN {told} OUT.mkv" in str(error.value)
    run(ffmpeg.input(str(film)).output(str(mended), **remedy))
    info = probe(mended, "id")
    assert (info.num_frames, info.clock) == (140, None)
    assert info.duration_s == pytest.approx(140, abs=0.2)


def test_a_clock_that_jumps_all_the_time_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame_times, "MAX_PIECES", 1)
    with pytest.raises(ProbeError, match="its clock jumps 1 times; count its times again"):
        probe(matroska_forward(tmp_path), "id")
