"""Render a `TimelinePage` as one HTML file: a strip, pictures and a list for each video."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TextIO

from vidindex.adapters.reports import answer_text as words
from vidindex.adapters.reports import timeline_layout as strip
from vidindex.adapters.reports.templating import data_url, render
from vidindex.core.formatting.counts import counted
from vidindex.core.formatting.time_format import format_duration
from vidindex.core.timing.event_timestamps import source_text, wall_at
from vidindex.types import Event, VideoTimeline
from vidindex.types.page import TimelinePage, VideoPage

KINDS = {
    "caption": "caption",
    "screen": "on-screen text",
    "clock": "clock",
    "subtitle": "subtitle",
    "speech": "speech",
    "frame": "frames",
    "mark": "mark",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One event in the list. label: its kind in words. day: the new one, where one has begun."""

    line_id: str
    event: Event
    kind: str
    label: str
    day: str
    wall: str
    source: str


def write_timeline(page: TimelinePage, stream: TextIO) -> None:
    """Write the page; pictures make most of its size, a line takes some 200 bytes."""
    values = {
        "page": page,
        "words": words,
        "strip": strip,
        "picture": data_url,
        "lines": lines,
        "facts": facts,
        "tally": tally,
        "about": about,
    }
    render("timeline.html", values, stream)


def about(page: TimelinePage) -> str:
    """`4.8 min, 36 events`."""
    length_s = sum(one.video.video.duration_s for one in page.videos)
    kinds = {strip.kind_of(event, one) for one in page.videos for event in one.video.events}
    what = kinds.pop() if kinds in ({"hit"}, {"mark"}) else "event"
    count = sum(len(one.video.events) for one in page.videos)
    return f"{format_duration(length_s)}, {counted(count, what)}"


def tally(page: VideoPage) -> str:
    """`28 captions, 3 on-screen texts`: what is listed, by kind."""
    counts = Counter(strip.kind_of(event, page) for event in page.video.events)
    nouns = {"hit": "hit"} | KINDS
    named = (counted(counts[kind], noun) for kind, noun in nouns.items() if counts[kind])
    return ", ".join(named) or "no events"


def facts(video: VideoTimeline) -> list[tuple[str, str]]:
    """(what, its value) of the file, as far as it is known."""
    info = video.video
    starts_at, ends_at = wall_at(video, 0.0), wall_at(video, info.duration_s)
    recorded = ""
    if starts_at and ends_at:
        same_day = starts_at.date() == ends_at.date()
        until = f"{ends_at:%H:%M:%S}" if same_day else f"{ends_at:%Y-%m-%d %H:%M:%S}"
        recorded = f"{starts_at:%Y-%m-%d %H:%M:%S} – {until} {starts_at:%Z}"
        recorded += f", by the {info.recorded_at_from}" if info.recorded_at_from else ""
    values = {
        "Length": format_duration(info.duration_s),
        "Picture": f"{info.width} × {info.height}, {info.average_fps:.4g} fps, {info.codec}",
        "Recorded": recorded,
        "Camera": (video.camera.name if video.camera else info.camera) or "",
        "Timecode": f"from {info.timecode_start}" if source_text(video, 0.0) else "",
        "Clock": "; ".join(map(strip.clock_words, video.clocks)),
        "File": video.path or "",
    }
    return [(name, value) for name, value in values.items() if value]


def lines(page: VideoPage, line_id: str) -> Iterator[Line]:
    """The list of a video, in order of time."""
    video = page.video
    day = _day(wall_at(video, 0.0))
    for index, event in enumerate(video.events):
        at = wall_at(video, event.span.start_s)
        yield Line(
            line_id=f"{line_id}{index}",
            event=event,
            kind=strip.kind_of(event, page),
            label=_label(event),
            day=_day(at) if _day(at) != day else "",
            wall=f"{at:%H:%M:%S}" if at else "",
            source=source_text(video, event.span.start_s) or "",
        )
        day = _day(at)


def _label(event: Event) -> str:
    """A mark is named by what it says: keep, reject or note."""
    return event.source if event.channel == "mark" else KINDS[event.channel]


def _day(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d}" if at else ""
