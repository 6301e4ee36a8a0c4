"""Open library.db safely, and explain why it cannot be opened.

synchronous=NORMAL: with a write-ahead log a killed process loses nothing that was committed,
and a power cut may lose the last commits but never the file's integrity. A lost piece of work
is done again, because its note in the ledger is in the same commit.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Self

from sqlite_utils import Database

from store.sqlite.consistency import is_full_text_stale, refresh_full_text
from store.sqlite.file_modes import create
from store.sqlite.lock import writer_lock
from store.sqlite.migrations import migrations
from store.sqlite.network_fs import network_type
from vidindex.core.retrieval.tokens import index_words
from vidindex.errors import LibraryCorrupt, LibraryError, LibraryLocked, LibraryMismatch

NAME = "library.db"
_OWN_NAMES = {
    "vectors", "frames", "thumbnails", "evidence", "proxies", "library.lock", "library.holder",
    "progress.json", "tokens.json", "sessions.json", "sessions.lock", "audit.log", "audit.lock",
}  # fmt: skip
_BUSY_TIMEOUT_S = 10.0
_COPIED_PAGES = 4096  # at a time: 16 MB, so that a copy shows its progress and can be stopped


class WritableDatabase(Database):
    """A connection whose transactions wait for SQLite's write lock when they begin.

    SQLite has one writer at a time. A transaction that read before it writes would fail at
    once, without waiting, where another process had written in between.
    """

    @contextmanager
    def atomic(self) -> Iterator[Self]:
        """All or nothing; inner blocks are savepoints."""
        if self.conn.in_transaction:
            with super().atomic():
                yield self
            return
        self.conn.execute("BEGIN IMMEDIATE")
        with self.conn:  # commits, or rolls back
            yield self


def check_place(path: Path, *, create: bool, write: bool, allow_network: bool) -> None:
    """Refuse a directory that holds no library or cannot keep one; make it where asked."""
    kind = None if allow_network else network_type(path)
    if kind is not None:
        raise LibraryError(
            f"{path} is on a network file system ({kind}), where SQLite can lose data",
            "choose a folder on a local disk; the footage itself may stay where it is",
        )
    try:
        if not (path / NAME).exists():
            _make_place(path, create)
    except OSError as error:
        raise LibraryError(
            f"cannot use {path} as a library folder: {error.strerror}", "choose another folder"
        ) from error
    if write and not os.access(path, os.W_OK):
        raise LibraryError(
            f"cannot write to {path}", "choose another folder, or make this one writable"
        )


def _make_place(path: Path, create: bool) -> None:
    if not create:
        raise LibraryError(f"no library at {path}", "make one with: vidindex ingest FOLDER")
    strangers = sorted(p.name for p in path.glob("*") if p.name not in _OWN_NAMES)
    if strangers:
        raise LibraryError(
            f"{path} is not a library, and not empty: it holds {strangers[0]!r}",
            "name a new or empty folder for the library",
        )
    path.mkdir(parents=True, exist_ok=True, mode=0o700)


def open_for_writing(path: Path) -> Database:
    """The database, brought to the newest schema; the caller holds the writer's lock."""
    create(path / NAME)  # its log and its shared memory get its mode
    db = _connected(path, "mode=rwc")
    try:
        _refuse_strangers(db, path)
        db.conn.execute("PRAGMA journal_mode = WAL")
        migrations.apply(db)
        refresh_full_text(db)
    except sqlite3.DatabaseError as error:
        db.conn.close()
        raise explained(error, path) from error
    except LibraryError:
        db.conn.close()
        raise
    return db


def open_for_editing(path: Path) -> Database:
    """The database for short changes; it needs no lock and holds none.

    One of an older vidindex is first brought up to date, which does need the writer's lock.
    """
    return _up_to_date(path, "mode=rw", wait_s=_BUSY_TIMEOUT_S)


def open_for_reading(path: Path) -> Database:
    """The database as it is; one of an older vidindex is first brought up to date."""
    unwritable = not os.access(path, os.W_OK)
    # SQLite needs to write beside a WAL database even to read it, unless it is opened as immutable.
    alone = unwritable and not (path / f"{NAME}-wal").exists()
    return _up_to_date(path, "mode=ro&immutable=1" if alone else "mode=ro")


def _up_to_date(path: Path, mode: str, wait_s: float = 0.0) -> Database:
    db = _connected(path, mode)
    try:
        _refuse_strangers(db, path)
        old = bool(migrations.pending(db)) or is_full_text_stale(db)
    except sqlite3.DatabaseError as error:
        db.conn.close()
        raise explained(error, path) from error
    except LibraryError:
        db.conn.close()
        raise
    if not old:
        return db
    db.conn.close()
    with writer_lock(path, wait_s):
        open_for_writing(path).conn.close()
    return _up_to_date(path, mode, wait_s)


def _connected(path: Path, mode: str) -> Database:
    uri = f"{(path / NAME).as_uri()}?{mode}"
    try:
        connection = sqlite3.connect(
            uri, uri=True, timeout=_BUSY_TIMEOUT_S, check_same_thread=False
        )
        connection.executescript(
            "PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL;"
            "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -32000;"
            "PRAGMA secure_delete = ON;"  # what is removed is overwritten
        )
        connection.create_function("index_words", 1, index_words, deterministic=True)
        kind = WritableDatabase if mode.startswith("mode=rw") else Database
        return kind(connection, execute_plugins=False)
    except sqlite3.DatabaseError as error:
        raise explained(error, path) from error


def _refuse_strangers(db: Database, path: Path) -> None:
    """A file of a newer vidindex is left alone, and so is one of another program."""
    applied = {step.name for step in migrations.applied(db)}
    # A process that was killed while it made the library may have left the table of steps only.
    if not applied and {*db.table_names()} - {migrations.migrations_table}:
        raise LibraryCorrupt(f"{path / NAME} is not a vidindex library", "name another folder")
    unknown = applied - {step.name for step in migrations.pending(_nothing())}
    if unknown:
        raise LibraryMismatch(
            f"the library {path} was made by a newer vidindex ({max(unknown)})",
            "update with: pip install -U vidindex",
        )


def _nothing() -> Database:
    """An empty database, to which every migration is still to be applied."""
    return Database(memory=True, execute_plugins=False)


def explained(error: sqlite3.DatabaseError, path: Path) -> LibraryError:
    """What an error of SQLite means for the user."""
    name = getattr(error, "sqlite_errorname", "") or ""
    what = f"{path / NAME}: {error}"
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return LibraryCorrupt(
            what, "restore the folder from a backup, or ingest into a new one; footage is untouched"
        )
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return LibraryLocked(what, "another process keeps it busy; try again when it has ended")
    if name == "SQLITE_CONSTRAINT_FOREIGNKEY":
        return LibraryError(f"{path / NAME}: its video was erased meanwhile", "search again")
    if name.startswith("SQLITE_FULL"):
        return LibraryError(what, "free some disk space and run again; finished work is kept")
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_PERM")):
        return LibraryError(what, "check the disk and the rights of that folder")
    return LibraryError(what, "this is a fault of vidindex; please report it")


def copy_database(db: Database, path: Path, copied: Callable[[int], None]) -> None:
    """Copy one state of the database to a new file; see `Library.copy_to`."""
    (page_bytes,) = db.execute("PRAGMA page_size").fetchone()
    with db.atomic(), closing(sqlite3.connect(path)) as copy:
        # This read keeps the state: otherwise the copy would begin again with every commit.
        db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        left = 0

        def stepped(_: int, remaining: int, total: int) -> None:
            nonlocal left
            copied(page_bytes * ((left or total) - remaining))
            left = remaining

        db.conn.backup(copy, pages=_COPIED_PAGES, progress=stepped)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, also once it is read


def truncate_wal(db: Database) -> bool:
    """Move the log into the database and empty it; False where a reader is in the way."""
    (busy, _, _) = db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def faults(db: Database) -> list[str]:
    """Every fault that SQLite finds in the file and in the references between its rows."""
    try:
        found = [row[0] for row in db.conn.execute("PRAGMA integrity_check") if row[0] != "ok"]
        references = db.conn.execute("PRAGMA foreign_key_check").fetchall()
    except sqlite3.DatabaseError as error:
        return [str(error)]
    return found + [
        f"row {r[1]} of {r[0]} refers to a {r[2]} that is not there" for r in references
    ]
