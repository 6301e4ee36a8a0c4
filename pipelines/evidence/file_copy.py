"""Copy files bit for bit, read them back, and name the copy only when it is right."""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pipelines.progress import Progress
from store.library import Library
from vidindex.errors import InputError, MediaError
from vidindex.types import Location
from vidindex.types.sheet import HashedFile

BLOCK_BYTES = 1 << 20
CHANGED = "its size or time is not what it was when it was indexed; ingest it again"
_MB = 1e6


def hash_files(
    library: Library,
    video_ids: Sequence[str],
    open_file: Callable[[Location], BinaryIO],
    progress: Progress,
) -> tuple[HashedFile, ...]:
    """Every video read whole at one of its places, now; copies of it are named, not read.

    open_file: opens the file at a place, or raises OSError. A file that cannot be read has no
    hash and says why; one that was changed says so.
    """
    places = {video_id: library.videos.locations(video_id) for video_id in video_ids}
    total = sum(found[0].size_bytes for found in places.values() if found)
    progress.start("hash", total / _MB, "MB")
    hashed = [
        _hashed(library.videos.name(video_id), found, open_file, progress)
        for video_id, found in places.items()
        if found
    ]
    progress.finish()
    return tuple(hashed)


def _hashed(
    name: str,
    places: Sequence[Location],
    open_file: Callable[[Location], BinaryIO],
    progress: Progress,
) -> HashedFile:
    first, copies = places[0], tuple(location.path for location in places[1:])
    try:
        with open_file(first) as file:
            size_bytes, digest = _digest(file, first.path.name, progress)
            changed = os.fstat(file.fileno()).st_mtime_ns != first.mtime_ns
    except OSError as error:
        reason = error.strerror or str(error)
        return HashedFile(name, first.path, first.size_bytes, "", reason, copies)
    problem = CHANGED if changed or size_bytes != first.size_bytes else ""
    return HashedFile(name, first.path, size_bytes, digest, problem, copies)


def sha256(location: Path, progress: Progress) -> tuple[int, str]:
    """(number of bytes, their SHA-256 in hex digits). Raises OSError."""
    with location.open("rb") as file:
        return _digest(file, location.name, progress)


def _digest(file: BinaryIO, name: str, progress: Progress) -> tuple[int, str]:
    digest, size_bytes = hashlib.sha256(), 0
    while block := file.read(BLOCK_BYTES):
        digest.update(block)
        size_bytes += len(block)
        progress.advance(len(block) / _MB, name)
    return size_bytes, digest.hexdigest()


PART = ".part"
"""What the name of a copy ends with until it is whole."""

_MB = 1e6


@dataclass(frozen=True, slots=True)
class Copied:
    """Size, SHA-256 and modification time of a copy, as read and read back."""

    size_bytes: int
    sha256: str
    mtime_ns: int


def copy_whole(source: BinaryIO, path: Path, target: Path, progress: Progress) -> Copied:
    """Copy a file with its time; a target that holds the same bytes already is kept.

    source: the file, open at its first byte; path: its name for people. Raises MediaError where
    the source cannot be read, or changes meanwhile; InputError where the target cannot be
    written, is another file, or does not hold what was written to it.
    """
    if target.exists():
        return _kept(source, path, target, progress)
    part = target.with_name(target.name + PART)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as out:
            copied = _streamed(source, path, out, progress)
        if sha256(part, progress) != (copied.size_bytes, copied.sha256):
            raise InputError(f"{part} does not hold what was written", "use another disk")
        os.utime(part, ns=(copied.mtime_ns, copied.mtime_ns))
        part.rename(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        reason = error.strerror or str(error)
        raise InputError(f"cannot write {target}: {reason}", "name another place") from error
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return copied


def _kept(source: BinaryIO, path: Path, target: Path, progress: Progress) -> Copied:
    """What an interrupted run has copied is read, not copied again."""
    found = _streamed(source, path, None, progress)
    if sha256(target, progress) != (found.size_bytes, found.sha256):
        raise InputError(f"{target} is there and is another file", "name a new folder")
    return found


def _streamed(source: BinaryIO, path: Path, out: BinaryIO | None, progress: Progress) -> Copied:
    """Read the source once, to the end, into `out`; raises if the file grows meanwhile."""
    digest = hashlib.sha256()
    before = os.fstat(source.fileno())
    for block in _blocks(source, path):
        digest.update(block)
        if out:
            out.write(block)
        progress.advance(len(block) / _MB, path.name)
    after = os.fstat(source.fileno())
    if out:
        out.flush()
        os.fsync(out.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise MediaError(f"{path} changed while it was copied", "wait until it is written")
    return Copied(after.st_size, digest.hexdigest(), after.st_mtime_ns)


def _blocks(file: BinaryIO, path: Path) -> Iterator[bytes]:
    try:
        while block := file.read(BLOCK_BYTES):
            yield block
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(source: Path, error: OSError) -> MediaError:
    return MediaError(f"{source} cannot be read: {error.strerror or error}", "check the disk")
