"""The report page of a timeline: strips, pictures and lists in one file that runs nothing."""

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from support import answer_assets as assets
from support.library_assets import event, video
from support.page_assets import HOSTILE, Page

import pipelines.export.html_report
from pipelines.export.html_report import MAX_PER_VIDEO
from pipelines.export.timelines import Timelines
from pipelines.progress import Quiet
from vidindex.adapters.reports import timeline_layout as strip
from vidindex.adapters.reports import write_timeline
from vidindex.app import App, open_library
from vidindex.cli.main import run_command
from vidindex.composition import build_page
from vidindex.core.formatting.escaping import escape
from vidindex.types import (
    Camera,
    ClockTrack,
    Event,
    Filters,
    Mark,
    Span,
    Timeline,
    VideoTimeline,
)
from vidindex.types.page import Thumbnail, TimelinePage, VideoPage

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    library = assets.copied(tmp_path_factory)
    with open_library(library, assets.BUNDLED, write=False) as opened:
        yield opened


def exported(app: App, timeline: Timeline) -> str:
    stream = io.StringIO()
    build_page(app.library, app.settings, Quiet()).write(timeline, stream)
    return stream.getvalue()


@pytest.fixture(scope="module")
def html(app: App) -> str:
    return exported(app, Timelines(app.library).of_videos(()))


def rendered(*videos: VideoPage) -> str:
    stream = io.StringIO()
    write_timeline(TimelinePage("a title", videos, NOON, "0.1.0"), stream)
    return stream.getvalue()


def of(*events: Event, duration_s: float = 100.0) -> VideoPage:
    return VideoPage(VideoTimeline(video(duration_s=duration_s), "film.mp4", events))


def lines(html: str) -> list[str]:
    """The ids of the lines of the lists, in order."""
    return re.findall(r'<li id="(v\d+e\d+)"', html)


def test_every_event_has_a_line_and_a_bar_that_leads_to_it(app: App, html: str) -> None:
    events = [event for one in app.library.videos.all() for event in seen(app, one.video_id)]
    assert len(lines(html)) == len(set(lines(html))) == len(events)
    text = Page(html).text
    for one in events:
        assert one.text in text
    targets = re.findall(r'<a href="#(v\d+e\d+)"><rect', html)
    assert set(targets) == set(lines(html))
    links = {value[1:] for name, value in Page(html).attributes if name == "href"}
    assert links <= {value for name, value in Page(html).attributes if name == "id"}


def seen(app: App, video_id: str) -> list[Event]:
    return app.library.events.of_video(video_id)


def test_lanes_are_by_kind_and_a_clock_in_the_picture_is_told(html: str) -> None:
    _, _, slate = html.split('<section class="video"')
    lanes = re.findall(r'class="lane-name">([^<]+)<', slate)
    assert lanes == ["Captions", "On-screen text", "Subtitles, speech"]
    assert "a clock in the picture runs from 00:00 to 00:09" in Page(slate).text


def test_pictures_are_taken_just_after_events_begin(app: App, html: str) -> None:
    page = Page(html)
    shapes, slate = app.library.videos.all()
    starts = [e.span.start_s for one in (shapes, slate) for e in seen(app, one.video_id)]
    assert 4 <= len(page.pictures) <= len(starts)
    assert {image.size for image in page.pictures} == {(256, 192)}
    (moves,) = [e for e in seen(app, shapes.video_id) if e.text == "a blue circle moves left"]
    place = seen(app, shapes.video_id).index(moves)
    found = re.search(rf'href="#v1e{place}" title="[^"]+"><img src="([^"]+)"', html)
    assert found
    (picture,) = Page(f'<img src="{found[1]}">').pictures
    red, _, blue = np.moveaxis(np.asarray(picture, np.int16), -1, 0)
    assert np.sum(blue - red > 90) > 50


def test_the_page_is_one_file_that_fetches_and_runs_nothing(html: str) -> None:
    page = Page(html)
    assert not {"script", "link", "iframe", "object", "form"} & set(page.tags)
    assert all(v.startswith("data:image/jpeg") for n, v in page.attributes if n == "src")
    assert not re.search(r"url\(|@import|https?://", html)
    assert ("content", "light dark") in page.attributes
    assert "prefers-color-scheme: dark" in html
    assert "@media print" in html


def test_wall_clock_and_timecode_stand_beside_media_time() -> None:
    info = replace(
        video(recorded_at=NOON), recorded_at_from="file name", timecode_start="01:00:00:00"
    )
    camera = Camera("gate", zone="Europe/Berlin", offset_s=60.0)
    told = VideoTimeline(info, "gate.mp4", (event("a man", 2.0, 4.5),), camera=camera)
    text = Page(rendered(VideoPage(told))).text
    assert "00:00:02.0 – 00:00:04.5 13:01:02 01:00:02:00 a man caption" in text
    assert "Recorded 2024-03-01 13:01:00 – 13:02:40 CET, by the file name" in text
    assert "Timecode from 01:00:00:00" in text


def test_a_new_day_is_named_where_it_begins() -> None:
    at = datetime(2024, 3, 1, 23, 59, 30, tzinfo=UTC)
    events = (event("before", 10.0, 12.0), event("after", 40.0, 42.0), event("then", 50.0, 52.0))
    told = VideoTimeline(video(recorded_at=at), "night.mp4", events)
    text = Page(rendered(VideoPage(told))).text
    assert text.count("2024-03-02") == 2  # once in the list, once as the end of the recording
    assert re.search(r"before caption 2024-03-02 .*after", text)


def test_hits_stand_out_before_what_else_was_seen(app: App) -> None:
    moments = app.search(assets.ASKED).moments
    html = exported(app, Timelines(app.library).of_moments(moments, assets.ASKED))
    assert lines(html) == ["v1e0"]
    assert "30.0 s, 1 hit" in Page(html).text
    assert re.findall(r'class="lane-name">([^<]+)<', html)[:2] == ["Hits", "Captions"]
    assert html.count('<rect class="hit"') == 1
    num_captions = sum(e.channel == "caption" for e in seen(app, moments[0].video_id))
    assert html.count('<rect class="caption behind"') == num_captions
    assert len(Page(html).pictures) == 1


def test_marks_have_a_lane_of_their_own_and_say_what_they_are(app: App) -> None:
    (video_id,) = app.library.videos.find(["slate.mp4"])
    marks = [Mark("a ferry", video_id, Span(2.0, 3.0), "reject", "not this one")]
    html = exported(app, Timelines(app.library).of_marks(marks, "case 7"))
    text = Page(html).text
    assert "10.0 s, 1 mark" in text
    assert "not this one reject" in text
    assert re.findall(r'class="lane-name">([^<]+)<', html)[0] == "Marks"


def test_of_a_camera_only_the_hours_asked_for_are_listed(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    library = assets.copied(tmp_path_factory)
    with open_library(library, assets.BUNDLED) as app:
        (video_id,) = app.library.videos.find(["shapes-1.mp4"])
        info = app.library.videos.get(video_id)
        assert info
        dated = replace(info, recorded_at=NOON, recorded_at_from="user", camera="gate")
        app.library.videos.put(dated)
        window = Span(5.0, 15.0)
        until = NOON.replace(second=15)
        wanted = Filters(cameras=("gate",), since=NOON.replace(second=5), until=until)
        html = exported(app, Timelines(app.library).of_camera(wanted))
        within = [e for e in seen(app, video_id) if e.span.overlap(window)]
        assert 0 < len(within) < len(seen(app, video_id))
    assert len(lines(html)) == len(within)
    assert '<rect class="outside" x="0.000%" width="16.667%"' in html
    assert '<rect class="outside" x="50.000%" width="50.000%"' in html


def test_pictures_are_bounded_and_what_has_none_is_counted(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Timelines(app.library).of_videos(["shapes-1.mp4"])
    (one,) = whole.videos
    many = [event(f"number {i}", i / 4, i / 4 + 0.2) for i in range(100)]
    dense = replace(whole, videos=(replace(one, events=tuple(many)),))
    page = Page(exported(app, dense))
    assert len(page.pictures) == MAX_PER_VIDEO
    assert f"{MAX_PER_VIDEO} of 50 event starts are pictured" in page.text
    monkeypatch.setattr(pipelines.export.html_report, "MAX_BYTES", 30_000)
    html = exported(app, dense)
    pictures = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', html)
    assert 1 <= len(pictures) < MAX_PER_VIDEO
    assert sum(len(one) * 3 // 4 for one in pictures) <= 30_000
    assert f"{len(pictures)} of 50 event starts are pictured" in html


def test_a_file_that_vanished_costs_its_pictures_and_not_the_page(app: App, tmp_path: Path) -> None:
    (video_id,) = app.library.videos.find(["slate.mp4"])
    place = app.library.videos.present_location(video_id)
    assert place
    away = place.path.rename(tmp_path / "away.mp4")
    try:
        page = Page(exported(app, Timelines(app.library).of_videos(["slate.mp4"])))
    finally:
        away.rename(place.path)
    assert page.pictures == []
    assert "no picture: slate.mp4 cannot be opened" in page.text
    assert "HARBOUR REEL 7" in page.text


def full(text: str) -> str:
    """A page that says `text` wherever a page can say something."""
    info = replace(video(camera=text, recorded_at=NOON), recorded_at_from=text, codec=text)
    clock = ClockTrack(info.video_id, Span(0.0, 9.0), 0.0, 1.0, "mm:ss", text, 1.0, text)
    events = (
        event(text, 1.0, 2.0, source=text),
        event(text, 1.5, 3.0, channel="mark", source=text),
    )
    told = VideoTimeline(info, text, events, (clock,), path=text, camera=Camera(text))
    thumbnail = Thumbnail(0, 1.0, b"jpeg")
    page = VideoPage(told, are_hits=True, behind=events, thumbnails=(thumbnail,), notes=(text,))
    stream = io.StringIO()
    write_timeline(TimelinePage(text, (page, page), NOON, text, (text,)), stream)
    return stream.getvalue()


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    html = full(text)
    page, harmless = Page(html), Page(full("harmless"))
    assert page.tags == harmless.tags
    assert [name for name, _ in page.attributes] == [name for name, _ in harmless.attributes]
    assert "".join(page.texts).count(escape(text)) == "".join(harmless.texts).count("harmless")
    assert not re.search("[\u202e\x00\x1b]", html)


def test_of_ten_thousand_events_every_one_is_listed_and_the_strip_stays_small() -> None:
    many = tuple(event(f"number {i}", i / 100, i / 100 + 3.0) for i in range(10_000))
    page = of(*many, duration_s=103.0)
    (lane,) = strip.lanes(page, "e")
    assert lane.num_rows == strip.MAX_ROWS
    assert len(lane.bars) <= strip.MAX_ROWS * strip.COLUMNS
    assert sum(bar.count for bar in lane.bars) == 10_000
    assert all(bar.left >= 0 and bar.left + bar.width <= 100.001 for bar in lane.bars)
    html = rendered(page)
    assert len(lines(html)) == 10_000
    assert len(html) < 4_000_000


def test_bars_that_overlap_stand_in_rows() -> None:
    page = of(event("one", 0.0, 50.0), event("two", 10.0, 20.0), event("three", 60.0, 70.0))
    (lane,) = strip.lanes(page, "e")
    assert [(bar.left, bar.width, bar.row) for bar in lane.bars] == [
        (0.0, 50.0, 0),
        (10.0, 10.0, 1),
        (60.0, 10.0, 0),
    ]


@pytest.mark.parametrize(
    ("duration_s", "labels"),
    [
        (0.4, ["0:00"]),
        (10.0, ["0:00", "0:02", "0:04", "0:06", "0:08"]),
        (3600.0, ["0:00", "10:00", "20:00", "30:00", "40:00", "50:00"]),
        (86_400.0, [f"{h}:00:00" if h else "0:00" for h in range(0, 24, 4)][:6]),
        (400 * 3600.0, ["0:00", *(f"{h}:00:00" for h in range(72, 361, 72))]),
    ],
)
def test_ticks_are_few_and_round_times(duration_s: float, labels: list[str]) -> None:
    assert [tick.label for tick in strip.ticks(of(duration_s=duration_s).video)] == labels


def test_a_video_of_which_nothing_is_known_says_so() -> None:
    assert "nothing is known of it yet" in Page(rendered(of())).text


def test_pages_are_exported_by_name_and_suffix_and_one_for_each_video(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["export", "--library", str(assets.copied(tmp_path_factory))]
    assert run_command([*words, "-o", str(tmp_path / "all.html")]) == 0
    assert (tmp_path / "all.html").read_text("utf-8").count('<section class="video"') == 2
    assert run_command([*words, "--format", "HTML", "-o", str(tmp_path / "each")]) == 0
    names = ["shapes-1.mp4.html", "slate.mp4.html"]
    assert sorted(p.name for p in (tmp_path / "each").iterdir()) == names
    capsys.readouterr()
    assert run_command([*words, "slate.mp4", "--format", "html"]) == 0
    assert capsys.readouterr().out.startswith("<!DOCTYPE html>")
    assert run_command([*words, "--format", "docx"]) == 2
    assert ", html" in capsys.readouterr().err
