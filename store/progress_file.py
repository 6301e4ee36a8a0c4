"""Share the progress of a running ingest with other processes, in a file.

Not in the database: it is written often, by a process that may hold a transaction open, and
nothing is lost with it.
"""

import json
import os
import socket
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from store.sqlite.file_modes import restrict

NAME = "progress.json"


@dataclass(frozen=True, slots=True)
class Doing:
    """One pass of an ingest. done, total: in `unit`, "s" of footage or "files"; eta_s: left.

    file: what was finished last. notes: the latest messages, the newest last. begun_s: when
    the process `pid` on `host` began, in Unix time: process numbers are given again.
    """

    stage: str
    done: float
    total: float
    unit: str
    file: str = ""
    eta_s: float | None = None
    notes: tuple[str, ...] = ()
    pid: int = 0
    host: str = ""
    begun_s: float = 0.0


class ProgressFile:
    """Written by the one ingest of a library, read by anybody."""

    def __init__(self, library: Path) -> None:
        self._path = library / NAME

    def write(self, doing: Doing) -> None:
        """Say what this process is doing: a reader sees all of it, or what was there before."""
        pid = os.getpid()
        mine = replace(doing, pid=pid, host=socket.gethostname(), begun_s=_begun_s(pid))
        beside = self._path.with_suffix(".tmp")
        beside.write_text(json.dumps(asdict(mine)), encoding="utf-8")
        restrict(beside)
        beside.replace(self._path)

    def read(self) -> Doing | None:
        """What is being done; None where no ingest runs, or the one that ran was killed."""
        try:
            fields = json.loads(self._path.read_text(encoding="utf-8"))
            doing = Doing(**fields | {"notes": tuple(fields["notes"])})
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return doing if _runs(doing) else None

    def clear(self) -> None:
        """Nothing is being done any more."""
        for path in (self._path, self._path.with_suffix(".tmp")):
            with suppress(OSError):
                path.unlink()


def _begun_s(pid: int) -> float:
    return float(psutil.Process(pid).create_time())


def _runs(doing: Doing) -> bool:
    """Whether that process still runs; assumed for one of another machine or container."""
    if doing.host != socket.gethostname():
        return True
    try:
        return abs(_begun_s(doing.pid) - doing.begun_s) < 1.0
    except psutil.Error:
        return False
