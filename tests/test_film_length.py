"""How long a film is: to the end of its last picture, sound or line, whatever headers say."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import ffmpeg
import pytest
from support.clip_assets import number_of, numbered

from pipelines.ingest.scan import STAGE
from vidindex.adapters.decoders.pyav import PyAVDecoder
from vidindex.adapters.media.activity_signals import read_signals
from vidindex.adapters.media.ffmpeg import encode, run
from vidindex.adapters.media.probe import probe
from vidindex.app import Settings, open_library
from vidindex.cli.main import run_command
from vidindex.core.sampling.planner import PlanSettings, make_plan
from vidindex.core.timing.timecode import source_clock
from vidindex.types import VideoInfo

PLAIN = Settings(model="none", ocr=False)
LINES = """1
00:00:01,000 --> 00:00:02,000
victor early line

2
00:00:08,000 --> 00:00:09,000
whiskey late line
"""


def pictures(path: Path, num_frames: int, fps: float = 25.0, **options: Any) -> Any:
    encode(path, (numbered(i) for i in range(num_frames)), 192, 96, fps, options=options)
    return ffmpeg.input(str(path))


def tone(seconds: float) -> Any:
    return ffmpeg.input("sine=440:r=16000", format="lavfi", t=seconds)


def late_sound(folder: Path) -> Path:
    """3 s of pictures, 12 s of sound, and a line at 8 s."""
    said, film = folder / "said.srt", folder / "late.mkv"
    said.write_text(LINES)
    shown = pictures(folder / "shown.mp4", 75)
    streams = shown["v"], tone(12)["a"], ffmpeg.input(str(said))
    run(ffmpeg.output(*streams, str(film), vcodec="copy", acodec="aac", scodec="srt"))
    said.unlink()
    return film


def cover(folder: Path) -> Any:
    path = folder / "cover.png"
    encode(path, [numbered(7)], 192, 96, 1, options={"vcodec": "png", "pix_fmt": "rgb24"})
    return ffmpeg.input(str(path))


def numbers_at(video: VideoInfo, path: Path, times_s: list[float]) -> list[int]:
    frames = PyAVDecoder().frames(video.source(path), times_s)
    return [number_of(frame.picture) for frame in frames]


def test_a_film_ends_with_its_sound_and_its_pictures_end_earlier(tmp_path: Path) -> None:
    film = late_sound(tmp_path)
    video = probe(film, "id")
    assert video.duration_s == pytest.approx(12.0, abs=0.1)
    assert video.picture_end_s == pytest.approx(3.0, abs=0.03)
    assert video.notes == ()


def test_after_its_last_picture_a_film_shows_that_one(tmp_path: Path) -> None:
    film = late_sound(tmp_path)
    assert numbers_at(probe(film, "id"), film, [1.0, 2.99, 8.5]) == [25, 74, 74]


def test_no_frame_is_planned_after_the_last_picture(tmp_path: Path) -> None:
    film = late_sound(tmp_path)
    video = probe(film, "id")
    plan = make_plan(video, read_signals(video.source(film)), PlanSettings())
    assert plan.chunks[-1].span.end_s == video.picture_end_s


def test_a_line_after_the_last_picture_is_found_and_can_be_cut(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = late_sound(tmp_path)
    library = ["--library", str(tmp_path / "library")]
    assert run_command(["ingest", str(film), "--model", "none", "--no-ocr", "-q", *library]) == 0
    assert "outside" not in capsys.readouterr().out
    assert run_command(["search", "whiskey late", *library]) == 0
    shown = capsys.readouterr().out
    assert "00:00:08.0 – 00:00:09.0  whiskey late line" in shown
    # 3 s of it are pictures; what is not there cannot be left unseen.
    assert "12.0 s searched" in shown
    assert "3.0 s not seen, not read" in shown
    clip = tmp_path / "clip.mp4"
    assert run_command(["clip", "late.mkv@0:08-0:09", *library, "-o", str(clip)]) == 0
    made = probe(clip, "id")
    assert made.picture_end_s == pytest.approx(1.0, abs=0.01)
    assert numbers_at(made, clip, [0.0, 0.9]) == [74, 74]


def test_padding_of_the_last_sound_packet_is_no_tail(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    shown = pictures(tmp_path / "shown.mp4", 50)
    run(ffmpeg.output(shown["v"], tone(2.05)["a"], str(film), vcodec="copy", acodec="aac"))
    video = probe(film, "id")
    assert video.duration_s == video.picture_end_s == pytest.approx(2.0, abs=0.001)


def test_a_line_that_is_shown_for_hours_does_not_make_a_film_of_hours(tmp_path: Path) -> None:
    said, film = tmp_path / "said.srt", tmp_path / "film.mkv"
    said.write_text("1\n00:00:00,000 --> 09:59:59,000\nwatch us at example.org\n")
    shown = pictures(tmp_path / "shown.mp4", 1000)
    run(ffmpeg.output(shown["v"], ffmpeg.input(str(said)), str(film), c="copy"))
    assert probe(film, "id").duration_s == pytest.approx(40.0, abs=0.1)


def test_a_line_hours_after_everything_else_makes_no_hours_and_is_noted(tmp_path: Path) -> None:
    said, film = tmp_path / "said.srt", tmp_path / "film.mkv"
    said.write_text(LINES + "\n3\n09:00:00,000 --> 09:00:01,000\nlost line\n")
    shown = pictures(tmp_path / "shown.mp4", 100)
    run(ffmpeg.output(shown["v"], ffmpeg.input(str(said)), str(film), c="copy"))
    video = probe(film, "id")
    assert video.duration_s == pytest.approx(9.0, abs=0.1)
    assert "sound or text at 09:00:00.0 is left out: 9.0 h before it hold nothing" in video.notes


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        (".mp4", {"vcodec": "copy", "disposition:v:0": "attached_pic"}),
        (".mp4", {"vcodec": "libx264", "pix_fmt": "yuv420p"}),
        (".mkv", {"vcodec": "copy"}),
    ],
)
def test_a_podcast_with_one_cover_picture_is_a_film_of_its_sound_s_length(
    suffix: str, options: dict[str, str], tmp_path: Path
) -> None:
    film = tmp_path / f"podcast{suffix}"
    shown = cover(tmp_path)["v"]
    run(ffmpeg.output(shown, tone(60)["a"], str(film), acodec="aac", **options))
    video = probe(film, "id")
    assert video.duration_s == video.picture_end_s == pytest.approx(60.0, abs=0.1)
    assert (video.num_frames, video.notes) == (1, ())
    assert 0 < video.average_fps <= 25
    assert numbers_at(video, film, [0.0, 31.0, 59.9]) == [7, 7, 7]
    plan = make_plan(video, read_signals(video.source(film)), PlanSettings())
    assert sum(chunk.num_frames for chunk in plan.chunks if not chunk.continues) <= 16


def test_a_podcast_is_searched_whole_and_can_be_cut(tmp_path: Path) -> None:
    film, clip = tmp_path / "podcast.mp4", tmp_path / "clip.mp4"
    shown = cover(tmp_path)["v"]
    kept = {"vcodec": "copy", "acodec": "aac", "disposition:v:0": "attached_pic"}
    run(ffmpeg.output(shown, tone(60)["a"], str(film), **kept))
    library = ["--library", str(tmp_path / "library")]
    assert run_command(["ingest", str(film), "--model", "none", "--no-ocr", "-q", *library]) == 0
    with open_library(tmp_path / "library", PLAIN, write=False) as app:
        assert app.library.coverage().duration_s == pytest.approx(60.0, abs=0.1)
    assert run_command(["clip", "podcast.mp4@0:30-0:32", *library, "-o", str(clip)]) == 0
    assert probe(clip, "id").picture_end_s == pytest.approx(2.0, abs=0.01)


def test_a_single_picture_flagged_default_does_not_hide_the_film(tmp_path: Path) -> None:
    film = tmp_path / "film.mkv"
    large = cover(tmp_path)["v"].filter("scale", 768, 384)
    shown = pictures(tmp_path / "shown.mp4", 50)["v"]
    flags = {"disposition:v:0": "0", "disposition:v:1": "default"}
    run(ffmpeg.output(shown, large, str(film), **{"c:v:0": "copy", "c:v:1": "mjpeg"}, **flags))
    video = probe(film, "id")
    assert (video.stream_index, video.codec, video.num_frames) == (0, "h264", 50)
    assert video.duration_s == pytest.approx(2.0)
    assert video.notes == ()


def test_the_first_of_two_films_stays_the_one_that_ffmpeg_calls_the_best(tmp_path: Path) -> None:
    film = tmp_path / "film.mkv"
    one, other = (pictures(tmp_path / f"{i}.mp4", 50 + i)["v"] for i in range(2))
    flags = {"disposition:v:0": "0", "disposition:v:1": "default"}
    run(ffmpeg.output(one, other, str(film), c="copy", **flags))
    assert probe(film, "id").stream_index == 1


def test_video_that_begins_late_ends_late_and_no_header_is_blamed(tmp_path: Path) -> None:
    shown, film = tmp_path / "shown.mp4", tmp_path / "late.mp4"
    pictures(shown, 100)
    late = ffmpeg.input(str(shown), itsoffset=2)["v"]
    run(ffmpeg.output(late, tone(6)["a"], str(film), vcodec="copy", acodec="aac"))
    video = probe(film, "id")
    assert video.duration_s == pytest.approx(6.0, abs=0.05)
    assert video.notes == ()


@pytest.fixture
def raw_dv(tmp_path: Path) -> Path:
    path = tmp_path / "tape.dv"
    shown = ffmpeg.input("testsrc=s=720x480:r=30000/1001", format="lavfi")
    dv = {"vframes": 60, "vcodec": "dvvideo", "pix_fmt": "yuv411p", "timecode": "01:00:00;05"}
    run(shown.output(str(path), **dv))
    return path


def test_raw_dv_has_the_rate_of_its_camera_and_a_drop_frame_timecode(raw_dv: Path) -> None:
    video = probe(raw_dv, "id")
    assert video.average_fps == pytest.approx(30_000 / 1001)
    clock = source_clock(video)
    assert (clock.base.rate, clock.base.drop) == (Fraction(30_000, 1001), True)
    assert clock.label_at(0.0) == "01:00:00;05"


def test_an_edit_list_counts_the_frames_of_raw_dv_and_a_clip_of_it_passes_its_check(
    raw_dv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library = ["--library", str(tmp_path / "library")]
    assert run_command(["ingest", str(raw_dv), "--model", "none", "--no-ocr", "-q", *library]) == 0
    capsys.readouterr()
    assert run_command(["export", "tape.dv", "--format", "edl", *library]) == 0
    edl = capsys.readouterr().out
    assert "FCM: DROP FRAME" in edl
    assert "01:00:00;05 01:00:02;05" in edl
    clip = tmp_path / "clip.mp4"
    assert run_command(["clip", "tape.dv@0:00.5-0:01.5", *library, "-o", str(clip)]) == 0


def test_time_lapse_has_a_rate_and_its_clips_are_checked(tmp_path: Path) -> None:
    film, clip = tmp_path / "lapse.mkv", tmp_path / "clip.mp4"
    pictures(film, 4, 1 / 3600, g=1, bf=0)
    video = probe(film, "id")
    assert video.duration_s == pytest.approx(4 * 3600, abs=3600)
    assert video.average_fps == pytest.approx(1 / 3600)
    assert video.frame_s == pytest.approx(3600)
    library = ["--library", str(tmp_path / "library")]
    assert run_command(["ingest", str(film), "--model", "none", "--no-ocr", "-q", *library]) == 0
    assert run_command(["clip", "lapse.mkv@1:30:00-1:30:02", *library, "-o", str(clip)]) == 0
    assert numbers_at(probe(clip, "id"), clip, [0.5]) == [1]


def test_a_rate_of_nothing_divides_nothing() -> None:
    video = VideoInfo("v", 120.0, 64, 48, 0.0, "h264", "matroska", 0, 0.0, 0, 60, 1)
    assert video.frame_s == 2.0


def test_a_film_that_an_older_release_scanned_gets_its_length_by_the_next_ingest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "footage"
    folder.mkdir()
    late_sound(folder)
    (folder / "shown.mp4").unlink()
    where = ["--library", str(tmp_path / "library")]
    with open_library(tmp_path / "library", PLAIN) as app:
        app.ingest(folder)
        (video,) = app.library.videos.all()
        short = replace(video, duration_s=3.0, picture_end_s=3.0, camera="gate")
        with app.library.transaction():
            app.library.videos.put(short)
            app.library.events.replace(video.video_id, "subtitle", [])
            app.library.work_ledger.forget(video.video_id, [STAGE])
    assert run_command(["status", *where]) == 0
    assert "1 video scanned by an older release; read again" in capsys.readouterr().out
    with open_library(tmp_path / "library", PLAIN) as app:
        report = app.ingest(folder)
        (again,) = app.library.videos.all()
        assert (again.duration_s, again.camera) == (video.duration_s, "gate")
        assert app.library.events.count_by_channel()["subtitle"] == 2
        note = "1 file, scanned by an older release, read again for true lengths"
        assert (report.notes.count(note), report.unchanged, report.new) == (1, 1, 0)
        assert not any(note in line for line in app.ingest(folder).notes)
        assert app.status().scanned_before == 0
