"""Which files have stopped changing, told by looking at them again and again; opens none.

Looking is all that works everywhere: on SMB and NFS mounts no notice comes of what another
machine writes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Look:
    """What a file looked like."""

    size_bytes: int
    mtime_ns: int


class Settling:
    """Since when each file has looked the same; times are seconds of one clock of the caller."""

    def __init__(self) -> None:
        self._since: dict[Path, tuple[Look, float]] = {}

    def see(self, looks: Mapping[Path, Look], now_s: float) -> None:
        """Take note of how all files look now; one that is not among them is forgotten."""
        self._since = {
            path: self._since[path] if self._looked(path) == look else (look, now_s)
            for path, look in looks.items()
        }

    def unchanged_s(self, path: Path, now_s: float) -> float:
        """For how long this file, which was seen, has looked the same."""
        return now_s - self._since[path][1]

    def looks(self) -> dict[Path, Look]:
        """How all files looked the last time."""
        return {path: look for path, (look, _) in self._since.items()}

    def _looked(self, path: Path) -> Look | None:
        return self._since[path][0] if path in self._since else None
