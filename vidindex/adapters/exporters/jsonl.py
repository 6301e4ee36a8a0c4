"""Write timelines as JSON Lines: one record a line, each with its `kind`.

The first line is the timeline; then every video, followed by its events and clocks,
which name it by `video_id`. A whole library has more kinds (`pipelines.backup.dump`).
"""

from collections.abc import Iterator
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

SUFFIX = ".jsonl"


def write(timeline: Timeline, stream: TextIO) -> None:
    """Write one line for the timeline and one for every video, event and clock."""
    stream.write(json_text(head(timeline)) + "\n")
    for video in timeline.videos:
        for record in body(video):
            stream.write(json_text(record) + "\n")


def head(timeline: Timeline) -> Record:
    """The first line."""
    return {"kind": "timeline", **timeline_record(timeline)}


def body(timeline: VideoTimeline) -> Iterator[Record]:
    """The lines of one video: itself first."""
    video = timeline.video
    yield {"kind": "video", **video_record(timeline)}
    for event in in_order(timeline):
        yield {"kind": "event", "video_id": video.video_id, **event_record(event, timeline)}
    for clock in timeline.clocks:
        yield {"kind": "clock", "video_id": video.video_id, **clock_record(clock)}
