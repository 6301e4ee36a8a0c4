"""Values of the report page: timelines with small pictures."""

from dataclasses import dataclass
from datetime import datetime

from vidindex.types.record import Event, VideoTimeline
from vidindex.types.span import Span


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A small JPEG file of what was on screen at `pts_s`; `place`: its event among those listed."""

    place: int
    pts_s: float
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class VideoPage:
    """One video on the page.

    video: the whole of it; its events, in order of time, are listed one by one. are_hits: they
    were picked from among `behind`, which the strip shows without listing them. windows: the
    stretches that the page is of; empty for all of the video. notes: what is missing, and why.
    """

    video: VideoTimeline
    are_hits: bool = False
    behind: tuple[Event, ...] = ()
    windows: tuple[Span, ...] = ()
    thumbnails: tuple[Thumbnail, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """All that a report page says."""

    title: str
    videos: tuple[VideoPage, ...]
    made_at: datetime
    version: str
    notes: tuple[str, ...] = ()
