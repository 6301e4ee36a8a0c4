"""Match files by what people call them: a path below its root, a file name, or a glob.

Names are compared in NFC: some file systems store what is typed in another form. Brackets in
a glob are literal where some file is called so, else they are a character class.
"""

import os
import re
import unicodedata
from collections.abc import Iterable
from fnmatch import translate
from functools import lru_cache

from vidindex.types import Location

Named = tuple[str, str, str]
"""video_id, root and path of a place, as text."""


def below_root(location: Location) -> str:
    """The path below the root the file was found in; a root that is the file gives its name."""
    if location.path != location.root and location.path.is_relative_to(location.root):
        return location.path.relative_to(location.root).as_posix()
    return location.path.name


def composed(text: str) -> str:
    """The text in NFC."""
    return unicodedata.normalize("NFC", text)


def matches(location: Location, glob: str) -> bool:
    """Whether the glob fits the path below the root or the file name, brackets either way."""
    names = _names(str(location.root), str(location.path))
    return any(_fits(names, glob, literal=literal) for literal in (True, False))


def named(places: Iterable[Named], glob: str) -> set[str]:
    """The ids of the videos whose name fits the glob."""
    with_names = [(video_id, _names(root, path)) for video_id, root, path in places]
    for literal in (True, False) if "[" in glob else (False,):
        if found := {video for video, names in with_names if _fits(names, glob, literal=literal)}:
            return found
    return set()


def _names(root: str, path: str) -> tuple[str, ...]:
    """As text: of ten thousand files, making paths takes the longest."""
    below = path[len(root) :].lstrip(os.sep) if path.startswith(root + os.sep) else ""
    name = path.rpartition(os.sep)[2]
    return tuple(composed(os.path.normcase(n.replace(os.sep, "/"))) for n in {below or name, name})


def _fits(names: tuple[str, ...], glob: str, *, literal: bool) -> bool:
    pattern = _pattern(glob, literal=literal)
    return any(pattern.match(name) for name in names)


@lru_cache(maxsize=64)
def _pattern(glob: str, *, literal: bool) -> re.Pattern[str]:
    wanted = composed(os.path.normcase(glob))
    return re.compile(translate(wanted.replace("[", "[[]") if literal else wanted))
