"""Share cues among subtitle formats: events of one video, timed in whole milliseconds."""

from collections.abc import Iterator

from vidindex.adapters.exporters.record import in_order, only_video
from vidindex.core.formatting.time_format import format_time
from vidindex.types import Event, Timeline


def cues(timeline: Timeline, mark: str) -> Iterator[tuple[str, Event]]:
    """Every event of the one video with its timing line; `mark` precedes the milliseconds.

    Times are rounded half to even; a cue lasts a millisecond at least. Raises InputError
    unless there is exactly one video, as subtitles have one time line.
    """
    for event in in_order(only_video(timeline, "subtitles")):
        start_ms = round(event.span.start_s * 1000)
        end_ms = max(round(event.span.end_s * 1000), start_ms + 1)
        start, end = (format_time(ms / 1000, 3, mark) for ms in (start_ms, end_ms))
        yield f"{start} --> {end}", event
