"""Open, read and write one library directory.

library.db      SQLite in WAL mode: the truth
vectors/, frames/    FAISS files, derived; missing, stale or broken ones are rebuilt
thumbnails/, evidence/, proxies/    pictures and videos that the faces keep, a folder per video
library.lock    held by who ingests, erases or imports; library.holder says who that is
progress.json   how far the ingest is that runs now
"""

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from sqlite_utils import Database

from store.coverage import coverage
from store.index.event_filter import EventFilter
from store.index.full_text import FullTextIndex
from store.index.staged_vectors import StagedVectors
from store.index.vectors import Vectors
from store.progress_file import ProgressFile
from store.sqlite import connection, consistency, secure_delete
from store.sqlite.lock import writer_lock
from store.tables.alerts import Alerts
from store.tables.answers import SavedAnswers
from store.tables.calibrations import Calibrations
from store.tables.cameras import Cameras, Recordings
from store.tables.events import Events
from store.tables.failures import Failures
from store.tables.frame_plans import FramePlans
from store.tables.frame_vectors import FrameVectors
from store.tables.holds import Holds
from store.tables.marks import Marks
from store.tables.model_replies import Replies, Verdicts
from store.tables.near_lines import NearLines
from store.tables.ocr_readings import OcrReadings
from store.tables.records import Records
from store.tables.runs import Runs
from store.tables.screen_clocks import ScreenClocks
from store.tables.text_model import TextModel
from store.tables.tombstones import Tombstones
from store.tables.transcripts import Transcripts
from store.tables.videos import Videos
from store.tables.work_ledger import WorkLedger
from vidindex.core.deprecation import current_name
from vidindex.errors import InputError, LibraryError
from vidindex.types import Coverage, Filters, Source, VideoInfo

RENAMED = {
    "archive": "records",
    "clocks": "screen_clocks",
    "let_in": "filter_events",
    "plans": "frame_plans",
    "readings": "ocr_readings",
    "searches": "saved_answers",
    "words": "full_text",
    "work": "work_ledger",
}
"""Attributes of `Library`: old names that still work, and the present ones."""


@dataclass(frozen=True, slots=True)
class Removal:
    """What `Library.remove` erased.

    clean: no trace is left on disk. False where another process was reading, or the disk is
    full: then old pages are left until `Library.clean` is called when that is over.
    """

    video_id: str
    num_events: int
    clean: bool


class Library:
    """All nouns of one library directory, each a small class over one connection.

    Calls of one object must not overlap in time; a server gives each thread its own
    object or holds a lock. Reading needs no lock, also while another process writes, and
    neither do short changes, such as marks.
    """

    def __init__(self, path: Path, db: Database, write: bool, exclusive: bool) -> None:
        self.path = path
        self.write = write
        self.exclusive = exclusive
        self._db = db
        self._stack = ExitStack()
        self.videos = Videos(db)
        self.cameras = Cameras(db)
        self.recordings = Recordings(db)
        self.failures = Failures(db)
        self.work_ledger = WorkLedger(db)
        self.ocr_readings = OcrReadings(db)
        self.text_model = TextModel(db)
        self.transcripts = Transcripts(db)
        self.events = Events(db)
        self.full_text = FullTextIndex(db)
        self.screen_clocks = ScreenClocks(db)
        self.frame_plans = FramePlans(db)
        self.replies = Replies(db)
        self.verdicts = Verdicts(db)
        self.calibrations = Calibrations(db)
        self.vectors = Vectors(db, path / "vectors", exclusive)
        self.staged_vectors = StagedVectors(db)
        self.frame_vectors = FrameVectors(db, path / "frames", exclusive)
        self.near_lines = NearLines(db, write)
        self.runs = Runs(db)
        self.marks = Marks(db)
        self.saved_answers = SavedAnswers(db)
        self.holds = Holds(db)
        self.tombstones = Tombstones(db)
        self.alerts = Alerts(db)
        self.records = Records(db)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            return getattr(self, current_name("Library", name, RENAMED))

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        create: bool = False,
        write: bool = False,
        edit: bool = False,
        allow_network: bool = False,
        wait_s: float = 0.0,
    ) -> Self:
        """Open the library in the directory `path`: to read, to edit, or as its one writer.

        create: make it if missing (implies `write`). edit: for short changes beside
        the one writer, such as marks, answers and holds (not with `write`). allow_network: open
        it even on a network file system, where SQLite's locks and shared memory cannot be
        trusted. wait_s: how long a writer waits for another one.
        Raises LibraryError (none there, not a library, network or read-only disk),
        LibraryLocked (another process writes), LibraryCorrupt, LibraryMismatch (newer).
        """
        path = path.absolute()
        exclusive = write or create
        write = exclusive or edit
        connection.check_place(path, create=create, write=write, allow_network=allow_network)
        with ExitStack() as stack:
            if exclusive:
                stack.enter_context(writer_lock(path, wait_s))
                db = connection.open_for_writing(path)
            elif edit:
                db = connection.open_for_editing(path)
            else:
                db = connection.open_for_reading(path)
            stack.callback(db.conn.close)
            library = cls(path, db, write, exclusive)
            if exclusive:
                library.vectors.discard_file_ahead()
                library.frame_vectors.discard_file_ahead()
            library._stack = stack.pop_all()
        return library

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close; an error of SQLite itself leaves as a LibraryError that says what to do."""
        self.close()
        if isinstance(error, sqlite3.DatabaseError):
            raise connection.explained(error, self.path) from error

    def close(self) -> None:
        """Give up the connection and the lock; what was not committed is undone."""
        self._stack.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; blocks may nest. Big blocks are fast: one block per file, not per row.

        Other writers wait meanwhile: compute first, then begin.
        """
        with self._db.atomic():
            yield

    def require_exclusive(self) -> None:
        """Raise LibraryError unless this is the one writer, who alone may ingest and erase."""
        if not self.exclusive:
            raise LibraryError(f"{self.path} is not open as its one writer", "open it to write")

    def filter_events(self, filters: Filters) -> EventFilter:
        """These filters, to be given to several searches in turn."""
        return EventFilter(self._db, filters)

    def filter_frames(self, filters: Filters) -> EventFilter:
        """These filters on frames, to be given to several `frame_vectors.search` in turn."""
        return self.frame_vectors.filter(filters)

    def open_source(self, video_id: str) -> tuple[VideoInfo, Source] | None:
        """A video, and what a decoder needs to read it; None where no copy of it is present."""
        video, location = self.videos.get(video_id), self.videos.present_location(video_id)
        return (video, video.source(location)) if video and location else None

    def thumbnails(self, video_id: str) -> Path:
        """The folder for thumbnails of one video; not made here, erased by `remove`."""
        return self.path / "thumbnails" / video_id

    def evidence(self, video_id: str) -> Path:
        """The folder for evidence frames of one video; not made here, erased by `remove`."""
        return self.path / "evidence" / video_id

    def proxies(self, video_id: str) -> Path:
        """The folder for a copy of one video that any player plays; as `thumbnails`."""
        return self.path / "proxies" / video_id

    def coverage(self, filters: Filters | None = None) -> Coverage:
        """What an answer rests on, over the videos that `filters` allows (all by default)."""
        return coverage(self._db, filters or Filters())

    def remove(self, video_id: str) -> Removal:
        """Erase a video and every trace of it, as `remove_all` does."""
        return self.remove_all([video_id])[0]

    def remove_all(self, video_ids: Sequence[str]) -> list[Removal]:
        """Erase videos and every trace of them but a fingerprint, by which an ingest leaves
        their files out; the footage itself is not touched.

        All or none: raises InputError where one is held, or an id is unknown. The
        vector files go too: call `refresh_indexes()` after the last removal.
        """
        self.require_exclusive()
        num_events = {video_id: self.events.count(video_id) for video_id in video_ids}
        with self.transaction():
            self._refuse_held(video_ids)
            questions = secure_delete.questions_about(self._db, video_ids)
            for video_id in num_events:
                self.videos.remove(video_id)
            self.tombstones.put(num_events)
            secure_delete.forget_questions(self._db, questions)
        kept = (self.thumbnails, self.evidence, self.proxies)
        folders = [place(one) for one in num_events for place in kept]
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
        clean = self.clean() and not any(folder.exists() for folder in folders)
        return [Removal(video_id, count, clean) for video_id, count in num_events.items()]

    def _refuse_held(self, video_ids: Sequence[str]) -> None:
        for hold in self.holds.of(video_ids):
            name = self.videos.name(hold.video_id)
            raise InputError(f"{name} is {hold}", f"release it: vidindex hold --release {name!r}")

    def refresh_indexes(self) -> None:
        """Rebuild the vector files that lag far behind their tables; not within a transaction."""
        self.vectors.refresh()
        self.frame_vectors.refresh()

    def clean(self) -> bool:
        """Purge deleted words, vectors, names and old pages; False where something is in the way.

        The database is rewritten, so a removal takes as long as copying it does.
        """
        self.require_exclusive()
        gone = [index.discard_file() for index in (self.vectors, self.frame_vectors)]
        ProgressFile(self.path).clear()  # left by an ingest that was killed; it names files
        secure_delete.forget_names(self._db)
        self.full_text.purge()
        is_rewritten = secure_delete.rewrite(self._db)
        return connection.truncate_wal(self._db) and is_rewritten and all(gone)

    def copy_to(self, path: Path, copied: Callable[[int], None]) -> None:
        """Write one state of the database to a new file, whatever is written meanwhile.

        copied: called every so many bytes. Raises sqlite3.DatabaseError where that fails.
        """
        connection.copy_database(self._db, path, copied)

    def check(self) -> list[str]:
        """Read the whole database and name every fault found; empty where it is sound."""
        return connection.faults(self._db) or consistency.faults(self._db)

    def repair(self) -> None:
        """Rebuild all that is derived: indexes, full text, vector files; source rows stay."""
        self.require_exclusive()
        consistency.rebuild(self._db)
        self.near_lines.clear()
        for index in (self.vectors, self.frame_vectors):
            index.discard_file()
            index.refresh()
