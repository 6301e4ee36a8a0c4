"""Timelines written to files, read back by readers that are not ours."""

import csv
import html
import io
import json
import re
import unicodedata
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import PurePath

import pysubs2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidindex.adapters.exporters import EXPORTERS, by_name, by_suffix
from vidindex.core.formatting.escaping import unescape
from vidindex.errors import InputError
from vidindex.types import ClockTrack, Event, Span, Timeline, VideoInfo, VideoTimeline

HOSTILE = [
    'quotes " and \' and ""',
    "two\nlines",
    "an empty\n\nline",
    "\n\n",
    "  blanks at both ends \n",
    "a\r\nb\rc",
    "00:00:01,000 --> 00:00:02,000",
    "x\n\n7\n00:00:01,000 --> 00:00:02,000\nforged",
    "02:15.20 and 02:45.00",
    "1\n2\n3",
    "2024",
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "'=1",
    "'tis",
    "＝1",
    '=HYPERLINK("http://x","y")',
    "a;b,c\td",
    "<b>bold</b> <script>alert(1)</script>",
    "<00:00:01.000>",
    "1 < 2 && 3 > 2 &amp; &lt;b&gt; &#x41;",
    "{\\an8}top {y:i} C:\\New\\new\\House",
    "NOTE not a note",
    "user\u202etxt.exe\u2066",
    "\x00\x07\x1b[31m\x7f\x85\u2028\u2029\ufeff",
    "lone \ud800 surrogate",
    "literally \\u202e and \\u005c",
    "back\\\u202e",
    "👩\u200d🚒 מ\u200fא é ﷽",
    "",
]
HOSTILE_TEXT = st.text(
    st.sampled_from("a1 :.,>-<&;{}\\uNnh'\"=+@\t\r\n\x00\x85\u00a0\u202e\u2028\ud800𝟎😀/!ſ")
)


def video(name: str, texts: list[str], **changes: object) -> VideoTimeline:
    info = VideoInfo(
        video_id=f"id of {name}",
        duration_s=1000.0,
        width=640,
        height=360,
        average_fps=25.0,
        codec="h264",
        container="mp4",
        stream_index=0,
        start_s=1.4,
        rotation_deg=0,
        num_frames=25_000,
        size_bytes=1,
    )
    events = tuple(
        Event(info.video_id, Span(n + 0.25, n + 1.5), text, "caption", "model/1", n)
        for n, text in enumerate(texts)
    )
    clock = ClockTrack(info.video_id, Span(0, 9), 60.0, 1.0, "mm:ss", "T={}", 1.0, "reader")
    return VideoTimeline(replace(info, **changes), name, events, (clock,))  # type: ignore[arg-type]


def written(name: str, *videos: VideoTimeline) -> str:
    stream = io.StringIO(newline="")
    by_name(name).write(Timeline("a title", videos), stream)
    return stream.getvalue()


def json_texts(texts: list[str]) -> list[str]:
    (read,) = json.loads(written("json", video("v.mp4", texts)))["videos"]
    return [event["text"] for event in read["events"]]


def jsonl_texts(texts: list[str]) -> list[str]:
    records = map(json.loads, written("jsonl", video("v.mp4", texts)).splitlines())
    return [record["text"] for record in records if record["kind"] == "event"]


def csv_texts(texts: list[str]) -> list[str]:
    rows = csv.DictReader(io.StringIO(written("csv", video("v.mp4", texts)), newline=""))
    return [from_csv_cell(row["text"]) for row in rows]


def from_csv_cell(cell: str) -> str:
    """What the cell was made of: its guard against formulas is taken off."""
    return unescape(re.sub(r"^'(?='*[=+\-@\t＝＋－＠])", "", cell))


def cue_texts(name: str, texts: list[str]) -> list[str]:
    file = pysubs2.SSAFile.from_string(written(name, video("v.mp4", texts)), format_=name)
    unquoted = html.unescape if name == "vtt" else str
    return [unescape(unquoted(cue.text.replace("\\N", "\n"))) for cue in file]


def as_json_spells(text: str) -> str:
    """A high and a low surrogate side by side are one character in JSON."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


@pytest.mark.parametrize("name", ["json", "jsonl", "csv", "srt", "vtt"])
def test_hostile_text_reads_back_equal(name: str) -> None:
    read = {"json": json_texts, "jsonl": jsonl_texts, "csv": csv_texts}.get(name)
    assert (read(HOSTILE) if read else cue_texts(name, HOSTILE)) == HOSTILE


@given(st.lists(HOSTILE_TEXT, max_size=4))
def test_any_text_reads_back_equal(texts: list[str]) -> None:
    assert csv_texts(texts) == texts
    assert cue_texts("srt", texts) == texts
    assert cue_texts("vtt", texts) == texts
    assert json_texts(texts) == [as_json_spells(text) for text in texts]
    assert jsonl_texts(texts) == [as_json_spells(text) for text in texts]


@pytest.mark.parametrize("name", EXPORTERS)
def test_no_file_holds_a_character_that_hides_or_commands(name: str) -> None:
    text = written(name, video("evil\u202e\x1b\n.mp4", HOSTILE))
    assert text.encode()
    hidden = {c for c in text if unicodedata.category(c) in ("Cc", "Cs", "Cf", "Zl", "Zp")}
    assert hidden <= {"\n", "\t", "\u200d"}


def test_a_spreadsheet_finds_no_formula() -> None:
    name, source = "=cmd|'/c calc'!A0.mp4", "@model"
    timeline = video(name, HOSTILE)
    timeline = replace(
        timeline, events=tuple(replace(event, source=source) for event in timeline.events)
    )
    table = written("csv", timeline)
    rows = list(csv.DictReader(io.StringIO(table, newline="")))
    assert len(rows) == len(HOSTILE) == len(table.splitlines()) - 1
    assert not [
        cell for row in rows for cell in row.values() if re.match(r"[=+\-@\t\r＝＋－＠]", cell)
    ]
    assert {from_csv_cell(row["file"]) for row in rows} == {name}
    assert {from_csv_cell(row["source"]) for row in rows} == {source}


@pytest.mark.parametrize("name", ["srt", "vtt"])
def test_a_text_forges_no_cue_and_no_markup(name: str) -> None:
    text = written(name, video("v.mp4", HOSTILE))
    assert text.count("-->") == len(HOSTILE)
    assert not re.search(r"<\s*[/a-z!]", text)
    assert "{" not in text


@pytest.mark.parametrize("name", ["srt", "vtt"])
def test_a_cue_never_ends_where_it_starts(name: str) -> None:
    timeline = video("v.mp4", ["a", "b"])
    spans = (Span(1.0001, 1.0002), Span(59.9999, 60.00049))
    events = tuple(replace(e, span=s) for e, s in zip(timeline.events, spans, strict=True))
    text = written(name, replace(timeline, events=events))
    cues = pysubs2.SSAFile.from_string(text, format_=name)
    assert [(cue.start, cue.end) for cue in cues] == [(1000, 1001), (60_000, 60_001)]


@pytest.mark.parametrize("name", ["srt", "vtt", "chapters", "ffmetadata"])
@pytest.mark.parametrize("count", [0, 2])
def test_subtitles_and_chapters_of_several_videos_are_refused(name: str, count: int) -> None:
    with pytest.raises(InputError, match="directory"):
        written(name, *(video(f"{n}.mp4", ["a"]) for n in range(count)))


@pytest.mark.parametrize("name", EXPORTERS)
def test_events_come_in_order_of_time_and_may_overlap(name: str) -> None:
    timeline = video("v.mp4", ["one", "two", "three"])
    longer = replace(timeline.events[0], span=Span(0.25, 30.0), text="overlapping")
    shuffled = replace(timeline, events=(*timeline.events[::-1], longer))
    text = written(name, shuffled)
    found = re.findall(r"one|two|three|overlapping", text)
    assert found == ["one", "overlapping", "two", "three"]


def test_json_says_media_time_wall_clock_source_timecode_and_clocks() -> None:
    at = datetime(2024, 1, 31, 23, 59, 59, tzinfo=timezone(timedelta(hours=1)))
    document = json.loads(
        written(
            "json",
            video("v.mp4", ["a"], recorded_at=at, camera="gate", timecode_start="10:00:00:00"),
            video("w.mp4", ["b"]),
        )
    )
    assert (document["schema"], document["title"]) == ("vidindex.timeline/1", "a title")
    first, second = document["videos"]
    assert first["recorded_at"] == "2024-01-31T23:59:59+01:00"
    assert (first["camera"], first["container_start_s"]) == ("gate", 1.4)
    assert first["events"] == [
        {
            "event_id": 0,
            "start_s": 0.25,
            "end_s": 1.5,
            "starts_at": "2024-01-31T23:59:59.250+01:00",
            "ends_at": "2024-02-01T00:00:00.500+01:00",
            "starts_tc": "10:00:00:06",
            "ends_tc": "10:00:01:13",
            "channel": "caption",
            "source": "model/1",
            "text": "a",
            "continued_by": None,
        }
    ]
    assert first["clocks"][0]["template"] == "T={}"
    assert second["recorded_at"] is None
    clocks = [second["events"][0][key] for key in ("starts_at", "ends_at", "starts_tc", "ends_tc")]
    assert clocks == [None] * 4


def test_json_lines_are_the_same_records_one_a_line() -> None:
    videos = (video("v.mp4", ["a", "b"]), video("w.mp4", ["c"]))
    document = json.loads(written("json", *videos))
    records = [json.loads(line) for line in written("jsonl", *videos).splitlines()]
    kinds = [record["kind"] for record in records]
    assert kinds == ["timeline", "video", "event", "event", "clock", "video", "event", "clock"]
    flat = [event for entry in document["videos"] for event in entry["events"]]
    for record, event in zip((r for r in records if r["kind"] == "event"), flat, strict=True):
        assert {**event, "kind": "event", "video_id": record["video_id"]} == record


def test_csv_holds_every_video_with_its_source_timecode() -> None:
    table = written(
        "csv", video("v.mp4", ["a"]), video("w.mp4", ["b"], timecode_start="01:00:00:00")
    )
    rows = list(csv.DictReader(io.StringIO(table, newline="")))
    assert [
        (row["file"], row["start"], row["start_s"], row["starts_at"], row["starts_tc"])
        for row in rows
    ] == [
        ("v.mp4", "00:00:00.250", "0.25", "", ""),
        ("w.mp4", "00:00:00.250", "0.25", "", "01:00:00:06"),
    ]


def test_an_exporter_is_found_by_name_and_by_suffix() -> None:
    for name, exporter in EXPORTERS.items():
        assert by_name(name.upper()) is exporter
        if name != "resolve-markers":
            assert by_suffix(PurePath(f"out/timeline{exporter.SUFFIX.upper()}")) is exporter


def test_an_edl_by_its_suffix_is_a_list_of_edits_and_no_marker_list() -> None:
    assert by_suffix(PurePath("hits.edl")) is EXPORTERS["edl"]
    assert EXPORTERS["resolve-markers"].SUFFIX == ".edl"


def test_an_unknown_format_is_refused_with_those_that_exist() -> None:
    with pytest.raises(InputError, match="json, jsonl, csv, srt, vtt"):
        by_name("docx")
    with pytest.raises(InputError, match=r"\.vtt"):
        by_suffix(PurePath("out.docx"))
