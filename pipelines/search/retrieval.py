"""Retrieve candidates by clock, words, meaning and frames, and fuse them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipelines.inference.near_line import line_of
from pipelines.search.by_frames import FRAMES, FrameAim, segments
from store.index.event_filter import EventFilter
from store.library import Library
from vidindex.core.prompts.text_models import languages_of
from vidindex.core.retrieval.fusion import Fused, Place, fuse, to_moments
from vidindex.core.retrieval.query_rewrite import as_caption, search_words
from vidindex.core.screen_text.clock_notation import (
    asked_values,
    is_coarser,
    is_only_times,
    names_a_time,
    written,
)
from vidindex.ports import Embedder
from vidindex.types import ClockTrack, Event, Hit, Moment, Query

CLOCK_SCORE, COARSE_CLOCK_SCORE = 1.0, 0.9
"""A burned-in clock that shows the time asked for is no matter of degree; one without the frames
or the seconds that were asked for comes after those that have them."""


DEPTH = 100
"""How many events of each list, and how many moments, are candidates at most."""

GAP_S = 1.0
"""Hits further apart are answers of their own: each is checked, and shown."""

LISTS = ("words", "meaning", FRAMES)
"""The ranked lists that are fused: by the words in common, by nearness of meaning, and by that of
frames."""

WEIGHTS: Mapping[str, float] = {"words": 1.0, "meaning": 1.0, FRAMES: 1.0}
"""How much a place in each list counts."""


def find_moments(
    library: Library,
    embedder: Embedder,
    query: Query,
    lists: Sequence[str] = LISTS,
    aim: FrameAim | None = None,
) -> list[Moment]:
    """The candidates of a query as moments, best first, nothing of them checked.

    aim: what frames are searched for, where there are any.
    """
    hits = candidates(library, embedder, query, DEPTH, lists, aim)
    video_ids = {hit.event.video_id for hit in hits}
    names = {video_id: library.videos.name(video_id) for video_id in video_ids}
    return to_moments(hits, names, limit=DEPTH, gap_s=GAP_S)


def candidates(
    library: Library,
    embedder: Embedder,
    query: Query,
    depth: int,
    lists: Sequence[str] = LISTS,
    aim: FrameAim | None = None,
) -> list[Hit]:
    """Hits of every channel, best first; `depth` bounds each list before fusion.

    Where a caption is near, those below the line are found as "nearest": they are worth a look,
    and are not shown without one. Examples are searched for by frames alone.
    """
    by_frames = _by_frames(library, query, depth, aim) if FRAMES in lists and aim else None
    if query.like or query.filters.channels == ("frame",):
        return _fused(library, {FRAMES: list(by_frames or ())}, {}, by_frames or {})
    event_filter = library.filter_events(query.filters)
    near: dict[int, bool] = {}
    ranked: dict[str, Sequence[int]] = {}
    if "words" in lists:
        ranked["words"] = _by_words(library, query, event_filter, depth)
    if "meaning" in lists:
        near = _by_meaning(library, embedder, query, event_filter, depth)
        ranked["meaning"] = list(near)
    if by_frames is not None:
        ranked[FRAMES] = list(by_frames)
    return clock_hits(library, query) + _fused(library, ranked, near, by_frames or {})


def _by_frames(library: Library, query: Query, depth: int, aim: FrameAim) -> dict[int, Hit]:
    """The nearest segments, best first, under ids that no stored event has."""
    found = segments(library, aim, query.filters, depth)
    return {-number: hit for number, hit in enumerate(found, start=1)}


def _fused(
    library: Library,
    ranked: Mapping[str, Sequence[int]],
    near: Mapping[int, bool],
    by_frames: Mapping[int, Hit],
) -> list[Hit]:
    """One list of hits out of the ranked ones; segments and texts are joined on time."""
    ids = {one for ranks in ranked.values() for one in ranks}
    events = {event.event_id: event for event in library.events.by_ids([*ids - by_frames.keys()])}
    places = {
        event_id: Place(event.video_id, event.span, "text")
        for event_id, event in events.items()
        if event_id is not None
    }
    places |= {
        number: Place(hit.event.video_id, hit.event.span, "frame")
        for number, hit in by_frames.items()
        if hit.why == (FRAMES,)  # what is not near says nothing of other hits
    }
    return [
        replace(by_frames[one.event_id], score=one.score, ranks=one.ranks)
        if one.event_id in by_frames
        else _hit(one, events[one.event_id], near.get(one.event_id, True))
        for one in fuse(ranked, WEIGHTS, places=places if by_frames else None)
    ]


def _hit(found: Fused, event: Event, is_near: bool) -> Hit:
    faint = ("nearest",) if found.why == ("meaning",) and not is_near else found.why
    return Hit(event, found.score, faint, found.ranks)


def unread_notes(
    library: Library, embedder: Embedder, query: Query, lists: Sequence[str] = LISTS
) -> tuple[str, ...]:
    """A note where the text model cannot read the question, and only its words are looked for."""
    if "meaning" not in lists or not _has_meaning(library, query) or _can_read(embedder, query):
        return ()
    name = embedder.space.model
    return (
        f"the text model ({name}) cannot read this question (it reads {languages_of(name)}): "
        "only its words were searched for, not its meaning",
    )


def _has_meaning(library: Library, query: Query) -> bool:
    """Whether there is a meaning to compare with vectors: times have none."""
    return library.vectors.space is not None and not is_only_times(query.text)


def _can_read(embedder: Embedder, query: Query) -> bool:
    return bool(embedder.can_read([as_caption(query.text)])[0])


def clock_hits(library: Library, query: Query) -> list[Hit]:
    """The moments at which a burned-in clock shows a time that the question names."""
    channels = query.filters.channels
    if not names_a_time(query.text) or (channels and "clock" not in channels):
        return []
    windows = library.videos.selected(query.filters)
    return [
        hit
        for track in library.screen_clocks.all()
        if track.video_id in windows
        for hit in _shown(track, query.text)
        if any(hit.event.span.overlap(window) for window in windows[track.video_id])
    ]


def _shown(track: ClockTrack, question: str) -> list[Hit]:
    """A hit for each stretch in which the clock shows a value that the question names."""
    score = COARSE_CLOCK_SCORE if is_coarser(question, track) else CLOCK_SCORE
    hits = []
    for value in asked_values(question, track):
        span = track.showing(value)
        if span is not None:
            text = track.template.format(written(value, track.style, track.resolution_s))
            event = Event(track.video_id, span, text, "clock", track.source)
            hits.append(Hit(event, score, ("clock",)))
    return hits


def _by_words(library: Library, query: Query, event_filter: EventFilter, depth: int) -> list[int]:
    words = " ".join(search_words(query.text))
    return [event_id for event_id, _ in library.full_text.search(words, event_filter, depth)]


def _by_meaning(
    library: Library, embedder: Embedder, query: Query, event_filter: EventFilter, depth: int
) -> dict[int, bool]:
    """The nearest events, best first, and whether each is near enough to be shown unchecked."""
    if not _has_meaning(library, query) or not _can_read(embedder, query):
        return {}
    library.vectors.require(embedder.space)
    vector = embedder.embed_queries([as_caption(query.text)])[0]
    scores = dict(library.vectors.search(vector, event_filter, depth))
    lines = line_of(library, embedder)
    events = library.events.by_ids([one for one, score in scores.items() if score >= lines.median])
    # Older releases embedded texts that the model cannot read, too.
    readable = embedder.can_read([event.text for event in events])
    known = {event.event_id: event for event, read in zip(events, readable, strict=True) if read}
    captions = {one for one in scores if one in known and known[one].channel == "caption"}
    if not any(scores[event_id] >= lines.line for event_id in captions):
        captions = set()  # the question is not about what captions describe
    return {
        event_id: score >= lines.line
        for event_id, score in scores.items()
        if event_id in known and (score >= lines.line or event_id in captions)
    }


def nearest_captions(library: Library, embedder: Embedder, query: Query, count: int) -> list[Hit]:
    """The captions nearest in meaning, best first, however far away they are.

    None where the text model cannot read the question.
    """
    if library.vectors.space is None or not _can_read(embedder, query):
        return []
    vector = embedder.embed_queries([as_caption(query.text)])[0]
    filters = replace(query.filters, channels=("caption",))
    scores = dict(library.vectors.search(vector, filters, count))
    found = library.events.by_ids(list(scores))
    hits = [Hit(event, scores[event.event_id or 0], ("nearest",)) for event in found]
    return sorted(hits, key=lambda hit: -hit.score)
