"""Timelines out of a library: files, recordings, a camera by wall clock, hits, marks, proxies."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from support.editor_readers import read_fcpxml
from support.library_assets import FOOTAGE, add_video, event, video

from pipelines.export.timelines import Timelines
from pipelines.recordings import originals, update_recordings
from store import Library
from vidindex.adapters.exporters import by_name
from vidindex.errors import InputError
from vidindex.types import (
    Camera,
    Event,
    Filters,
    Hit,
    Mark,
    Moment,
    Span,
    Timeline,
    Verdict,
)

NOON = datetime(2024, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "library", create=True) as opened:
        yield opened


def add(library: Library, name: str, **changes: object) -> str:
    """A video whose id is its name, at FOOTAGE/name."""
    info = replace(video(name.ljust(32, "-")), **changes)  # type: ignore[arg-type]
    return add_video(library, info, name)


def hit(video_id: str, start_s: float, end_s: float, *also: Span, text: str = "a dog") -> Moment:
    found = event(text, start_s, end_s, video_id=video_id)
    return Moment(
        video_id=video_id,
        path="x",
        span=found.span,
        text=text,
        score=1.0,
        hits=(Hit(found, 1.0, ("words",)),),
        verdict=Verdict("verified", 1.0, Span(start_s + 0.4, end_s), also=also),
    )


def fcpxml(timeline: Timeline) -> str:
    stream = io.StringIO()
    by_name("fcpxml").write(timeline, stream)
    return stream.getvalue()


def test_files_stand_whole_one_behind_the_other_in_the_order_they_were_named(
    library: Library,
) -> None:
    add(library, "a.mp4", duration_s=10.0)
    add(library, "b.mp4", duration_s=20.0)
    timelines = Timelines(library)
    assert [video.name for video in timelines.of_videos(["b.mp4", "a.mp4"]).videos] == [
        "b.mp4",
        "a.mp4",
    ]
    assert timelines.of_videos([]).title == "2 videos"
    read = read_fcpxml(fcpxml(timelines.of_videos([])))
    assert [(clip.name, clip.begins_s, clip.url) for clip in read] == [
        ("a.mp4", 0, (FOOTAGE / "a.mp4").as_uri()),
        ("b.mp4", 10, (FOOTAGE / "b.mp4").as_uri()),
    ]


def test_only_events_of_the_channels_asked_for_are_taken(library: Library) -> None:
    one = add(library, "a.mp4")
    library.events.add([event("seen", video_id=one), event("said", video_id=one, channel="speech")])
    (asked,) = Timelines(library, ["speech"]).of_videos([]).videos
    assert [found.text for found in asked.events] == ["said"]


def test_a_recording_is_all_of_its_files(library: Library) -> None:
    for n in range(3):
        add(library, f"gate_{n}.mp4", recorded_at=NOON + timedelta(seconds=100 * n))
    add(library, "other.mp4")
    update_recordings(library)
    timeline = Timelines(library).of_recordings(["gate_1.mp4"])
    assert [video.name for video in timeline.videos] == [f"gate_{n}.mp4" for n in range(3)]
    with pytest.raises(InputError, match="no recording"):
        Timelines(library).of_recordings([])


def shoot(library: Library) -> tuple[str, str]:
    """An original and its proxy, which alone was looked at."""
    kind = {"timecode_start": "01:00:00:00", "duration_s": 100.0}
    original = add(library, "A001.mov", width=3840, height=2160, **kind)
    proxy = add(library, "Proxy/A001.mp4", **{**kind, "duration_s": 100.04})
    update_recordings(library)
    library.events.add(
        [
            event("a dog", 10.0, 20.0, video_id=proxy),
            event("to the end", 90.0, 100.04, video_id=proxy),
            event("told", 1.0, 2.0, video_id=proxy, channel="subtitle"),
            event("told in full", 1.0, 2.0, video_id=original, channel="subtitle"),
        ]
    )
    return original, proxy


def test_a_proxy_and_its_original_are_one_asset_and_the_original_is_exported(
    library: Library,
) -> None:
    original, proxy = shoot(library)
    assert originals(library) == {proxy: original}
    for names in ([], ["Proxy/A001.mp4"], ["A001.mov"], ["A001.mov", "Proxy/A001.mp4"]):
        (asset,) = Timelines(library).of_videos(names).videos
        assert (asset.name, asset.video.video_id) == ("A001.mov", original)
        assert {found.video_id for found in asset.events} == {original}
        assert sorted(found.text for found in asset.events) == [
            "a dog",
            "to the end",
            "told in full",
        ]
        assert max(found.span.end_s for found in asset.events) == asset.video.duration_s


def test_a_hit_in_a_proxy_is_exported_as_its_original(library: Library) -> None:
    _, proxy = shoot(library)
    timeline = Timelines(library).of_moments([hit(proxy, 10.0, 20.0)], "dogs")
    (clip,) = read_fcpxml(fcpxml(timeline))
    assert (clip.name, clip.url) == ("A001.mov", (FOOTAGE / "A001.mov").as_uri())
    assert clip.source_s == (Fraction("3610.4"), 3620)


def test_proxies_are_marked_again_when_recordings_are_grouped_anew(library: Library) -> None:
    original, proxy = shoot(library)
    update_recordings(library)
    known = library.recordings.all()
    update_recordings(library)
    assert library.recordings.all() == known, "nothing changed, so nothing is stored again"
    library.remove(original)
    update_recordings(library)
    assert originals(library) == {}
    assert [recording.video_ids for recording in library.recordings.all()] == [(proxy,)]


def test_hits_are_clips_best_first_where_the_verdict_put_them(library: Library) -> None:
    one, other = add(library, "a.mp4"), add(library, "b.mp4")
    moments = [hit(other, 50.0, 60.0, Span(70.0, 71.0)), hit(one, 5.0, 6.0, text="a cat")]
    timeline = Timelines(library).of_moments(moments, "a dog")
    read = read_fcpxml(fcpxml(timeline))
    assert [(clip.name, *map(float, clip.source_s), clip.markers[0][2]) for clip in read] == [
        ("b.mp4", 50.4, 60.0, "a dog"),
        ("b.mp4", 70.0, 71.0, "a dog"),
        ("a.mp4", 5.4, 6.0, "a cat"),
    ]
    assert [float(clip.begins_s) for clip in read] == [0.0, 9.6, 10.6]


def test_marks_are_clips_with_what_people_noted(library: Library) -> None:
    one = add(library, "a.mp4")
    marks = [Mark("a dog", one, Span(1, 2), "keep"), Mark("a dog", one, Span(5, 7), "note", "left")]
    timeline = Timelines(library).of_marks(marks, "case 7")
    assert [(video.clip, *video.events) for video in timeline.videos] == [
        (Span(1, 2), Event(one, Span(1, 2), "a dog", "mark", "keep")),
        (Span(5, 7), Event(one, Span(5, 7), "left", "mark", "note")),
    ]


def gate(library: Library, *starts_s: float, **changes: object) -> None:
    """Files of 60 seconds of the camera `gate` that begin that long after noon."""
    for n, start_s in enumerate(starts_s):
        add(
            library,
            f"gate/{n}.mp4",
            **{
                "duration_s": 60.0,
                "camera": "gate",
                "recorded_at": NOON + timedelta(seconds=start_s),
                "recorded_at_from": "file name",
                **changes,
            },
        )


GATE = Filters(cameras=("gate",))


def test_a_camera_is_laid_out_by_wall_clock_and_gaps_stay_gaps(library: Library) -> None:
    gate(library, 90.0, 0.0, 150.4)
    timeline = Timelines(library).of_camera(GATE)
    assert timeline.begins_at == NOON
    assert timeline.title == "gate 2024-03-01"
    read = read_fcpxml(fcpxml(timeline))
    assert [(clip.name, float(clip.begins_s)) for clip in read] == [
        ("1.mp4", 0.0),
        ("0.mp4", 90.0),
        ("2.mp4", 150.4),
    ]
    assert 'tcStart="43200s"' in fcpxml(timeline)
    assert timeline.notes == ()


def test_the_clock_of_the_camera_is_set_right_and_the_zone_is_its_own(library: Library) -> None:
    library.cameras.put(Camera("gate", zone="Europe/Berlin", offset_s=-30.0))
    gate(library, 0.0)
    timeline = Timelines(library).of_camera(GATE)
    assert timeline.begins_at is not None
    assert timeline.begins_at.isoformat() == "2024-03-01T12:59:30+01:00"
    assert 'tcStart="46770s"' in fcpxml(timeline)


def test_an_hour_that_the_clocks_repeat_is_an_hour_on_the_timeline(library: Library) -> None:
    library.cameras.put(Camera("gate", zone="Europe/Berlin"))
    before = datetime(2024, 10, 27, 0, 30, tzinfo=UTC)  # 02:30 summer time
    add(library, "a.mp4", camera="gate", recorded_at=before)
    add(library, "b.mp4", camera="gate", recorded_at=before + timedelta(hours=1))
    timeline = Timelines(library).of_camera(GATE)
    assert [video.begins_s for video in timeline.videos] == [0.0, 3600.0]


def test_only_the_day_asked_for_is_laid_out(library: Library) -> None:
    library.cameras.put(Camera("gate", zone="UTC"))
    gate(library, -12 * 3600 - 20.0, 0.0, 86_400.0)
    timeline = Timelines(library).of_camera(replace(GATE, days=(date(2024, 3, 1),)))
    assert [(video.name, video.clip, video.begins_s) for video in timeline.videos] == [
        ("gate/0.mp4", Span(20.0, 60.0), 0.0),
        ("gate/1.mp4", Span(0.0, 60.0), 12 * 3600.0),
    ]


def test_ends_that_overlap_are_cut_and_said(library: Library) -> None:
    gate(library, 0.0, 58.5, 118.49, 178.48)
    timeline = Timelines(library).of_camera(GATE)
    assert [(video.clip, video.begins_s) for video in timeline.videos] == [
        (Span(0.0, 60.0), 0.0),
        (Span(1.5, 60.0), 60.0),
        (Span(0.0, 60.0), pytest.approx(118.49)),
        (Span(0.0, 60.0), pytest.approx(178.48)),
    ]
    assert timeline.notes == ("files overlap: cut at 1 places, by 1.50 s at most",)


def test_files_that_lie_over_each_other_are_refused_with_a_remedy(library: Library) -> None:
    gate(library, 0.0, 30.0)
    with pytest.raises(InputError, match=r"gate/1.mp4 begins 30.0 s before gate/0.mp4 ends.*clock"):
        Timelines(library).of_camera(GATE)


def test_what_has_no_wall_clock_is_left_out_and_said(library: Library) -> None:
    gate(library, 0.0)
    add(library, "undated.mp4", camera="gate")
    timeline = Timelines(library).of_camera(GATE)
    assert timeline.notes == ("no wall clock, left out: undated.mp4",)
    with pytest.raises(InputError, match="called 'yard'; there are: gate"):
        Timelines(library).of_camera(Filters(cameras=("yard",)))
    with pytest.raises(InputError, match="nothing of gate"):
        Timelines(library).of_camera(replace(GATE, since=NOON + timedelta(days=9)))


def test_a_camera_of_proxies_is_exported_as_its_originals(library: Library) -> None:
    dated = {"camera": "gate", "recorded_at": NOON, "timecode_start": "12:00:00:00"}
    add(library, "A001.mov", width=3840, height=2160, **dated)
    add(library, "Proxy/A001.mp4", **dated)
    update_recordings(library)
    timeline = Timelines(library).of_camera(GATE)
    assert [video.name for video in timeline.videos] == ["A001.mov"]


def test_an_unknown_video_is_named(library: Library) -> None:
    with pytest.raises(InputError, match="no video"):
        Timelines(library).of_moments([hit("gone", 0.0, 1.0)], "x")
