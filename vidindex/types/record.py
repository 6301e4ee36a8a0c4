"""Values of the index: events with their spans, screen clocks, timelines."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from vidindex.types.media import Camera, VideoInfo
from vidindex.types.span import Span

Channel = Literal["caption", "screen", "subtitle", "speech", "clock", "frame", "mark"]
"""The source of what is found: a model's caption, on-screen text, subtitles, speech, a burned-in
clock, the vectors of frames (such events are never stored), or, in exports only, the mark that
somebody made.
"""

Box = tuple[float, float, float, float]
"""(x1, y1, x2, y2) as fractions of the picture, 0 to 1; x runs to the right, y down."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something with a text that lasts from `span.start_s` to `span.end_s` of one video.

    source: what produced it: a model identity, a reader's name, a subtitle stream or file.
    event_id: given by the library; None before it is stored.
    continued_by: the event that it becomes in the next file of the same recording, if any.
    """

    video_id: str
    span: Span
    text: str
    channel: Channel
    source: str
    event_id: int | None = None
    continued_by: int | None = None


@dataclass(frozen=True, slots=True)
class SubtitleEvents:
    """Events of all subtitles of one video.

    problems: tracks that could not be read; notes: what was cut, left out or doubtful.
    """

    events: tuple[Event, ...]
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TextReading:
    """One line of text that a reader saw in one frame, how surely (0 to 1), and where."""

    time_s: float
    text: str
    score: float
    box: Box


@dataclass(frozen=True, slots=True)
class ClockTrack:
    """On-screen text that runs like a clock: value = value_at_start_s + rate * (t - start).

    `template` is the text with the running part as `{}`, e.g. "PTS={}"; `style` says how
    the running part is written: "mm:ss", "hh:mm", "hh:mm:ss", "hh:mm:ss:ff", "seconds", or
    "count" (a frame counter, whose value is the number itself, not seconds).
    `resolution_s` is the step in which the clock runs, in the unit of its value.
    """

    video_id: str
    span: Span
    value_at_start_s: float
    rate: float
    style: str
    template: str
    resolution_s: float
    source: str
    track_id: int | None = None

    def value_at(self, time_s: float) -> float:
        """The clock's value at media time `time_s`, between the steps that it shows."""
        return self.value_at_start_s + self.rate * (time_s - self.span.start_s)

    def showing(self, value_s: float) -> Span | None:
        """The stretch of media time in which the clock shows `value_s`, or None if it never does.

        The display changes to `value_s` at its beginning, whichever way the clock runs.
        """
        edges_s = sorted(
            self.span.start_s + (edge - self.value_at_start_s) / self.rate
            for edge in (value_s, value_s + self.resolution_s)
        )
        return Span(*edges_s).within(self.span) if edges_s[0] < edges_s[1] else None

    def time_of(self, value_s: float) -> float | None:
        """The first media time at which the clock shows `value_s`, or None if it never does."""
        showing = self.showing(value_s)
        return showing.start_s if showing else None


@dataclass(frozen=True, slots=True)
class VideoTimeline:
    """The events of one video, in order of time; `name` is how people call the file.

    path: where the reader of the export finds the file, as a path of that machine; None
    where it is not known. camera: how far off the clock was that `recorded_at` is from.
    clip: the stretch that a timeline of clips shows, None for the whole. begins_s: where on
    that timeline, in seconds from its beginning; None for right behind the one before.
    """

    video: VideoInfo
    name: str
    events: tuple[Event, ...]
    clocks: tuple[ClockTrack, ...] = ()
    path: str | None = None
    camera: Camera | None = None
    clip: Span | None = None
    begins_s: float | None = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """What is exported: one or more videos with their events; a video may come several times.

    begins_at: the wall clock at its beginning, where it is laid out by wall clock.
    notes: what was left out or changed, for people.
    """

    title: str
    videos: tuple[VideoTimeline, ...]
    begins_at: datetime | None = None
    notes: tuple[str, ...] = ()
