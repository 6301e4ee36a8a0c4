"""The one shape in which timelines are written as data; knows no syntax.

Schema `vidindex.timeline/1`, shared by JSON (nested) and JSON Lines (flat):

timeline  schema, title
video     video_id, name, duration_s, width, height, average_fps, container_start_s,
          recorded_at (ISO 8601 with offset, or null), recorded_at_from, camera, timecode_start
event     event_id, start_s, end_s, starts_at, ends_at, channel, source, text,
          continued_by (the event_id that it becomes in the next file of the recording)
clock     start_s, end_s, value_at_start_s, rate, style, template, resolution_s, source

`*_s` are seconds of media time: presentation time minus `container_start_s`.
`starts_at`, `ends_at` are wall clock, null where it is not known.
"""

from typing import Any

from vidindex.clocks import wall_time
from vidindex.types import ClockTrack, Event, VideoInfo, VideoTimeline

SCHEMA = "vidindex.timeline/1"

Record = dict[str, Any]


def video_record(timeline: VideoTimeline) -> Record:
    video = timeline.video
    return {
        "video_id": video.video_id,
        "name": timeline.name,
        "duration_s": video.duration_s,
        "width": video.width,
        "height": video.height,
        "average_fps": video.average_fps,
        "container_start_s": video.start_s,
        "recorded_at": video.recorded_at.isoformat() if video.recorded_at else None,
        "recorded_at_from": video.recorded_at_from,
        "camera": video.camera,
        "timecode_start": video.timecode_start,
    }


def event_record(event: Event, video: VideoInfo) -> Record:
    return {
        "event_id": event.event_id,
        "start_s": event.span.start_s,
        "end_s": event.span.end_s,
        "starts_at": wall_text(video, event.span.start_s),
        "ends_at": wall_text(video, event.span.end_s),
        "channel": event.channel,
        "source": event.source,
        "text": event.text,
        "continued_by": event.continued_by,
    }


def clock_record(clock: ClockTrack) -> Record:
    return {
        "start_s": clock.span.start_s,
        "end_s": clock.span.end_s,
        "value_at_start_s": clock.value_at_start_s,
        "rate": clock.rate,
        "style": clock.style,
        "template": clock.template,
        "resolution_s": clock.resolution_s,
        "source": clock.source,
    }


def wall_text(video: VideoInfo, time_s: float) -> str | None:
    """The wall clock of a media time to the millisecond, or None where it is not known."""
    if video.recorded_at is None:
        return None
    return wall_time(video.recorded_at, time_s).isoformat(timespec="milliseconds")


def in_order(timeline: VideoTimeline) -> list[Event]:
    """Events by start, end, channel and text; they may overlap."""
    return sorted(
        timeline.events, key=lambda event: (event.span, event.channel, event.text, event.source)
    )
