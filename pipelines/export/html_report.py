"""Build the HTML report of timelines, with its pictures.

It is an exporter that decodes, so it is not a leaf adapter: its caller hands over
what writes JPEG files and what writes HTML.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TextIO

from pipelines.export.timelines import Timelines
from pipelines.hit_pictures import evenly_chosen
from pipelines.progress import Progress
from store.library import Library
from vidindex.core.sampling.grid import fit_within
from vidindex.errors import MediaError
from vidindex.ports import Decoder
from vidindex.types import Event, Source, Timeline, VideoTimeline
from vidindex.types.page import Thumbnail, TimelinePage, VideoPage
from vidindex.types.sheet import Encode

SIDE_PX = 256
MAX_PICTURES, MAX_PER_VIDEO = 240, 24
MAX_BYTES = 8_000_000
APART_S = 0.5
"""Events that begin as near as that share a picture."""


@dataclass(slots=True)
class ReportPage:
    """Writes timelines as pages, with at most MAX_PICTURES and MAX_BYTES of pictures each."""

    library: Library
    decoder: Decoder
    encode: Encode
    render: Callable[[TimelinePage, TextIO], None]
    progress: Progress
    made_at: datetime
    version: str
    SUFFIX: str = field(default=".html", init=False)

    def write(self, timeline: Timeline, stream: TextIO) -> None:
        """Write one page; what has no picture says so on it."""
        videos = tuple(self._pictured(self._videos(timeline)))
        page = TimelinePage(timeline.title, videos, self.made_at, self.version, timeline.notes)
        self.render(page, stream)

    def _videos(self, timeline: Timeline) -> list[VideoPage]:
        """Each video once, however many clips of it there are."""
        clips: dict[str, list[VideoTimeline]] = {}
        for video in timeline.videos:
            clips.setdefault(video.video.video_id, []).append(video)
        whole = Timelines(self.library)
        return [self._video(of_one, whole) for of_one in clips.values()]

    def _video(self, clips: Sequence[VideoTimeline], whole: Timelines) -> VideoPage:
        bare = replace(clips[0], clip=None, begins_s=None)
        if not all(map(_is_hit, clips)):
            windows = tuple(clip.clip for clip in clips if clip.clip)
            events = [e for e in bare.events if not windows or any(map(e.span.overlap, windows))]
            return VideoPage(replace(bare, events=_in_order(events)), windows=windows)
        (around,) = whole.of_videos([bare.video.video_id]).videos
        hits = _in_order(clip.events[0] for clip in clips)
        listed = replace(bare, events=hits, clocks=around.clocks)
        return VideoPage(listed, are_hits=True, behind=_in_order(around.events))

    def _pictured(self, videos: Sequence[VideoPage]) -> Iterator[VideoPage]:
        """The same with pictures, each video its share of them."""
        left, left_bytes = MAX_PICTURES, MAX_BYTES
        share = min(MAX_PER_VIDEO, max(2, MAX_PICTURES // max(1, len(videos))))
        self.progress.start("pictures", len(videos), "videos")
        for video in videos:
            pictured = self._with_thumbnails(video, min(share, left), left_bytes)
            left -= len(pictured.thumbnails)
            left_bytes -= sum(len(one.jpeg) for one in pictured.thumbnails)
            yield pictured
            self.progress.advance(1, video.video.name)
        self.progress.finish()

    def _with_thumbnails(self, page: VideoPage, most: int, most_bytes: int) -> VideoPage:
        starts = _starts(page.video.events, page.video.video.duration_s)
        chosen = evenly_chosen(tuple(starts), most) if most > 1 else ()
        taken: list[Thumbnail] = []
        notes = page.notes
        try:
            for one in self._thumbnails(page.video, {time_s: starts[time_s] for time_s in chosen}):
                most_bytes -= len(one.jpeg)
                if most_bytes < 0:
                    break
                taken.append(one)
        except MediaError as error:
            notes = (*notes, f"no picture: {error}")
        if len(taken) < len(starts):
            notes = (*notes, f"{len(taken):,} of {len(starts):,} event starts are pictured")
        return replace(page, thumbnails=tuple(taken), notes=notes)

    def _thumbnails(self, video: VideoTimeline, indices: dict[float, int]) -> Iterator[Thumbnail]:
        source = self._source(video)
        size = fit_within(source, SIDE_PX)
        frames = self.decoder.frames(source, tuple(indices), size)
        for index, frame in zip(indices.values(), frames, strict=True):
            yield Thumbnail(index, frame.pts_s, self.encode(frame.picture, ()))

    def _source(self, video: VideoTimeline) -> Source:
        opened = self.library.open_source(video.video.video_id)
        if opened is None:
            raise MediaError(f"{video.name} is not where it was", "ingest its folder again")
        return opened[1]


def _is_hit(video: VideoTimeline) -> bool:
    """Whether this clip is just what one event is: so are the clips of hits and marks."""
    return len(video.events) == 1 and video.clip == video.events[0].span


def _in_order(events: Iterable[Event]) -> tuple[Event, ...]:
    return tuple(sorted(events, key=lambda event: (event.span, event.channel, event.text)))


def _starts(events: Sequence[Event], duration_s: float) -> dict[float, int]:
    """When to take pictures, each with the place of its event: just after it has begun."""
    starts: dict[float, int] = {}
    for index, event in enumerate(events):
        time_s = min(event.span.start_s + APART_S, event.span.middle_s, duration_s)
        if not starts or time_s - next(reversed(starts)) >= APART_S:
            starts[time_s] = index
    return starts
