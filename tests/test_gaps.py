"""Where a camera has no recording, and which stretches of wall clock filters ask for."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from vidindex.core.timing.recording_gaps import TOLERANCE_S, gaps, stretches_asked
from vidindex.types import Filters

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def at(time_s: float) -> datetime:
    return NOON + timedelta(seconds=time_s)


def named(
    *recorded: tuple[float, float], within: tuple[float | None, float | None] = (None, None)
) -> list[tuple[float, float]]:
    """The gaps of these files, in seconds after noon."""
    since, until = (None if edge is None else at(edge) for edge in within)
    found = gaps("cam", unix(*((at(a), at(b)) for a, b in recorded)), [(since, until)], UTC)
    return [((g.since - NOON).total_seconds(), (g.until - NOON).total_seconds()) for g in found]


def unix(*recorded: tuple[datetime, datetime]) -> list[tuple[float, float]]:
    return [(start.timestamp(), end.timestamp()) for start, end in recorded]


def test_a_gap_lies_between_the_end_of_one_file_and_the_start_of_the_next() -> None:
    assert named((0, 60), (60, 120), (300, 360)) == [(120, 300)]
    assert named((300, 360), (0, 60), (60, 120)) == [(120, 300)]


def test_what_a_recorder_loses_between_two_files_is_no_gap() -> None:
    assert named((0, 60), (60 + TOLERANCE_S, 120)) == []
    assert named((0, 60), (60.5 + TOLERANCE_S, 120)) == [(60, 60.5 + TOLERANCE_S)]


def test_files_that_overlap_or_lie_in_each_other_leave_no_gap() -> None:
    assert named((0, 600), (100, 200), (300, 900)) == []
    assert named((0, 600), (100, 200), (700, 900)) == [(600, 700)]


def test_the_hours_that_were_asked_for_count_to_their_ends() -> None:
    files = ((0, 60), (300, 360))
    assert named(*files, within=(-100, 500)) == [(-100, 0), (60, 300), (360, 500)]
    assert named(*files, within=(30, 330)) == [(60, 300)]
    assert named(*files, within=(100, 200)) == [(100, 200)]
    assert named(*files, within=(400, 500)) == [(400, 500)]


def test_an_open_end_claims_nothing_beyond_the_files() -> None:
    files = ((0, 60), (300, 360))
    assert named(*files, within=(30, None)) == [(60, 300)]
    assert named(*files, within=(-100, None)) == [(-100, 0), (60, 300)]
    assert named(*files, within=(None, 500)) == [(60, 300), (360, 500)]
    assert named(within=(None, 500)) == []


def test_a_camera_without_files_has_none_in_all_the_hours_asked_for() -> None:
    assert named(within=(0, 500)) == [(0, 500)]
    assert named() == []


def test_a_gap_is_told_in_the_zone_of_its_camera() -> None:
    (gap,) = gaps("cam", unix((at(0), at(60)), (at(120), at(180))), zone=BERLIN)
    assert gap.since.isoformat() == "2024-03-01T13:01:00+01:00"


def test_the_hour_that_comes_twice_is_as_long_as_it_was() -> None:
    first = datetime(2024, 10, 27, 2, 30, tzinfo=BERLIN)
    again = first.replace(fold=1)
    recorded = [(first - timedelta(minutes=5), first), (again, again + timedelta(minutes=5))]
    (gap,) = gaps("cam", unix(*recorded), zone=BERLIN)
    assert gap.until.astimezone(UTC) - gap.since.astimezone(UTC) == timedelta(hours=1)


@given(
    st.lists(st.tuples(st.integers(0, 500), st.integers(1, 100)), max_size=8),
    st.integers(0, 500),
    st.integers(1, 300),
)
def test_every_second_asked_for_is_recorded_or_in_a_gap_or_within_the_tolerance(
    files: list[tuple[int, int]], since: int, lasts: int
) -> None:
    recorded = [(float(start), float(start + length)) for start, length in files]
    missing = named(*recorded, within=(since, since + lasts))
    inside = [any(a <= s < b for a, b in recorded) for s in range(since, since + lasts)]
    in_gap = [any(a <= s < b for a, b in missing) for s in range(since, since + lasts)]
    assert not [s for s, (one, other) in enumerate(zip(inside, in_gap, strict=True)) if one & other]
    run = 0
    for covered in [one | other for one, other in zip(inside, in_gap, strict=True)]:
        run = 0 if covered else run + 1
        assert run <= TOLERANCE_S


def test_days_are_those_of_the_zone_and_neighbours_are_one_stretch() -> None:
    days = (date(2024, 3, 31), date(2024, 3, 30), date(2024, 4, 5))
    found = stretches_asked(Filters(days=days), BERLIN)
    assert [(a and a.isoformat(), b and b.isoformat()) for a, b in found] == [
        ("2024-03-29T23:00:00+00:00", "2024-03-31T22:00:00+00:00"),
        ("2024-04-04T22:00:00+00:00", "2024-04-05T22:00:00+00:00"),
    ]


def test_hours_and_days_hold_together() -> None:
    filters = Filters(days=(date(2024, 3, 1),), since=at(0), until=at(3600 * 24))
    assert stretches_asked(filters, UTC) == [(at(0), at(3600 * 12))]
    filters = Filters(days=(date(2024, 3, 3),), until=at(0))
    assert stretches_asked(filters, UTC) == []
    assert stretches_asked(Filters(since=at(0)), BERLIN) == [(at(0), None)]
