"""Timelines as one JSON document (`record` describes it)."""

from typing import TextIO

from vidindex.exporters.record import (
    SCHEMA,
    Record,
    clock_record,
    event_record,
    in_order,
    video_record,
)
from vidindex.exporters.safe import json_text
from vidindex.types import Timeline, VideoTimeline

SUFFIX = ".json"


def write(timeline: Timeline, stream: TextIO) -> None:
    """Write {schema, title, videos: [{..., events: [...], clocks: [...]}]}."""
    document = {
        "schema": SCHEMA,
        "title": timeline.title,
        "videos": [_video(video) for video in timeline.videos],
    }
    stream.write(json_text(document, indent=2) + "\n")


def _video(timeline: VideoTimeline) -> Record:
    return {
        **video_record(timeline),
        "events": [event_record(event, timeline.video) for event in in_order(timeline)],
        "clocks": [clock_record(clock) for clock in timeline.clocks],
    }
