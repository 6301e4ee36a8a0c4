"""Stretches that are cut out hold every frame of their span at its time, and its sound."""

import math
import re
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import av
import ffmpeg
import numpy as np
import pytest
from support.clip_assets import Clip, make, number_of, numbered

from vidindex.adapters.decoders.pyav import PyAVDecoder
from vidindex.adapters.media.burn_in import template
from vidindex.adapters.media.copy_clip import copy
from vidindex.adapters.media.encode_clip import ROUNDING_S, cut, cut_piece, join
from vidindex.adapters.media.ffmpeg import encode, run
from vidindex.adapters.media.probe import probe
from vidindex.adapters.ocr_rapid import RapidOcrReader
from vidindex.core.timing.timecode import Timebase
from vidindex.errors import MediaError
from vidindex.types import Frame, Span
from vidindex.types.clip import Canvas, Chapter, Cut, Stamp

SPAN = Span(1.01, 2.03)
FORMATS = [
    "h264", "long_group", "open_group", "gradual_refresh", "ten_bit", "hevc", "vp9", "mpeg4",
    "mpeg1", "transport", "avi_b_frames", "variable", "turned_90", "wide_pixels", "offset", "cut",
    "distant_open_group", "no_duration",
]  # fmt: skip
# What says it has keyframes and has none; what says of no frame when it is shown.
NOT_COPIED = ("gradual_refresh", "avi_b_frames")


def cut_of(
    path: Path, span: Span, *, canvas: Canvas | None = None, stamp: Stamp | None = None
) -> Cut:
    info = probe(path, "id")
    (first,) = PyAVDecoder().frames(info.source(path), [span.start_s + ROUNDING_S])
    sound = tuple(stream.index for stream in info.audio)
    shape = canvas or Canvas(info.width + info.width % 2, info.height + info.height % 2)
    return Cut(info.source(path), span, first.pts_s, shape, sound, stamp, "a clip", "derivative")


def frames(path: Path, times_s: list[float]) -> list[Frame]:
    return list(PyAVDecoder().frames(probe(path, "id").source(path), times_s))


def shown_in(clip: Clip, span: Span, first_s: float) -> list[tuple[float, int]]:
    """(time in the clip, number) of each frame that is on screen during the span."""
    return [
        (max(0.0, at_s - span.start_s), number)
        for at_s, number in clip.shown
        if first_s - ROUNDING_S <= at_s < span.end_s - ROUNDING_S
    ]


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("name", FORMATS)
def test_a_cut_holds_each_frame_of_its_span_at_its_time_and_no_other(
    name: str, whole: bool, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    clip, output = make(name, tmp_path_factory), tmp_path / "part.mp4"
    wanted = replace(cut_of(clip.path, SPAN), whole=whole)
    cut(wanted, output)
    info = probe(output, "id")
    expected = shown_in(clip, SPAN, wanted.first_s)
    seen = frames(output, [at_s + ROUNDING_S for at_s, _ in expected])
    assert [number_of(frame.picture) for frame in seen] == [number for _, number in expected]
    assert [frame.pts_s for frame in seen] == pytest.approx([at for at, _ in expected], abs=0.001)
    assert info.num_frames == len(expected)
    assert info.duration_s == pytest.approx(SPAN.duration_s, abs=0.001)
    assert (info.start_s, seen[0].pts_s) == (0.0, 0.0)


def test_a_picture_that_stands_for_long_is_all_of_a_cut_within_it(tmp_path: Path) -> None:
    path, output = tmp_path / "slides.mkv", tmp_path / "part.mp4"
    encode(path, map(numbered, range(3)), 192, 96, 0.2)
    cut(cut_of(path, Span(6.0, 8.5)), output)
    info = probe(output, "id")
    assert info.num_frames == 1
    assert info.duration_s == pytest.approx(2.5, abs=0.001)
    assert number_of(frames(output, [0.0])[0].picture) == 1


def beeping(clip: Clip, path: Path, lasts_s: float = 4.0) -> Path:
    """The clip with a beep of a tenth of a second at each whole second."""
    beep = f"aevalsrc=sin(2*PI*1000*t)*lt(mod(t\\,1)\\,0.1):s=44100:d={lasts_s}"
    shown, heard = ffmpeg.input(str(clip.path))["v"], ffmpeg.input(beep, f="lavfi")["a"]
    late = {"output_ts_offset": 12.5} if path.suffix == ".mkv" else {}
    run(ffmpeg.output(shown, heard, str(path), vcodec="copy", acodec="aac", **late))
    return path


def beeps_s(path: Path) -> list[float]:
    """When beeps begin, in media time."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        blocks = [(frame, frame.to_ndarray()[0]) for frame in container.decode(stream)]
        begin_s = float(blocks[0][0].time or 0) - (container.start_time or 0) / av.time_base
        loud = np.flatnonzero(np.abs(np.concatenate([block for _, block in blocks])) > 0.3)
    firsts = [loud[0], *loud[1:][np.diff(loud) > stream.rate / 10]]
    return [begin_s + first / stream.rate for first in firsts]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_the_sound_of_a_cut_keeps_its_place_and_ends_with_it(
    suffix: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = beeping(make("h264", tmp_path_factory), tmp_path / f"beeps{suffix}")
    before_s = [at_s - 1.5 for at_s in beeps_s(path) if 1.5 < at_s < 3.3]
    output = tmp_path / "part.mp4"
    cut(cut_of(path, Span(1.5, 3.3)), output)
    assert beeps_s(output) == pytest.approx(before_s, abs=0.002)
    with av.open(str(output)) as container:
        assert [float((s.duration or 0) * (s.time_base or 0)) for s in container.streams] == [
            pytest.approx(1.8, abs=0.001)
        ] * 2
        assert (container.duration or 0) / av.time_base == pytest.approx(1.8, abs=0.001)


def test_sound_that_ends_before_the_cut_leaves_silence(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = beeping(make("h264", tmp_path_factory), tmp_path / "beeps.mp4", lasts_s=1.05)
    output = tmp_path / "part.mp4"
    cut(cut_of(path, Span(2.0, 3.0)), output)
    info = probe(output, "id")
    assert len(info.audio) == 1
    assert info.duration_s == pytest.approx(1.0, abs=0.001)


def test_a_clip_says_that_it_is_a_derivative_and_nothing_of_where_it_was_recorded(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path / "tagged.mp4"
    shown = ffmpeg.input(str(make("h264", tmp_path_factory).path))["v"]
    run(ffmpeg.output(shown, str(path), c="copy", metadata="location=+52.5+013.4/"))
    for output in (tmp_path / "cut.mp4", tmp_path / "copy.mp4"):
        make_clip = cut if output.stem == "cut" else copy
        make_clip(cut_of(path, SPAN), output)
        with av.open(str(output)) as container:
            tags = dict(container.metadata)
        assert (tags["title"], tags["comment"]) == ("a clip", "derivative")
        assert "location" not in tags


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in NOT_COPIED])
def test_a_copy_holds_what_it_says_from_a_keyframe_before_the_span_to_past_its_end(
    name: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    clip = make(name, tmp_path_factory)
    suffix = clip.path.suffix if clip.path.suffix in (".mp4", ".mkv", ".ts") else ".mkv"
    output = tmp_path / f"copy{suffix}"
    held = copy(cut_of(clip.path, SPAN), output)
    lasts_s = min(held.duration_s, probe(output, "id").duration_s)
    assert held.start_s <= SPAN.start_s
    assert held.start_s + lasts_s >= SPAN.end_s
    times_s = list(np.arange(ROUNDING_S, lasts_s, 0.02))
    copied = frames(output, times_s)
    source = frames(clip.path, [held.start_s + time_s for time_s in times_s])
    for one, other in zip(copied, source, strict=True):
        assert np.array_equal(one.picture, other.picture)


def test_a_copy_has_the_sound_of_its_pictures(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = beeping(make("h264", tmp_path_factory), tmp_path / "beeps.mkv")
    held = copy(cut_of(path, Span(1.5, 3.3)), tmp_path / "copy.mkv")
    assert held.start_s == pytest.approx(0.96)
    expected = [1.0 - held.start_s, 2.0 - held.start_s, 3.0 - held.start_s]
    assert beeps_s(tmp_path / "copy.mkv") == pytest.approx(expected, abs=0.03)


def test_no_copy_begins_where_no_keyframe_is_shown(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = make("cut", tmp_path_factory).path
    with pytest.raises(MediaError, match=r"shows no keyframe at or before 00:00:00.00"):
        copy(cut_of(path, Span(0.0, 0.5)), tmp_path / "copy.mp4")


def test_a_format_that_cannot_hold_a_copy_is_named(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = make("flash", tmp_path_factory).path
    with pytest.raises(MediaError, match=r"flash\.flv cannot be copied into a \.mp4"):
        copy(cut_of(path, SPAN), tmp_path / "copy.mp4")


def test_pieces_of_one_canvas_make_one_file_each_where_the_one_before_ends(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    canvas = Canvas(384, 192, Fraction(30000, 1001), sound=True)
    sources = [
        beeping(make("h264", tmp_path_factory), tmp_path / "beeps.mp4"),
        make("variable", tmp_path_factory).path,
    ]
    pieces = [tmp_path / f"it's {number}.mov" for number in range(2)]
    for source, piece in zip(sources, pieces, strict=True):
        cut_piece(cut_of(source, Span(2.0, 3.0), canvas=canvas), piece)
    lasts_s = 30 * 1.001 / 30
    chapters = [
        Chapter(Span(0, lasts_s), "one; #=\\\n"),
        Chapter(Span(lasts_s, 2 * lasts_s), "two"),
    ]
    join(pieces, tmp_path / "reel.mp4", chapters, "a reel", "derivatives")
    info = probe(tmp_path / "reel.mp4", "id")
    assert (info.width, info.height, info.num_frames, len(info.audio)) == (384, 192, 60, 1)
    assert info.duration_s == pytest.approx(2 * lasts_s, abs=0.001)
    first, second = frames(tmp_path / "reel.mp4", [0.01, lasts_s + 0.01])
    assert [number_of(frame.picture) for frame in (first, second)] == [50, 50]
    assert beeps_s(tmp_path / "reel.mp4") == pytest.approx([0.0], abs=0.002)
    with av.open(str(tmp_path / "reel.mp4")) as container:
        told = [
            (float(one["start"] * (one["time_base"] or 1)), one["metadata"]["title"])
            for one in container.chapters()
        ]
        assert container.metadata["title"] == "a reel"
    assert told == [(0.0, "one; #=\\\n"), (pytest.approx(lasts_s, abs=0.001), "two")]


def test_a_picture_of_another_shape_stands_in_the_middle_of_its_canvas(tmp_path: Path) -> None:
    path, output = tmp_path / "tall.mp4", tmp_path / "piece.mov"
    white = np.full((96, 64, 3), 255, np.uint8)
    encode(path, [white] * 10, 64, 96, 25)
    canvas = Canvas(192, 96, Fraction(25))
    cut_piece(cut_of(path, Span(0.0, 0.4), canvas=canvas), output)
    (seen,) = frames(output, [0.2])
    x, y, width, height = canvas.place(64, 96)
    assert (x, y, width, height) == (64, 0, 64, 96)
    assert seen.picture[:, :60].max() < 30
    assert seen.picture[:, 68:124].min() > 220
    assert seen.picture[:, 132:].max() < 30


def test_media_time_and_wall_clock_are_drawn_into_their_frame(tmp_path: Path) -> None:
    path, output = tmp_path / "grey.mp4", tmp_path / "part.mp4"
    encode(path, [np.full((360, 640, 3), 90, np.uint8)] * 75, 640, 360, 25)
    stamp = Stamp(datetime(2024, 3, 1, 14, 2, 14, tzinfo=UTC), "09:59:59;28", Fraction(30000, 1001))
    cut(cut_of(path, Span(1.0, 2.0), stamp=stamp), output)
    (seen,) = frames(output, [0.52])
    text = " ".join(reading.text for reading in RapidOcrReader().read(seen)).replace(" ", "")
    assert "00:00:01.520" in text
    assert "2024-03-0114:02:15+00:00" in text


@pytest.mark.parametrize("rate", ["24000/1001", "25", "30000/1001", "50"])
@pytest.mark.parametrize("start_s", [1.0, 1.01, 1.02, 1.0399])
def test_a_piece_shows_at_each_of_its_times_what_is_on_screen_then(
    start_s: float, rate: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    clip, piece = make("h264", tmp_path_factory), tmp_path / "piece.mov"
    canvas = Canvas(clip.width, clip.height, Fraction(rate))
    cut_piece(cut_of(clip.path, Span(start_s, start_s + 1), canvas=canvas), piece)
    times_s = [index / float(canvas.fps or 1) + ROUNDING_S for index in range(canvas.num_frames(1))]
    source = frames(clip.path, [start_s + time_s for time_s in times_s])
    assert probe(piece, "id").num_frames == len(times_s)
    assert [number_of(frame.picture) for frame in frames(piece, times_s)] == [
        number_of(frame.picture) for frame in source
    ]


@pytest.mark.parametrize(
    ("label", "rate"),
    [
        ("01:00:00:00", "25"),
        ("23:59:50;00", "30000/1001"),
        ("09:59:59;28", "30000/1001"),
        ("00:00:00:00", "24000/1001"),
        ("10:08:58;56", "60000/1001"),
        ("00:59:59:110", "120"),
    ],
)
def test_the_timecode_in_the_pictures_is_that_of_each_frame(label: str, rate: str) -> None:
    fps, from_s = Fraction(rate), 3.5
    base = Timebase(fps, drop=";" in label)
    *_, line = template(Stamp(timecode=label, fps=fps), from_s).splitlines()
    for frame in (*range(300), 1798, 1799, 1800, 17981, 17982, 17983, 35964, 215784):
        drawn = evaluated(line, float(base.time_of(frame)) - from_s)
        assert drawn == f"TC {base.label(base.frame_of(label) + frame)}"


def evaluated(line: str, time_s: float) -> str:
    """What drawtext makes of a line in the frame at this time."""
    known = {"t": time_s, "mod": math.fmod, "max": max, "floor": math.floor, "round": round}
    return re.sub(
        r"%\{eif:([^:]+):d:(\d)\}",
        lambda found: f"{int(eval(found[1], {'__builtins__': {}}, known)):0{found[2]}d}",
        line,
    )
