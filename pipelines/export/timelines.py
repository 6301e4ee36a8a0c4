"""Build timelines of files, recordings, cameras, search hits and marks.

Where both a proxy and its original are known they are one asset: the original is on
the timeline, with the events of whichever was looked at. Writes nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from pipelines.cameras import as_known
from pipelines.recordings import originals
from store.library import Library
from vidindex.core.formatting.counts import counted
from vidindex.core.timing.event_timestamps import wall_at
from vidindex.errors import InputError
from vidindex.types import (
    Channel,
    ClockTrack,
    Event,
    Filters,
    Mark,
    Moment,
    Span,
    Timeline,
    VideoTimeline,
)

MAX_OVERLAP_S = 2.0
"""Files of one camera whose ends are as near as that meet (see `core.timing.recordings`)."""


@dataclass(slots=True)
class Timelines:
    """Builds timelines; channels: only events of these kinds, all without."""

    library: Library
    channels: Sequence[Channel] = ()
    _original_of: dict[str, str] = field(init=False)
    _proxy_of: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self._original_of = originals(self.library)
        self._proxy_of = {original: proxy for proxy, original in self._original_of.items()}

    def of_videos(self, names: Sequence[str]) -> Timeline:
        """The videos that people mean, whole, one behind the other; all without a name."""
        videos = self.library.videos
        ids = videos.find(names) if names else [video.video_id for video in videos.all()]
        if not ids:
            raise InputError("the library holds no video", "ingest a folder first")
        return self._whole(ids)

    def of_recordings(self, names: Sequence[str]) -> Timeline:
        """The whole recordings that these videos are part of, file behind file."""
        ids: list[str] = []
        for video_id in self.library.videos.find(names):
            recording = self.library.recordings.of_video(video_id)
            ids += recording.video_ids if recording else [video_id]
        if not ids:
            raise InputError("no recording was named", "name one of its videos")
        return self._whole(ids)

    def of_camera(self, filters: Filters) -> Timeline:
        """What the filters' cameras recorded, by wall clock: where nothing was, there is a gap.

        Raises InputError where nothing is known to be recorded, and where files overlap by
        more than their ends may: then a clock is wrong, or there are several cameras.
        """
        filters = as_known(self.library, filters)
        dated: list[tuple[datetime, VideoTimeline]] = []
        undated: dict[str, None] = {}
        windows = self.library.videos.selected(filters)
        for video_id in self._assets(windows):
            whole = self._video(video_id)
            for span in windows.get(video_id) or windows[self._proxy_of[video_id]]:
                clip = replace(whole, clip=span)
                at = wall_at(clip, span.start_s)
                if at is None:
                    undated[clip.name] = None
                else:
                    dated.append((at, clip))
        if not dated:
            names = ", ".join(filters.cameras)
            raise InputError(f"nothing of {names} with a wall clock", "see: vidindex cameras")
        dated.sort(key=lambda pair: (pair[0].astimezone(UTC), pair[1].name))
        begins_at = dated[0][0]
        clips, cuts = _placed((_seconds(at, begins_at), clip) for at, clip in dated)
        left_out = [f"no wall clock, left out: {name}" for name in undated]
        title = f"{', '.join(filters.cameras)} {begins_at:%Y-%m-%d}"
        return Timeline(title, tuple(clips), begins_at, (*left_out, *cuts))

    def of_moments(self, moments: Iterable[Moment], title: str) -> Timeline:
        """A clip for each hit, best first, where the verdict put it; so for its further spans."""
        clips = [
            self._clip(replace(moment.hits[0].event, span=span, text=moment.text))
            for moment in moments
            for span in (moment.verdict.span, *moment.verdict.also)
        ]
        return Timeline(title, tuple(clips))

    def of_marks(self, marks: Iterable[Mark], title: str) -> Timeline:
        """A clip for each mark, in the order given; its text is the note, else the query."""
        events = [
            Event(mark.video_id, mark.span, mark.note or mark.query, "mark", mark.answer)
            for mark in marks
        ]
        return Timeline(title, tuple(map(self._clip, events)))

    def alone(self, video_id: str) -> VideoTimeline:
        """A video with what was found in itself, whether it is a proxy or has one."""
        events, clocks = self._seen(video_id)
        return replace(self._bare(video_id), events=tuple(events), clocks=tuple(clocks))

    def _whole(self, ids: Sequence[str]) -> Timeline:
        videos = tuple(self._video(video_id) for video_id in self._assets(ids))
        title = videos[0].name if len(videos) == 1 else counted(len(videos), "video")
        return Timeline(title, videos)

    def _assets(self, ids: Iterable[str]) -> list[str]:
        """The originals of proxies in place of them, each asset once."""
        return list(dict.fromkeys(self._original_of.get(one, one) for one in ids))

    def _video(self, video_id: str) -> VideoTimeline:
        """The asset of this id with all its events."""
        events, clocks = self._seen(video_id)
        if proxy := self._proxy_of.get(video_id):
            theirs, their_clocks = self._seen(proxy)
            own = {event.channel for event in events}
            events += [event for event in theirs if event.channel not in own]
            clocks = clocks or their_clocks
        bare = self._bare(video_id)
        within = Span(0.0, bare.video.duration_s)
        return replace(
            bare,
            events=tuple(
                replace(event, video_id=video_id, span=span)
                for event in events
                if (span := event.span.within(within))
            ),
            clocks=tuple(replace(clock, video_id=video_id) for clock in clocks),
        )

    def _seen(self, video_id: str) -> tuple[list[Event], list[ClockTrack]]:
        return (
            self.library.events.of_video(video_id, self.channels),
            self.library.screen_clocks.of_video(video_id),
        )

    def _clip(self, event: Event) -> VideoTimeline:
        """The stretch of an event, as a clip of its asset."""
        bare = self._bare(self._original_of.get(event.video_id, event.video_id))
        span = event.span.within(Span(0.0, bare.video.duration_s)) or event.span
        return replace(
            bare, clip=span, events=(replace(event, video_id=bare.video.video_id, span=span),)
        )

    def _bare(self, video_id: str) -> VideoTimeline:
        """A video with its name, place and camera, and no events."""
        video = self.library.videos.get(video_id)
        if video is None:
            raise InputError(f"no video {video_id!r} in the library", "see: vidindex list")
        places = self.library.videos.locations(video_id)
        recording = self.library.recordings.of_video(video_id)
        camera = video.camera or (recording.camera if recording else None)
        return VideoTimeline(
            video,
            self.library.videos.name(video_id),
            events=(),
            path=str(places[0].path) if places else None,
            camera=self.library.cameras.get(camera) if camera else None,
        )


def _seconds(at: datetime, since: datetime) -> float:
    # In UTC: Python subtracts times of one zone by their hands, an hour wrong in autumn.
    return (at.astimezone(UTC) - since.astimezone(UTC)).total_seconds()


def _placed(clips: Iterable[tuple[float, VideoTimeline]]) -> tuple[list[VideoTimeline], list[str]]:
    """The clips where they begin, cut where the one before has not ended; what was cut."""
    placed: list[VideoTimeline] = []
    cuts_s: list[float] = []
    behind_s = 0.0
    for begins_s, clip in clips:
        span = clip.clip or Span(0.0, clip.video.duration_s)
        overlap_s = behind_s - begins_s
        if overlap_s > MAX_OVERLAP_S:
            raise InputError(
                f"{clip.name} begins {overlap_s:.1f} s before {placed[-1].name} ends",
                "put the clock right (vidindex cameras set), or export the files without --camera",
            )
        if overlap_s < clip.video.frame_s:
            overlap_s = 0.0  # less than a frame
        else:
            cuts_s.append(overlap_s)
        if overlap_s < span.duration_s:
            rest = Span(span.start_s + overlap_s, span.end_s)
            placed.append(replace(clip, clip=rest, begins_s=begins_s + overlap_s))
            behind_s = begins_s + span.duration_s
    if not cuts_s:
        return placed, []
    return placed, [f"files overlap: cut at {len(cuts_s)} places, by {max(cuts_s):.2f} s at most"]
