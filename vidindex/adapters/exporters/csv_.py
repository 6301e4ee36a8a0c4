"""Write timelines as CSV (RFC 4180), one event a row.

Cells are guarded against formulas and hidden characters (`safe.csv_cell`). Open the
stream with newline="" and, for Excel, the encoding utf-8-sig.
"""

import csv
from typing import TextIO

from vidindex.adapters.exporters.escaping import csv_cell
from vidindex.adapters.exporters.record import in_order
from vidindex.core.formatting.time_format import format_time
from vidindex.core.timing.event_timestamps import source_text, wall_text
from vidindex.types import Event, Timeline, VideoTimeline

SUFFIX = ".csv"

COLUMNS = (
    "file", "start", "end", "channel", "text", "start_s", "end_s", "starts_at", "ends_at",
    "starts_tc", "ends_tc", "source", "video_id", "event_id",
)  # fmt: skip


def write(timeline: Timeline, stream: TextIO) -> None:
    """Write a heading and one row per event; `start` and `end` are hh:mm:ss.mmm of media time."""
    table = csv.writer(stream, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    table.writerow(COLUMNS)
    for video in timeline.videos:
        table.writerows(_row(video, event) for event in in_order(video))


def _row(timeline: VideoTimeline, event: Event) -> tuple[str | float | None, ...]:
    return (
        csv_cell(timeline.name),
        format_time(event.span.start_s, decimals=3),
        format_time(event.span.end_s, decimals=3),
        event.channel,
        csv_cell(event.text),
        event.span.start_s,
        event.span.end_s,
        wall_text(timeline, event.span.start_s),
        wall_text(timeline, event.span.end_s),
        source_text(timeline, event.span.start_s),
        source_text(timeline, event.span.end_s),
        csv_cell(event.source),
        csv_cell(event.video_id),
        event.event_id,
    )
