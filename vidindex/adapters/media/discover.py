"""Walk folders for files that may be videos.

Order is stable: names sorted as text, real folders first, links to elsewhere last.
Whatever cannot be looked into is a `FoundProblem`, never an exception.
"""

import errno
import os
import stat
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

from vidindex.types import FoundFile, FoundLink, FoundProblem

_WORDS = (
    "264 265 3g2 3gp amv asf avi braw dav divx dv evo f4v flv gxf h264 h265 hevc ismv ivf m1v m2p"
    " m2t m2ts m2v m4v mj2 mjpeg mjpg mk3d mkv mod mov mp4 mpe mpeg mpg mpv mts mxf nsv nut ogm"
    " ogv qt r3d rm rmvb tod trp ts vob webm wmv wtv y4m"
)
SUFFIXES = frozenset(f".{word}" for word in _WORDS.split())
"""Suffixes by which a file in a folder is taken for a video; a file that is named needs none."""

# Folders of network drives and systems that hold copies, previews and deleted files.
_SYSTEM = {"$recycle.bin", "system volume information", "@eadir", "#recycle", "lost+found"}
_LIBRARY_FILE = "library.db"
_LIBRARY_FOLDERS = {"vectors", "thumbnails", "evidence", "proxies"}

_Identity = tuple[int, int]


Found = FoundFile | FoundProblem | FoundLink


def discover(paths: Sequence[Path], *, follow_links: bool = False) -> Iterator[Found]:
    """Yield every candidate below `paths`, once each, with the root it was found under.

    A path that is a file is a candidate whatever its name. In folders: known video
    suffixes; hidden files, hidden and system folders and those of a library are passed over.
    A link is followed once; a folder that was walked already is not walked again. One that
    leads out of its root is not followed, unless `follow_links`, and is a `FoundLink`.
    """
    walk = _Walk(follow_links)
    for path in paths:
        yield from walk.root(path)


class _Walk:
    """One search over several roots; remembers where it has been."""

    def __init__(self, follow_links: bool) -> None:
        self._follow_links = follow_links
        self._folders: set[_Identity] = set()
        self._files: set[_Identity] = set()
        self._paths: set[Path] = set()

    def root(self, root: Path) -> Iterator[Found]:
        try:
            mode = root.stat().st_mode
        except OSError as error:
            yield _problem(root, root, error)
            return
        if not stat.S_ISDIR(mode):
            yield from self._file(root, root, once=False)
            return
        links: deque[Path] = deque()
        yield from self._below(root, root, links)
        while links:
            yield from self._link(root, links.popleft(), links)

    def _below(
        self, root: Path, top: Path, links: deque[Path], *, linked: bool = False
    ) -> Iterator[Found]:
        """Everything below `top` except links; links are left for later."""
        waiting = [top]  # a stack of our own: nesting is not limited by Python's
        while waiting:
            folder = waiting.pop()
            try:
                entries = _entries(folder) if self._is_new_folder(folder) else []
            except OSError as error:
                yield _problem(root, folder, error)
                continue
            links.extend(folder / entry.name for entry in entries if entry.is_symlink())
            own = [entry for entry in entries if not entry.is_symlink()]
            for entry in own:
                path = folder / entry.name
                if path.suffix.lower() in SUFFIXES and not entry.is_dir():
                    yield from self._file(root, path, once=False, linked=linked)
            waiting.extend(folder / entry.name for entry in reversed(own) if entry.is_dir())

    def _link(self, root: Path, link: Path, links: deque[Path]) -> Iterator[Found]:
        try:
            target = link.resolve(strict=True)
            is_folder = target.is_dir()
        except (OSError, RuntimeError) as error:
            if link.suffix.lower() in SUFFIXES or not link.suffix:
                yield _problem(root, link, error)
            return
        if not self._follow_links and not target.is_relative_to(root.resolve()):
            if is_folder or link.suffix.lower() in SUFFIXES:
                yield FoundLink(root, link)
        elif is_folder and link.parent.resolve().is_relative_to(target):
            message = f"{link}: a link to its own folder ({target}); it was not followed"
            yield FoundProblem(root, link, message)
        elif is_folder:
            yield from self._below(root, link, links, linked=True)
        elif link.suffix.lower() in SUFFIXES:
            yield from self._file(root, link, once=True, linked=True)

    def _file(self, root: Path, path: Path, *, once: bool, linked: bool = False) -> Iterator[Found]:
        """The file, unless it was found; `once`: under another name either."""
        try:
            found = path.stat()
        except OSError as error:
            yield _problem(root, path, error)
            return
        if not stat.S_ISREG(found.st_mode):
            yield FoundProblem(root, path, f"{path}: a device or pipe, not a file; remove it")
            return
        identity = (found.st_dev, found.st_ino)
        if path in self._paths or (once and identity in self._files):
            return
        self._paths.add(path)
        self._files.add(identity)
        yield FoundFile(root, path, linked)

    def _is_new_folder(self, folder: Path) -> bool:
        found = folder.stat()
        identity = (found.st_dev, found.st_ino)
        is_new = identity not in self._folders
        self._folders.add(identity)
        return is_new


def _entries(folder: Path) -> list["os.DirEntry[str]"]:
    """The entries of the folder, in the order of names, without those passed over."""
    with os.scandir(folder) as scan:
        entries = sorted(scan, key=lambda entry: entry.name)
    over = _SYSTEM
    if any(entry.name == _LIBRARY_FILE for entry in entries):
        over = _SYSTEM | _LIBRARY_FOLDERS
    return [
        entry
        for entry in entries
        if not entry.name.startswith(".") and entry.name.lower() not in over
    ]


def _problem(root: Path, path: Path, error: Exception) -> FoundProblem:
    if path.is_symlink() and not path.exists():
        loops = isinstance(error, RuntimeError) or getattr(error, "errno", None) == errno.ELOOP
        what = "a link that leads back to itself" if loops else "a broken link"
        return FoundProblem(root, path, f"{path}: {what} ({path.readlink()}); mend or remove it")
    if isinstance(error, FileNotFoundError):
        return FoundProblem(root, path, f"{path}: no such file or folder; check the path")
    reason = getattr(error, "strerror", None) or error
    message = f"{path}: cannot be looked into ({reason}); check its permissions"
    return FoundProblem(root, path, message)
