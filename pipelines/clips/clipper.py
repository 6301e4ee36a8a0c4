"""Write hits as clip files: cut exactly, copied from a keyframe, or joined in one reel.

A clip appears whole and checked, or not at all, and nothing is overwritten unasked. What is
wrong with one hit costs that hit alone.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from pipelines.clips.cut import ClipServices, copy_from_keyframe, cut_exactly
from pipelines.clips.source import Stretch, Stretches
from pipelines.progress import Progress
from store.library import Library
from vidindex.core.formatting.safe_filenames import path_key, safe_path, unique_path
from vidindex.core.formatting.time_format import format_time
from vidindex.errors import InputError, MediaError
from vidindex.types import SavedHit, Span
from vidindex.types.clip import Clip

SUFFIXES = (".mp4", ".mov", ".m4v")
"""Of clips that are re-encoded."""

COPY_SUFFIXES = (*SUFFIXES, ".mkv", ".webm", ".ts", ".mts", ".avi", ".mpg", ".flv")
"""Of copies: what the streams fit in is for the file to say."""

MAX_STEM_BYTES = 100


@dataclass(frozen=True, slots=True)
class ClipStyle:
    """How clips are made.

    copy: from a keyframe on, without encoding. handles_s: how much more before and after.
    burn_in: media time, wall clock and timecode in the pictures. force: overwrite.
    """

    copy: bool = False
    handles_s: float = 0.0
    burn_in: bool = False
    force: bool = False

    def __post_init__(self) -> None:
        if self.copy and self.burn_in:
            raise InputError("a copy has its pictures as they are", "leave --copy or --burn-in out")


@dataclass(frozen=True, slots=True)
class Clipper:
    """Makes clips of one library's hits."""

    library: Library
    services: ClipServices
    progress: Progress

    def make(self, hits: Sequence[SavedHit], output: Path, style: ClipStyle) -> list[Clip]:
        """A clip per hit: into the file `output` if it is called like one, else into that folder.

        A hit that cannot be cut has a problem. Raises InputError where there is no hit, or
        several for one file.
        """
        if not hits:
            raise InputError("no hits to cut", "search first, or name FILE@01:23-01:40")
        into_file = is_file_name(output)
        if into_file and len(hits) > 1:
            raise InputError(
                f"{len(hits)} hits do not fit into the one clip {output}",
                "name a folder, or put them after each other with --reel",
            )
        check_output(output, COPY_SUFFIXES if style.copy else SUFFIXES)
        stretches, used = Stretches(self.library, self.services.is_video), set[str]()
        self.progress.start("clip", sum(hit.span.duration_s for hit in hits), "s")
        made = []
        for hit in hits:
            clip, stretch = stretch_of(self.library, stretches, hit, style, {})
            if stretch:
                path = output if into_file else output / _named(hit, stretch, used, style)
                clip = self._made(clip, stretch, path, style)
            made.append(clip)
            self.progress.advance(hit.span.duration_s, clip.name)
        self.progress.finish()
        return made

    def exact(self, hit: SavedHit, path: Path, files: Mapping[str, Path]) -> Clip:
        """One exact clip at `path`; files: where to read videos, by their ids."""
        stretches, style = Stretches(self.library, self.services.is_video), ClipStyle()
        clip, stretch = stretch_of(self.library, stretches, hit, style, files)
        return self._made(clip, stretch, path, style) if stretch else clip

    def _made(self, clip: Clip, stretch: Stretch, path: Path, style: ClipStyle) -> Clip:
        """The clip, written; or why it was not."""
        try:
            with written(self.library, path, force=style.force) as part:
                if style.copy:
                    held = copy_from_keyframe(self.services, stretch, part)
                else:
                    held = stretch.span
                    cut_exactly(self.services, stretch, part, burn_in=style.burn_in)
        except MediaError as error:
            return replace(clip, problem=str(error))
        return replace(clip, path=path, holds=held)


def stretch_of(
    library: Library,
    stretches: Stretches,
    hit: SavedHit,
    style: ClipStyle,
    files: Mapping[str, Path],
) -> tuple[Clip, Stretch | None]:
    """What is to be cut for a hit, and the clip that is not there yet; or the problem with it."""
    try:
        stretch = stretches.of(hit, style.handles_s, files)
    except MediaError as error:
        name = library.videos.name(hit.video_id)
        return Clip(name, hit.video_id, hit.span, problem=str(error)), None
    clip = Clip(stretch.name, stretch.video.video_id, stretch.span, notes=stretch.notes)
    return clip, stretch


def is_file_name(output: Path) -> bool:
    """Whether this is the name of a clip, not of a folder."""
    return output.suffix.lower() in COPY_SUFFIXES and not output.is_dir()


def check_output(output: Path, suffixes: Sequence[str]) -> None:
    """Make the folder that clips go into. Raises InputError where they cannot."""
    folder = output
    if is_file_name(output):
        folder = output.parent
        if output.suffix.lower() not in suffixes:
            raise InputError(f"no exact clip is a {output.suffix}", "call it .mp4 or .mov")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make {folder}: {error.strerror}", "name another place") from error


@contextmanager
def written(library: Library, path: Path, *, force: bool) -> Iterator[Path]:
    """A place beside `path` to write to, whose file becomes `path` where all goes well.

    Raises MediaError where `path` is there and not to be overwritten, or is footage.
    """
    if path.exists() and not force:
        raise MediaError(f"{path} is there already", "name another place, or use --force")
    if any(library.videos.location_at(one) for one in (path.absolute(), path.resolve())):
        raise MediaError(f"{path} is a video of the library", "name another place")
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".clip-") as folder:
            part = Path(folder) / f"clip{path.suffix.lower()}"
            yield part
            part.replace(path)
    except OSError as error:
        raise MediaError(f"cannot write {path}: {error.strerror}", "name another place") from error


def clip_name(name: str, span: Span, number: int, suffix: str) -> str:
    """`01_cam3_0412_00-02-15.200_00-02-45.000.mp4`: safe on every file system.

    number: of the hit, 0 for none.
    """
    stem = PurePosixPath(name).with_suffix("").as_posix().replace("/", "_")
    # Its end distinguishes files; the times behind it must not be cut.
    short = stem.encode()[-MAX_STEM_BYTES:].decode(errors="ignore")
    numbered = f"{number:02d}_{short}" if number else short
    times = "_".join(format_time(at_s, 3) for at_s in (span.start_s, span.end_s))
    return safe_path(f"{numbered}_{times.replace(':', '-')}{suffix}")


def _named(hit: SavedHit, stretch: Stretch, used: set[str], style: ClipStyle) -> str:
    suffix = stretch.source.path.suffix.lower() if style.copy else ".mp4"
    suffix = suffix if suffix in COPY_SUFFIXES else ".mkv"
    path = unique_path(clip_name(stretch.name, stretch.span, hit.rank, suffix), used)
    used.add(path_key(path))
    return path
