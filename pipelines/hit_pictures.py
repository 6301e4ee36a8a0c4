"""Decode the pictures of an answer: the frame that shows a moment, and its verified frames.

A file that is gone or broken costs its pictures and leaves a note, never the answer.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from pipelines.atomic_write import write_bytes_whole
from pipelines.progress import Progress
from store.library import Library
from vidindex.core.formatting.time_format import format_time
from vidindex.core.sampling.grid import fit_within
from vidindex.errors import InputError, MediaError
from vidindex.ports import Decoder
from vidindex.types import Frame, Moment, Source, VideoInfo
from vidindex.types.sheet import Encode, Pictured

FOUND_SIDE_PX, STRIP_SIDE_PX = 1280, 224
MAX_STRIP = 12


@dataclass(frozen=True, slots=True)
class Pictures:
    """Takes pictures of the moments of one library."""

    library: Library
    decoder: Decoder

    def found(self, moment: Moment) -> Pictured:
        """The moment with the frame that shows it."""
        video = self.library.videos.get(moment.video_id)
        if video is None:
            return Pictured(moment, notes=(_gone(moment),))
        frames, notes = self.frames(moment, (found_time_s(moment, video),), FOUND_SIDE_PX)
        return Pictured(moment, found=frames[0] if frames else None, notes=notes)

    def with_strip(self, pictured: Pictured) -> Pictured:
        """The same with small pictures of the frames that the verdict rests on, if it has any."""
        evidence = pictured.moment.verdict.evidence
        if evidence is None:
            return pictured
        times_s = evenly_chosen(evidence.frame_times_s, MAX_STRIP)
        frames, notes = self.frames(pictured.moment, times_s, STRIP_SIDE_PX)
        # What keeps a file from one picture keeps it from all: reported once.
        return replace(
            pictured, strip=frames, notes=tuple(dict.fromkeys((*pictured.notes, *notes)))
        )

    def frames(
        self, moment: Moment, times_s: Sequence[float], size: int | tuple[int, int]
    ) -> tuple[tuple[Frame, ...], tuple[str, ...]]:
        """(the frames on screen at these times, why there are not any).

        size: the longest side at most, or (width, height).
        """
        source = self._source(moment)
        if source is None:
            return (), (_gone(moment),)
        exact = fit_within(source, size) if isinstance(size, int) else size
        try:
            return tuple(self.decoder.frames(source, times_s, exact)), ()
        except MediaError as error:
            return (), (f"no picture: {error}",)

    def _source(self, moment: Moment) -> Source | None:
        opened = self.library.open_source(moment.video_id)
        return opened[1] if opened else None


def found_time_s(moment: Moment, video: VideoInfo) -> float:
    """When to take the one picture: the first frame of a text, the middle of what happens.

    Clocks and titles change at a frame, so the first one that begins in the span counts.
    """
    span = moment.verdict.span
    if moment.hits[0].event.channel not in ("screen", "clock"):
        return span.middle_s
    return min(span.start_s + 0.999 * video.frame_s, span.middle_s)


def evenly_chosen(times_s: Sequence[float], most: int) -> tuple[float, ...]:
    """At most `most` of the times, the first and the last among them."""
    if len(times_s) <= most:
        return tuple(times_s)
    return tuple(times_s[i * (len(times_s) - 1) // (most - 1)] for i in range(most))


def _gone(moment: Moment) -> str:
    return f"no picture: {moment.path} is not where it was; ingest its folder again"


MAX_NAME_BYTES = 120

_UNSAFE = re.compile(r"(?:[^\w.-]|\.{2,})+")


def save_pictures(
    pictured: Sequence[Pictured], folder: Path, encode: Encode, progress: Progress
) -> list[Path]:
    """Write a picture per hit, best first, into `folder`, which is made where it is not there.

    Each appears whole or not at all. What has no picture is reported to `progress`. Raises
    InputError where the folder cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make {folder}: {error.strerror}", "name another place") from error
    saved = []
    for rank, one in enumerate(pictured, start=1):
        for note in one.notes:
            progress.note(f"hit {rank}: {note}")
        if one.found is not None:
            path = folder / picture_name(rank, one.moment, one.found.pts_s)
            write_bytes_whole(path, encode(one.found.picture, one.outlines))
            saved.append(path)
    return saved


def picture_name(rank: int, moment: Moment, time_s: float) -> str:
    """`01_cam3_0412_00-02-15.2.jpg`: safe on every file system; the time is the picture's own."""
    stem = PurePosixPath(moment.path).with_suffix("").as_posix()
    safe = _UNSAFE.sub("_", stem).strip("_").encode()[-MAX_NAME_BYTES:].decode(errors="ignore")
    return f"{rank:02d}_{safe}_{format_time(time_s).replace(':', '-')}.jpg"
