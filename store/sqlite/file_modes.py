"""Give new files of a library to its owner alone, or also to the group that its folder is for.

A folder is for its group where others are kept out of it (0750, 0770), or where it passes its
group on (setgid). The usual 0755 says nothing of the kind.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path


def make_folder(path: Path) -> None:
    """Make a folder of a library, 0700 or as its own parent; one that is there stays as it is."""
    if path.is_dir():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
        _change_mode(path, 0o700 | _group_bits(path.parent, 0o2070))


def file_mode(folder: Path) -> int:
    """The mode of new files in a folder of a library."""
    return 0o600 | _group_bits(folder, 0o060)


def restrict(path: Path) -> None:
    """Give a file that was just made the mode of new files in its folder."""
    _change_mode(path, file_mode(path.parent))


def create(path: Path) -> None:
    """Make an empty file with that mode, if there is no such file."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        restrict(path)


def _group_bits(folder: Path, mask: int) -> int:
    mode = stat.S_IMODE(folder.stat().st_mode)
    is_meant = not mode & 0o007 or mode & stat.S_ISGID
    return mode & mask if is_meant else 0


def _change_mode(path: Path, mode: int) -> None:
    with suppress(OSError):  # a file system without modes
        path.chmod(mode)
