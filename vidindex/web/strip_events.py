"""List the events and screen clocks on the strip of a video."""

from collections.abc import Sequence

from store.library import Library
from vidindex.core.screen_text.clock_notation import written
from vidindex.types import Channel, ClockTrack, Event
from vidindex.web.schemas import LaneEvent, Lanes

_JUST_BEFORE_S = 1e-3


def lanes_of(
    library: Library,
    video_id: str,
    channels: Sequence[Channel],
    start_s: float,
    end_s: float,
    most: int,
) -> Lanes:
    """What touches [start_s, end_s), at most `most` in order of time; clocks take half of it."""
    clocks = _clocks(library, video_id, start_s, end_s) if _asks_clocks(channels) else []
    drawn = _evenly(clocks, most if [*channels] == ["clock"] else max(1, most // 2))
    left = most - len(drawn)
    events, counts = library.events.thinned(video_id, channels, start_s, end_s, left)
    if clocks:
        counts["clock"] = counts.get("clock", 0) + len(clocks)
    shown = sorted([*map(_clock, drawn), *map(_event, events)], key=lambda one: one.start_s)
    return Lanes(sum(counts.values()), len(shown), shown, counts)


def _asks_clocks(channels: Sequence[Channel]) -> bool:
    return not channels or "clock" in channels


def _clocks(library: Library, video_id: str, start_s: float, end_s: float) -> list[ClockTrack]:
    tracks = library.screen_clocks.of_video(video_id)
    return [one for one in tracks if one.span.start_s < end_s and one.span.end_s > start_s]


def _evenly(tracks: Sequence[ClockTrack], most: int) -> Sequence[ClockTrack]:
    return tracks[:: max(1, -(-len(tracks) // most))]


def _event(event: Event) -> LaneEvent:
    return LaneEvent(
        event.event_id, event.span.start_s, event.span.end_s, event.text, event.channel
    )


def _clock(track: ClockTrack) -> LaneEvent:
    """`PTS=00:00 – 00:59`: what it shows first, and last."""
    span = track.span
    first, last = (
        written(track.value_at(at_s), track.style, track.resolution_s)
        for at_s in (span.start_s, max(span.start_s, span.end_s - _JUST_BEFORE_S))
    )
    text = track.template.format(f"{first} – {last}")
    return LaneEvent(None, span.start_s, span.end_s, text, "clock")
