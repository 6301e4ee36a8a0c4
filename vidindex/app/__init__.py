"""Use a library from Python: `with open_library("my.library") as library: ...`.

A thin layer over the pipelines, which the command line uses as anyone would; what does
the work is put together in `composition`.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from store.library import Library
from vidindex.app.auditing import Auditing
from vidindex.app.browsing import MAX_CLIP_S, Browsing
from vidindex.app.exporting import Exporting
from vidindex.app.indexing import Indexing, ListedVideo, Status
from vidindex.app.planning import DEFAULTS, PlanResult, deadline, evaluate_reference, plan
from vidindex.app.retention import Retention
from vidindex.app.searching import Searching
from vidindex.app.transcripts import Transcripts
from vidindex.app.watching import Watching
from vidindex.core.deprecation import current_name
from vidindex.settings import Backend, Settings

__all__ = [
    "MAX_CLIP_S",
    "App",
    "Backend",
    "ListedVideo",
    "PlanResult",
    "Settings",
    "Status",
    "deadline",
    "evaluate_reference",
    "open_library",
    "plan",
    "restore_backup",
]


if TYPE_CHECKING:
    from pipelines.backup.folder import Backup
    from pipelines.progress import Progress

RENAMED = {"HandingOver": "Exporting", "LookingUp": "Browsing", "Retaining": "Retention"}
"""Names of this module: old ones that still work, and the present ones."""

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        return globals()[current_name("vidindex.app", name, RENAMED)]


class App(Indexing, Searching, Browsing, Exporting, Retention, Watching, Auditing, Transcripts):
    """A library with the tools that this machine has; a context manager."""


def open_library(
    path: str | Path, settings: Settings = DEFAULTS, *, write: bool = True, edit: bool = False
) -> "App":
    """Open (with `write`: or create) the library in this directory.

    write: as its one writer, who may ingest and erase. edit: for marks, holds and calibrations
    only, which need no lock and can be made while another process ingests.
    Raises LibraryError where it cannot be used as it is; the message says what to do.
    """
    folder = Path(path).expanduser()
    if edit:
        return App(Library.open(folder, edit=True), settings)
    return App(Library.open(folder, create=write, write=write), settings)


def restore_backup(
    source: str | Path, library: str | Path, *, progress: "Progress | None" = None
) -> "Backup":
    """Make the library in a new folder out of what `App.backup` wrote; see `vidindex restore`."""
    from pipelines.backup.folder import restore_backup as restore
    from pipelines.progress import Quiet

    folder = Path(library).expanduser().absolute()
    return restore(Path(source).expanduser(), folder, progress or Quiet())
