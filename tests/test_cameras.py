"""Cameras: whose file it is, in which zone its name is read, and what its clock is off."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support import film_assets as films
from support.library_assets import add_video, place, video

from pipelines.cameras import file_video, list_cameras, remove_camera, set_camera
from pipelines.recordings import update_recordings
from store import Library
from vidindex.cli.main import run_command
from vidindex.errors import InputError
from vidindex.types import Camera, VideoInfo

A, B = "a" * 32, "b" * 32
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


def add(library: Library, name: str, info: VideoInfo) -> VideoInfo:
    """A video that lies there, filed as the scan does it."""
    video_id = add_video(library, info, name)
    file_video(library, video_id)
    return stored(library, video_id)


def stored(library: Library, video_id: str = B) -> VideoInfo:
    info = library.videos.get(video_id)
    assert info is not None
    return info


def from_name(at: datetime) -> VideoInfo:
    return dated(at, "file name")


def dated(at: datetime, source: str) -> VideoInfo:
    return replace(video(B, recorded_at=at), recorded_at_from=source)


def test_a_camera_is_kept_with_its_clock_and_can_be_forgotten(library: Library) -> None:
    camera = Camera("gate", "gate/*", "Europe/Berlin", -90.0, 2 / 86_400, NOON)
    library.cameras.put(camera)
    assert library.cameras.get("gate") == camera
    assert library.cameras.get("yard") is None
    library.cameras.remove("gate")
    assert library.cameras.all() == []
    with pytest.raises(InputError, match="'gate'"):
        library.cameras.remove("gate")


@pytest.mark.parametrize(
    ("camera", "says"),
    [
        (Camera("gate", zone="Berlin"), "not a time zone"),
        (Camera("gate", drift=0.001), "drift_from"),
    ],
)
def test_a_camera_that_no_search_could_use_is_refused(
    library: Library, camera: Camera, says: str
) -> None:
    with pytest.raises(InputError, match=says):
        library.cameras.put(camera)
    assert library.cameras.all() == []


def test_the_file_name_names_the_camera_and_a_pattern_of_the_table_wins(library: Library) -> None:
    assert add(library, "disk1/cam1_20240301_140000.mp4", video(B)).camera == "cam1"
    set_camera(library, Camera("yard", pattern="disk1/*"))
    assert stored(library).camera == "yard"
    set_camera(library, Camera("gate", pattern="disk1/cam1*"))
    assert stored(library).camera == "gate", "the longer pattern says more"
    remove_camera(library, "gate")
    assert stored(library).camera == "yard"
    remove_camera(library, "yard")
    assert stored(library).camera == "cam1"


def test_a_pattern_gives_a_camera_to_files_whose_names_say_none(library: Library) -> None:
    assert add(library, "yard/film.mp4", video(B)).camera is None
    set_camera(library, Camera("yard", pattern="yard/*"))
    assert stored(library).camera == "yard"
    library.videos.put_location(B, place("gate/film.mp4"))
    set_camera(library, Camera("gate", pattern="gate/*"))
    file_video(library, B, place("gate/film.mp4"))
    assert stored(library).camera == "gate", "where it was seen last counts"


def test_a_copy_under_another_name_changes_neither_camera_nor_start(library: Library) -> None:
    library.cameras.put(Camera("cam1", zone="UTC"))
    before = add(library, "cam1_20240301_120000.mp4", from_name(NOON))
    copy = place("case7_20260101_090000.mp4")
    library.videos.put_location(B, copy)
    file_video(library, B, copy)
    assert stored(library) == before


def test_a_zone_decides_how_names_without_one_are_read(library: Library) -> None:
    read_as_utc = datetime(2024, 7, 1, 14, tzinfo=UTC)
    add(library, "cam1_20240701_140000.mp4", from_name(read_as_utc))
    set_camera(library, Camera("cam1", zone="Europe/Berlin"))
    assert stored(library).recorded_at == read_as_utc - timedelta(hours=2)
    set_camera(library, Camera("cam1", zone="Asia/Tokyo"))
    assert stored(library).recorded_at == read_as_utc - timedelta(hours=9)


def test_a_zone_changes_nothing_that_the_user_or_a_name_with_a_zone_said(library: Library) -> None:
    library.cameras.put(Camera("cam1", zone="Europe/Berlin"))
    said = add(library, "cam1_20240301_140000.mp4", dated(NOON, "user"))
    assert (said.recorded_at, said.camera) == (NOON, "cam1")
    zoned = replace(from_name(NOON), video_id="c" * 32)
    assert add(library, "cam1_20240301T120000Z.mp4", zoned) == replace(zoned, camera="cam1")


def test_an_hour_that_the_zone_shows_twice_is_no_known_hour_until_another_zone_says_it(
    library: Library,
) -> None:
    read_as_utc = datetime(2024, 10, 27, 2, 30, tzinfo=UTC)
    add(library, "cam1_20241027_023000.mp4", from_name(read_as_utc))
    listed = set_camera(library, Camera("cam1", zone="Europe/Berlin"))
    assert (stored(library).recorded_at, listed.undated) == (None, 1)
    listed = set_camera(library, Camera("cam1", zone="Asia/Tokyo"))
    assert stored(library).recorded_at == read_as_utc - timedelta(hours=9)
    assert listed.undated == 0


def test_files_follow_their_camera_into_its_recordings(library: Library) -> None:
    add(library, "yard/film.mp4", from_name(NOON))
    update_recordings(library)
    set_camera(library, Camera("yard", pattern="yard/*"))
    recording = library.recordings.of_video(B)
    assert recording is not None
    assert recording.camera == "yard"


def test_cameras_are_listed_with_the_hours_that_they_recorded(library: Library) -> None:
    add(library, "cam1_20240301_120000.mp4", from_name(NOON))
    set_camera(library, Camera("cam1", zone="UTC", offset_s=60.0))
    set_camera(library, Camera("cam2", "cam2*"))
    one, two = list_cameras(library)
    assert (one.num_files, one.duration_s) == (1, 100.0)
    assert (one.first_at, one.last_at) == (
        NOON + timedelta(seconds=60),
        NOON + timedelta(seconds=160),
    )
    assert (two.camera.name, two.num_files, two.first_at) == ("cam2", 0, None)


def call(library: Path, *words: str) -> int:
    return run_command([words[0], "--library", str(library), *words[1:]])


def test_the_command_keeps_what_is_not_said_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "library"
    assert call(place, "cameras", "set", "gate", "--pattern", "gate/*", "--zone", "UTC") == 0
    shown = ["--shows", "14:00:05", "--truth", "14:02:00"]
    assert run_command(["cameras", "set", "gate", "--library", str(place), *shown]) == 0
    drift = ["--drift", "-2.5", "--drift-from", "2024-03-01 12:00"]
    assert call(place, "cameras", "set", "gate", *drift) == 0
    capsys.readouterr()
    assert call(place, "cameras", "--json") == 0
    (listed,) = json.loads(capsys.readouterr().out)
    camera = listed["camera"]
    assert (camera["pattern"], camera["zone"], camera["offset_s"]) == ("gate/*", "UTC", 115.0)
    assert camera["drift_from"] == "2024-03-01T12:00:00+00:00"
    assert call(place, "cameras") == 0
    assert "+115 s, -2.5 s a day" in capsys.readouterr().out
    assert call(place, "cameras", "set", "gate", "--offset", "-1m30s", "--pattern", "") == 0
    out = capsys.readouterr().out
    assert "-90 s, -2.5 s a day" in out
    assert "gate/*" not in out
    assert call(place, "cameras", "remove", "gate") == 0
    assert call(place, "cameras", "remove", "gate") == 2
    assert (
        "nothing was said of a camera 'gate'; the library has no cameras" in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("shows", "truth", "offset_s"),
    [
        ("23:59:30", "00:00:10", 40.0),
        ("00:00:10", "23:59:30", -40.0),
        ("2024-03-01 14:00", "2024-03-03 14:00:01", 172_801.0),
        ("2024-03-01T14:00+01:00", "2024-03-01T14:00Z", 3600.0),
    ],
)
def test_what_a_clock_showed_at_what_hour_says_how_far_it_is_off(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    shows: str,
    truth: str,
    offset_s: float,
) -> None:
    words = ["set", "gate", "--shows", shows, "--truth", truth, "--json"]
    assert call(tmp_path / "library", "cameras", *words) == 0
    assert json.loads(capsys.readouterr().out)["camera"]["offset_s"] == offset_s


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--shows", "14:00"], "--shows and --truth go together"),
        (["--shows", "14:00", "--truth", "2024-03-01 14:00"], "write both alike"),
        (["--zone", "Berlin"], "Europe/Berlin"),
        (["--drift", "2"], "--drift-from"),
        (["--offset", "soon"], "is not a time"),
    ],
)
def test_what_a_camera_cannot_be_is_refused_with_a_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    assert call(tmp_path / "library", "cameras", "set", "gate", *words) == 2
    assert says in capsys.readouterr().err


def ingest(library: Path, *words: str) -> int:
    return call(library, "ingest", *words, "--model", "none", "--no-ocr", "-q")


def listed(library: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    capsys.readouterr()
    assert call(library, "list", "--json") == 0
    found: list[dict[str, object]] = json.loads(capsys.readouterr().out)
    return found


def test_the_user_dates_a_new_file_and_one_that_is_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = films.titled(tmp_path / "cam1_20240301_140000.mp4", [(1, "A")])
    place = tmp_path / "library"
    assert ingest(place, str(film), "--recorded-at", "2024-03-02 09:00+01:00") == 0
    (one,) = listed(place, capsys)
    assert datetime.fromisoformat(str(one["starts_at"])) == datetime(2024, 3, 2, 8, tzinfo=UTC)
    call(place, "cameras", "set", "cam1", "--offset", "60", "--zone", "Asia/Tokyo")
    assert ingest(place, str(film), "--recorded-at", "2024-03-03 09:00", "--zone", "UTC") == 0
    assert ingest(place, str(film)) == 0, "what was said is not forgotten"
    (one,) = listed(place, capsys)
    assert one["starts_at"] == "2024-03-03T18:00:00+09:00"
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(film.read_bytes())
    assert ingest(place, str(copy), "--recorded-at", "2024-03-04T09:00Z") == 0
    (one,) = listed(place, capsys)
    assert one["starts_at"] == "2024-03-04T18:00:00+09:00", "a copy is the same video"


def test_the_zone_of_names_is_the_cameras_then_the_one_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in (1, 2):
        films.titled(tmp_path / f"cam{number}_20240301_140000.mp4", [(1, f"{number}")])
    place = tmp_path / "library"
    assert call(place, "cameras", "set", "cam2", "--zone", "Asia/Tokyo") == 0
    assert ingest(place, str(tmp_path), "--zone", "America/New_York") == 0
    starts = [datetime.fromisoformat(str(one["starts_at"])) for one in listed(place, capsys)]
    assert starts == [
        datetime(2024, 3, 1, 19, tzinfo=UTC),
        datetime(2024, 3, 1, 5, tzinfo=UTC),
    ]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--recorded-at", "2024-03-01 14:00"], "is of one file"),
        (["--recorded-at", "14:00"], "is not a valid time"),
        (["--recorded-at", "2024-10-27 02:30", "--zone", "Europe/Berlin"], "write its offset"),
        (["--zone", "Berlin"], "not a time zone"),
    ],
)
def test_a_recording_time_that_says_no_instant_of_one_file_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    assert ingest(tmp_path / "library", str(tmp_path), *words) == 2
    assert says in capsys.readouterr().err
