"""Every file is probed, or refused with one line: what it is, the value seen, what to do."""

import os
import shutil
import struct
from pathlib import Path

import ffmpeg
import pytest
from support.clip_assets import Clip, make, numbered

from vidindex.adapters.media.ffmpeg import encode, run
from vidindex.adapters.media.fingerprint import fingerprint
from vidindex.adapters.media.probe import probe
from vidindex.errors import ProbeError
from vidindex.types import VideoInfo


def refusal(path: Path) -> str:
    with pytest.raises(ProbeError) as error:
        probe(path, "id")
    line = str(error.value)
    assert "\n" not in line
    assert path.name in error.value.message
    assert error.value.hint
    return line


@pytest.fixture
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return make("h264", tmp_path_factory)


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.mp4"
    path.touch()
    assert refusal(path) == (
        "empty.mp4 is empty (0 bytes); copy it again from its source, or delete it"
    )


def test_a_text_with_the_suffix_of_a_video(tmp_path: Path) -> None:
    path = tmp_path / "note.mp4"
    path.write_text("shopping list\n" * 100)
    line = refusal(path)
    assert line.startswith("note.mp4 (1,400 bytes) is not a video: no container begins with b'shop")


def test_a_still_picture_and_a_playlist(tmp_path: Path, clip: Clip) -> None:
    still = tmp_path / "still.png"
    encode(still, [numbered(0)], 192, 96, 1, options={"vcodec": "png", "pix_fmt": "rgb24"})
    assert "still.png is a still picture" in refusal(still)
    playlist = tmp_path / "list.mp4"
    shutil.copy(clip.path, tmp_path / "other.mp4")
    playlist.write_text("ffconcat version 1.0\nfile other.mp4\n")
    assert "list.mp4 is a list of other files (concat), not a video" in refusal(playlist)


def test_sound_only(tmp_path: Path) -> None:
    path = tmp_path / "song.m4a"
    tone = ffmpeg.input("sine=duration=1", format="lavfi")
    run(tone.output(str(path), acodec="aac"))
    assert refusal(path) == "song.m4a has no video, only audio (aac); leave it out"


def test_a_cover_picture_alone(tmp_path: Path) -> None:
    path, cover = tmp_path / "cover.mp4", tmp_path / "cover.png"
    encode(cover, [numbered(0)], 192, 96, 1, options={"vcodec": "png", "pix_fmt": "rgb24"})
    attached = {"c": "copy", "disposition:v:0": "attached_pic"}
    run(ffmpeg.input(str(cover)).output(str(path), **attached))
    assert "cover.mp4 has no usable video: only a cover picture" in refusal(path)


def test_an_mp4_cut_off_before_its_index(tmp_path: Path, clip: Clip) -> None:
    path = tmp_path / "cut off.mp4"
    path.write_bytes(clip.path.read_bytes()[: clip.path.stat().st_size // 2])
    assert "has no usable MP4 index (moov): it was cut short; copy it again" in refusal(path)


def test_an_mp4_cut_off_behind_its_index_is_used_as_far_as_it_goes(
    tmp_path: Path, clip: Clip
) -> None:
    whole = tmp_path / "whole.mp4"
    run(ffmpeg.input(str(clip.path)).output(str(whole), c="copy", movflags="+faststart"))
    path = tmp_path / "cut off.mp4"
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    info = probe(path, "id")
    assert 1 < info.duration_s < 3
    assert f"truncated: {info.duration_s:.1f} of 4.0 s present" in info.notes


def test_an_encrypted_film(tmp_path: Path, clip: Clip) -> None:
    path = tmp_path / "locked.mp4"
    locked = {
        "encryption_scheme": "cenc-aes-ctr",
        "encryption_key": "0123456789abcdef0123456789abcdef",
        "encryption_kid": "00000000000000000000000000000001",
    }
    run(ffmpeg.input(str(clip.path)).output(str(path), c="copy", **locked))
    assert refusal(path) == ("locked.mp4 is encrypted (CENC); ingest a copy without protection")


def test_a_raw_stream_without_times(tmp_path: Path, clip: Clip) -> None:
    path = tmp_path / "raw.h264"
    run(ffmpeg.input(str(clip.path)).output(str(path), c="copy", format="h264"))
    line = refusal(path)
    assert "raw.h264 has no duration: none of its 100 frames has a time; put it in a" in line


def test_pictures_that_cannot_be_decoded(tmp_path: Path, clip: Clip) -> None:
    path = tmp_path / "noise.mp4"
    data = bytearray(clip.path.read_bytes())
    begin = data.index(b"mdat") + 4
    (length,) = struct.unpack(">I", data[begin - 8 : begin - 4])
    data[begin : begin + length - 8] = b"\xff" * (length - 8)
    path.write_bytes(data)
    assert "noise.mp4: no picture of its video (h264) can be decoded" in refusal(path)


def test_a_folder_and_a_pipe_in_place_of_a_file(tmp_path: Path) -> None:
    folder, pipe = tmp_path / "folder.mp4", tmp_path / "pipe.mp4"
    folder.mkdir()
    os.mkfifo(pipe)
    assert refusal(folder) == "folder.mp4 is a folder, not a file; name the files in it"
    assert "pipe.mp4 is a device or pipe, not a file" in refusal(pipe)


def test_a_file_that_vanishes_before_it_is_probed(tmp_path: Path, clip: Clip) -> None:
    path = Path(shutil.copy(clip.path, tmp_path / "fleeting.mp4"))
    video_id = fingerprint(path)
    path.unlink()
    with pytest.raises(ProbeError, match=r"fleeting\.mp4 is not there any more"):
        probe(path, video_id)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read(tmp_path: Path, clip: Clip) -> None:
    path = Path(shutil.copy(clip.path, tmp_path / "private.mp4"))
    path.chmod(0)
    assert "private.mp4 cannot be read: Permission denied" in refusal(path)


FAULTS: dict[str, str | tuple[float, int, int, tuple[str, ...]]] = {
    # A refusal's words, or duration, display width and height, and notes.
    "audio_only.mp4": "audio_only.mp4 has no video, only audio (aac)",
    "empty.mp4": "empty.mp4 is empty (0 bytes)",
    "not_a_video.mp4": "not_a_video.mp4 (600 bytes) is not a video",
    "av1_charades.mkv": (30.697, 480, 270, ()),
    "rot90_bottle.mp4": (39.855, 360, 640, ()),
    "start_offset_12p5_charades.mkv": (30.697, 480, 270, ()),
    "truncated_bbb.webm": (18.419, 1280, 720, ("truncated: 18.4 of 30.0 s present",)),
    "truncated_testvideo.ts": (14.047, 1280, 720, ()),
}


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_in_the_collection_is_told_or_mended(name: str, shared: Path) -> None:
    expected, path = FAULTS[name], shared / "faults" / name
    if isinstance(expected, str):
        assert refusal(path).startswith(expected)
        return
    info: VideoInfo = probe(path, "id")
    assert (info.width, info.height, info.notes) == expected[1:]
    assert info.duration_s == pytest.approx(expected[0], abs=0.01)
