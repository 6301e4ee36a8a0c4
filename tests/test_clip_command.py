"""`vidindex clip`: hits become files that are checked, and nothing else is touched."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from support.clip_assets import make, number_of

import pipelines.clips.verify
from pipelines.clips.clipper import clip_name
from pipelines.clips.cut import ClipServices, cut_exactly
from pipelines.clips.source import Stretch
from vidindex.adapters.decoders.pyav import PyAVDecoder
from vidindex.adapters.media.ffmpeg import encode
from vidindex.adapters.media.probe import probe
from vidindex.app import App, Settings, open_library
from vidindex.cli.main import run_command
from vidindex.composition import build_clip_services
from vidindex.errors import InputError, MediaError
from vidindex.types import Frame, Span, VideoInfo
from vidindex.types.clip import Canvas, Cut, Stamp

PLAIN = Settings(model="none", ocr=False)
FILES = ("h264", "variable", "turned_90", "offset", "hevc", "avi_b_frames")


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with clips of many formats, below `footage/`."""
    place = tmp_path_factory.mktemp("clips")
    (place / "footage").mkdir()
    for name in FILES:
        path = make(name, tmp_path_factory).path
        shutil.copy(path, place / "footage" / f"{name}{path.suffix}")
    with open_library(place / "library", PLAIN) as app:
        app.ingest(place / "footage")
    return place


@pytest.fixture
def place(footage: Path, tmp_path: Path) -> Path:
    """A copy of it, to change."""
    copy = tmp_path / "place"
    shutil.copytree(footage / "footage", copy / "footage")
    with open_library(copy / "library", PLAIN) as app:
        app.ingest(copy / "footage")
    return copy


@pytest.fixture
def app(footage: Path) -> Any:
    with open_library(footage / "library", PLAIN, write=False) as app:
        yield app


def shown(path: Path, *times_s: float) -> list[Frame]:
    return list(PyAVDecoder().frames(probe(path, "id").source(path), times_s))


def numbers(path: Path, *times_s: float) -> list[int]:
    return [number_of(frame.picture) for frame in shown(path, *times_s)]


def hit_of(name: str, span: str = "1.02-2.02") -> str:
    return (
        f"{name}.{'avi' if name == 'avi_b_frames' else 'mkv' if name == 'offset' else 'mp4'}@{span}"
    )


@pytest.mark.parametrize("name", FILES)
def test_a_clip_is_as_long_as_its_hit_and_begins_and_ends_with_its_pictures(
    app: App, name: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (clip,) = app.clip([hit_of(name)], tmp_path / "part.mp4")
    assert clip.problem == ""
    assert clip.path == tmp_path / "part.mp4"
    assert clip.holds == clip.span == Span(1.02, 2.02)
    info = probe(clip.path, "id")
    assert info.duration_s == pytest.approx(1.0, abs=0.001)
    on_screen = [number for at_s, number in make(name, tmp_path_factory).shown if at_s <= 1.0201]
    last = [number for at_s, number in make(name, tmp_path_factory).shown if at_s <= 2.0190]
    assert numbers(clip.path, 0.0, 0.999) == [on_screen[-1], last[-1]]


def test_hits_go_into_a_folder_under_names_that_say_which(
    footage: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["h264.mp4@1-2", "h264.mp4@1-2.5", "hevc.mp4@1-2"]
    out = tmp_path / "new" / "hits"
    library = ["--library", str(footage / "library")]
    assert run_command(["clip", *words, *library, "-o", str(out)]) == 0
    names = sorted(path.name for path in out.iterdir())
    assert names == [
        "h264_00-00-01.000_00-00-02.000.mp4",
        "h264_00-00-01.000_00-00-02.500.mp4",
        "hevc_00-00-01.000_00-00-02.000.mp4",
    ]
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{out / names[0]}  h264.mp4  00:00:01.000 – 00:00:02.000"
    with av.open(str(out / names[0])) as container:
        assert container.metadata["title"] == "h264.mp4 00:00:01.000 – 00:00:02.000"
        assert container.metadata["comment"].startswith("derivative, not the original; ")


def test_a_copy_says_what_it_truly_shows(
    footage: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["h264.mp4@1.5-2", "--copy", "--library", str(footage / "library")]
    assert run_command(["clip", *words, "-o", str(tmp_path), "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)["clips"]
    path = Path(told["path"])
    assert told["span"] == {"start_s": 1.5, "end_s": 2.0}
    assert told["holds"]["start_s"] == 0.96
    assert told["holds"]["end_s"] >= 2.0
    assert probe(path, "id").duration_s == pytest.approx(told["holds"]["end_s"] - 0.96, abs=0.04)
    source = footage / "footage" / "h264.mp4"
    (first,), (of_source,) = shown(path, 0.0), shown(source, 0.96)
    assert np.array_equal(first.picture, of_source.picture)
    assert run_command(["clip", *words, "-o", str(tmp_path / "copy.mp4")]) == 0
    printed = capsys.readouterr().out
    assert "00:00:00.960 – 00:00:02." in printed
    assert "(asked for 00:00:01.500 – 00:00:02.000)" in printed


def test_handles_are_added_as_far_as_the_file_goes(app: App, tmp_path: Path) -> None:
    within, at_start, at_end = app.clip(
        ["h264.mp4@1.6-2", "h264.mp4@0.2-1", "h264.mp4@3-4"], tmp_path, handles_s=0.5
    )
    assert (within.holds, within.notes) == (Span(1.1, 2.5), ())
    assert (at_start.holds, at_start.notes) == (
        Span(0.0, 1.5),
        ("0.2 s before: the file begins there",),
    )
    assert (at_end.holds, at_end.notes) == (Span(2.5, 4.0), ("0.0 s after: the file ends there",))
    assert within.path is not None
    assert probe(within.path, "id").duration_s == pytest.approx(1.4, abs=0.001)


def test_a_reel_holds_hits_in_the_order_given_and_says_where_each_begins(
    footage: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "reel.mp4"
    words = ["hevc.mp4@2-3", "offset.mkv@0.5-1", "variable.mp4@1-2", "--reel"]
    words += ["--library", str(footage / "library"), "-o", str(output)]
    assert run_command(["clip", *words]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[:2] for line in lines] == [
        ["00:00:00.000", "hevc.mp4"],
        ["00:00:01.000", "offset.mkv"],
        ["00:00:01.480", "variable.mp4"],
    ]
    assert numbers(output, 0.01, 1.01, 1.49) == [50, 12, 25]
    with av.open(str(output)) as container:
        titles = [one["metadata"]["title"] for one in container.chapters()]
    assert titles[1] == "offset.mkv 00:00:00.500 – 00:00:01.000"
    assert run_command(["clip", *words, "--force", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["clips"]
    assert [one["begins_s"] for one in told] == [0.0, 1.0, 1.48]


def test_a_reel_takes_the_largest_picture_and_the_highest_rate(tmp_path: Path) -> None:
    (tmp_path / "footage").mkdir()
    small, large = tmp_path / "footage" / "small.mp4", tmp_path / "footage" / "large.mp4"
    white = np.full((90, 60, 3), 255, np.uint8)
    encode(small, [white] * 50, 60, 90, 50)
    encode(large, [np.full((121, 201, 3), 60, np.uint8)] * 25, 201, 121, 25,
                 options={"pix_fmt": "yuv444p"})  # fmt: skip
    with open_library(tmp_path / "library", PLAIN) as app:
        app.ingest(tmp_path / "footage")
        clips = app.clip(["small.mp4@0-0.5", "large.mp4@0-0.5"], tmp_path / "reel.mp4", reel=True)
    assert [clip.begins_s for clip in clips] == [0.0, 0.5]
    info = probe(tmp_path / "reel.mp4", "id")
    assert (info.width, info.height, info.average_fps) == (202, 122, 50)
    first, second = shown(tmp_path / "reel.mp4", 0.25, 0.75)
    assert first.picture[:, :55].max() < 30
    assert first.picture[:, 65:135].min() > 220
    assert second.picture[:120, :200].mean() == pytest.approx(60, abs=4)


def test_one_bad_file_does_not_stop_the_others(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "footage" / "hevc.mp4").unlink()
    shutil.copy(place / "footage" / "h264.mp4", place / "footage" / "offset.mkv")
    words = ["hevc.mp4@1-2", "offset.mkv@1-2", "h264.mp4@1-2", "--library", str(place / "library")]
    assert run_command(["clip", *words, "-o", str(tmp_path / "out")]) == 1
    gone, changed, made = capsys.readouterr().out.splitlines()
    assert gone.startswith("no clip: hevc.mp4: hevc.mp4 is not there")
    assert "offset.mkv is not the file that was indexed" in changed
    assert made.endswith("h264.mp4  00:00:01.000 – 00:00:02.000")
    assert len(list((tmp_path / "out").iterdir())) == 1
    assert run_command(["clip", *words, "-o", str(tmp_path / "reel.mp4"), "--reel"]) == 1
    *_, made = capsys.readouterr().out.splitlines()
    assert made.startswith("00:00:00.000  h264.mp4")
    assert numbers(tmp_path / "reel.mp4", 0.0) == [25]


def test_clips_are_not_overwritten_unasked_and_footage_never(place: Path, tmp_path: Path) -> None:
    output, source = tmp_path / "a.mp4", place / "footage" / "h264.mp4"
    before = source.read_bytes()
    with open_library(place / "library", PLAIN, write=False) as app:
        app.clip(["h264.mp4@1-2"], output)
        (again,) = app.clip(["h264.mp4@2-3"], output)
        assert "is there already; name another place, or use --force" in again.problem
        assert numbers(output, 0.0) == [25]
        (forced,) = app.clip(["h264.mp4@2-3"], output, force=True)
        assert numbers(output, 0.0) == [50]
        (refused,) = app.clip(["hevc.mp4@1-2"], source, force=True)
    assert forced.problem == ""
    assert "is a video of the library" in refused.problem
    assert source.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_the_burned_in_time_is_the_frames_own(place: Path, tmp_path: Path) -> None:
    """Seen by eye as well; here: the foot changes and the rest of the picture does not."""
    with open_library(place / "library", PLAIN, write=False) as app:
        (plain,) = app.clip(["h264.mp4@1-2"], tmp_path / "plain.mp4")
        (burned,) = app.clip(["h264.mp4@1-2"], tmp_path / "burned.mp4", burn_in=True)
    assert plain.path is not None
    assert burned.path is not None
    (without,), (within,) = shown(plain.path, 0.5), shown(burned.path, 0.5)
    foot = Stamp().foot_px(cut_canvas(without))
    difference = np.abs(without.picture.astype(int) - within.picture).mean(axis=(1, 2))
    assert difference[:-foot].max() < 4
    assert difference[-foot:].max() > 8


def cut_canvas(frame: Frame) -> Canvas:
    height, width = frame.picture.shape[:2]
    return Canvas(width, height)


def faulty(cut: Callable[[Cut, Path], None]) -> ClipServices:
    """The tools with another knife."""
    return replace(build_clip_services(PLAIN), cut=cut)


def stretch(path: Path, span: Span) -> Stretch:
    info: VideoInfo = probe(path, "id")
    return Stretch(info, path.name, info.source(path), span, Stamp())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda span: Span(span.start_s + 0.04, span.end_s + 0.04), "its first picture is not"),
        (lambda span: Span(span.start_s - 0.04, span.end_s - 0.04), "its first picture is not"),
        (lambda span: Span(span.start_s, span.end_s + 0.5), "the clip lasts 1.500 s, not 1.000"),
    ],
)
def test_a_clip_that_is_a_frame_off_is_refused(
    change: Callable[[Span], Span],
    says: str,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path, real = make("h264", tmp_path_factory).path, build_clip_services(PLAIN).cut

    def cut(wanted: Cut, output: Path) -> None:
        span = change(wanted.span)
        real(replace(wanted, span=span, first_s=span.start_s), output)

    with pytest.raises(MediaError, match=says):
        cut_exactly(faulty(cut), stretch(path, Span(1.0, 2.0)), tmp_path / "a.mp4", burn_in=False)


def test_a_seek_that_finds_the_wrong_frame_is_made_good_without_one(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path, real = make("h264", tmp_path_factory).path, build_clip_services(PLAIN).cut
    tried = []

    def cut(wanted: Cut, output: Path) -> None:
        tried.append(wanted.whole)
        span = wanted.span if wanted.whole else Span(wanted.span.start_s + 0.2, 2.2)
        real(replace(wanted, span=span, first_s=span.start_s), output)

    output = tmp_path / "a.mp4"
    cut_exactly(faulty(cut), stretch(path, Span(1.0, 2.0)), output, burn_in=False)
    assert tried == [False, True]
    assert numbers(output, 0.0) == [25]


def test_a_mismatch_keeps_no_file(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No encoder is this good: every clip is then taken for a wrong one.
    monkeypatch.setattr(pipelines.clips.verify, "MAX_DIFFERENCE", 0.0)
    (clip,) = app.clip(["h264.mp4@1-2"], tmp_path / "out")
    assert clip.path is None
    assert "its first picture is not that of 1.000 s" in clip.problem
    assert list((tmp_path / "out").iterdir()) == []


def test_a_video_and_a_span_are_cut_as_a_program_names_them(app: App, tmp_path: Path) -> None:
    (video_id,) = app.library.videos.find(["h264.mp4"])
    (hit,) = app.hits(["hevc.mp4@1-2"])
    clips = app.clip([(video_id, Span(1.0, 2.0)), hit, hit], tmp_path)
    assert [clip.name for clip in clips] == ["h264.mp4", "hevc.mp4"]
    assert [clip.problem for clip in clips] == ["", ""]


def test_the_hit_of_a_proxy_is_cut_from_its_original(place: Path, tmp_path: Path) -> None:
    with open_library(place / "library", PLAIN) as app:
        proxy, full = app.library.videos.find(["h264.mp4", "hevc.mp4"])
        of = app.library.recordings.put([full])
        app.library.recordings.put([proxy], proxy_of=of)
        (clip,) = app.clip(["h264.mp4@1-2"], tmp_path)
        assert (clip.video_id, clip.notes) == (full, ("cut from the original of a proxy",))
        (place / "footage" / "hevc.mp4").unlink()
        (clip,) = app.clip(["h264.mp4@2-3"], tmp_path)
    assert (clip.problem, clip.video_id) == ("", proxy)
    assert clip.notes[0].startswith("cut from a proxy: hevc.mp4 is not there")


@pytest.mark.parametrize(
    ("words", "output", "options", "says"),
    [
        (["h264.mp4@1-2", "hevc.mp4@1-2"], "a.mp4", {}, "2 hits do not fit into the one clip"),
        (["h264.mp4@1-2"], "a.avi", {}, r"no exact clip is a \.avi; call it \.mp4"),
        (["h264.mp4@1-2"], "folder", {"reel": True}, "a reel is one file"),
        (["h264.mp4@1-2"], "a.mp4", {"reel": True, "copy": True}, "a reel is always re-encoded"),
        (["h264.mp4@1-2"], "a.mp4", {"burn_in": True, "copy": True}, "leave --copy or --burn-in"),
        ([], "a.mp4", {}, "no hits to cut"),
    ],
)
def test_what_makes_no_sense_is_named_with_a_remedy(
    app: App, tmp_path: Path, words: list[str], output: str, options: dict[str, Any], says: str
) -> None:
    with pytest.raises(InputError, match=says):
        app.clip(words, tmp_path / output, **options)


def test_a_hostile_file_name_stays_below_its_folder_and_in_its_title(tmp_path: Path) -> None:
    (tmp_path / "footage").mkdir()
    name = "%{pts}';[x]\n=#\u202e.mp4"
    encode(tmp_path / "footage" / name, [np.zeros((64, 64, 3), np.uint8)] * 25, 64, 64, 25)
    with open_library(tmp_path / "library", PLAIN) as app:
        app.ingest(tmp_path / "footage")
        (video,) = app.library.videos.all()
        wanted = [(video.video_id, Span(0.0, 0.5))]
        (clip,) = app.clip(wanted, tmp_path / "out", burn_in=True)
        (reel,) = app.clip(wanted, tmp_path / "reel.mp4", reel=True)
    assert (clip.problem, reel.problem) == ("", "")
    (path,) = (tmp_path / "out").iterdir()
    assert path.name == "%{pts}';[x]_=#__00-00-00.000_00-00-00.500.mp4"
    with av.open(str(path)) as container:
        assert container.metadata["title"].startswith("%{pts}';[x]\n=#\\u202e.mp4 00:00")
    with av.open(str(tmp_path / "reel.mp4")) as container:
        (chapter,) = container.chapters()
    assert chapter["metadata"]["title"].startswith("%{pts}';[x]\n=#\\u202e.mp4 00:00")


def test_a_long_name_keeps_its_times() -> None:
    name = clip_name("a/" + "é" * 300 + ".mp4", Span(1.0, 2.0), 7, ".mp4")
    assert name.startswith("07_é")
    assert name.endswith("é_00-00-01.000_00-00-02.000.mp4")
    assert len(name.encode()) <= 180
