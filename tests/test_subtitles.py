"""Subtitles, embedded or beside the video, become events in media time."""

import os
import unicodedata
from pathlib import Path

import ffmpeg
import numpy as np
import pytest

from vidindex.adapters.media import sidecars
from vidindex.adapters.media.ffmpeg import run
from vidindex.adapters.media.probe import probe
from vidindex.adapters.media.sidecars import find_sidecars, sidecar_lines
from vidindex.adapters.media.subtitles import read_subtitles
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
    return read_subtitles(plain[0], folder / "film.mp4", find_sidecars(folder / "film.mp4"))


def said(found: SubtitleEvents) -> list[tuple[Span, str]]:
    return [(event.span, event.text) for event in found.events]


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mp4", "mov_text"), ("a.mkv", "srt"), ("a.mkv", "ass"), ("a.webm", "webvtt")],
)
def test_every_embedded_text_format_is_read(tmp_path: Path, name: str, codec: str) -> None:
    path = film(tmp_path / name, subtitles=SRT.replace("&amp;", "und"), codec=codec)
    found = read_subtitles(probe(path, "film"), path, [])
    assert said(found) == [SPOKEN[0], (SPOKEN[1][0], "こんにちは und 你好")]
    assert {(event.channel, event.source) for event in found.events} == {
        ("subtitle", "stream:1:fra")
    }
    assert found.problems == ()


def test_embedded_lines_are_in_media_time(tmp_path: Path) -> None:
    path = film(tmp_path / "late.mkv", subtitles=SRT, codec="srt", start_s=10.0)
    video = probe(path, "film")
    assert video.start_s == pytest.approx(10.0, abs=0.2)
    starts_s = [event.span.start_s for event in read_subtitles(video, path, []).events]
    assert starts_s == pytest.approx([0.5, 2.0], abs=0.01)


def test_subtitles_that_are_pictures_are_said_to_be(plain: tuple[VideoInfo, Path]) -> None:
    from dataclasses import replace

    pictures = SubtitleStream(2, "hdmv_pgs_subtitle", "ger", is_text=False)
    found = read_subtitles(replace(plain[0], subtitles=(pictures,)), plain[1], [])
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


@pytest.mark.parametrize(
    ("encoding", "line"),
    [
        ("gb18030", "港口咖啡馆今天开门，黑暗的森林"),
        ("big5", "今天港口的咖啡館開門，黑暗的森林裡有一隻狗"),
        ("cp932", "港のカフェは今日開いています"),
        ("cp949", "항구 카페는 오늘 문을 엽니다"),
        ("cp1251", "Кафе в порту сегодня открыто"),
        ("koi8-r", "Кафе в порту сегодня открыто"),
        ("iso8859-7", "Το καφέ στο λιμάνι είναι ανοιχτό σήμερα"),
        ("cp1256", "المقهى في الميناء مفتوح اليوم"),
        ("cp1252", "Über den Dächern – «schön»"),
    ],
)
def test_a_sidecar_in_an_older_encoding_is_read_and_the_guess_is_noted(
    plain: tuple[VideoInfo, Path], tmp_path: Path, encoding: str, line: str
) -> None:
    content = f"1\n00:00:01,000 --> 00:00:02,000\n{line}\n".encode(encoding)
    found = beside(plain, tmp_path, "film.de.srt", content)
    assert [text for _, text in said(found)] == [line]
    (note,) = found.notes
    assert note.startswith("sidecar:film.de.srt: not UTF-8; read as ")
    assert note.endswith(", which may be wrong")


def test_timing_lines_as_other_programs_write_them_are_read(
    plain: tuple[VideoInfo, Path], tmp_path: Path
) -> None:
    lines = """1
-00:00:01,000 --> 00:00:02,000
begins before the film

2
00:00:02 --> 00:00:03
no thousandths
and 00:00:01 --> in its words

3
00:00:03,250000 --> 00:00:04.5
six digits

4
-00:00:02,000 --> -00:00:01,000
before the film
"""
    found = beside(plain, tmp_path, "film.srt", lines.encode())
    assert said(found) == [
        (Span(0, 2), "begins before the film"),
        (Span(2, 3), "no thousandths and 00:00:01 --> in its words"),
        (Span(3.25, 4.5), "six digits"),
    ]
    assert found.notes == (
        "sidecar:film.srt: 1 of 4 lines do not end after they begin and are left out",
    )


def test_a_line_with_word_times_is_one_line(plain: tuple[VideoInfo, Path], tmp_path: Path) -> None:
    content = """WEBVTT

00:00:01.000 --> 00:00:02.000
plain sentence

00:00:03.000 --> 00:00:04.000
zebra<00:00:03.400> crossing<00:00:03.900><c> ahead</c>
"""
    assert said(beside(plain, tmp_path, "film.vtt", content.encode())) == [
        (Span(1, 2), "plain sentence"),
        (Span(3, 4), "zebra crossing ahead"),
    ]


def test_subtitles_as_pictures_beside_the_video_are_noted(
    plain: tuple[VideoInfo, Path], tmp_path: Path
) -> None:
    found = beside(plain, tmp_path, "film.sub", b"\x00\x00\x01\xba\x44\x00\x04" + bytes(99))
    assert (found.events, found.problems) == ((), ())
    assert found.notes == ("sidecar:film.sub: VobSub subtitles are pictures, not text",)


def test_a_sidecar_that_is_no_file_or_too_large_is_left_alone(
    plain: tuple[VideoInfo, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "film.en.srt")
    monkeypatch.setattr(sidecars, "MAX_BYTES", 1000)
    found = beside(plain, tmp_path, "film.srt", SRT.encode() + bytes(1000))
    assert [problem.partition(";")[0] for problem in found.problems] == [
        "sidecar:film.en.srt: it is not a regular file",
        f"sidecar:film.srt: its {len(SRT.encode()) + 1000:,} bytes are too many for subtitles",
    ]


def test_names_are_compared_as_they_read(tmp_path: Path) -> None:
    for name in (
        unicodedata.normalize("NFC", "Früh.mp4"),
        unicodedata.normalize("NFD", "Früh.srt"),
    ):
        (tmp_path / name).touch()
    film = tmp_path / unicodedata.normalize("NFC", "Früh.mp4")
    assert [path.suffix for path in find_sidecars(film)] == [".srt"]


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
Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\an7\p1\pos(5,5)}m 0 0 l 10 10
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


def test_drawings_are_no_words_beside_the_video_and_in_it(
    plain: tuple[VideoInfo, Path], tmp_path: Path
) -> None:
    drawn = r"Dialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,papa{\p1}m 0 0 l 9 9{\p0} line"
    content = f"{ASS}{drawn}\n"
    right = [(Span(1, 2), "Hi there you, now"), (Span(3, 4), "papa line")]
    assert said(beside(plain, tmp_path, "film.ass", content.encode())) == right
    both = [ffmpeg.input(str(plain[1])), ffmpeg.input(str(tmp_path / "film.ass"))]
    run(ffmpeg.output(*both, str(tmp_path / "both.mkv"), c="copy"))
    video = probe(tmp_path / "both.mkv", "film")
    assert said(read_subtitles(video, tmp_path / "both.mkv", [])) == right


def test_lines_outside_the_video_are_clipped_or_left_out_and_counted(
    plain: tuple[VideoInfo, Path], tmp_path: Path
) -> None:
    times = [("04,000", "09,000"), ("20,000", "21,000"), ("03,000", "02,000")]
    lines = [f"{i}\n00:00:{a} --> 00:00:{b}\nline {i}\n" for i, (a, b) in enumerate(times)]
    found = beside(plain, tmp_path, "film.srt", "\n".join(lines).encode())
    assert said(found) == [(Span(4, DURATION_S), "line 0")]
    assert found.notes == (
        "sidecar:film.srt: 1 of 3 lines are outside the video and left out",
        "sidecar:film.srt: 1 of 3 lines do not end after they begin and are left out",
        "sidecar:film.srt: 1 of 3 lines reach beyond the video and are cut",
    )


@pytest.mark.parametrize(
    "content",
    [b"", b"this is no subtitle\n", b"\xff\xfe\x00"],
    ids=["empty", "prose", "half a character"],
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


ROLLING = """WEBVTT

00:00:01.000 --> 00:00:03.000 align:start position:0%
&nbsp;
good<00:00:01.400><c> morning</c><00:00:01.900><c> everyone</c>

00:00:03.000 --> 00:00:03.010 align:start position:0%
good morning everyone
&nbsp;

00:00:03.010 --> 00:00:06.000 align:start position:0%
good morning everyone
the<00:00:03.400><c> red</c><00:00:03.900><c> van</c>

00:00:06.000 --> 00:00:06.010 align:start position:0%
the red van
&nbsp;

00:00:08.000 --> 00:00:09.000
the red van
"""


def test_captions_that_roll_up_are_said_once_each(tmp_path: Path) -> None:
    path = tmp_path / "film.en.vtt"
    path.write_text(ROLLING)
    lines, _ = sidecar_lines(path, 25.0)
    assert lines == [
        (1.0, 3.01, "good morning everyone"),
        (3.01, 6.01, "the red van"),
        (8.0, 9.0, "the red van"),  # said again, later
    ]
