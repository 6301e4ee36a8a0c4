"""Watch folders: ingest new footage and run standing queries as it comes."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.progress import Progress, Quiet
from vidindex.app.base import BUNDLED_NOTE, LibraryBase

if TYPE_CHECKING:
    from pipelines.watch.alerts import Notify, WatchCounts
    from pipelines.watch.run import WatchOptions


class Watching(LibraryBase):
    """Watching; the library may be open for reading only, and is locked for moments then."""

    def watch(
        self,
        folders: Sequence[str | Path],
        options: "WatchOptions",
        tell: "Notify",
        *,
        once: bool = False,
        progress: Progress | None = None,
    ) -> "WatchCounts":
        """Ingest new files in folders, and notify about verified hits in them, until interrupted.

        once: one round over all there is, then what it did.
        """
        from pipelines.watch.run import Watch

        places = list(dict.fromkeys(Path(one).expanduser().resolve() for one in folders))
        for note in (*self.notes(), *([BUNDLED_NOTE] if self.model_source else [])):
            tell("note", note)
        watch = Watch(
            self.library,
            self.writer,
            self.services,
            self.stages,
            places,
            options,
            tell,
            progress or Quiet(),
        )
        watch.once() if once else watch.run()
        return watch.counts
