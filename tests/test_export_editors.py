"""Timelines for editing programs, read back by other readers: exact, relinkable, harmless."""

import io
import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree as ET

import opentimelineio as otio
import pycmx
import pytest
from opentimelineio import opentime
from support.clip_assets import make
from support.editor_readers import (
    OUR_PART_OF_FCPXML,
    ReadClip,
    fcpxml_faults,
    read_edl,
    read_fcp7xml,
    read_fcpxml,
    read_otio,
    read_resolve_markers,
)
from support.library_assets import event, video
from test_exporters import HOSTILE

from vidindex.adapters.exporters import by_name
from vidindex.adapters.media.probe import probe
from vidindex.core.formatting.escaping import unescape
from vidindex.errors import InputError
from vidindex.types import Span, Timeline, VideoTimeline

FILM, NTSC, NTSC_60 = Fraction(24000, 1001), Fraction(30000, 1001), Fraction(60000, 1001)
COUNTED = [
    (FILM, "01:00:00:00"),
    (Fraction(25), "09:59:50:00"),
    (NTSC, "00:59:50;00"),
    (NTSC, "01:00:00:00"),
    (NTSC_60, "01:00:00;00"),
    (NTSC, None),
]
"""Rates with source timecodes, drop-frame and not, and none at all."""

EDITORS = ("otio", "fcpxml", "fcp7xml", "edl", "resolve-markers")
NINETY_MINUTES_S = 5400.0
MOMENTS = [Span(0.0, 1.0), Span(1234.567, 1240.001), Span(2700.02, 2700.03), Span(5390.4, 5400.0)]


def film(
    rate: Fraction, start: str | None, name: str = "cam 1/A001.mov", **more: object
) -> VideoTimeline:
    """Ninety minutes with an event at each of MOMENTS."""
    info = replace(
        video(duration_s=NINETY_MINUTES_S, sound=True),
        average_fps=float(rate),
        timecode_start=start,
    )
    events = tuple(event(f"event {n}", *_edges(span)) for n, span in enumerate(MOMENTS))
    path = f"/Volumes/Rushes/{name}"
    return replace(VideoTimeline(info, name, events, path=path), **more)  # type: ignore[arg-type]


def _edges(span: Span) -> tuple[float, float]:
    return span.start_s, span.end_s


def written(format_name: str, *videos: VideoTimeline, begins_at: datetime | None = None) -> str:
    stream = io.StringIO(newline="")
    by_name(format_name).write(Timeline("a title", videos, begins_at), stream)
    return stream.getvalue()


READERS: dict[str, Callable[[str, Fraction], list[ReadClip]]] = {
    "otio": lambda text, rate: read_otio(text),
    "fcpxml": lambda text, rate: read_fcpxml(text),
    "fcp7xml": lambda text, rate: read_fcp7xml(text),
    "edl": read_edl,
}


def start_s(start: str | None, rate: Fraction) -> Fraction:
    """When the timecode of a file begins, by another's arithmetic."""
    frames = opentime.from_timecode(start, float(rate)).value if start else 0
    return Fraction(frames) / rate


@pytest.mark.parametrize(("rate", "start"), COUNTED)
@pytest.mark.parametrize("name", READERS)
def test_clips_and_markers_read_back_within_a_frame_over_ninety_minutes(
    name: str, rate: Fraction, start: str | None
) -> None:
    whole = film(rate, start)
    hits = [replace(whole, clip=span) for span in MOMENTS]
    read = READERS[name](written(name, whole, *hits), rate)
    frame_s, zero_s = 1 / float(rate), start_s(start, rate)
    assert len(read) == 1 + len(hits)
    for clip, span in zip(read, [Span(0.0, NINETY_MINUTES_S), *MOMENTS], strict=True):
        assert clip.name == "A001.mov"
        assert float(clip.source_s[0] - zero_s) == pytest.approx(span.start_s, abs=frame_s)
        assert float(clip.source_s[1] - zero_s) == pytest.approx(span.end_s, abs=frame_s)
    for (from_s, to_s, text), (n, span) in zip(read[0].markers, enumerate(MOMENTS), strict=True):
        assert text == f"event {n}"
        assert float(from_s - zero_s) == pytest.approx(span.start_s, abs=frame_s)
        if name != "edl":  # its locators have no length
            assert float(to_s - zero_s) == pytest.approx(span.end_s, abs=frame_s)
    begins_s = [float(clip.begins_s) for clip in read]
    assert begins_s[1:3] == pytest.approx([5400.0, 5401.0], abs=2 * frame_s)


@pytest.mark.parametrize(("rate", "start"), COUNTED)
def test_resolve_finds_each_marker_where_it_is_on_a_timeline_from_one_o_clock(
    rate: Fraction, start: str | None
) -> None:
    text = written("resolve-markers", film(rate, start))
    drops = bool(start) and ";" in str(start)
    assert text.splitlines()[1] == f"FCM: {'DROP FRAME' if drops else 'NON-DROP FRAME'}"
    one_o_clock_s = start_s("01:00:00;00" if drops else "01:00:00:00", rate)
    read = read_resolve_markers(text, rate)
    assert [(colour, said) for _, _, colour, said in read] == [
        ("Blue", f"event {n}") for n in range(len(MOMENTS))
    ]
    for (from_s, to_s, *_), span in zip(read, MOMENTS, strict=True):
        assert float(from_s - one_o_clock_s) == pytest.approx(span.start_s, abs=1 / float(rate))
        assert float(to_s - from_s) == pytest.approx(span.duration_s, abs=1 / float(rate))


@pytest.mark.parametrize(("rate", "start"), COUNTED)
def test_an_edl_says_how_its_source_counts_and_where_it_lies(
    rate: Fraction, start: str | None
) -> None:
    clip = film(rate, start, clip=Span(60.0, 62.0))
    edl = pycmx.parse_cmx3600(io.StringIO(written("edl", clip)))
    (event_,) = edl.events
    (edit,) = event_.edits
    drops = bool(start) and ";" in str(start)
    assert f"FCM: {'DROP FRAME' if drops else 'NON-DROP FRAME'}\n" in written("edl", clip)
    assert (edit.clip_name, edit.source_file) == ("A001.mov", "/Volumes/Rushes/cam 1/A001.mov")
    assert all((";" in label) == drops for label in (edit.source_in, edit.record_in))
    assert edit.record_in == ("01:00:00;00" if drops else "01:00:00:00")


def test_an_edl_of_both_counts_says_which_before_each_event() -> None:
    videos = (film(NTSC, "01:00:00;00"), film(NTSC, "02:00:00:00"), film(NTSC, "03:00:00;00"))
    text = written("edl", *(replace(one, clip=Span(0, 9), events=()) for one in videos))
    modes = re.findall(r"^FCM: (.*)\n(?:\n?0\d\d .* C +\d\d:\d\d:\d\d(.))", text, re.MULTILINE)
    assert modes == [("DROP FRAME", ";"), ("NON-DROP FRAME", ":"), ("DROP FRAME", ";")]


def test_what_an_edl_cannot_hold_is_refused_with_what_can() -> None:
    short = replace(film(Fraction(25), None), clip=Span(0.0, 1.0), events=())
    with pytest.raises(InputError, match=r"one frame rate; here are 23\.976, 25\.000.*fcpxml"):
        written("edl", short, film(FILM, None))
    with pytest.raises(InputError, match="999 events, not 1,000"):
        written("edl", *[short] * 1000)
    for name in ("edl", "resolve-markers"):
        with pytest.raises(InputError, match="midnight"):
            written(name, film(Fraction(25), None), begins_at=datetime(2024, 1, 1, 23, tzinfo=UTC))


@pytest.mark.parametrize("name", EDITORS)
def test_a_timeline_without_a_clip_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="no clip"):
        written(name)


@pytest.mark.parametrize("name", ["otio", "fcpxml", "fcp7xml"])
def test_clips_of_another_rate_keep_their_seconds(name: str) -> None:
    videos = (
        film(Fraction(25), "10:00:00:00", clip=Span(0.0, 10.0), events=()),
        film(Fraction(25), "10:00:00:00", clip=Span(10.0, 20.0), events=()),
        replace(film(NTSC, "01:00:00;00", clip=Span(600.0, 610.0)), begins_s=30.0),
    )
    other = replace(videos[2], video=replace(videos[2].video, video_id="b" * 32))
    read = READERS[name](written(name, *videos[:2], other), Fraction(25))[2]
    assert float(read.source_s[0]) == pytest.approx(3600 + 600, abs=0.04)
    assert float(read.source_s[1] - read.source_s[0]) == pytest.approx(10.0, abs=0.04)
    assert float(read.begins_s) == pytest.approx(30.0, abs=0.04)


@pytest.mark.parametrize("name", READERS)
def test_gaps_stay_gaps_and_the_timeline_tells_the_time_of_day(name: str) -> None:
    begins_at = datetime(2024, 3, 1, 14, 30, 0, 480_000, tzinfo=UTC)
    clips = [
        replace(film(Fraction(25), None), clip=Span(0.0, 60.0), begins_s=begins_s)
        for begins_s in (0.0, 75.2, 140.0)
    ]
    text = written(name, *clips, begins_at=begins_at)
    read = READERS[name](text, Fraction(25))
    assert [float(clip.begins_s) for clip in read] == pytest.approx([0.0, 75.2, 140.0])
    if name != "edl":
        assert {"otio": "1305012.0", "fcpxml": "1305012/25s", "fcp7xml": "14:30:00:12"}[
            name
        ] in text
    else:
        assert "14:31:15:17" in text


def test_sound_goes_along_and_only_where_there_is_any() -> None:
    loud = film(Fraction(25), None, clip=Span(0.0, 4.0))
    mute = replace(loud, video=replace(loud.video, video_id="b" * 32, audio=()))
    timeline = otio.adapters.read_from_string(written("fcp7xml", mute, loud), "fcp_xml")
    tracks = json.loads(written("otio", mute, loud))["tracks"]["children"]
    assert [track["kind"] for track in tracks] == ["Video", "Audio"]
    assert [item["OTIO_SCHEMA"] for item in tracks[1]["children"]] == ["Gap.1", "Clip.2"]
    (sound,) = timeline.audio_tracks()[0].find_clips()
    assert opentime.to_seconds(sound.range_in_parent().start_time) == 4.0
    sources = re.findall("hasAudio", written("fcpxml", mute, loud))
    assert len(sources) == 1


def test_slow_cameras_stand_whole_on_a_timeline_of_thirty_frames() -> None:
    slow = film(Fraction(15), None, clip=Span(100.0, 110.0))
    for name in ("fcpxml", "fcp7xml", "otio"):
        (clip,) = READERS[name](written(name, slow), Fraction(15))
        assert clip.source_s == (100, 110)
    with pytest.raises(InputError, match=r"no rate of 12\.5"):
        written("fcp7xml", film(Fraction(25, 2), None))


def test_variable_frames_are_laid_on_the_nearest_constant_rate() -> None:
    phone = film(Fraction(2961, 100), None, clip=Span(1000.0, 1001.0))
    (clip,) = read_fcpxml(written("fcpxml", phone))
    assert float(clip.source_s[0]) == pytest.approx(1000.0, abs=0.5 / float(NTSC))
    assert 'frameDuration="1001/30000s"' in written("fcpxml", phone)


@pytest.mark.parametrize("kind", ["h264", "variable", "offset", "cut", "transport"])
def test_real_files_are_told_by_media_time_whatever_their_own_times(
    kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Variable frames, a start that is not 0, an edit list: the picture at 1 s is cut in at 1 s."""
    clip = make(kind, tmp_path_factory)
    info = probe(clip.path, kind)
    timeline = VideoTimeline(info, clip.path.name, (), path=str(clip.path), clip=Span(1.0, 2.0))
    for name in ("fcpxml", "otio", "fcp7xml"):
        if name == "fcp7xml" and kind == "variable":
            continue  # 12.5 frames a second on average, which this format cannot say
        (read,) = READERS[name](written(name, timeline), Fraction(25))
        assert [float(edge) for edge in read.source_s] == pytest.approx([1.0, 2.0], abs=0.04)


@pytest.mark.parametrize(("name", "url"), [
    ("otio", "file:///Z:/Rushes/50%25%20%23%261.mov"),
    ("fcpxml", "file:///Z:/Rushes/50%25%20%23%261.mov"),
    ("fcp7xml", "file://localhost/Z:/Rushes/50%25%20%23%261.mov"),
])  # fmt: skip
def test_a_file_is_named_with_its_suffix_and_found_by_an_encoded_url(name: str, url: str) -> None:
    (clip,) = READERS[name](
        written(name, film(FILM, "01:00:00:00", path=r"Z:\Rushes\50% #&1.mov")), FILM
    )
    assert (clip.name, clip.url) == ("50% #&1.mov", url)
    assert float(clip.media_starts_s) == pytest.approx(3603.6)


@pytest.mark.parametrize("name", EDITORS)
def test_the_wall_clock_stands_with_each_marker(name: str) -> None:
    timeline = film(Fraction(25), "01:00:00:00")
    at = datetime(2024, 3, 1, 14, 0, tzinfo=UTC)
    dated = replace(timeline, video=replace(timeline.video, recorded_at=at))
    text = written(name, dated)
    wanted = "2024-03-01T14:00:00.000+00:00" if name == "edl" else "2024-03-01T14:20:34.567+00:00"
    assert wanted in text


def hostile(texts: list[str]) -> VideoTimeline:
    """Events a minute apart, and a name and a path that are no better."""
    events = tuple(event(text, 60.0 * n, 60.0 * n + 5.0) for n, text in enumerate(texts))
    name = 'evil\u202e<&">\n\x1b.mov'
    return film(FILM, "01:00:00:00", name=name, events=events)


@pytest.mark.parametrize("name", ["otio", "fcpxml", "fcp7xml"])
def test_hostile_captions_and_names_read_back_equal(name: str) -> None:
    (clip,) = READERS[name](written(name, hostile(HOSTILE)), FILM)
    assert [unescape(text or "") for _, _, text in clip.markers] == HOSTILE
    assert unescape(clip.name) == 'evil\u202e<&">\n\x1b.mov'


def one_line(text: str) -> str:
    return re.sub(r"[ \t\r\n]+", " ", text).strip()


def test_hostile_captions_take_one_line_of_an_edl_each_and_read_back() -> None:
    text = written("edl", hostile(HOSTILE))
    (clip,) = read_edl(text, FILM)
    assert [unescape(said) for _, _, said in clip.markers] == list(map(one_line, HOSTILE))
    events = pycmx.parse_cmx3600(io.StringIO(text)).events
    assert len(list(events)) == 1
    kinds = re.findall(r"^(TITLE:|FCM:|\d{3}  |\* LOC:|\* FROM|\* SOURCE|)", text, re.MULTILINE)
    assert kinds.count("* LOC:") == len(HOSTILE)
    assert len([line for line in text.splitlines() if line]) == len(HOSTILE) + 5


def test_hostile_captions_are_one_marker_of_resolve_each_and_read_back() -> None:
    read = read_resolve_markers(
        written("resolve-markers", hostile([*HOSTILE, "a |M:b |D:9"])), FILM
    )
    assert [unescape(said) for *_, said in read] == [*map(one_line, HOSTILE), "a |M:b |D:9"]


def documents() -> dict[str, str]:
    """FCPXML of every kind that is written."""
    mixed = replace(film(NTSC, "01:00:00;00"), begins_s=6000.0)
    mixed = replace(mixed, video=replace(mixed.video, video_id="b" * 32, audio=()))
    slow = replace(film(Fraction(15), None), begins_s=None)
    slow = replace(slow, video=replace(slow.video, video_id="c" * 32))
    dated = film(FILM, None)
    dated = replace(dated, video=replace(dated.video, recorded_at=datetime(2024, 1, 1, tzinfo=UTC)))
    return {
        "gaps and rates": written("fcpxml", film(Fraction(25), None), mixed, slow),
        "hostile": written("fcpxml", hostile(HOSTILE)),
        "dated": written("fcpxml", dated),
        "no name, no event": written("fcpxml", replace(film(FILM, None, path=None), events=())),
    }


@pytest.mark.parametrize("kind", documents())
def test_fcpxml_is_of_its_document_type(kind: str) -> None:
    assert fcpxml_faults(documents()[kind], OUR_PART_OF_FCPXML) == []


@pytest.mark.parametrize("kind", documents())
def test_fcpxml_is_of_the_document_type_of_apple(kind: str) -> None:
    dtd = os.environ.get("VIDINDEX_FCPXML_DTD")
    if not dtd:
        pytest.skip("VIDINDEX_FCPXML_DTD does not name Apple's FCPXMLv1_9.dtd")
    assert fcpxml_faults(documents()[kind], Path(dtd).read_text("utf-8")) == []


def test_the_check_of_the_document_type_finds_faults() -> None:
    broken = documents()["dated"].replace("<note>", "<marker/><note>", 1)
    assert fcpxml_faults(broken, OUR_PART_OF_FCPXML)


@pytest.mark.parametrize("kind", documents())
def test_every_time_of_fcpxml_is_at_the_edge_of_a_frame(kind: str) -> None:
    root = ET.fromstring(documents()[kind])
    frames = {
        one.attrib["id"]: Fraction(one.attrib["frameDuration"][:-1]) for one in root.iter("format")
    }
    (sequence,) = root.iter("sequence")
    edge = frames[sequence.attrib["format"]]
    assets = {asset.attrib["id"]: frames[asset.attrib["format"]] for asset in root.iter("asset")}
    for item in (*root.iter("asset-clip"), *root.iter("gap")):
        for key in ("offset", "duration"):
            assert (Fraction(item.attrib[key][:-1]) / edge).denominator == 1
    for clip in root.iter("asset-clip"):
        own = assets[clip.attrib["ref"]]
        times = [
            clip.attrib["start"],
            *(m.attrib[k] for m in clip.iter("marker") for k in ("start", "duration")),
        ]
        assert all((Fraction(time[:-1]) / own).denominator == 1 for time in times)


@pytest.mark.parametrize(("rate", "start"), COUNTED)
def test_fcpxml_is_read_alike_by_a_parser_of_others(rate: Fraction, start: str | None) -> None:
    """Where `fcp-mcp-server` is installed, whose parser is not ours."""
    parser = pytest.importorskip("fcpxml.parser", reason="fcp-mcp-server is not installed")
    clip = replace(film(rate, start), clip=Span(1200.0, 5400.0), begins_s=100.0)
    text = written("fcpxml", replace(clip, clip=Span(0, 1), begins_s=None), clip)
    read = parser.FCPXMLParser().parse_string(text).timelines[0].clips[1]
    mine = read_fcpxml(text)[1]
    assert read.source_start.frames == mine.source_s[0] * rate
    assert read.duration.frames == (mine.source_s[1] - mine.source_s[0]) * rate
    assert read.start.frames == mine.begins_s * rate
    assert [marker.start.frames for marker in read.markers] == [m[0] * rate for m in mine.markers]
    assert (read.name, read.media_path) == (mine.name, mine.url)
