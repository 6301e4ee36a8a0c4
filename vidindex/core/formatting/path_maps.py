"""Map paths to another machine's, and to file URLs.

A library on a server knows /mnt/nas/a.mov; the editing machine has the same file at
/Volumes/Rushes/a.mov or Z:\\Rushes\\a.mov.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath, PurePosixPath, PureWindowsPath
from urllib.parse import quote

from vidindex.errors import InputError

_WINDOWS = re.compile(r"[A-Za-z]:(?:[\\/]|$)|\\\\")  # a drive letter or a network share


@dataclass(frozen=True, slots=True)
class PathMap:
    """Files below `source` here are below `target` there; `target` may be of another system."""

    source: PurePath
    target: PurePath

    def apply(self, path: PurePath) -> PurePath | None:
        """The path there, or None for a path that is not below `source`."""
        if not path.is_relative_to(self.source):
            return None
        return self.target.joinpath(*path.relative_to(self.source).parts)


def parse_path_map(text: str) -> PathMap:
    """`/mnt/nas=/Volumes/Rushes`, or `/mnt/nas=Z:`. Raises InputError."""
    source, mark, target = text.partition("=")
    if not (source and mark and target):
        raise InputError(
            f"{text!r} is not a path map", "write HERE=THERE, such as /mnt/nas=/Volumes/Rushes"
        )
    if re.fullmatch("[A-Za-z]:", target):
        target += "\\"  # the root of the drive, not the folder it is in just now
    made = PathMap(as_path(source), as_path(target))
    for path in (made.source, made.target):
        if not path.is_absolute():
            raise InputError(
                f"{str(path)!r} is not an absolute path", "begin it with / or a drive letter"
            )
    return made


def as_path(text: str) -> PurePath:
    """A path of the system that its form shows: Windows with a drive letter or share."""
    return PureWindowsPath(text) if _WINDOWS.match(text) else PurePosixPath(text)


def map_path(path: PurePath, maps: Iterable[PathMap]) -> tuple[PurePath, PathMap | None]:
    """The path there and the map that says so, the longest that fits; else as it is."""
    for one in sorted(maps, key=lambda one: len(one.source.parts), reverse=True):
        if mapped := one.apply(path):
            return mapped, one
    return path, None


def file_url(path: PurePath, host: str = "") -> str:
    """RFC 8089: file:///Volumes/Rushes/a%20b.mov, file:///Z:/a.mov, file://server/share/a.mov.

    host: goes where no server does; some formats want localhost there. A path that is not
    absolute becomes a relative reference. Bytes that are no UTF-8 are kept.
    """
    whole = _quoted(path.as_posix())
    if isinstance(path, PureWindowsPath) and path.drive:
        if path.drive.startswith("\\"):
            return f"file:{whole}"
        return f"file://{host}/{path.drive}{_quoted(path.as_posix()[2:])}"
    return f"file://{host}{whole}" if path.is_absolute() else f"./{whole}"


def _quoted(path: str) -> str:
    return quote(path, safe="/", errors="surrogateescape")
