"""Choose what else to look at where no candidate shows it, and count what was looked at."""

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from pipelines.search.by_frames import FrameAim, finds_frames, however_far
from pipelines.search.retrieval import nearest_captions
from pipelines.search.thresholds import Thresholds
from store.library import Library
from vidindex.core.retrieval.fusion import lead_moment
from vidindex.core.retrieval.stretches import (
    STRETCH_S,
    Spans,
    evenly_spread,
    in_stretches,
    left_over,
    looked_at,
    num_stretches,
)
from vidindex.ports import Embedder
from vidindex.types import Coverage, Event, Filters, Hit, Looks, Moment, Query

NO_CAPTION = "(no caption)"
"""The text of a stretch that was looked at though no caption describes it."""

MIN_BLANK_S = 5.0
"""A shorter stretch between two captions is seen by the margins of looks at them."""

MAX_VIDEOS = 200
"""Videos, evenly spread, among which stretches without a caption are drawn."""

MAX_UNSEEN_SHARE = 0.05
"""If more of the footage has no captions, misses measured on captioned footage do not apply."""


def sees_pictures(filters: Filters) -> bool:
    """Whether what a model sees may be found at all."""
    return finds_frames(filters) or "caption" in filters.channels


def nearest_stretches(
    library: Library,
    embedder: Embedder,
    query: Query,
    aim: FrameAim | None,
    judged: Sequence[Moment],
    count: int,
) -> list[Moment]:
    """Up to `count` stretches that were not looked at: the nearest, and blank ones.

    The nearest segments of frames and the nearest captions take turns. Half of all are stretches
    without a caption and without a frame vector, evenly spread, if there are any.
    """
    if count < 1 or not sees_pictures(query.filters):
        return []
    looks = looked_at(judged)
    captions = nearest_captions(library, embedder, query, 4 * count)
    frames = however_far(library, aim, query.filters, 4 * count) if aim else []
    turns = itertools.chain.from_iterable(itertools.zip_longest(frames, captions))
    near = list(_apart(filter(None, turns), looks))
    blank = _undescribed(library, library.videos.pictured(query.filters), looks, count, aim)
    near = near[: max(count - len(blank), count - count // 2)]
    return _moments(library, [*near, *blank[: count - len(near)]])


def other_stretches(
    library: Library, query: Query, judged: Sequence[Moment], count: int
) -> list[Moment]:
    """Up to `count` stretches of what no look has covered yet, evenly spread."""
    if count < 1 or not sees_pictures(query.filters):
        return []
    left = left_over(library.videos.pictured(query.filters), looked_at(judged))
    hits = _blank_hits(left)
    return _moments(library, [hits[place] for place in evenly_spread(count, len(hits))])


def count_looks(
    library: Library,
    query: Query,
    judged: Sequence[Moment],
    coverage: Coverage,
    thresholds: Thresholds,
) -> Looks:
    """What of the filtered footage was looked at for this question; see `Looks`."""
    if not sees_pictures(query.filters):
        return _texts_looked_at(query.filters, coverage)
    looks = looked_at(judged)
    num_looks = sum(map(len, looks.values()))
    left = left_over(library.videos.pictured(query.filters), looks)
    is_captioned = (
        coverage.not_seen_s - coverage.frames_only_s <= MAX_UNSEEN_SHARE * coverage.duration_s
    )
    return Looks(
        looked_at=num_looks,
        stretches=num_looks + num_stretches(left),
        duration_s=coverage.duration_s,
        misses=thresholds.misses if is_captioned else None,
    )


def _texts_looked_at(filters: Filters, coverage: Coverage) -> Looks:
    """The same where only texts may be found: what of the footage was read or transcribed."""
    is_heard = set(filters.channels) <= {"speech", "subtitle"}
    missed_s = coverage.not_heard_s + coverage.silent_s if is_heard else coverage.not_read_s
    stretches = math.ceil(coverage.duration_s / STRETCH_S)
    done = max(0, stretches - math.ceil(missed_s / STRETCH_S))
    sense: Literal["read", "transcribed"] = "transcribed" if is_heard else "read"
    why_none = f"no footage was {sense}" if not done else ""
    if is_heard and not done and coverage.silent_s >= coverage.duration_s > 0:
        why_none = "the footage has no sound"
    return Looks(done, stretches, coverage.duration_s, sense, why_none=why_none)


def _apart(hits: Iterable[Hit], looks: Spans) -> Iterator[Hit]:
    """Those whose middle is outside of every look and every better hit."""
    taken = {video_id: list(spans) for video_id, spans in looks.items()}
    for hit in hits:
        event = hit.event
        others = taken.setdefault(event.video_id, [])
        if not any(span.contains(event.span.middle_s) for span in others):
            others.append(event.span)
            yield hit


def _undescribed(
    library: Library, windows: Spans, looks: Spans, count: int, aim: FrameAim | None
) -> list[Hit]:
    """Stretches that neither a caption nor a look covers, evenly spread.

    aim: where frames are searched, videos whose frames have vectors are described by these.
    """
    hits: list[Hit] = []
    video_ids = list(windows)
    for place in evenly_spread(MAX_VIDEOS, len(video_ids)):
        video_id = video_ids[place]
        if aim and library.frame_vectors.count_of_video(video_id):
            continue
        captioned = [event.span for event in library.events.of_video(video_id, ["caption"])]
        covered = {video_id: [*captioned, *looks.get(video_id, ())]}
        left = left_over({video_id: windows[video_id]}, covered, MIN_BLANK_S)
        hits += _blank_hits(left)
    return [hits[place] for place in evenly_spread(count, len(hits))]


def _blank_hits(spans: Spans) -> list[Hit]:
    return [
        Hit(Event(video_id, part, NO_CAPTION, "caption", ""), 0.0, ("nearest",))
        for video_id, those in spans.items()
        for span in those
        for part in in_stretches(span)
    ]


def _moments(library: Library, hits: Iterable[Hit]) -> list[Moment]:
    return [lead_moment(hit, library.videos.name(hit.event.video_id)) for hit in hits]
