"""Back up a library in use to a folder, and restore it: whole and checked, or not at all.

    library.db    as it was at one moment, whatever is written to the library meanwhile
    audit.log     its whole lines
    backup.json   schema, version, made_at (UTC), files: name, bytes and sha256; written last

Left out: vectors and pictures, which are derived; progress; and who may come in (tokens and
sessions), since a token that was removed after the backup would be valid again.
"""

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from uuid import uuid4

from pydantic import BaseModel, Field, ValidationError

from pipelines.progress import Progress
from store.audit_log import NAME as AUDIT
from store.library import Library
from store.sqlite.file_modes import create, restrict
from vidindex.errors import InputError, LibraryError

MANIFEST, DATABASE = "backup.json", "library.db"
SCHEMA: Literal["vidindex.backup/1"] = "vidindex.backup/1"
_BLOCK_BYTES = 1 << 20
_AGAIN = "make another: vidindex backup FOLDER"


class BackupFile(BaseModel):
    """A file of a backup."""

    name: Literal["library.db", "audit.log"]
    bytes: int = Field(ge=0)
    sha256: str


class Manifest(BaseModel):
    """What `backup.json` holds."""

    schema_: Literal["vidindex.backup/1"] = Field(alias="schema")
    version: str
    made_at: datetime
    files: list[BackupFile]


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made or restored. made_at: in UTC; videos, events: how many it holds."""

    path: Path
    made_at: datetime
    num_bytes: int
    videos: int
    events: int


def back_up(library: Library, place: Path, version: str, progress: Progress) -> Backup:
    """Write a backup to the new or empty folder `place`.

    Raises InputError where there is something already, LibraryError where the disk is full or
    fails; then nothing is left.
    """
    with _whole_folder(place) as folder:
        progress.start("backup", (library.path / DATABASE).stat().st_size, "B")
        create(folder / DATABASE)
        library.copy_to(folder / DATABASE, lambda done: progress.advance(done, DATABASE))
        files = [DATABASE]
        if (lines := _whole_lines(library.path / AUDIT)) is not None:
            _write(folder / AUDIT, lines)
            files.append(AUDIT)
        listed = [_described(folder / name) for name in files]
        made_at = datetime.now(UTC)
        manifest = Manifest(schema=SCHEMA, version=version, made_at=made_at, files=listed)
        _write(folder / MANIFEST, manifest.model_dump_json(by_alias=True, indent=1).encode())
        with Library.open(folder, allow_network=True) as copy:
            made = _described_as(copy, place, manifest)
        progress.finish()
    return made


def restore_backup(source: Path, place: Path, progress: Progress) -> Backup:
    """Make the library in the new or empty folder `place` out of a backup.

    Raises InputError where `source` is no whole backup, or `place` holds something; then
    nothing is made.
    """
    manifest = _read_manifest(source)
    with _whole_folder(place) as folder:
        progress.start("restore", sum(file.bytes for file in manifest.files), "B")
        for file in manifest.files:
            _copy_checked(source, file, folder, progress)
        with Library.open(folder, write=True) as library:
            if faults := library.check():
                raise InputError(f"{source} is damaged: {faults[0]}", _AGAIN)
            library.refresh_indexes()
            restored = _described_as(library, place, manifest)
        progress.finish()
    return restored


def _described_as(library: Library, place: Path, manifest: Manifest) -> Backup:
    num_bytes = sum(file.bytes for file in manifest.files)
    videos, events = len(library.videos.all()), library.events.count()
    return Backup(place, manifest.made_at, num_bytes, videos, events)


@contextmanager
def _whole_folder(place: Path) -> Iterator[Path]:
    """A folder beside `place` that takes its name when all is written, or goes away.

    Of its owner alone, or with the rights of the empty folder that it takes the place of.
    """
    try:
        if place.exists() and (not place.is_dir() or any(place.iterdir())):
            raise InputError(f"{place} exists and is not empty", "name a new folder")
        folder = place.parent / f".{place.name}.{uuid4().hex[:8]}.part"
        folder.mkdir(0o700)
        if place.exists():
            folder.chmod(place.stat().st_mode)
    except OSError as error:
        raise InputError(f"cannot write {place}: {error.strerror}", "name another place") from error
    try:
        yield folder
        with suppress(FileNotFoundError):
            place.rmdir()
        folder.rename(place)
    except (OSError, sqlite3.DatabaseError) as error:
        why = getattr(error, "strerror", None) or error
        raise LibraryError(f"{place}: {why}", "check the disk and its free space") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _whole_lines(log: Path) -> bytes | None:
    """The log without a line that is being written; None where there is no log."""
    try:
        written = log.read_bytes()
    except FileNotFoundError:
        return None
    return written[: written.rfind(b"\n") + 1]


def _write(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(handle)


def _described(path: Path) -> BackupFile:
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return BackupFile.model_validate(
        {"name": path.name, "bytes": path.stat().st_size, "sha256": digest}
    )


def _read_manifest(source: Path) -> Manifest:
    try:
        manifest = Manifest.model_validate_json((source / MANIFEST).read_bytes())
    except OSError as error:
        why = f"{source} is not a backup: no {MANIFEST} can be read in it"
        raise InputError(why, "name the folder that vidindex backup wrote") from error
    except ValidationError as error:
        raise InputError(f"{source / MANIFEST} cannot be read: {_first(error)}", _AGAIN) from error
    if DATABASE not in {file.name for file in manifest.files}:
        raise InputError(f"{source / MANIFEST} names no {DATABASE}", _AGAIN)
    return manifest


def _first(error: ValidationError) -> str:
    """The first of the faults, as `files.0.bytes: Input should be a valid integer`."""
    fault = error.errors()[0]
    return f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"


def _copy_checked(source: Path, file: BackupFile, folder: Path, progress: Progress) -> None:
    """Copy one file. Raises InputError where it is not the one that was backed up."""
    digest = hashlib.sha256()
    try:
        with (source / file.name).open("rb") as stream, (folder / file.name).open("xb") as copy:
            restrict(folder / file.name)
            while block := stream.read(_BLOCK_BYTES):
                digest.update(block)
                copy.write(block)
                progress.advance(len(block), file.name)
    except FileNotFoundError as error:
        raise InputError(f"{source} is half a backup: {file.name} is missing", _AGAIN) from error
    if digest.hexdigest() != file.sha256:
        size = (source / file.name).stat().st_size
        why = f"{size:,} of {file.bytes:,} bytes" if size != file.bytes else "it was changed"
        raise InputError(f"{source} is damaged: {file.name}: {why}", _AGAIN)
