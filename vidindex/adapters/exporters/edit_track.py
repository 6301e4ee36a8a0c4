"""Lay a timeline out as an edit: clips on one track, in whole frames.

Seconds become frames here and nowhere else. A file of variable frames is counted at its
nominal rate, as an editing program does; times are rounded to the nearest frame.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import PurePosixPath

from vidindex.adapters.exporters.record import in_order
from vidindex.core.formatting.path_maps import as_path
from vidindex.core.timing.event_timestamps import wall_text
from vidindex.core.timing.timecode import (
    SourceClock,
    Timebase,
    can_drop,
    editing_rate,
    source_clock,
)
from vidindex.errors import InputError
from vidindex.types import Channel, Span, Timeline, VideoInfo, VideoTimeline

ONE_HOUR = "01:00:00:00"
"""Where the timelines of editing programs begin by custom."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One media file; `name` is the file's own with its suffix, by which editors find it again."""

    video: VideoInfo
    name: str
    path: str
    clock: SourceClock
    num_frames: int

    @property
    def rate(self) -> Fraction:
        return self.clock.base.rate


@dataclass(frozen=True, slots=True)
class Marker:
    """An event, in frames of the asset from media time 0; `note` is its wall clock, if known."""

    start: int
    length: int
    text: str
    channel: Channel
    note: str


@dataclass(frozen=True, slots=True)
class Clip:
    """A stretch of an asset on the track.

    start, length: in frames of the track, from its beginning. source_start, source_length:
    in frames of the asset, from media time 0. note: the wall clock at its beginning.
    """

    asset: Asset
    start: int
    length: int
    source_start: int
    source_length: int
    markers: tuple[Marker, ...]
    note: str

    @property
    def end(self) -> int:
        return self.start + self.length


@dataclass(frozen=True, slots=True)
class Track:
    """Clips in order, none over another; between them there may be gaps.

    first: the frame number that the track's own timecode begins with.
    """

    title: str
    base: Timebase
    first: int
    clips: tuple[Clip, ...]

    @property
    def length(self) -> int:
        return self.clips[-1].end

    @property
    def assets(self) -> list[Asset]:
        """Every media file once, in the order in which they come."""
        return list({clip.asset.video.video_id: clip.asset for clip in self.clips}.values())

    def frame_of(self, clip: Clip, source_frame: int) -> int:
        """Where on the track a frame of the clip's asset is, counted from the track's beginning."""
        behind = (source_frame - clip.source_start) / clip.asset.rate
        return clip.start + round(behind * self.base.rate)


def lay_out(timeline: Timeline) -> Track:
    """The clips of the timeline in frames; at the rate that most of them have.

    It begins at 01:00:00:00, or, where it is laid out by wall clock, at the time of day.
    Raises InputError where there is no video.
    """
    if not timeline.videos:
        raise InputError("no clips for the timeline", "name a video, or search wider")
    assets = [_asset(video) for video in timeline.videos]
    base = _base(assets, by_wall_clock=timeline.begins_at is not None)
    clips: list[Clip] = []
    for video, asset in zip(timeline.videos, assets, strict=True):
        clips.append(_clip(video, asset, base, clips[-1].end if clips else 0))
    return Track(timeline.title, base, _first(timeline, base), tuple(clips))


def _asset(video: VideoTimeline) -> Asset:
    path = video.path or video.name
    clock = source_clock(video.video)
    return Asset(
        video=video.video,
        name=(as_path(path) if video.path else PurePosixPath(path)).name,
        path=path,
        clock=clock,
        num_frames=max(1, clock.base.frame_at(video.video.duration_s)),
    )


def _base(assets: Sequence[Asset], *, by_wall_clock: bool) -> Timebase:
    """The rate of most clips; drop-frame where the first of them is, or where hours matter."""
    rates = Counter(editing_rate(asset.rate) for asset in assets)
    rate = rates.most_common(1)[0][0]
    drops = next(asset.clock.base.drop for asset in assets if editing_rate(asset.rate) == rate)
    return Timebase(rate, drop=can_drop(rate) and (drops or by_wall_clock))


def _first(timeline: Timeline, base: Timebase) -> int:
    at = timeline.begins_at
    if at is None:
        return base.frame_of(ONE_HOUR)
    second_of_day = at.hour * 3600 + at.minute * 60 + at.second + at.microsecond / 1e6
    # Labels without drop-frame say the hour at the beginning and fall behind from there on.
    return base.frame_at(second_of_day) if base.drop else round(second_of_day * base.counted)


def _clip(video: VideoTimeline, asset: Asset, base: Timebase, behind: int) -> Clip:
    """`behind`: the end of the clip before, which this one must not overlap."""
    counts = asset.clock.base
    span = video.clip or Span(0.0, video.video.duration_s)
    start, end = counts.frames(span.start_s, span.end_s)
    start = min(start, asset.num_frames - 1)
    end = max(min(end, asset.num_frames), start + 1)
    begins = behind if video.begins_s is None else max(behind, base.frame_at(video.begins_s))
    return Clip(
        asset=asset,
        start=begins,
        length=max(1, round((end - start) / asset.rate * base.rate)),
        source_start=start,
        source_length=end - start,
        markers=tuple(_markers(video, counts, start, end)),
        note=wall_text(video, span.start_s) or "",
    )


def _markers(video: VideoTimeline, counts: Timebase, first: int, end: int) -> Iterator[Marker]:
    """What happens in the clip, cut to it."""
    for event in in_order(video):
        begins, ends = counts.frames(event.span.start_s, event.span.end_s)
        begins, ends = max(begins, first), min(ends, end)
        if begins < ends:
            note = wall_text(video, event.span.start_s) or ""
            yield Marker(begins, ends - begins, event.text, event.channel, note)
