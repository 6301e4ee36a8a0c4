"""`vidindex export` from end to end: formats by name and suffix, path maps, clocks, cameras."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree as ET

import pytest
from support.library_assets import event, video

from store import Library
from vidindex.cli.main import run_command
from vidindex.types import Camera, Location, Mark, Span


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    """A folder with one of the two files that the library knows."""
    folder = tmp_path / "nas" / "day 1"
    folder.mkdir(parents=True)
    (folder / "gate_0.mov").write_bytes(b"")
    return folder


@pytest.fixture
def library(tmp_path: Path, footage: Path) -> Path:
    place = tmp_path / "library"
    with Library.open(place, create=True) as opened:
        opened.cameras.put(Camera("gate", zone="Europe/Berlin"))
        for n in range(2):
            info = replace(
                video(f"{n}" * 32, camera="gate"),
                recorded_at=datetime(2024, 3, 1, 13, tzinfo=UTC) + timedelta(seconds=122 * n),
                recorded_at_from="file name",
                timecode_start="01:00:00:00" if n == 0 else None,
            )
            path = footage / f"gate_{n}.mov"
            opened.videos.put(info)
            opened.videos.put_location(
                info.video_id, Location(footage.parent, path, 1, 1, "present")
            )
            opened.events.add([event(f"a man {n}", 1.0, 2.0, video_id=info.video_id)])
    return place


def call(library: Path, *words: str) -> int:
    return run_command(["export", "--library", str(library), *words])


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("hits.fcpxml", "<?xml"), ("hits.xml", "<?xml"), ("hits.otio", "{"),
        ("hits.edl", "TITLE: 2 videos"), ("hits.json", "{"),
    ],
)  # fmt: skip
def test_the_suffix_says_the_format(library: Path, tmp_path: Path, name: str, begins: str) -> None:
    assert call(library, "-o", str(tmp_path / name)) == 0
    assert (tmp_path / name).read_text("utf-8").startswith(begins)


def test_resolve_s_markers_and_chapters_are_asked_for_by_name(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(library, "--format", "resolve-markers") == 0
    assert "|C:ResolveColorBlue |M:a man 0 |D:25" in capsys.readouterr().out
    (tmp_path / "out").mkdir()
    assert call(library, "--format", "chapters", "-o", str(tmp_path / "out")) == 0
    written = (tmp_path / "out" / "day 1" / "gate_0.mov.txt").read_text("utf-8")
    assert written == "0:00 a man 0\n"


def test_every_export_says_how_many_media_files_are_where_it_says(
    library: Path, footage: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(library, "--format", "fcpxml") == 0
    assert "media: 1 of 2 files exist where the library has them" in capsys.readouterr().err
    there = tmp_path / "Volumes"
    here = footage.parent
    assert call(library, "--format", "fcpxml", "--path-map", f"{here}={there}") == 0
    printed = capsys.readouterr()
    assert f"media: 0 of 2 files exist under {there}" in printed.err
    sources = [rep.attrib["src"] for rep in ET.fromstring(printed.out).iter("media-rep")]
    assert sources == [f"{there.as_uri()}/day%201/gate_{n}.mov" for n in range(2)]
    assert call(library, "--format", "fcp7xml", "--path-map", f"{here}=Z:\\Rushes") == 0
    printed = capsys.readouterr()
    assert "media: 2 named under Z:\\Rushes, where this machine cannot look" in printed.err
    assert "file://localhost/Z:/Rushes/day%201/gate_1.mov" in printed.out


def test_any_text_can_begin_with_the_wall_clock_or_the_source_timecode(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(library, "gate_0.mov", "--format", "srt", "--clock", "wall") == 0
    assert "[2024-03-01 14:00:01+01:00] a man 0" in capsys.readouterr().out
    assert call(library, "gate_0.mov", "--format", "chapters", "--clock", "source") == 0
    assert capsys.readouterr().out == "0:00 [01:00:01:00] a man 0\n"
    assert call(library, "gate_1.mov", "--format", "vtt", "--clock", "source") == 2
    assert "gate_1.mov has no source timecode" in capsys.readouterr().err


def test_json_holds_all_three_clocks(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(library, "gate_0.mov", "--format", "json") == 0
    (told,) = json.loads(capsys.readouterr().out)["videos"]
    (first,) = told["events"]
    assert (first["start_s"], first["starts_at"], first["starts_tc"]) == (
        1.0,
        "2024-03-01T14:00:01.000+01:00",
        "01:00:01:00",
    )
    assert told["path"].endswith("day 1/gate_0.mov")


def test_a_camera_is_one_timeline_by_wall_clock(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(library, "--camera", "gate", "--format", "edl") == 0
    text = capsys.readouterr().out
    assert "TITLE: gate 2024-03-01" in text
    assert "01:00:00:00 01:01:40:00 14:00:00:00 14:01:40:00" in text
    assert "14:02:02:00 14:03:42:00" in text
    since = "2024-03-01T14:01:30+01:00"
    words = ["--camera", "gate", "--day", "2024-03-01", "--since", since, "--format", "otio"]
    assert call(library, *words) == 0
    track = json.loads(capsys.readouterr().out)["tracks"]["children"][0]["children"]
    assert [item["source_range"]["duration"]["value"] for item in track] == [250.0, 550.0, 2500.0]


def test_what_was_kept_is_a_timeline_clip_by_clip(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Library.open(library, write=True) as opened:
        (video_id,) = opened.videos.find(["gate_0.mov"])
        for start_s in (1.0, 20.0, 30.0):
            answer: Literal["keep", "reject"] = "reject" if start_s == 20.0 else "keep"
            span = Span(start_s, start_s + 2)
            opened.marks.add(Mark("a gate", video_id, span, answer, label_set="selects"))
    assert call(library, "--marks", "--set", "selects", "--format", "edl") == 0
    text = capsys.readouterr().out
    assert "01:00:01:00 01:00:03:00" in text
    assert "01:00:30:00 01:00:32:00" in text
    assert "01:00:20:00" not in text
    assert call(library, "--marks", "--set", "other", "--format", "edl") == 2
    assert "nothing was kept in the set 'other'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--marks", "gate_0.mov", "--format", "otio"], "takes what was kept"),
        (["--set", "x", "--format", "otio"], "goes with --marks"),
        (
            ["--camera", "yard", "--format", "otio"],
            "called 'yard'; there are: gate; name one of them",
        ),
        (["--camera", "gate", "gate_0.mov", "--format", "otio"], "takes all of a camera"),
        (["--day", "2024-03-01", "--format", "otio"], "go with --camera"),
        (["--path-map", "/mnt", "--format", "otio"], "is not a path map"),
        (["--format", "srt"], "subtitles are of one video, not of 2"),
        (["--recording", "--format", "otio"], "no recording was named"),
        (["-o", "out.docx"], ".fcpxml"),
    ],
)
def test_what_makes_no_sense_is_named_with_a_remedy(
    library: Path, capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    assert call(library, *words) == 2
    assert says in capsys.readouterr().err


def test_a_recording_is_exported_whole(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Library.open(library, write=True) as opened:
        opened.recordings.put(["0" * 32, "1" * 32], camera="gate")
    assert call(library, "gate_1.mov", "--recording", "--format", "edl") == 0
    text = capsys.readouterr().out
    assert [line for line in text.splitlines() if "FROM CLIP" in line] == [
        f"* FROM CLIP NAME: gate_{n}.mov" for n in range(2)
    ]
