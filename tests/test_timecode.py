"""Frames and timecode: exact at NTSC rates, drop-frame as SMPTE has it, files as they say."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentimelineio import opentime
from support.library_assets import video

from vidindex.adapters.media.ffmpeg import encode
from vidindex.adapters.media.probe import probe
from vidindex.core.timing.timecode import (
    EDITING_RATES,
    Timebase,
    can_drop,
    editing_rate,
    nominal_rate,
    source_clock,
)
from vidindex.errors import InputError

FILM, NTSC, NTSC_60 = Fraction(24000, 1001), Fraction(30000, 1001), Fraction(60000, 1001)
BASES = [Timebase(rate) for rate in EDITING_RATES]
BASES += [Timebase(rate, drop=True) for rate in EDITING_RATES if can_drop(rate)]


@given(st.sampled_from(BASES), st.floats(0, 0.99))
def test_labels_are_those_of_opentimelineio_and_lead_back(base: Timebase, share: float) -> None:
    frame = int(share * base.frames_per_day)
    rate = float(base.rate)
    # OpenTimelineIO counts a day of non-drop NTSC as if frames were dropped.
    label = base.label(frame)
    assert opentime.to_timecode(opentime.RationalTime(frame, rate), rate, base.drop) == label
    assert base.frame_of(label) == frame


def test_drop_frame_skips_two_labels_a_minute_but_not_every_tenth() -> None:
    base = Timebase(NTSC, drop=True)
    assert [base.label(frame) for frame in (1799, 1800)] == ["00:00:59;29", "00:01:00;02"]
    assert [base.label(frame) for frame in (17981, 17982)] == ["00:09:59;29", "00:10:00;00"]
    assert base.label(base.frames_per_day - 1) == "23:59:59;29"
    assert base.label(base.frames_per_day) == "00:00:00;00"
    assert Timebase(NTSC_60, drop=True).label(3600) == "00:01:00;04"


def test_drop_frame_stays_with_the_clock_for_a_day_and_non_drop_does_not() -> None:
    day_s = 86_399.0
    for base in (Timebase(NTSC, drop=True), Timebase(NTSC_60, drop=True)):
        label = base.label(base.frame_at(day_s))
        assert label.startswith("23:59:5")
    assert Timebase(FILM).label(Timebase(FILM).frame_at(3600.0)) == "00:59:56:10"


@pytest.mark.parametrize("base", BASES)
def test_a_frame_is_found_again_by_its_time_after_ten_hours(base: Timebase) -> None:
    for frame in range(1_000_000, 1_000_100):
        assert base.frame_at(float(base.time_of(frame))) == frame


@pytest.mark.parametrize(
    ("average_fps", "rate"),
    [
        (23.976023, FILM), (23.98, FILM), (24.0, 24), (25.0, 25), (29.97, NTSC), (30.0, 30),
        (59.94, NTSC_60), (59.9401, NTSC_60), (60.0, 60), (12.5, Fraction(25, 2)), (15.0, 15),
        (120.0, 120), (119.88, Fraction(120000, 1001)),
    ],
)  # fmt: skip
def test_an_average_is_the_constant_rate_that_it_stands_for(
    average_fps: float, rate: Fraction
) -> None:
    assert nominal_rate(average_fps) == rate


def test_variable_frames_are_counted_at_the_nearest_rate_that_programs_edit_at() -> None:
    assert nominal_rate(29.61) == NTSC
    assert nominal_rate(24.4) == 24
    assert nominal_rate(7.31) == 7
    assert nominal_rate(0.2) == 1


def test_a_timeline_of_slow_cameras_runs_at_a_rate_that_holds_their_frames() -> None:
    found = {rate: editing_rate(Fraction(rate)) for rate in ("15", "10", "25/2", "20", "19", "25")}
    assert found == {"15": 30, "10": 30, "25/2": 25, "20": 60, "19": 60, "25": 25}


@pytest.mark.parametrize(
    ("label", "says"),
    [
        ("1:2:3", "not a timecode"),
        ("01:60:00:00", "not a timecode"),
        ("01:00:00:30", "no timecode"),
        ("24:00:00:00", "no timecode"),
        ("00:01:00;01", "skips"),
    ],
)
def test_what_no_frame_is_labelled_with_is_refused(label: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        Timebase(NTSC, drop=True).frame_of(label)


def test_there_is_no_drop_frame_at_25() -> None:
    with pytest.raises(ValueError, match="no drop-frame"):
        Timebase(Fraction(25), drop=True)


@pytest.mark.parametrize(
    ("name", "rate", "start", "after_a_second"),
    [
        ("film.mov", FILM, "01:00:00:00", "01:00:01:00"),
        ("pal.mov", Fraction(25), "10:00:00:05", "10:00:01:05"),
        ("drop.mov", NTSC, "01:00:59;28", "01:01:01;00"),
        ("whole.mp4", NTSC, "01:00:00:02", "01:00:01:02"),
        ("fast.mov", NTSC_60, "01:00:00;04", "01:00:01;04"),
        ("tape.mxf", NTSC, "10:00:00;05", "10:00:01;05"),
    ],
)
def test_a_file_is_counted_by_the_timecode_written_in_it(
    tmp_path: Path, name: str, rate: Fraction, start: str, after_a_second: str
) -> None:
    codec = {"vcodec": "mpeg2video"} if name.endswith("mxf") else {}
    grey = (np.full((64, 96, 3), number * 4, np.uint8) for number in range(40))
    encode(tmp_path / name, grey, 96, 64, float(rate), options={"timecode": start, **codec})
    clock = source_clock(probe(tmp_path / name, name))
    assert clock.known
    assert clock.base == Timebase(rate, drop=";" in start)
    assert (clock.label_at(0.0), clock.label_at(1.0)) == (start, after_a_second)


@pytest.mark.parametrize("written", [None, "", "nonsense", "01:00:00:29"])
def test_a_file_without_a_timecode_of_its_rate_begins_at_nothing(written: str | None) -> None:
    clock = source_clock(replace(video(), timecode_start=written))
    assert (clock.known, clock.label_at(61.0)) == (False, "00:01:01:00")
