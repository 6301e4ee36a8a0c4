"""Wall clocks of media: which one is believed, and how it runs."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidindex.core.timing.wall_clock import (
    at_zone,
    choose_start,
    media_time,
    wall_clock,
    wall_time,
    zone_named,
)
from vidindex.errors import InputError
from vidindex.types import Camera

START = datetime(2024, 1, 31, 14, 30, tzinfo=UTC)
NOW = datetime(2024, 6, 1, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("user", "file_name", "container", "source"),
    [
        (START, START + timedelta(1), START + timedelta(2), "user"),
        (None, START, START + timedelta(2), "file name"),
        (None, None, START, "container"),
    ],
)
def test_the_user_is_believed_before_the_name_and_the_name_before_the_container(
    user: datetime | None, file_name: datetime | None, container: datetime | None, source: str
) -> None:
    chosen = choose_start(
        user=user, file_name=file_name, container=container, duration_s=60.0, now=NOW
    )
    assert (chosen.at, chosen.source) == (START, source)


@pytest.mark.parametrize(
    "container",
    [
        datetime(1904, 1, 1, tzinfo=UTC),
        datetime(1970, 1, 1, 0, 0, 7, tzinfo=UTC),
        datetime(1980, 1, 1, tzinfo=UTC),
        datetime(2000, 1, 1, 3, 15, tzinfo=UTC),
        NOW + timedelta(days=400),
    ],
)
def test_a_container_clock_that_was_never_set_is_refused_and_said(container: datetime) -> None:
    chosen = choose_start(user=None, file_name=None, container=container, duration_s=60.0, now=NOW)
    assert chosen.at is None
    assert container.isoformat() in chosen.reason


@pytest.mark.parametrize(
    ("later_s", "reason"),
    [
        (0.0, "file name, and the container agrees"),
        (600.0, "file name, and the container notes the end"),
        (3600.0, "file name; the container is 3600 s later"),
        (-3600.0, "file name; the container is 3600 s earlier"),
    ],
)
def test_what_the_container_says_beside_the_name_is_kept(later_s: float, reason: str) -> None:
    chosen = choose_start(
        user=None,
        file_name=START,
        container=START + timedelta(seconds=later_s),
        duration_s=600.0,
        now=NOW,
    )
    assert (chosen.at, chosen.reason) == (START, reason)


def test_without_any_clock_there_is_no_start() -> None:
    chosen = choose_start(user=None, file_name=None, container=None, duration_s=60.0, now=NOW)
    assert (chosen.at, chosen.source) == (None, None)


def test_a_recording_over_the_change_of_summer_time_keeps_true_seconds() -> None:
    local = datetime(2024, 3, 31, 1, 59, 0)
    for before in (at_zone(local, BERLIN), local.replace(tzinfo=BERLIN)):
        after = wall_time(before, 120.0)
        assert after.astimezone(UTC) - before.astimezone(UTC) == timedelta(seconds=120)
        assert after.astimezone(BERLIN).hour == 3


def test_a_fast_camera_is_set_right_by_offset_and_drift() -> None:
    camera = Camera("gate", offset_s=-30.0, drift=-0.001, drift_from=START)
    assert wall_time(START, 1000.0, camera) == START + timedelta(seconds=1000 - 30 - 1)


@given(
    time_s=st.floats(0, 1e6),
    offset_s=st.floats(-1e5, 1e5),
    drift=st.floats(-0.01, 0.01),
    since_s=st.floats(-1e6, 1e6),
)
def test_wall_clock_and_media_time_are_inverse(
    time_s: float, offset_s: float, drift: float, since_s: float
) -> None:
    begin = START + timedelta(seconds=since_s)
    camera = Camera("gate", offset_s=offset_s, drift=drift, drift_from=begin)
    there = wall_time(START, time_s, camera)
    assert media_time(START, there, camera) == pytest.approx(time_s, abs=1e-4)


def test_what_the_user_said_is_true_and_everything_else_is_the_cameras_word() -> None:
    camera = Camera("gate", zone="Europe/Berlin", offset_s=60.0)
    for source in ("file name", "container"):
        clock = wall_clock(START, source, camera)
        assert clock is not None
        assert clock.at(5.0).isoformat() == "2024-01-31T15:31:05+01:00"
        assert clock.media_time(START + timedelta(seconds=65)) == 5.0
    said = wall_clock(START, "user", camera)
    assert said is not None
    assert said.at(5.0).isoformat() == "2024-01-31T15:30:05+01:00"
    assert wall_clock(None, None, camera) is None


def test_a_film_of_before_1970_has_a_wall_clock() -> None:
    old = datetime(1955, 6, 1, 12, tzinfo=UTC)
    assert wall_time(old, 90.5) == old + timedelta(seconds=90.5)


def test_a_drift_without_a_beginning_is_refused() -> None:
    with pytest.raises(InputError, match="drift_from"):
        wall_time(START, 1.0, Camera("gate", drift=0.001))


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "europe"])
def test_an_unknown_zone_is_refused_with_an_example(name: str) -> None:
    with pytest.raises(InputError, match="Europe/Berlin"):
        zone_named(name)
