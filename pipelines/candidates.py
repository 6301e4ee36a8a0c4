"""From a question to candidates: clocks, words and meaning, fused; checks none of them."""

from collections.abc import Mapping, Sequence

from store.library import Library
from vidindex.clockwords import clock_values
from vidindex.ports import Embedder
from vidindex.question import as_caption, search_words
from vidindex.ranking import fuse
from vidindex.types import ClockTrack, Event, Filters, Hit, Query, Span

MIN_SIMILARITY = 0.35
"""Nearest vectors always exist; below this cosine, sentences of MiniLM's kind share no topic."""

CLOCK_SCORE = 1.0
"""A burned-in clock that shows the time asked for is no matter of degree."""


def candidates(library: Library, embedder: Embedder, query: Query, depth: int) -> list[Hit]:
    """Hits of every channel, best first; `depth` bounds each list before fusion."""
    found = clock_hits(library, query)
    lists = {
        "words": _ids(library.words.search(_words(query), query.filters, depth)),
        "meaning": _near(library, embedder, query, depth),
    }
    fused = fuse(lists)
    events = {event.event_id: event for event in library.events.by_ids([f.event_id for f in fused])}
    return found + [
        Hit(events[item.event_id], item.score, item.why)
        for item in fused
        if item.event_id in events
    ]


def clock_hits(library: Library, query: Query) -> list[Hit]:
    """The moments at which a burned-in clock shows a time that the question names."""
    values_s = clock_values(query.text)
    if not values_s or not _wants(query.filters, "clock"):
        return []
    allowed = library.videos.selected(query.filters)
    return [
        Hit(event, CLOCK_SCORE, ("clock",))
        for track in library.clocks.all()
        if track.video_id in allowed
        for event in _shown(track, values_s)
        if _inside(event.span, query.filters)
    ]


def _shown(track: ClockTrack, values_s: Sequence[float]) -> list[Event]:
    """An event for each time at which the clock shows one of the values."""
    events: dict[float, Event] = {}
    for value_s in values_s:
        time_s = track.time_of(value_s)
        if time_s is None:
            continue
        lasts_s = track.resolution_s / abs(track.rate)
        span = Span(time_s, min(time_s + lasts_s, track.span.end_s))
        text = track.template.format(track.written(value_s))
        events[time_s] = Event(track.video_id, span, text, "clock", track.source)
    return list(events.values())
