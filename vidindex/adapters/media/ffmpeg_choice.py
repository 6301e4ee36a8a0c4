"""Choose the ffmpeg to run: the newest one here that has all that is needed.

There may be one on PATH, and imageio-ffmpeg carries one. The latter has no ffprobe (nothing
here needs it: probing is PyAV's job) and no hardware encoders.
"""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from vidindex.errors import MediaError

OLDEST = (6, 0)
"""Before it, an input cannot be turned (`-display_rotation`), and copied sound is late."""

ENCODERS = ("libx264", "aac")
FILTERS = ("drawtext",)
_WITHIN_S = 30.0
_VERSION = re.compile(r"^ffmpeg version (\S+)", re.MULTILINE)
_RELEASE = re.compile(r"n?(\d+(?:\.\d+)+)")  # "5.1.6-0+deb12u1", "n7.1", "7.0.2-static"
_LIBAVUTIL = re.compile(r"^\s*libavutil\s+(\d+)\.", re.MULTILINE)
# ffmpeg 6 came with libavutil 58, 7 with 59: each major release raises both.
_LIBAVUTIL_AHEAD = 52


@dataclass(frozen=True, slots=True)
class Build:
    """One ffmpeg. version: as it says, or empty; release: (major, minor, ...) or empty;
    problem: why it cannot be used, else empty.
    """

    version: str
    release: tuple[int, ...]
    problem: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A build, and where it is: `origin` is "on PATH" or "from imageio-ffmpeg"."""

    path: str
    origin: str
    build: Build

    def __str__(self) -> str:
        return f"{self.build.version or 'unknown version'} {self.origin} ({self.path})"


@dataclass(frozen=True, slots=True)
class Choice:
    """The one to run, and those that are not."""

    chosen: Candidate
    others: tuple[Candidate, ...]

    def __str__(self) -> str:
        why = [f"not {one}: {one.build.problem or 'not newer'}" for one in self.others]
        return "; ".join([str(self.chosen), *why])


def choose() -> Choice:
    """The newest usable ffmpeg; of equals, the one on PATH. Raises MediaError without one."""
    found = candidates()
    usable = [one for one in found if not one.build.problem]
    if not usable:
        needed = ".".join(map(str, OLDEST))
        reasons = "; ".join(f"{one}: {one.build.problem}" for one in found)
        raise MediaError(
            f"no ffmpeg that can be used: {reasons or 'none on PATH, none in imageio-ffmpeg'}",
            f"install ffmpeg {needed} or newer with libx264, or: pip install imageio-ffmpeg",
        )
    chosen = max(usable, key=lambda one: one.build.release)
    return Choice(chosen, tuple(one for one in found if one is not chosen))


def candidates() -> list[Candidate]:
    """Every ffmpeg here, the one on PATH first; one that is found twice counts once."""
    paths: dict[str, tuple[str, str]] = {}
    for origin, path in (("on PATH", shutil.which("ffmpeg")), ("from imageio-ffmpeg", _carried())):
        if path:
            paths.setdefault(os.path.realpath(path), (path, origin))
    return [
        Candidate(path, origin, inspect(path, Path(real).stat().st_mtime_ns))
        for real, (path, origin) in paths.items()
    ]


def _carried() -> str | None:
    import imageio_ffmpeg

    try:
        return shutil.which(str(imageio_ffmpeg.get_ffmpeg_exe()))
    except RuntimeError:  # it has none for this platform
        return None


@lru_cache
def inspect(path: str, _written_ns: int) -> Build:
    """What the ffmpeg at `path` is, asked of it once for each time it was written."""
    try:
        encoders, filters = (_said(path, option) for option in ("-encoders", "-filters"))
    except (OSError, subprocess.TimeoutExpired) as error:
        return Build("", (), f"cannot be run: {error}")
    named = _VERSION.search(encoders)
    version, release = named[1] if named else "", _release(encoders)
    if not release:
        return Build(version, (), "its version cannot be read")
    if release < OLDEST:
        return Build(version, release, f"older than {'.'.join(map(str, OLDEST))}")
    missing = [f"encoder {name}" for name in ENCODERS if not _lists(encoders, name)]
    missing += [f"filter {name}" for name in FILTERS if not _lists(filters, name)]
    return Build(version, release, f"lacks {', '.join(missing)}" if missing else "")


def _said(path: str, option: str) -> str:
    """Its banner, with versions, and the list that the option asks for."""
    done = subprocess.run(
        [path, option],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=_WITHIN_S,
        check=False,
    )
    return done.stdout.decode(errors="replace")


def _release(banner: str) -> tuple[int, ...]:
    """(7, 0, 2) of a release; of a build between releases ("N-112-gab"), by its libavutil."""
    named = _VERSION.search(banner)
    if named and (release := _RELEASE.match(named[1])):
        return tuple(map(int, release[1].split(".")))
    library = _LIBAVUTIL.search(banner)
    return (int(library[1]) - _LIBAVUTIL_AHEAD, 0) if library else ()


def _lists(listed: str, name: str) -> bool:
    """Whether a line such as " V....D libx264  H.264 / AVC" names it."""
    return re.search(rf"^ \S+ +{re.escape(name)} ", listed, re.MULTILINE) is not None
