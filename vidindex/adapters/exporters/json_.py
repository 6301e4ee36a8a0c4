"""Write timelines as one JSON document (`record` describes it)."""

from typing import TextIO

from vidindex.adapters.exporters.record import (
    Record,
    clock_record,
    event_record,
    in_order,
    timeline_record,
    video_record,
)
from vidindex.core.formatting.to_json import json_text
from vidindex.types import Timeline, VideoTimeline

SUFFIX = ".json"


def write(timeline: Timeline, stream: TextIO) -> None:
    """Write {schema, title, begins_at, videos: [{..., events: [...], clocks: [...]}]}."""
    document = {
        **timeline_record(timeline),
        "videos": [_video(video) for video in timeline.videos],
    }
    stream.write(json_text(document, indent=2) + "\n")


def _video(timeline: VideoTimeline) -> Record:
    return {
        **video_record(timeline),
        "events": [event_record(event, timeline) for event in in_order(timeline)],
        "clocks": [clock_record(clock) for clock in timeline.clocks],
    }
