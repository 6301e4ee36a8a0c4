"""Convert timelines to the records that JSON and JSON Lines share.

Schema `vidindex.timeline/1`, shared by JSON (nested) and JSON Lines (flat):

timeline  schema, title, begins_at (wall clock, where it is laid out by wall clock)
video     video_id, name, duration_s, picture_end_s (sound and subtitles may go on after it),
          width, height, average_fps, container_start_s, clock_jumps (media_s, container_s: from
          that media time on, presentation times count from that time),
          recorded_at (ISO 8601 with offset, or null), recorded_at_from, camera, timecode_start,
          frame_rate ("30000/1001": what an editing program counts in), path,
          clip_start_s, clip_end_s (what a timeline of clips shows of it; null for the whole),
          begins_s (where on that timeline; null for right behind the one before)
event     event_id, start_s, end_s, starts_at, ends_at, starts_tc, ends_tc, channel, source,
          text, continued_by (the event_id that it becomes in the recording's next file)
clock     start_s, end_s, value_at_start_s, rate, style, template, resolution_s, source

`*_s` are seconds of media time: presentation time minus `container_start_s`, where the clock
of the file does not jump.
`starts_at`, `ends_at` are wall clock, `starts_tc`, `ends_tc` source timecode, null where the
file has none. A video comes several times where a timeline has several clips of it.
"""

from typing import Any

from vidindex.core.timing.event_timestamps import source_text, wall_text
from vidindex.core.timing.timecode import nominal_rate
from vidindex.errors import InputError
from vidindex.types import ClockTrack, Event, Timeline, VideoTimeline

SCHEMA = "vidindex.timeline/1"

Record = dict[str, Any]


def timeline_record(timeline: Timeline) -> Record:
    begins_at = timeline.begins_at.isoformat() if timeline.begins_at else None
    return {"schema": SCHEMA, "title": timeline.title, "begins_at": begins_at}


def video_record(timeline: VideoTimeline) -> Record:
    video = timeline.video
    return {
        "video_id": video.video_id,
        "name": timeline.name,
        "duration_s": video.duration_s,
        "picture_end_s": video.picture_end_s,
        "width": video.width,
        "height": video.height,
        "average_fps": video.average_fps,
        "container_start_s": video.start_s,
        "clock_jumps": [
            {"media_s": piece.from_s + piece.shift_s, "container_s": piece.from_s + video.start_s}
            for piece in (video.clock.pieces[1:] if video.clock else ())
        ],
        "recorded_at": video.recorded_at.isoformat() if video.recorded_at else None,
        "recorded_at_from": video.recorded_at_from,
        "camera": video.camera,
        "timecode_start": video.timecode_start,
        "frame_rate": str(nominal_rate(video.average_fps)),
        "path": timeline.path,
        "clip_start_s": timeline.clip.start_s if timeline.clip else None,
        "clip_end_s": timeline.clip.end_s if timeline.clip else None,
        "begins_s": timeline.begins_s,
    }


def event_record(event: Event, timeline: VideoTimeline) -> Record:
    return {
        "event_id": event.event_id,
        "start_s": event.span.start_s,
        "end_s": event.span.end_s,
        "starts_at": wall_text(timeline, event.span.start_s),
        "ends_at": wall_text(timeline, event.span.end_s),
        "starts_tc": source_text(timeline, event.span.start_s),
        "ends_tc": source_text(timeline, event.span.end_s),
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


def in_order(timeline: VideoTimeline) -> list[Event]:
    """Events by start, end, channel and text; they may overlap."""
    return sorted(
        timeline.events, key=lambda event: (event.span, event.channel, event.text, event.source)
    )


def only_video(timeline: Timeline, what: str) -> VideoTimeline:
    """The one video, for formats that have one time line. Raises InputError.

    what: which the message says are of one video: subtitles, chapters.
    """
    if len(timeline.videos) != 1:
        raise InputError(
            f"{what} are of one video, not of {len(timeline.videos)}",
            "export into a directory: one file for each video",
        )
    return timeline.videos[0]
