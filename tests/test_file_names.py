"""What file names say of when and by which camera a file was recorded."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from vidindex.core.timing.filename_dates import read_name

BERLIN = ZoneInfo("Europe/Berlin")
AT = datetime(2024, 1, 31, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "camera", "pattern"),
    [
        ("20240131_143000.mp4", None, "date-time"),
        ("2024-01-31 14-30-00.mkv", None, "date-time"),
        ("VID_20240131_143000.mp4", None, "date-time"),
        ("VID_20240131_143000_00_001.insv", None, "date-time"),
        ("WIN_20240131_14_30_00_Pro.mp4", None, "date-time"),
        ("DJI_20240131143000_0001_D.MP4", None, "date-time"),
        ("20240131_143000(0).mp4", None, "date-time"),
        ("01-20240131143000.mp4", None, "date-time"),
        ("cam03_2024-01-31T14:30:00Z.mp4", "cam03", "date-time"),
        ("ch01_20240131143000.mp4", "ch01", "date-time"),
        ("Front Door 2024-01-31 14.30.00.mp4", "Front Door", "date-time"),
        ("192.168.1.64_01_20240131143000.mp4", "192.168.1.64_01", "date-time"),
        ("1706711400.mp4", None, "unix-time"),
        ("cam1_1706711400000.mp4", "cam1", "unix-time"),
        ("front-1706711400.123456-ab12cd.mp4", "front", "frigate-clip"),
        ("2024-01-31/14/yard/30.00.mp4", "yard", "frigate"),
        ("Camera1/2024-01-31/14-30-00.mp4", "Camera1", "day-folder"),
        ("20240131/14/30.mp4", None, "wyze"),
        ("2024013114/30M00S_1706711400.mp4", None, "xiaomi"),
        ("Front_Door-20240131-143000-1706711400.mp4", "Front_Door", "synology"),
        ("20240131_143000_1A2B_ACCC8E012345.mkv", "ACCC8E012345", "axis-card"),
        ("2024-01-31_14-30-00-left_repeater.mp4", "left_repeater", "tesla"),
        ("20240131_143000_NF.mp4", "F", "blackvue"),
        ("2024_0131_143000_0001R.MP4", "R", "viofo"),
        ("20240131143000_000123PF.MP4", "F", "viofo"),
        ("PXL_20240131_143000000.TS.mp4", None, "pixel"),
        ("GMT20240131-143000_Recording_1920x1080.mp4", None, "zoom"),
        ("Screen Recording 2024-01-31 at 2.30.00\u202fPM.mov", None, "macos"),
        ("Screen Recording 2024-01-31 at 14.30.00.mov", None, "date-time"),
    ],
)
def test_a_name_says_when_and_by_whom(name: str, camera: str | None, pattern: str) -> None:
    clock = read_name(f"footage/{name}", UTC)
    assert clock is not None
    assert (clock.starts_at, clock.camera, clock.pattern) == (AT, camera, pattern)
    assert clock.ends_at is None


@pytest.mark.parametrize(
    ("name", "camera", "minutes"),
    [
        ("NVR_ch1_main_20240131143000_20240131144500.dav", "ch1", 15),
        ("D1_S20240131143000_E20240131144500.mp4", "D1", 15),
        ("2024-01-31/002/dav/14/14.30.00-14.45.00[M][0@0][0].dav", "002", 15),
        ("RecM01_20240131_143000_020000_6D28808_2A57CF.mp4", None, 690),
        ("1706711400-1706712300.mp4", None, 15),
    ],
)
def test_a_name_may_say_the_end_too(name: str, camera: str | None, minutes: int) -> None:
    clock = read_name(name, UTC)
    assert clock is not None
    assert (clock.starts_at, clock.camera) == (AT, camera)
    assert clock.ends_at == AT + timedelta(minutes=minutes)


def test_a_name_without_a_zone_is_in_the_zone_given() -> None:
    clock = read_name("20240131_143000.mp4", BERLIN)
    assert clock is not None
    assert clock.starts_at.isoformat() == "2024-01-31T14:30:00+01:00"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a_2024-01-31T14:30:00Z.mp4", "2024-01-31T14:30:00+00:00"),
        ("Roof_2020-11-09T10_30_54-0800.mp4", "2020-11-09T10:30:54-08:00"),
        ("2020-11-26T02_06_04+05_30.mp4", "2020-11-26T02:06:04+05:30"),
        ("PXL_20240131_143000123.mp4", "2024-01-31T14:30:00.123000+00:00"),
    ],
)
def test_a_zone_in_the_name_wins_over_the_zone_given(name: str, said: str) -> None:
    clock = read_name(name, BERLIN)
    assert clock is not None
    assert clock.starts_at.isoformat() == said


@pytest.mark.parametrize(
    "name",
    [
        "GX010034.MP4",
        "C0001.MP4",
        "2024-01-31.mp4",
        "VID-20240131-WA0001.mp4",
        "20240230_143000.mp4",  # no such day
        "20240131_246000.mp4",  # no such time
        "20241331143000.mp4",  # no such month
        "Front Door - 2-9-2020, 11.21.12pm.mp4",  # February or September
        "240131_143000.mp4",  # 2024-01-31 or 2031-01-24
        "x 2024-01-31 02.30.00 PM.mp4",  # 02:30 or 14:30
        "x_2024-01-31_14-30-00-0500.mp4",  # a zone or a running number
        "2024-01-31_14-30-00 CET.mp4",
        "20240131_143000+0537.mp4",
        "a_20240131_143000_b_20230131_143000.mp4",  # two dates
        "NVR_ch1_main_20240131144500_20240131143000.dav",  # ends before it starts
        "order_1706711400.mp4",
        "2024013114.mp4",
        "9999999999.mp4",
        "123456789012345678901234567890.mp4",
        "",
    ],
)
def test_what_could_mean_two_things_or_nothing_is_not_guessed(name: str) -> None:
    assert read_name(name, UTC) is None


@pytest.mark.parametrize("time", ["20240331_023000", "20241027_023000"])
def test_a_local_time_that_summer_time_skips_or_repeats_is_not_guessed(time: str) -> None:
    assert read_name(f"{time}.mp4", BERLIN) is None
    assert read_name(f"{time}.mp4", UTC) is not None
