"""What people call a file: its path below the root it was found in; touches no disk."""

import os
import re
from fnmatch import translate
from functools import lru_cache

from vidindex.types import Location


def below_root(place: Location) -> str:
    """The path below the root the file was found in; a root that is the file gives its name."""
    if place.path != place.root and place.path.is_relative_to(place.root):
        return place.path.relative_to(place.root).as_posix()
    return place.path.name


def matches(place: Location, glob: str) -> bool:
    """Whether the glob fits the path below the root, or the file name."""
    return fits(str(place.root), str(place.path), glob)


def fits(root: str, path: str, glob: str) -> bool:
    """`matches`, for paths as text: of ten thousand files, making paths takes the longest."""
    fitting = _pattern(glob)
    below = path[len(root) :].lstrip(os.sep) if path.startswith(root + os.sep) else ""
    name = path.rpartition(os.sep)[2]
    return any(
        fitting.match(os.path.normcase(one.replace(os.sep, "/"))) for one in (below or name, name)
    )


@lru_cache(maxsize=64)
def _pattern(glob: str) -> re.Pattern[str]:
    return re.compile(translate(os.path.normcase(glob)))
