"""Signals of encoded clips, and what plans make of them; real footage where it is at hand."""

import json
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from itertools import chain
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.stream import VideoStream

from vidindex.adapters.media.activity_signals import read_signals
from vidindex.adapters.media.probe import probe
from vidindex.core.sampling.planner import PlanSettings, make_plan
from vidindex.errors import DecodeError
from vidindex.types import FramePlan, Signals, VideoInfo
from vidindex.types.plan import Picture

WIDTH, HEIGHT, FPS = 320, 192, 25


@cache
def scene(seed: int, width: int = WIDTH) -> Picture:
    """Coloured blocks with a fine grain, as sharp edges alone would be too easy to code."""
    rng = np.random.default_rng(seed)
    blocks = rng.integers(40, 210, (HEIGHT // 16, width // 16, 3), dtype=np.uint8)
    grain = rng.integers(0, 20, (HEIGHT, width, 1), dtype=np.uint8)
    coarse: Picture = np.kron(blocks, np.ones((16, 16, 1), np.uint8)) + grain
    return coarse


def still(seconds: float, seed: int = 1) -> Iterator[Picture]:
    for _ in range(round(seconds * FPS)):
        yield scene(seed)


def fast(seconds: float) -> Iterator[Picture]:
    """A noisy picture that turns round, as a hand-held camera would."""
    wide = scene(5, 8 * WIDTH)
    rng = np.random.default_rng(0)
    for i in range(round(seconds * FPS)):
        left = i * 24 % (7 * WIDTH)
        shown = wide[:, left : left + WIDTH]
        yield np.minimum(shown, 225) + rng.integers(0, 30, shown.shape, dtype=np.uint8)


def encode(path: Path, *parts: Iterator[Picture], codec: str = "libx264", **options: str) -> Path:
    if codec == "libx264":
        options = {"preset": "veryfast", **options}
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=FPS, options=options)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = WIDTH, HEIGHT
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.thread_count = 1
        for picture in chain(*parts):
            shown = np.ascontiguousarray(picture)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(shown, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def read(path: Path) -> tuple[VideoInfo, Signals]:
    video = probe(path, "v")
    return video, read_signals(video.source(path))


def plan_of(path: Path) -> FramePlan:
    return make_plan(*read(path), PlanSettings())


def edge_distance_s(plan: FramePlan, time_s: float) -> float:
    return min(abs(chunk.span.start_s - time_s) for chunk in plan.chunks)


def test_every_packet_is_counted_and_keyframes_are_looked_at(tmp_path: Path) -> None:
    video, signals = read(encode(tmp_path / "a.mp4", still(6), g="25"))
    assert len(signals.packet_times_s) == video.num_frames == 150
    assert int(signals.packet_sizes.sum()) < video.size_bytes
    assert list(signals.packet_times_s) == pytest.approx([i / FPS for i in range(150)])
    assert list(signals.look_times_s) == pytest.approx([0, 1, 2, 3, 4, 5])
    assert signals.looks.shape == (6, 36, 64)
    assert signals.looks.dtype == np.uint8
    assert signals.num_failed_looks == 0
    assert signals.look_differences.max() < 0.01


def test_a_look_shows_the_picture_at_its_time(tmp_path: Path) -> None:
    _, signals = read(encode(tmp_path / "a.mp4", still(2, 1), still(2, 2), g="25", bf="3"))
    assert list(signals.look_differences > 0.1) == [False, False, True, False]


def test_of_all_key_footage_one_picture_a_second_is_decoded(tmp_path: Path) -> None:
    video, signals = read(encode(tmp_path / "a.avi", still(3, 1), still(3, 2), codec="mjpeg"))
    assert signals.packet_is_key.all()
    assert list(signals.look_times_s) == pytest.approx([0, 1, 2, 3, 4, 5])
    plan = make_plan(video, signals, PlanSettings(min_chunk_s=2))
    assert edge_distance_s(plan, 3.0) < 0.05, "looks alone show the cut"


def test_one_keyframe_is_enough(tmp_path: Path) -> None:
    video, signals = read(encode(tmp_path / "a.mp4", fast(6), g="250"))
    assert len(signals.look_times_s) == 1
    plan = make_plan(video, signals, PlanSettings())
    assert {chunk.fps for chunk in plan.chunks} <= {2.0, 4.0}, "packets alone tell of motion"


def test_times_start_at_zero_where_the_container_does_not(tmp_path: Path) -> None:
    _, signals = read(encode(tmp_path / "a.ts", still(2), g="25"))
    assert signals.packet_times_s[0] == pytest.approx(0.0, abs=1e-6)
    assert signals.look_times_s[0] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.slow
def test_a_half_still_half_fast_clip_is_sampled_where_it_moves(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp4", still(24), fast(24), g="50")
    video, signals = read(path)
    plan = make_plan(video, signals, PlanSettings())
    slow = [chunk.fps for chunk in plan.chunks if chunk.span.end_s <= 25]
    quick = [chunk.fps for chunk in plan.chunks if chunk.span.start_s >= 23]
    assert set(slow) <= {0.5, 1.0}
    assert quick
    assert set(quick) <= {2.0, 4.0}
    assert edge_distance_s(plan, 24.0) <= 1.0


@pytest.mark.parametrize("group", ["50", "250"])
def test_cuts_become_edges(tmp_path: Path, group: str) -> None:
    path = encode(tmp_path / "a.mp4", still(9.4, 1), still(7.2, 2), still(11, 3), g=group)
    plan = plan_of(path)
    # Without a keyframe there, the shot may begin with B-frames before the packet that holds it.
    assert edge_distance_s(plan, 9.4) < 0.2
    assert edge_distance_s(plan, 16.6) < 0.2


def test_a_cut_that_got_no_keyframe_is_seen_in_the_packets(tmp_path: Path) -> None:
    options = {"g": "50", "sc_threshold": "0"}
    plan = plan_of(encode(tmp_path / "a.mp4", still(9.4, 1), still(10.6, 2), **options))
    assert edge_distance_s(plan, 9.4) < 0.2


@pytest.mark.slow
def test_a_still_recording_continues_and_a_passer_by_ends_that(tmp_path: Path) -> None:
    def passer_by() -> Iterator[Picture]:
        for i, picture in enumerate(still(3)):
            shown = picture.copy()
            shown[80:100, i * 4 : i * 4 + 14] = (230, 30, 30)
            yield shown

    path = encode(tmp_path / "a.mp4", still(100), passer_by(), still(57), g="250")
    plan = plan_of(path)
    passed = next(chunk for chunk in plan.chunks if chunk.span.contains(101.5))
    assert not passed.continues
    assert sum(chunk.continues for chunk in plan.chunks) >= 2


def test_an_hour_without_packets_costs_what_a_still_hour_costs(tmp_path: Path) -> None:
    path = tmp_path / "screen.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for i, picture in enumerate(chain(still(3, 1), still(1, 2))):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.time_base = Fraction(1, 1000)
            frame.pts = 40 * i + (0 if i < 75 else 3_600_000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    video, signals = read(path)
    assert video.duration_s == pytest.approx(3604, abs=0.1)
    assert (video.clock, video.notes) == (None, ())
    plan = make_plan(video, signals, PlanSettings())
    asked = [chunk for chunk in plan.chunks if not chunk.continues]
    assert sum(chunk.num_frames for chunk in asked) <= 24
    assert asked[-1].span.contains(3603.5)
    assert len(plan.chunks) - len(asked) >= 111


def test_a_break_in_the_file_keeps_what_lies_before_it(tmp_path: Path) -> None:
    whole = encode(tmp_path / "a.ts", fast(6), g="25")
    cut = tmp_path / "b.ts"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    video, signals = read(cut)
    assert 40 < len(signals.packet_sizes) < 120
    make_plan(video, signals, PlanSettings())


def test_a_file_without_packets_is_a_decode_error(tmp_path: Path) -> None:
    video, _ = read(encode(tmp_path / "a.mp4", still(1)))
    nothing = tmp_path / "b.mp4"
    nothing.write_bytes(b"no video at all" * 99)
    with pytest.raises(DecodeError, match=r"b\.mp4"):
        read_signals(video.source(nothing))


def test_edges_of_a_film_put_together_from_clips_are_found(shared: Path) -> None:
    joined = json.loads((shared / "evaluation" / "composite_dev.json").read_text())["boundaries"]
    plan = plan_of(shared / "footage" / "composite_dev.mp4")
    found = [time_s for time_s in joined if edge_distance_s(plan, time_s) <= 1.0]
    assert len(joined) == 16
    assert len(found) >= 14, set(joined) - set(found)


@pytest.mark.parametrize(
    ("name", "rates"),
    [
        ("dvrscan_traffic_camera.mp4", {1.0, 2.0}),
        ("imageio_cockatoo_yuv420.mp4", {4.0}),
        ("wpt_movie_300.mp4", {1.0, 2.0}),  # a running clock on a still background
        ("pyscenedetect_goldeneye-vfr-drop3.mp4", {2.0, 4.0}),
        ("torchcodec_var_fps_video.mp4", {1.0, 2.0}),
    ],
)
def test_rates_of_real_footage_follow_its_motion(
    shared: Path, name: str, rates: set[float]
) -> None:
    plan = plan_of(shared / "footage" / name)
    assert {chunk.fps for chunk in plan.chunks} <= rates
    assert not any(chunk.continues for chunk in plan.chunks)


@pytest.mark.parametrize(
    "name",
    ["decord_corrupted.mp4", "torchcodec_discard_first_keyframe.mp4", "decord_unordered.mov"],
)
def test_odd_files_are_read_as_far_as_they_go(shared: Path, name: str) -> None:
    video, signals = read(shared / "footage" / name)
    assert len(signals.packet_times_s) == video.num_frames
    assert list(signals.packet_times_s) == sorted(signals.packet_times_s)
    assert make_plan(video, signals, PlanSettings()).chunks[-1].span.end_s == video.picture_end_s
