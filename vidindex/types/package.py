"""Values of an evidence package: its contents, and the record of each hit."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from vidindex.types.clip import Clip
from vidindex.types.media import VideoInfo
from vidindex.types.record import VideoTimeline
from vidindex.types.search import Coverage, Gap, SavedHit, Standard
from vidindex.types.sheet import Pictured

Kind = Literal["original", "clip", "picture", "sheet"]
"""Only originals are what a camera wrote; everything else is derived from them."""


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A file of the package; `path` is below its folder, with `/`. sha256: hex digits."""

    path: str
    kind: Kind
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Original:
    """A video that a hit is of, and its copy; without one, `problem` says why.

    source: where it was read; None where it was read nowhere. copies: where the same video
    is as well, by its fingerprint; these were not read.
    """

    video: VideoInfo
    name: str
    source: Path | None
    copies: tuple[Path, ...] = ()
    file: PackedFile | None = None
    mtime_ns: int | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class PackedClip:
    """The clip of a hit, with its file; without one, `clip.problem` says why."""

    clip: Clip
    file: PackedFile | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PackedHit:
    """A hit with all that is known of it.

    pictured: its verdict with the evidence that the library keeps, and pictures. video: its
    file without events, for its clocks. standard: the lines that its score is judged by now;
    None where no model gave it. gaps: where its camera has no recording near it. original:
    the id of the video that its file is a proxy of, if it is one. files: the derivatives. clip:
    the one of them that is a clip, where clips were asked for.
    """

    hit: SavedHit
    pictured: Pictured
    video: VideoTimeline
    standard: Standard | None = None
    gaps: tuple[Gap, ...] = ()
    original: str | None = None
    files: tuple[PackedFile, ...] = ()
    clip: PackedClip | None = None


@dataclass(frozen=True, slots=True)
class Package:
    """Everything that a manifest and a sheet say. coverage: of the whole library."""

    made_at: datetime
    version: str
    hits: tuple[PackedHit, ...]
    originals: tuple[Original, ...]
    coverage: Coverage

    @property
    def files(self) -> list[PackedFile]:
        """All files of the package but its sheet, its manifest and its sums."""
        derived = [file for hit in self.hits for file in hit.files]
        return [one.file for one in self.originals if one.file] + derived
