"""Subtitles, embedded or beside the video, become events in media time."""

from pathlib import Path

import ffmpeg
import numpy as np
import pytest

from vidindex.adapters.media.ffmpeg import run
from vidindex.adapters.media.probe import probe
from vidindex.adapters.media.subtitles import find_sidecars, read_subtitles
from vidindex.types import Span, SubtitleEvents, SubtitleStream, VideoInfo

DURATION_S = 5.0
SRT = """1
00:00:00,500 --> 00:00:01,500
<i>Hello</i> {\\an8}there
second <font color="red">line</font>

2
00:00:02,000 --> 00:00:03,000
こんにちは &amp; 你好
"""
SPOKEN = [(Span(0.5, 1.5), "Hello there second line"), (Span(2, 3), "こんにちは & 你好")]


def film(path: Path, *, subtitles: str = "", codec: str = "", start_s: float = 0.0) -> Path:
    pictures = [np.full((64, 64, 3), 5 * i, np.uint8) for i in range(round(DURATION_S * 10))]
    streams = [ffmpeg.input("pipe:", format="rawvideo", pix_fmt="rgb24", s="64x64", r=10)]
    options: dict[str, object] = {"pix_fmt": "yuv420p", "vcodec": "libx264"}
    if path.suffix == ".webm":
        options["vcodec"] = "libvpx"
    if subtitles:
        lines = path.parent / "embedded.txt"
        lines.write_text(subtitles, encoding="utf-8")
        streams.append(ffmpeg.input(str(lines), f="srt"))
        options |= {"scodec": codec, "metadata:s:s:0": "language=fra"}
    if start_s:
        options["output_ts_offset"] = start_s
    run(ffmpeg.output(*streams, str(path), **options), pictures)
    return path


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[VideoInfo, Path]:
    path = film(tmp_path_factory.mktemp("plain") / "film.mp4")
    return probe(path, "film"), path


def beside(
    plain: tuple[VideoInfo, Path], folder: Path, name: str, content: bytes
) -> SubtitleEvents:
    """What is read of one sidecar; the video itself need not be there again."""
    (folder / name).write_bytes(content)
    return read_subtitles(plain[0], folder / "film.mp4")


def said(found: SubtitleEvents) -> list[tuple[Span, str]]:
    return [(event.span, event.text) for event in found.events]


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mp4", "mov_text"), ("a.mkv", "srt"), ("a.mkv", "ass"), ("a.webm", "webvtt")],
)
def test_every_embedded_text_format_is_read(tmp_path: Path, name: str, codec: str) -> None:
    path = film(tmp_path / name, subtitles=SRT.replace("&amp;", "und"), codec=codec)
    found = read_subtitles(probe(path, "film"), path)
    assert said(found) == [SPOKEN[0], (SPOKEN[1][0], "こんにちは und 你好")]
    assert {(event.channel, event.source) for event in found.events} == {
        ("subtitle", "stream:1:fra")
    }
    assert found.problems == ()


def test_embedded_lines_are_in_media_time(tmp_path: Path) -> None:
    path = film(tmp_path / "late.mkv", subtitles=SRT, codec="srt", start_s=10.0)
    video = probe(path, "film")
    assert video.start_s == pytest.approx(10.0, abs=0.2)
    starts_s = [event.span.start_s for event in read_subtitles(video, path).events]
    assert starts_s == pytest.approx([0.5, 2.0], abs=0.01)


def test_subtitles_that_are_pictures_are_said_to_be(plain: tuple[VideoInfo, Path]) -> None:
    from dataclasses import replace

    pictures = SubtitleStream(2, "hdmv_pgs_subtitle", "ger", is_text=False)
    found = read_subtitles(replace(plain[0], subtitles=(pictures,)), plain[1])
    assert found.events == ()
    assert found.notes == ("stream:2:ger: hdmv_pgs_subtitle subtitles are pictures, not text",)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_sidecar_in_unicode_is_read(
    plain: tuple[VideoInfo, Path], tmp_path: Path, encoding: str
) -> None:
    found = beside(plain, tmp_path, "film.srt", SRT.encode(encoding))
    assert said(found) == SPOKEN
    assert found.events[0].source == "sidecar:film.srt"
    assert found.problems == ()


def test_a_sidecar_that_is_not_unicode_is_read_and_said(
    plain: tuple[VideoInfo, Path], tmp_path: Path
) -> None:
    lines = "1\n00:00:01,000 --> 00:00:02,000\nÜber den Dächern – «schön»\n"
    found = beside(plain, tmp_path, "film.de.srt", lines.encode("cp1252"))
    assert [text for _, text in said(found)] == ["Über den Dächern – «schön»"]
    assert found.notes == (
        "sidecar:film.de.srt: not UTF-8; read as Windows-1252, which may be wrong",
    )


VTT = """WEBVTT

NOTE not spoken

intro
00:01.000 --> 00:02.000 align:start
<v Ann>Hi <c.loud>there</c> &lt;you&gt; <00:01.500>now
"""
ASS = r"""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Arial,20

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Comment: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,not spoken
Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\i1}Hi{\i0} there\Nyou, now
Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\p1}m 0 0 l 10 10
"""


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("film.en.vtt", VTT, "Hi there <you> now"),
        ("film.ass", ASS, "Hi there you, now"),
        ("film.mp4.sub", "{10}{20}Hi|there\n", "Hi there"),
    ],
)
def test_other_formats_are_read_without_their_tags(
    plain: tuple[VideoInfo, Path], tmp_path: Path, name: str, content: str, text: str
) -> None:
    assert said(beside(plain, tmp_path, name, content.encode())) == [(Span(1, 2), text)]


def test_lines_outside_the_video_are_clipped_or_left_out_and_counted(
    plain: tuple[VideoInfo, Path], tmp_path: Path
) -> None:
    times = [("04,000", "09,000"), ("20,000", "21,000"), ("03,000", "02,000")]
    lines = [f"{i}\n00:00:{a} --> 00:00:{b}\nline {i}\n" for i, (a, b) in enumerate(times)]
    found = beside(plain, tmp_path, "film.srt", "\n".join(lines).encode())
    assert said(found) == [(Span(4, DURATION_S), "line 0")]
    assert found.notes == (
        "sidecar:film.srt: 1 of 3 lines lie outside the video and are left out",
        "sidecar:film.srt: 1 of 3 lines do not end after they begin and are left out",
        "sidecar:film.srt: 1 of 3 lines reach beyond the video and are cut",
    )


@pytest.mark.parametrize(
    "content",
    [b"", b"this is no subtitle\n", b"\x00\x00\x01\xba\x44\x00\x04", b"\xff\xfe\x00"],
    ids=["empty", "prose", "VobSub", "half a character"],
)
def test_a_broken_sidecar_costs_itself_only(
    plain: tuple[VideoInfo, Path], tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "film.en.srt").write_text(SRT, encoding="utf-8")
    found = beside(plain, tmp_path, "film.sub", content)
    assert said(found) == SPOKEN
    (problem,) = found.problems
    assert problem.startswith("sidecar:film.sub: ")


def test_sidecars_are_those_with_the_stem_of_the_video(tmp_path: Path) -> None:
    names = ["film.mp4", "film.part2.mp4", "film.srt", "film.en.forced.VTT", "film.mp4.ass"]
    others = ["film.part2.srt", "film2.srt", "film.txt", "other.srt"]
    for name in names + others:
        (tmp_path / name).touch()
    found = [path.name for path in find_sidecars(tmp_path / "film.mp4")]
    assert found == ["film.en.forced.VTT", "film.mp4.ass", "film.srt"]
    assert [path.name for path in find_sidecars(tmp_path / "film.part2.mp4")] == ["film.part2.srt"]
