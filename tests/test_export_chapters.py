"""Chapters: lists that YouTube takes, metadata that FFmpeg reads."""

import io
import re
from dataclasses import replace
from pathlib import Path

import av
import pytest
from support.library_assets import event, video
from test_exporters import HOSTILE

from vidindex.adapters.exporters import by_name
from vidindex.core.formatting.escaping import unescape
from vidindex.types import Timeline, VideoTimeline

TOLD = [(0.0, 4.0, "a"), (9.9, 12.0, "b"), (10.2, 11.0, "c"), (3725.9, 3800.0, "d")]


def film(*told: tuple[float, float, str], duration_s: float = 5400.0) -> VideoTimeline:
    events = tuple(event(text, start_s, end_s) for start_s, end_s, text in told)
    return VideoTimeline(video(duration_s=duration_s), "film.mp4", events)


def written(name: str, timeline: VideoTimeline) -> str:
    stream = io.StringIO(newline="")
    by_name(name).write(Timeline("title", (timeline,)), stream)
    return stream.getvalue()


def youtube(text: str) -> list[tuple[int, str]]:
    """What a viewer of the description gets: seconds and titles."""
    lines = [re.fullmatch(r"(?:(\d+):)?(\d\d?):(\d\d) (.*)", line) for line in text.splitlines()]
    assert all(lines), text
    return [
        (int(m[1] or 0) * 3600 + int(m[2]) * 60 + int(m[3]), m[4]) for m in lines if m is not None
    ]


def test_a_list_begins_at_zero_and_no_chapter_is_shorter_than_ten_seconds() -> None:
    assert youtube(written("chapters", film(*TOLD))) == [
        (0, "a / b"),
        (10, "c"),
        (3725, "d"),
    ]
    late = film((60.5, 61.0, "late"), (5395.0, 5400.0, "at the end"))
    assert youtube(written("chapters", late)) == [(0, "film.mp4"), (60, "late / at the end")]
    short = film((1.0, 2.0, "x"), (4.0, 5.0, "y"), duration_s=6.0)
    assert youtube(written("chapters", short)) == [(0, "x / y")]


def test_any_events_make_a_list_that_is_taken() -> None:
    many = film(*((n * 3.7, n * 3.7 + 2, f"event {n}") for n in range(1400)))
    read = youtube(written("chapters", many))
    starts = [second for second, _ in read]
    assert starts[0] == 0
    assert min(b - a for a, b in zip(starts, [*starts[1:], 5400], strict=True)) >= 10
    assert " / ".join(title for _, title in read).split(" / ") == [
        f"event {n}" for n in range(1400)
    ]


def test_hostile_captions_take_one_line_of_a_description_each() -> None:
    told = film(*((60.0 * n, 60.0 * n + 5, text) for n, text in enumerate(HOSTILE)))
    text = written("chapters", told)
    assert not re.search("[<>]", text)
    shown = [re.sub(r"[ \t\r\n]+", " ", said).strip() for said in HOSTILE]
    assert [unescape(title) for _, title in youtube(text)] == shown


def ffmpeg_reads(path: Path, text: str) -> list[tuple[float, float, str]]:
    path.write_text(text, encoding="utf-8", newline="")
    with av.open(str(path), format="ffmetadata") as container:
        return [
            (
                float(one["start"] * (one["time_base"] or 1)),
                float(one["end"] * (one["time_base"] or 1)),
                unescape(one["metadata"].get("title", "")),
            )
            for one in container.chapters()
        ]


def test_ffmpeg_reads_chapters_to_the_millisecond(tmp_path: Path) -> None:
    told = [(0.0004, 4.0, "a"), (9.9, 12.0, "b"), (10.25, 11.0, "c"), (5390.001, 5399.999, "d")]
    read = ffmpeg_reads(tmp_path / "x.ffmetadata", written("ffmetadata", film(*told)))
    assert read == [
        (0.0, 4.0, "a"),
        (9.9, 10.25, "b"),
        (10.25, 11.0, "c"),
        (5390.001, 5399.999, "d"),
    ]


def test_events_that_begin_together_are_one_chapter_of_ffmpeg(tmp_path: Path) -> None:
    told = film((5.0, 6.0, "a"), (5.0, 8.0, "b"), (5.0002, 5.0003, "c"), (7.0, 9.0, "d"))
    read = ffmpeg_reads(tmp_path / "x.ffmetadata", written("ffmetadata", told))
    assert read == [(5.0, 7.0, "a / b / c"), (7.0, 9.0, "d")]


def test_ffmpeg_reads_hostile_captions_as_they_are(tmp_path: Path) -> None:
    texts = [*HOSTILE, "[CHAPTER]\nSTART=5", "a=b;c#d\\e\\\nf"]
    told = film(*((60.0 * n, 60.0 * n + 5, text) for n, text in enumerate(texts)))
    read = ffmpeg_reads(tmp_path / "x.ffmetadata", written("ffmetadata", told))
    assert [title for *_, title in read] == texts
    evil = replace(film(), name="evil\n[CHAPTER]\nSTART=0\nEND=9")
    assert ffmpeg_reads(tmp_path / "x.ffmetadata", written("ffmetadata", evil)) == []


@pytest.mark.parametrize("name", ["chapters", "ffmetadata"])
def test_a_film_in_which_nothing_happens_is_written_all_the_same(name: str) -> None:
    assert "film.mp4" in written(name, film())
