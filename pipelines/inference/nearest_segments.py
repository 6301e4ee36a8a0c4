"""Find the segments of video whose frames are nearest to a vector."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from store.index.event_filter import EventFilter
from store.library import Library
from vidindex.core.retrieval.frame_segments import FrameSegments
from vidindex.types import Embedding, Filters, FrameHit, Span

FRAMES_EACH, MAX_FRAMES = 8, 5_000
"""Frames that are looked up for each segment wanted, and in all: one shot may hold many of them."""

GROWTH = 4

MAX_VIDEOS = 50
"""Videos whose segments are scored: those with the nearest frames."""


@dataclass(frozen=True, slots=True)
class FoundSegment:
    """A segment near a vector. score: the mean of its best frames; these begin at `frames_s`."""

    video_id: str
    span: Span
    score: float
    frames_s: tuple[float, ...]


def nearest_segments(
    library: Library, vector: Embedding, filters: Filters | EventFilter, count: int
) -> list[FoundSegment]:
    """Up to `count` segments with a frame that the filters allow, best first.

    vector: float32, shape (dim,), in the space of the library's frames. More frames are looked
    up until no segment without one of them can be better than those that are returned.
    """
    allowed = library.filter_frames(filters) if isinstance(filters, Filters) else filters
    cut: dict[str, FrameSegments] = {}
    num_frames = min(MAX_FRAMES, FRAMES_EACH * count)
    while True:
        hits = library.frame_vectors.search(vector, allowed, num_frames)
        found = _scored(library, vector, hits, cut)[:count]
        is_all = len(hits) < num_frames or num_frames >= MAX_FRAMES
        if is_all or (len(found) == count and found[-1].score >= hits[-1].score):
            return found
        num_frames = min(MAX_FRAMES, GROWTH * num_frames)


def _scored(
    library: Library, vector: Embedding, hits: Sequence[FrameHit], cut: dict[str, FrameSegments]
) -> list[FoundSegment]:
    """The segments that hold these frames, best first; `cut`: segments of videos read so far."""
    starts_s: dict[str, list[float]] = {}
    for hit in hits:
        if hit.video_id in starts_s or len(starts_s) < MAX_VIDEOS:
            starts_s.setdefault(hit.video_id, []).append(hit.span.start_s)
    found = []
    for video_id, times_s in starts_s.items():
        if video_id not in cut:
            cut[video_id] = FrameSegments.cut(*library.frame_vectors.of_video(video_id))
        scores = cut[video_id].scores(vector)
        found += [
            (float(scores[i]), video_id, int(i)) for i in np.unique(cut[video_id].at(times_s))
        ]
    found.sort(key=lambda one: (-one[0], one[1], one[2]))
    return [
        FoundSegment(video_id, cut[video_id].span(i), score, cut[video_id].best_frames(i, vector))
        for score, video_id, i in found
    ]
