"""Searching by the wall clock: a wrong camera, a gap, a file of unknown hour."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from support import film_assets as films

from pipelines.cameras import dated, wall_clock_of
from vidindex.app import App, Settings, open_library
from vidindex.cli.main import run_command
from vidindex.core.formatting.terminal import coverage_line, hit_line
from vidindex.core.timing.wall_window import wall_window
from vidindex.errors import InputError
from vidindex.types import Camera, Filters, Query, SearchResult, Span

TWO_PM = datetime(2024, 3, 1, 14, tzinfo=UTC)
DAY = date(2024, 3, 1)
TOKYO = ZoneInfo("Asia/Tokyo")


def at(minutes: float) -> datetime:
    return TWO_PM + timedelta(minutes=minutes)


def film(path: Path) -> None:
    """Six seconds; a red van waits in the third."""
    films.titled(path, [(6, path.stem)], [(2.0, 3.0, f"A red van waits at {path.stem}.")])


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("footage")
    for name in (
        "cam1_20240301_140000",
        "cam1_20240301_140006",
        "cam2_20240301_135805",  # its clock is 115 s slow: true is 14:00:00
        "cam3_20240301_140000",
        "cam3_20240301_143100",
        "handheld",
    ):
        film(folder / f"{name}.mp4")
    return folder


@pytest.fixture(scope="module")
def app(footage: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    place = tmp_path_factory.mktemp("searched") / "library"
    with open_library(place, Settings(model="none", ocr=False, zone="UTC")) as opened:
        for name in ("cam1", "cam2", "cam3"):
            opened.set_camera(Camera(name, zone="UTC"))
        opened.ingest(footage)
        opened.set_camera(Camera("cam2", zone="UTC", offset_s=115.0))
        yield opened


def search(app: App, **filters: object) -> SearchResult:
    return app.search(Query("red van waits", Filters(**filters)))  # type: ignore[arg-type]


def names(result: SearchResult) -> list[str]:
    return sorted(moment.path.removesuffix(".mp4") for moment in result.moments)


def test_hours_let_in_what_was_recorded_then_by_the_true_clock(app: App) -> None:
    assert names(search(app, since=at(0), until=at(1))) == [
        "cam1_20240301_140000",
        "cam1_20240301_140006",
        "cam2_20240301_135805",
        "cam3_20240301_140000",
    ]
    assert names(search(app, since=at(-10), until=at(0))) == []
    assert names(search(app, since=at(10))) == ["cam3_20240301_143100"]
    assert names(search(app, until=at(10), cameras=("cam2",))) == ["cam2_20240301_135805"]


def test_hours_cut_within_a_file(app: App) -> None:
    second = 1 / 60
    early, late = at(2 * second), at(3 * second)
    assert "cam1_20240301_140000" in names(search(app, since=early, until=late))
    assert "cam1_20240301_140000" not in names(search(app, since=at(0), until=early))
    spans = app.library.videos.selected(Filters(since=early, until=late, cameras=("cam2",)))
    assert list(spans.values()) == [[Span(2.0, 3.0)]]


def test_a_day_is_that_of_the_clock_set_right(app: App) -> None:
    assert len(names(search(app, days=(DAY,)))) == 5
    app.set_camera(Camera("cam2", zone="UTC", offset_s=86_400.0))
    assert len(names(search(app, days=(DAY,)))) == 4
    assert names(search(app, days=(DAY + timedelta(days=1),))) == ["cam2_20240301_135805"]
    app.set_camera(Camera("cam2", zone="UTC", offset_s=115.0))


def test_a_drift_counts_from_its_beginning(app: App) -> None:
    two_a_day = Camera("cam2", None, "UTC", 115.0, 2 / 86_400, at(0) - timedelta(days=10))
    app.set_camera(two_a_day)
    (moment,) = dated(app.library, search(app, cameras=("cam2",)).moments)
    app.set_camera(Camera("cam2", zone="UTC", offset_s=115.0))
    assert moment.starts_at is not None
    late_s = (moment.starts_at - at(0)).total_seconds() - moment.verdict.span.start_s
    assert late_s == pytest.approx(20.0, abs=0.01)


def test_a_file_of_unknown_hour_is_left_out_and_counted(app: App) -> None:
    result = search(app, since=at(0), until=at(60))
    assert result.coverage.undated == 1
    assert "1 file of unknown hour left out" in coverage_line(result.coverage)
    everywhere = search(app)
    assert "handheld" in names(everywhere)
    assert everywhere.coverage.undated == 0


def test_what_was_searched_is_what_the_hours_let_in(app: App) -> None:
    second = 1 / 60
    result = search(app, since=at(0), until=at(2 * second))
    assert result.coverage.num_files == 3
    assert result.coverage.duration_s == pytest.approx(6.0, abs=0.01)
    assert result.coverage.not_seen_s == pytest.approx(6.0, abs=0.01)


def test_gaps_are_named_within_the_hours_asked_for(app: App) -> None:
    def told(result: SearchResult) -> set[tuple[str, float, float]]:
        return {
            (
                gap.camera,
                round((gap.since - at(0)).total_seconds()),
                round((gap.until - at(0)).total_seconds()),
            )
            for gap in result.coverage.gaps
        }

    assert told(search(app)) == {("cam3", 6, 31 * 60)}
    assert told(search(app, since=at(0), until=at(32))) == {
        ("cam1", 12, 32 * 60),
        ("cam2", 6, 32 * 60),
        ("cam3", 6, 31 * 60),
        ("cam3", 31 * 60 + 6, 32 * 60),
    }
    assert told(search(app, since=at(10), until=at(20), cameras=("cam3",))) == {("cam3", 600, 1200)}
    one_file = ("cam3_20240301_1400*",)
    assert told(search(app, globs=one_file, since=at(10), until=at(40))) == {
        ("cam3", 600, 31 * 60),
        ("cam3", 31 * 60 + 6, 2400),
    }, "a file that the glob leaves out is no gap"
    assert told(search(app, globs=one_file)) == set()


def test_a_camera_that_recorded_nothing_in_these_hours_is_named(app: App) -> None:
    app.set_camera(Camera("cam9", "cam9*", "UTC"))
    gaps = search(app, since=at(0), until=at(1)).coverage.gaps
    app.remove_camera("cam9")
    assert [(g.camera, g.since, g.until) for g in gaps if g.camera == "cam9"] == [
        ("cam9", at(0), at(1))
    ]


def test_what_is_to_come_is_no_gap(app: App) -> None:
    now = datetime.now(UTC)
    gaps = search(app, since=at(0), until=now + timedelta(days=365)).coverage.gaps
    assert max(gap.until for gap in gaps) <= datetime.now(UTC)


def test_a_hit_tells_its_wall_clock_in_the_zone_of_its_camera(app: App) -> None:
    app.set_camera(Camera("cam2", zone="Asia/Tokyo", offset_s=115.0))
    (moment,) = dated(app.library, search(app, cameras=("cam2",)).moments)
    app.set_camera(Camera("cam2", zone="UTC", offset_s=115.0))
    assert moment.starts_at is not None
    assert moment.starts_at.isoformat() == "2024-03-01T14:00:02+09:00"
    assert "00:00:02.0 – 00:00:03.0  2024-03-01 14:00:02+09:00" in hit_line(1, moment)


def test_a_hit_of_unknown_hour_tells_none(app: App) -> None:
    (moment,) = dated(app.library, search(app, globs=("handheld*",)).moments)
    assert moment.starts_at is None
    assert wall_clock_of(app.library, moment.video_id) is None
    assert "2024" not in hit_line(1, moment)


def test_the_users_word_for_a_file_is_not_set_right_again(footage: Path, tmp_path: Path) -> None:
    given = Settings(model="none", ocr=False, recorded_at=at(0))
    with open_library(tmp_path / "library", given) as app:
        app.set_camera(Camera("cam2", zone="UTC", offset_s=115.0))
        app.ingest(footage / "cam2_20240301_135805.mp4")
        assert [video.starts_at for video in app.videos()] == [at(0)]
        assert names(search(app, since=at(0), until=at(1))) == ["cam2_20240301_135805"]


def test_hours_without_a_day_are_of_the_day_asked_for_or_of_today() -> None:
    since, until = wall_window(time(14), datetime(2024, 3, 2, 1, tzinfo=UTC), [None], [DAY])
    assert since == datetime(2024, 3, 1, 14).astimezone()
    assert until == datetime(2024, 3, 2, 1, tzinfo=UTC)
    since, until = wall_window(time(0, tzinfo=UTC), None, [None])
    assert since is not None
    assert since.date() == datetime.now().date()
    assert until is None


def test_today_and_its_hours_are_those_of_the_camera() -> None:
    late = datetime(2024, 3, 1, 20, tzinfo=UTC)  # in Tokyo it is tomorrow
    assert wall_window(time(3), None, [TOKYO], now=late) == (at(4 * 60), None)


def test_cameras_of_several_zones_read_an_hour_each_by_its_own_clock() -> None:
    two = datetime(2024, 3, 1, 14)
    assert wall_window(two, None, [TOKYO, UTC]) == (two, None)
    assert wall_window(two, None, [UTC, ZoneInfo("Africa/Abidjan")]) == (TWO_PM, None)
    assert wall_window(TWO_PM, None, [TOKYO, UTC]) == (TWO_PM, None)


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        (time(22), time(2), [DAY]),
        (time(14), None, [DAY, DAY + timedelta(days=1)]),
        (datetime(2024, 3, 1, 14), datetime(2024, 3, 1, 14), []),
    ],
)
def test_hours_that_are_no_stretch_of_time_are_refused(
    since: datetime | time, until: datetime | time | None, days: list[date]
) -> None:
    with pytest.raises(InputError, match="day"):
        wall_window(since, until, [None], days)


def test_an_hour_that_a_zone_of_the_cameras_skips_is_refused() -> None:
    with pytest.raises(InputError, match="write its offset"):
        wall_window(datetime(2024, 3, 31, 2, 30), None, [UTC, ZoneInfo("Europe/Berlin")])


def test_a_search_reads_hours_by_the_clock_of_its_cameras(app: App) -> None:
    app.set_camera(Camera("cam2", zone="Asia/Tokyo", offset_s=115.0))
    app.set_camera(Camera("cam1", zone="UTC"))
    try:
        half_past = {"since": datetime(2024, 3, 1, 13, 59), "until": datetime(2024, 3, 1, 14, 1)}
        assert names(search(app, **half_past, cameras=("cam2",))) == ["cam2_20240301_135805"]
        everywhere = search(app, **half_past)
        assert "cam1_20240301_140000" in names(everywhere)
        assert "cam2_20240301_135805" in names(everywhere), "14:00 in Tokyo is 05:00 UTC"
        exact = {key: value.replace(tzinfo=UTC) for key, value in half_past.items()}
        assert "cam2_20240301_135805" not in names(search(app, **exact))
    finally:
        app.set_camera(Camera("cam2", zone="UTC", offset_s=115.0))


def test_an_unknown_camera_is_an_error_that_names_those_there_are(app: App) -> None:
    says = "called 'cam7'; there are: cam1, cam2, cam3"
    wanted = Filters(cameras=("cam1", "cam7"))
    with pytest.raises(InputError, match=says):
        app.search(Query("red van waits", wanted))
    with pytest.raises(InputError, match=says):
        app.candidates(Query("red van waits", wanted))
    with pytest.raises(InputError, match=says):
        app.ask("did a red van wait?", wanted)
    with pytest.raises(InputError, match=says):
        app.summarize(filters=wanted)
    with pytest.raises(InputError, match=says):
        app.set_camera(Camera("cam7", zone="UTC"))
    with pytest.raises(InputError, match="'cam7'; there are: cam1, cam2, cam3"):
        app.remove_camera("cam7")
    assert names(search(app, cameras=("camera 1",))) == names(search(app, cameras=("cam1",)))


def test_the_command_line_searches_by_hours_and_names_the_gap(
    footage: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library = ["--library", str(tmp_path / "library")]
    assert run_command(["ingest", str(footage), *library, "--model=none", "--no-ocr", "-q"]) == 0
    slow = ["--shows", "13:58:05", "--truth", "14:00:00"]
    assert run_command(["cameras", "set", "cam2", *slow, *library]) == 0
    capsys.readouterr()
    hours = ["--since", "2024-03-01 14:00", "--until", "2024-03-01 14:31"]
    asked = ["search", "red van waits", *hours, *library, "--model=none"]
    assert run_command(asked) == 0
    *hits, coverage = capsys.readouterr().out.splitlines()
    zone = datetime(2024, 3, 1, 14).astimezone().isoformat()[-6:]
    assert sorted(line.split("  ")[2:5:2] for line in hits) == [
        ["cam1_20240301_140000.mp4", f"2024-03-01 14:00:02{zone}"],
        ["cam1_20240301_140006.mp4", f"2024-03-01 14:00:08{zone}"],
        ["cam2_20240301_135805.mp4", f"2024-03-01 14:00:02{zone}"],
        ["cam3_20240301_140000.mp4", f"2024-03-01 14:00:02{zone}"],
    ]
    assert coverage.startswith("4 files, 24.0 s searched")
    assert "1 file of unknown hour left out" in coverage
    assert f"cam3 has no recording 2024-03-01 14:00:06 – 14:31:00{zone}" in coverage
    assert run_command([*asked, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert {gap["camera"] for gap in answer["coverage"]["gaps"]} == {"cam1", "cam2", "cam3"}
    assert all(moment["starts_at"] for moment in answer["moments"])
