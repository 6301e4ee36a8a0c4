"""Stitch events of chunks into events of a video.

A chunk's times begin at 0: the chunk's offset is added here. Events that go on over the
edge of a chunk, of an unchanged stretch or of a file are one event again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from vidindex.core.replies.values import SaidEvent
from vidindex.types import Chunk, Event, Span

EDGE_TOLERANCE_S = 1.0
SAME_CAPTION = 0.9
MIN_COVERAGE = 0.6


def chunk_events(
    video_id: str, chunk: Chunk, reported: Sequence[SaidEvent], source: str
) -> list[Event]:
    """The events of one chunk's reply, in media time, clipped to the chunk; no text, no event."""
    events = []
    for one in reported:
        span = one.span.shift(chunk.span.start_s).within(chunk.span)
        if span is not None and one.text:
            events.append(Event(video_id, span, one.text, "caption", source))
    return sorted(events, key=lambda event: (event.span, event.text))


def coverage(events: Sequence[SaidEvent], duration_s: float) -> float:
    """The last reported end as a share of the chunk; 0 where nothing was reported."""
    return max((event.span.end_s for event in events), default=0.0) / duration_s


def looks_compressed(events: Sequence[SaidEvent], duration_s: float) -> bool:
    """Whether the events seem to cover too little of the chunk's time.

    Several events that all end early: a single one may well be all there is.
    """
    return len(events) > 1 and coverage(events, duration_s) < MIN_COVERAGE


def stitch(chunks: Sequence[Chunk], by_chunk: Mapping[int, Sequence[Event]]) -> list[Event]:
    """The events of a whole video in order of time, joined over the edges of its chunks.

    A chunk that continues the one before extends what lasted to that one's end; where
    nothing did, the last caption of the chunk before still describes the picture.
    """
    done: list[Event] = []
    running: list[Event] = []
    for chunk in chunks:
        if chunk.continues:
            running = _extended(running, chunk.span)
            continue
        starting = list(by_chunk.get(chunk.index, ()))
        running, ended = _joined(running, starting, chunk.span)
        done += ended
    return sorted(done + running, key=lambda event: (event.span, event.text))


def continuations(
    before: Sequence[Event], end_s: float, after: Sequence[Event]
) -> list[tuple[Event, Event]]:
    """Events of one file that go on in the next file of the recording, with what they become.

    An event ends where the file's pictures do (`end_s`) and one in like words begins the next file.
    """
    ending = [event for event in before if end_s - event.span.end_s <= EDGE_TOLERANCE_S]
    pairs = []
    for event in after:
        earlier = _continued(event, ending, 0.0, end_s)
        if earlier is not None:
            ending.remove(earlier)
            pairs.append((earlier, event))
    return pairs


def _joined(
    running: Sequence[Event], starting: Sequence[Event], span: Span
) -> tuple[list[Event], list[Event]]:
    """(events of this chunk, begun earlier where they go on; events that have ended)."""
    open_events = list(running)
    here: list[Event] = []
    for event in starting:
        earlier = _continued(event, open_events, span.start_s, span.start_s)
        if earlier is None:
            here.append(event)
        else:
            open_events.remove(earlier)
            here.append(replace(earlier, span=earlier.span.hull(event.span)))
    return here, open_events


def _continued(
    event: Event, running: Sequence[Event], start_s: float, end_s: float
) -> Event | None:
    """The earlier event that this one continues over an edge: both touch it, in like words.

    start_s: where the edge is for this event; end_s: where it is for the earlier ones.
    """
    if event.span.start_s - start_s > EDGE_TOLERANCE_S:
        return None
    touching = (e for e in running if end_s - e.span.end_s <= EDGE_TOLERANCE_S)
    return next((e for e in touching if same_caption(e.text, event.text)), None)


def same_caption(one: str, other: str) -> bool:
    """Whether two captions say the same up to small differences in wording."""
    folded = one.casefold().strip(" ."), other.casefold().strip(" .")
    return folded[0] == folded[1] or (
        SequenceMatcher(None, *folded, autojunk=False).ratio() >= SAME_CAPTION
        and sorted(folded[0].split()) == sorted(folded[1].split())
    )


def _extended(running: Sequence[Event], span: Span) -> list[Event]:
    """What lasted to the edge continues over an unchanged chunk; else the latest event does."""
    lasting = [e for e in running if span.start_s - e.span.end_s <= EDGE_TOLERANCE_S]
    if running and not lasting:
        lasting = [max(running, key=lambda event: event.span.end_s)]
    return [
        replace(event, span=Span(event.span.start_s, span.end_s)) if event in lasting else event
        for event in running
    ]
