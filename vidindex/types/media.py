"""Values of files: video properties, location and recording."""

import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, Self

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class AudioStream:
    """One audio stream; it is counted as not heard until speech was transcribed."""

    index: int
    codec: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class SubtitleStream:
    """One embedded subtitle stream. `is_text` is false for pictures (PGS, VobSub)."""

    index: int
    codec: str
    language: str | None = None
    is_text: bool = True


@dataclass(frozen=True, slots=True)
class FileIdentity:
    """Which file on disk it is: device, inode, and when its inode last changed (ns)."""

    device: int
    inode: int
    changed_ns: int

    @classmethod
    def of(cls, seen: os.stat_result) -> Self:
        return cls(seen.st_dev, seen.st_ino, seen.st_ctime_ns)


@dataclass(frozen=True, slots=True)
class Location:
    """One path of a video. A vanished one is missing, not deleted.

    identity: of the file that was indexed, None where that is not known (older libraries).
    linked: a link below `root` leads to it, and was followed.
    """

    root: Path
    path: Path
    mtime_ns: int
    size_bytes: int
    status: Literal["present", "missing"] = "present"
    identity: FileIdentity | None = field(default=None, compare=False, metadata={"json": False})
    linked: bool = field(default=False, compare=False, metadata={"json": False})


@dataclass(frozen=True, slots=True)
class IndexedFile:
    """What a file was when it was indexed; see `Location`."""

    video_id: str
    root: Path
    identity: FileIdentity | None
    linked: bool


@dataclass(frozen=True, slots=True)
class ClockPiece:
    """A part of a file in which its clock runs on: the packets from one jump to the next.

    from_s, to_s: the first and last time (PTS minus the container's start, seconds) within it.
    from_byte: where in the file it begins. shift_s: added to such a time, it makes media time.
    """

    from_s: float
    to_s: float
    from_byte: int
    shift_s: float


@dataclass(frozen=True, slots=True)
class ClockMap:
    """From the times that a file gives its packets to media time, where its clock jumps.

    pieces: in the order of the file. entries: (byte, media time) of keyframes at which reading
    can begin, in that order. See `vidindex.core.timing.clock_map`.
    """

    pieces: tuple[ClockPiece, ...]
    entries: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """All that a decoder needs to know to open one video at one place.

    `start_s` is the container's raw start time (seconds); media time is PTS minus it, and,
    where the file's clock jumps, as `clock` maps it. `picture_end_s` is the media time at which
    the last picture ends; from there on it is the frame on screen. `is_still`: there is but one
    picture, which is on screen throughout.
    `width`, `height` are the display size: after rotation and pixel aspect ratio.
    `rotation_deg` is how far the stored picture is turned clockwise to be upright:
    0, 90, 180 or 270. `container` is FFmpeg's name of the format, "" to find out. Where
    `indexed` is given, only that very file is read.
    """

    path: Path
    stream_index: int
    start_s: float
    picture_end_s: float
    width: int
    height: int
    rotation_deg: int = 0
    clock: ClockMap | None = None
    is_still: bool = False
    container: str = ""
    indexed: IndexedFile | None = None


GENERATED_COMMENT = "vidindex generated clip"
"""The comment in the container of every film that vidindex makes itself."""


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What probing found out about one video, independent of its path.

    `video_id` is the content fingerprint. `duration_s` is the end of the last frame, sound or
    line of text in media time, `picture_end_s` that of the last frame alone (`duration_s` where
    it is not given). `clock` maps the file's own times where they jump, else None.
    `recorded_at` is the wall clock of media time 0 where it
    is known, `recorded_at_from` says where (container, file name, user).
    `is_generated`: vidindex made it (demo, benchmarks), as its container says.
    `timecode_start` is the source timecode as written (tmcd), e.g. "01:00:00;00".
    """

    video_id: str
    duration_s: float
    width: int
    height: int
    average_fps: float
    codec: str
    container: str
    stream_index: int
    start_s: float
    rotation_deg: int
    num_frames: int
    size_bytes: int
    pixel_format: str = ""
    audio: tuple[AudioStream, ...] = ()
    subtitles: tuple[SubtitleStream, ...] = ()
    recorded_at: datetime | None = None
    recorded_at_from: str | None = None
    camera: str | None = None
    timecode_start: str | None = None
    notes: tuple[str, ...] = ()
    is_generated: bool = False
    picture_end_s: float = 0.0
    clock: ClockMap | None = None

    def __post_init__(self) -> None:
        if not 0 < self.picture_end_s <= self.duration_s:
            object.__setattr__(self, "picture_end_s", self.duration_s)

    @property
    def frame_s(self) -> float:
        """How long a frame lasts on average, in seconds; more than 0 also for time-lapse."""
        if self.average_fps > 0:
            return 1 / self.average_fps
        return self.picture_end_s / max(1, self.num_frames)

    def source(self, file: Path | Location) -> Source:
        """This video at this place, as a decoder wants it.

        At a `Location` only the file that was indexed is read, at a path whatever is there.
        """
        indexed = None
        if isinstance(file, Location):
            indexed = IndexedFile(self.video_id, file.root, file.identity, file.linked)
        return Source(
            path=file.path if isinstance(file, Location) else file,
            stream_index=self.stream_index,
            start_s=self.start_s,
            picture_end_s=self.picture_end_s,
            width=self.width,
            height=self.height,
            rotation_deg=self.rotation_deg,
            clock=self.clock,
            is_still=self.num_frames == 1,
            container=self.container if indexed else "",
            indexed=indexed,
        )


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera: which file names are its own, and how far its clock is off.

    True time = camera time + offset_s + drift * seconds since `drift_from`. speech: whether its
    sound is transcribed, whatever an ingest says; None: as the ingest says.
    """

    name: str
    pattern: str | None = None
    zone: str | None = None
    offset_s: float = 0.0
    drift: float = 0.0
    drift_from: datetime | None = None
    speech: bool | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """Consecutive files of one camera or card whose ends meet, in order."""

    recording_id: int
    camera: str | None
    video_ids: tuple[str, ...]
    started_at: datetime | None = None
    proxy_of: int | None = None


@dataclass(frozen=True, slots=True)
class Signals:
    """Cheap signals of one video, from which a plan is made.

    packet_times_s, packet_sizes, packet_is_key: arrays of one entry per video
    packet, in presentation order (media time, bytes, bool).
    look_times_s: media times of the keyframes that were looked at (at most one a
    second); looks: their luma, uint8 of shape (n, height, width), tiny;
    look_differences: mean absolute luma difference to the look before, 0 to 1 (the
    first entry is 0). num_failed_looks: keyframes that could not be decoded.
    """

    packet_times_s: npt.NDArray[np.float64]
    packet_sizes: npt.NDArray[np.int64]
    packet_is_key: npt.NDArray[np.bool_]
    look_times_s: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    look_differences: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    looks: npt.NDArray[np.uint8] = field(default_factory=lambda: np.zeros((0, 0, 0), np.uint8))
    num_failed_looks: int = 0


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that may be a video, below the folder (or as the file) that was named.

    linked: a link below `root` leads to it.
    """

    root: Path
    path: Path
    linked: bool = False


@dataclass(frozen=True, slots=True)
class FoundLink:
    """A link that leads out of the folder that was named, and was not followed."""

    root: Path
    path: Path


@dataclass(frozen=True, slots=True)
class FoundProblem:
    """A place that cannot be looked into; `message` says what and what to do."""

    root: Path
    path: Path
    message: str
