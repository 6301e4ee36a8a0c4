"""What probing says of real and generated files: size, turn, times, streams, clocks."""

import csv
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import av
import ffmpeg
import numpy as np
import pytest
from support.clip_assets import CLIPS, make, number_of, numbered

from vidindex.adapters.media.ffmpeg import encode, run
from vidindex.adapters.media.probe import probe
from vidindex.types import VideoInfo

SUBTITLES = [(0.5, 1.5, "the first line"), (2.0, 3.0, "the second")]


@pytest.mark.parametrize("name", CLIPS)
def test_duration_and_display_size_are_those_of_what_is_shown(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    clip = make(name, tmp_path_factory)
    info = probe(clip.path, "id")
    assert info.duration_s == pytest.approx(clip.duration_s, abs=0.01)
    assert (info.width, info.height) == (clip.width, clip.height)
    assert info.rotation_deg == clip.rotation_deg
    assert info.num_frames == len(clip.shown)
    mirrored = "its display matrix mirrors the picture: shown unmirrored"
    assert info.notes == ((mirrored,) if name in ("mirrored", "upside_down") else ())


@pytest.mark.parametrize(
    ("name", "start_s"), [("offset", 12.5), ("cut", 0.0), ("h264", 0.0), ("transport", 1.48)]
)
def test_the_raw_start_of_the_container_is_kept(
    name: str, start_s: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    info = probe(make(name, tmp_path_factory).path, "id")
    assert info.start_s == pytest.approx(start_s, abs=0.001)


def test_the_note_on_a_header_that_promises_more_than_the_file_holds(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    whole = make("distant_refresh", tmp_path_factory).path
    short = tmp_path / "short.mkv"
    short.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    info = probe(short, "id")
    assert info.duration_s < 30
    assert info.notes == (f"truncated: {info.duration_s:.1f} of 40.0 s present",)


def test_subtitles_and_tags_are_listed(tmp_path: Path) -> None:
    path = tmp_path / "told.mp4"
    tags = {"metadata:g:0": "creation_time=2024-03-01T10:20:30Z", "timecode": "01:00:00:00"}
    pictures = (numbered(i) for i in range(75))
    encode(path, pictures, 192, 96, 25, subtitles=SUBTITLES, options=tags)
    info = probe(path, "id")
    assert [(one.codec, one.is_text) for one in info.subtitles] == [("mov_text", True)]
    assert info.recorded_at == datetime(2024, 3, 1, 10, 20, 30, tzinfo=UTC)
    assert info.recorded_at_from == "container"
    assert info.timecode_start == "01:00:00:00"


def test_matroska_writes_its_timecode_in_capitals(tmp_path: Path) -> None:
    path = tmp_path / "told.mkv"
    tags = {"metadata:g:0": "TIMECODE=10:20:30:12"}
    encode(path, [numbered(0)] * 25, 192, 96, 25, options=tags)
    assert probe(path, "id").timecode_start == "10:20:30:12"


def test_a_camera_whose_clock_was_never_set_has_no_recording_time(tmp_path: Path) -> None:
    path = tmp_path / "unset.mp4"
    tags = {"metadata:g:0": "creation_time=1970-01-01T00:00:00Z"}
    encode(path, [numbered(0)] * 25, 192, 96, 25, options=tags)
    assert probe(path, "id").recorded_at is None


def test_a_cover_picture_is_not_the_video(tmp_path: Path) -> None:
    film, cover = tmp_path / "film.mp4", tmp_path / "cover.png"
    encode(film, (numbered(i) for i in range(50)), 192, 96, 25)
    # Larger than the film: by size alone it would be chosen.
    large = {"vcodec": "png", "pix_fmt": "rgb24", "vf": "scale=768:384"}
    encode(cover, [numbered(0)], 192, 96, 1, options=large)
    both = tmp_path / "both.mp4"
    streams = ffmpeg.input(str(film)), ffmpeg.input(str(cover))
    run(ffmpeg.output(*streams, str(both), c="copy", **{"disposition:v:1": "attached_pic"}))
    info = probe(both, "id")
    assert (info.codec, info.width, info.height) == ("h264", 192, 96)


def source_table(shared: Path) -> dict[str, dict[str, str]]:
    """SOURCES.md as rows by file name."""
    lines = (shared / "footage" / "SOURCES.md").read_text().splitlines()
    rows = [line.strip("|") for line in lines if line.startswith("|") and "---" not in line]
    table = csv.reader(rows, delimiter="|")
    header = [name.strip() for name in next(table)]
    named = [dict(zip(header, map(str.strip, row), strict=True)) for row in table]
    return {row["file"]: row for row in named}


def test_real_footage_is_what_its_list_says(shared: Path) -> None:
    for name, row in source_table(shared).items():
        if name == "torchcodec_nasa_13013.mp4":
            continue  # the list has the first of its two videos; see the test of the best
        info = probe(shared / "footage" / name, "id")
        codec, size = row["codec, size"].split()
        sides = tuple(int(side) for side in size.split("x"))
        stored = (info.height, info.width) if info.rotation_deg % 180 else (info.width, info.height)
        assert info.codec == {"libdav1d": "av1"}.get(codec, codec), name
        assert stored[1] == sides[1], name
        if "SAR" not in row["tags"]:
            assert stored[0] == sides[0], name
        assert not [note for note in info.notes if "truncated" in note], name


@pytest.mark.slow
def test_pictures_of_real_footage_end_with_its_last_frame(shared: Path) -> None:
    """Against a full decode by this test, of every file that is quickly decoded."""
    for name, row in source_table(shared).items():
        if float(row["MB"]) > 1:
            continue
        info = probe(shared / "footage" / name, "id")
        ends_s = last_frame_end_s(shared / "footage" / name, info)
        assert info.picture_end_s == pytest.approx(ends_s, abs=1.5 / info.average_fps), name


def last_frame_end_s(path: Path, info: VideoInfo) -> float:
    last_s = 0.0
    with av.open(str(path)) as container:
        for packet in container.demux(container.streams[info.stream_index]):
            try:
                for frame in packet.decode():
                    assert isinstance(frame, av.VideoFrame)
                    unit = frame.time_base or Fraction(0)
                    last_s = max(last_s, frame.time + (frame.duration or 0) * float(unit))
            except av.error.InvalidDataError:
                continue
    return last_s - info.start_s


def test_of_several_videos_ffmpegs_best_is_taken(shared: Path) -> None:
    info = probe(shared / "footage" / "torchcodec_nasa_13013.mp4", "id")
    assert (info.stream_index, info.width, info.height) == (3, 480, 270)
    assert [(one.index, one.codec) for one in info.audio] == [(1, "aac"), (4, "aac")]
    assert all(one.is_text for one in info.subtitles)


def test_pixels_that_are_not_square_widen_the_display_size(shared: Path) -> None:
    info = probe(shared / "footage" / "mmaction2_demo.mp4", "id")
    assert (info.width, info.height) == (round(340 * Fraction(64, 51)), 256)


@pytest.mark.parametrize(
    ("name", "turn"),
    [("0", 0), ("90", 90), ("180", 180), ("270", 270)],
)
def test_the_turn_of_a_phone_video_is_clockwise(name: str, turn: int, shared: Path) -> None:
    assert probe(shared / "footage" / f"decord_video_{name}.mov", "id").rotation_deg == turn


def test_media_time_is_what_ffmpeg_shows(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """`ffmpeg -ss t` on a copied cut gives the frame that the clip's table names."""
    clip = make("cut", tmp_path_factory)
    raw = tmp_path / "frame.rgb"
    shown = ffmpeg.input(str(clip.path), ss=1.0)
    run(shown.output(str(raw), format="rawvideo", pix_fmt="rgb24", vframes=1))
    picture = np.fromfile(raw, np.uint8).reshape(96, 192, 3)
    assert number_of(picture) == dict(clip.shown)[1.0] == 33 + 25
