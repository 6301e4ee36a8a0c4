"""Take snapshots of watched folders, and detect folders that went away.

A mount that is gone leaves no folder, or an empty one. Neither says that files were deleted.
"""

import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.services import Services
from store.library import Library
from vidindex.types import FoundFile, FoundLink, FoundProblem


@dataclass(frozen=True, slots=True)
class FileState:
    """What a file looked like."""

    size_bytes: int
    mtime_ns: int


class StabilityTracker:
    """Since when each file has looked the same; times are seconds of one clock of the caller."""

    def __init__(self) -> None:
        self._since: dict[Path, tuple[FileState, float]] = {}

    def update(self, states: Mapping[Path, FileState], now_s: float) -> None:
        """Take note of how all files look now; one that is not among them is forgotten."""
        self._since = {
            path: self._since[path] if self._last_state(path) == state else (state, now_s)
            for path, state in states.items()
        }

    def unchanged_s(self, path: Path, now_s: float) -> float:
        """For how long this file, which was seen, has looked the same."""
        return now_s - self._since[path][1]

    def states(self) -> dict[Path, FileState]:
        """How all files looked the last time."""
        return {path: state for path, (state, _) in self._since.items()}

    def _last_state(self, path: Path) -> FileState | None:
        return self._since[path][0] if path in self._since else None


@dataclass(frozen=True, slots=True)
class FolderSnapshot:
    """One look at all folders.

    away: folders that are not there, or hold no video though the library knows some of them.
    unsure: folders in which something could not be looked into; nothing there counts as gone.
    """

    files: dict[Path, FoundFile]
    states: dict[Path, FileState]
    problems: tuple[FoundProblem, ...]
    away: frozenset[Path]
    unsure: frozenset[Path]


def take_snapshot(library: Library, services: Services, folders: Sequence[Path]) -> FolderSnapshot:
    """The present files of the folders."""
    files: dict[Path, FoundFile] = {}
    states: dict[Path, FileState] = {}
    problems: list[FoundProblem] = []
    for item in services.discover(folders):
        if isinstance(item, FoundLink):
            continue
        if isinstance(item, FoundProblem):
            problems.append(item)
            continue
        try:
            seen_now = item.path.stat()
        except OSError:
            continue  # it went between two looks
        files[item.path] = item
        states[item.path] = FileState(seen_now.st_size, seen_now.st_mtime_ns)
    closed = {problem.path for problem in problems}
    rooted = {item.root for item in files.values()}
    away = frozenset(
        folder
        for folder in folders
        if folder in closed or (folder not in rooted and _is_emptied(library, folder, files))
    )
    seen = tuple(problem for problem in problems if problem.path not in away)
    hidden = [problem.path for problem in seen if _hides_files(problem.path)]
    unsure = frozenset(folder for folder in folders for p in hidden if p.is_relative_to(folder))
    return FolderSnapshot(files, states, seen, away, unsure)


def _is_emptied(library: Library, folder: Path, files: dict[Path, FoundFile]) -> bool:
    """Whether the library has videos there, and the folder (or one above) holds none now."""
    if any(path.is_relative_to(folder) for path in files):
        return False
    return bool(library.videos.present_below(folder))


def _hides_files(path: Path) -> bool:
    """Whether this is a folder that cannot be listed, or whose kind cannot be found out."""
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except FileNotFoundError:
        return False
    except OSError:
        return not path.is_symlink()
