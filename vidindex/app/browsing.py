"""Browse a library: the events of a video, and the picture at a time."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vidindex.app.base import LibraryBase
from vidindex.core.formatting.time_format import format_duration, format_time
from vidindex.core.sampling.grid import fit_within
from vidindex.errors import InputError, ProbeError
from vidindex.types import Frame, Span, VideoInfo

if TYPE_CHECKING:
    from vidindex.types import Channel, Event

MAX_CLIP_S = 600.0
"""Of a clip that is asked for from elsewhere; `vidindex clip` cuts any length."""


class Browsing(LibraryBase):
    """One video at a time, named as people name it: path, file name, or the start of its id."""

    def video(self, name: str) -> VideoInfo:
        """The one video of that name; InputError for none or several."""
        from pipelines.search.hit_refs import one_video

        return one_video(self.library, name)

    def events(
        self,
        name: str,
        start_s: float = 0.0,
        end_s: float = float("inf"),
        channels: "Sequence[Channel]" = (),
    ) -> "list[Event]":
        """The events of a video that touch [start_s, end_s), in order of time.

        Raises InputError where the video has no such stretch.
        """
        span = self.stretch(name, start_s, end_s)
        found = self.library.events.of_video(self.video(name).video_id, channels)
        return [
            one for one in found if one.span.start_s < span.end_s and one.span.end_s > span.start_s
        ]

    def stretch(
        self, name: str, start_s: float, end_s: float, most_s: float = float("inf")
    ) -> Span:
        """What the video has of [start_s, end_s).

        Raises InputError where that is nothing, or longer than `most_s`.
        """
        video = self.video(name)
        last_s = min(end_s, video.duration_s)
        if not 0 <= start_s < last_s:
            known_as = self.library.videos.name(video.video_id)
            raise InputError(
                f"{known_as} has no stretch from {start_s:g} s to {end_s:g} s",
                f"it lasts {format_time(video.duration_s)}",
            )
        if last_s - start_s > most_s:
            hint = f"ask for {format_duration(most_s)} at most"
            raise InputError(f"{format_duration(last_s - start_s)} is too long", hint)
        return Span(start_s, last_s)

    def frame(self, name: str, at_s: float, max_side_px: int = 1280) -> Frame:
        """The picture on screen at `at_s`, no side longer than `max_side_px`.

        Raises InputError for a time that the video does not have, MediaError where its file
        cannot be read.
        """
        video = self.video(name)
        known_as = self.library.videos.name(video.video_id)
        if not 0 <= at_s < video.duration_s:
            lasts = format_time(video.duration_s)
            raise InputError(f"{known_as} has no picture at {at_s:g} s", f"it lasts {lasts}")
        opened = self.library.open_source(video.video_id)
        if opened is None:
            raise ProbeError(f"{known_as} is not where it was", "ingest its folder again")
        _, source = opened
        (frame,) = self.services.decoder.frames(source, [at_s], fit_within(source, max_side_px))
        return frame
