"""Format the time of a moment by each of its clocks, as text.

Media time counts from the file's beginning. The wall clock is the camera's, corrected by
what the user entered; source timecode is what the file counts its frames by.
"""

from dataclasses import replace
from datetime import datetime
from typing import Literal

from vidindex.core.timing.timecode import source_clock
from vidindex.core.timing.wall_clock import wall_clock
from vidindex.errors import InputError
from vidindex.types import Event, Timeline, VideoTimeline

Clock = Literal["wall", "source"]


def wall_at(timeline: VideoTimeline, time_s: float) -> datetime | None:
    """The wall clock of a media time in the camera's zone, or None where it is not known.

    Without a zone of the camera it has the offset that `recorded_at` was written with.
    """
    video = timeline.video
    clock = wall_clock(video.recorded_at, video.recorded_at_from, timeline.camera)
    if clock is None:
        return None
    return replace(clock, zone=clock.zone or clock.recorded_at.tzinfo).at(time_s)


def wall_text(timeline: VideoTimeline, time_s: float) -> str | None:
    """The wall clock as ISO 8601 with milliseconds and offset, or None."""
    at = wall_at(timeline, time_s)
    return at.isoformat(timespec="milliseconds") if at else None


def source_text(timeline: VideoTimeline, time_s: float) -> str | None:
    """The source timecode, e.g. 01:00:00;00, or None where the file has none."""
    clock = source_clock(timeline.video)
    return clock.label_at(time_s) if clock.known else None


def with_timestamps(timeline: Timeline, clock: Clock) -> Timeline:
    """The timeline with `[clock] ` before every text. Raises InputError where one has none."""
    return replace(
        timeline, videos=tuple(_with_timestamps(video, clock) for video in timeline.videos)
    )


def _with_timestamps(timeline: VideoTimeline, clock: Clock) -> VideoTimeline:
    events = tuple(
        replace(event, text=f"[{_stamp(timeline, event, clock)}] {event.text}")
        for event in timeline.events
    )
    return replace(timeline, events=events)


def _stamp(timeline: VideoTimeline, event: Event, clock: Clock) -> str:
    start_s = event.span.start_s
    if clock == "wall":
        at = wall_at(timeline, start_s)
        text = at.isoformat(" ", "seconds") if at else None
    else:
        text = source_text(timeline, start_s)
    if text is None:
        what = "wall clock" if clock == "wall" else "source timecode"
        raise InputError(f"{timeline.name} has no {what}", "leave --clock out, or that file")
    return text
