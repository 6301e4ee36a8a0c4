"""What people call a file: its path below the root it was found in; touches no disk."""

from fnmatch import fnmatch

from vidindex.types import Location


def below_root(place: Location) -> str:
    """The path below the root the file was found in; a root that is the file gives its name."""
    if place.path != place.root and place.path.is_relative_to(place.root):
        return place.path.relative_to(place.root).as_posix()
    return place.path.name


def matches(place: Location, glob: str) -> bool:
    """Whether the glob fits the path below the root, or the file name."""
    return fnmatch(below_root(place), glob) or fnmatch(place.path.name, glob)
