"""Resolve what to cut for a hit: source file, stretch and clocks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from pipelines.cameras import wall_clock_of
from pipelines.recordings import originals
from store.library import Library
from vidindex.core.formatting.time_format import format_time
from vidindex.core.timing.timecode import source_clock
from vidindex.errors import MediaError
from vidindex.types import Location, SavedHit, Source, Span, VideoInfo
from vidindex.types.clip import Stamp

UNKNOWN = "unknown"
"""What probing calls a codec that FFmpeg does not know."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A hit as a stretch of the file that it is cut from; notes: what a person should know."""

    video: VideoInfo
    name: str
    source: Source
    span: Span
    stamp: Stamp
    notes: tuple[str, ...] = ()

    @property
    def sound(self) -> tuple[int, ...]:
        """The audio streams that can be decoded."""
        return tuple(one.index for one in self.video.audio if one.codec != UNKNOWN)

    @property
    def title(self) -> str:
        """`cam3/0412.mp4 00:02:15.200 – 00:02:45.000`: the title of a clip."""
        times = (format_time(at_s, 3) for at_s in (self.span.start_s, self.span.end_s))
        return f"{self.name} {' – '.join(times)}"


@dataclass(slots=True)
class Stretches:
    """Finds them in one library. is_video: whether a file is the video of this id."""

    library: Library
    is_video: Callable[[Path, str], bool]
    _originals: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self._originals = originals(self.library)

    def of(self, hit: SavedHit, handles_s: float, files: Mapping[str, Path]) -> Stretch:
        """The stretch with its handles, as far as the file has them.

        A proxy's hit is cut from its original, where that can be read. files: where videos are,
        by their ids, instead of where the library saw them. Raises MediaError where no file of
        it can be read.
        """
        original = self._originals.get(hit.video_id)
        notes: list[str] = []
        if original is not None:
            try:
                proxy_notes = ["cut from the original of a proxy"]
                return self._of(original, hit.span, handles_s, files, proxy_notes)
            except MediaError as error:
                notes.append(f"cut from a proxy: {error}")
        return self._of(hit.video_id, hit.span, handles_s, files, notes)

    def _of(
        self,
        video_id: str,
        span: Span,
        handles_s: float,
        files: Mapping[str, Path],
        notes: list[str],
    ) -> Stretch:
        video = self.library.videos.get(video_id)
        if video is None:
            raise MediaError(f"no video {video_id!r} in the library", "see: vidindex list")
        name, path = self.library.videos.name(video_id), files.get(video_id)
        held = with_handles(span, handles_s, video.duration_s, notes)
        if held is None:
            start, lasts = format_time(span.start_s), format_time(video.duration_s)
            raise MediaError(f"{name} has no {start}: it lasts {lasts}", "ingest it again")
        if silent := sum(one.codec == UNKNOWN for one in video.audio):
            notes.append(f"without {silent} sound track(s) of an unknown codec")
        return Stretch(
            video,
            name,
            video.source(path or self._place(video_id)),
            held,
            self._stamp(video, held.start_s),
            tuple(notes),
        )

    def _place(self, video_id: str) -> Location:
        """Where the very video that was indexed can be read."""
        problem = f"{self.library.videos.name(video_id)} is not there"
        for location in self.library.videos.locations(video_id):
            if not location.path.is_file():
                continue
            try:
                if self.is_video(location.path, video_id):
                    return location
                problem = f"{location.path} is not the file that was indexed"
            except MediaError as error:
                problem = error.message
        raise MediaError(problem, "connect its disk, or ingest it again")

    def _stamp(self, video: VideoInfo, start_s: float) -> Stamp:
        """The clocks of the video, right at `start_s`."""
        wall, source = wall_clock_of(self.library, video.video_id), source_clock(video)
        wall_start = None
        if wall is not None:
            zoned = replace(wall, zone=wall.zone or wall.recorded_at.tzinfo)
            wall_start = zoned.at(start_s) - timedelta(seconds=start_s)
        timecode = source.label_at(0.0) if source.known else None
        return Stamp(wall_start, timecode, source.base.rate)


def with_handles(span: Span, handles_s: float, lasts_s: float, notes: list[str]) -> Span | None:
    """The span with as much before and after as there is; what is missing is noted."""
    wanted = Span(span.start_s - handles_s, span.end_s + handles_s)
    held = wanted.within(Span(0.0, lasts_s))
    if held is None or span.within(Span(0.0, lasts_s)) is None:
        return None
    if handles_s and held.start_s > wanted.start_s:
        notes.append(f"{span.start_s - held.start_s:.1f} s before: the file begins there")
    if handles_s and held.end_s < wanted.end_s:
        after_s = max(0.0, held.end_s - span.end_s)
        notes.append(f"{after_s:.1f} s after: the file ends there")
    return held
