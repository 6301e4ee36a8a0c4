"""Open films without following links, and only while they are what was indexed.

Somebody who may write to a folder of footage could put a link, or another file, in place of a
film. So a film is opened once, each part of its path below the root without following a link;
what was opened is compared with what was indexed; and that descriptor is read.
"""

import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from av.container import InputContainer

from vidindex.adapters.media.container import opened
from vidindex.errors import DecodeError, MediaError, ProbeError
from vidindex.types import Location, Source
from vidindex.types.media import FileIdentity

_NO_LINKS = getattr(os, "O_NOFOLLOW", 0)
_AS_BYTES = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_WITHOUT_WAITING = getattr(os, "O_NONBLOCK", 0)  # a pipe must not hold us up
_BY_NUMBER = sys.platform != "win32" and Path("/dev/fd").exists()

_MAX_KNOWN = 10_000
_known: dict[tuple[FileIdentity, int, int, str], bool] = {}

Confirm = Callable[[int, Source], bool]
"""Whether the file of this descriptor is, by its content, the video of this source."""


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A film that is held open.

    path: by which it can be opened again, whatever happens to its own; inherited: descriptors
    that a program needs for that.
    """

    path: Path
    inherited: tuple[int, ...] = ()


@contextmanager
def held(source: Source, confirm: Confirm | None = None) -> Iterator[HeldFile]:
    """Hold the film of this source open while within; a source that was not indexed as it is.

    confirm: see `Confirm`; by default the fingerprint is computed in this process. Raises
    DecodeError where the file cannot be opened, or is not what was indexed.
    """
    if source.indexed is None:
        yield HeldFile(source.path)
        return
    descriptor = open_indexed(source, confirm or has_fingerprint)
    try:
        inherited = (descriptor,) if _BY_NUMBER else ()
        yield HeldFile(path_of(descriptor, source.path), inherited)
    finally:
        os.close(descriptor)


@contextmanager
def opened_source(source: Source) -> Iterator[InputContainer]:
    """The container of the film of this source; raises DecodeError and ProbeError."""
    with held(source) as file, opened(file.path, source.container) as container:
        yield container


@contextmanager
def held_as_found(file: Path | Location) -> Iterator[Path]:
    """Hold a film open that is not indexed yet; a path that leads to it, with its own name.

    file: the place where a scan found it, below which no link is followed and at which nothing
    else may be by now; a plain path is taken as it is. Raises ProbeError.
    """
    if isinstance(file, Path):
        yield file
        return
    descriptor = _open_found(file)
    try:
        if not _BY_NUMBER:
            yield file.path
            return
        # FFmpeg tells some formats by the suffix only: the descriptor gets a name that has it.
        with TemporaryDirectory(prefix="vidindex-") as folder:
            named = Path(folder) / file.path.name
            named.symlink_to(path_of(descriptor, file.path))
            yield named
    finally:
        os.close(descriptor)


def _open_found(location: Location) -> int:
    name, known = location.path.name, location.identity
    try:
        descriptor = open_at(location.root, location.path, linked=location.linked)
    except FileNotFoundError as error:
        raise ProbeError(
            f"{name} is not there any more ({location.path})", "ingest again"
        ) from error
    except OSError as error:
        raise ProbeError(f"{name} cannot be read: {error.strerror}", "check it") from error
    seen = FileIdentity.of(os.fstat(descriptor))
    if known and (seen.device, seen.inode) != (known.device, known.inode):
        os.close(descriptor)
        raise ProbeError(f"{name} was replaced while it was read", "ingest its folder again")
    return descriptor


def path_of(descriptor: int, path: Path) -> Path:
    """A path that leads to this open file. Without one, an open file stays in place."""
    return Path(f"/dev/fd/{descriptor}") if _BY_NUMBER else path


def open_indexed(source: Source, confirm: Confirm) -> int:
    """A descriptor of the film, for the caller to close. Raises DecodeError as `held` does."""
    indexed, name = source.indexed, source.path.name
    assert indexed
    try:
        descriptor = open_at(indexed.root, source.path, linked=indexed.linked)
    except OSError as error:
        what = f"{name} cannot be opened: {error.strerror}"
        hint = "if links lead to it, ingest its folder again with --follow-links"
        raise DecodeError(what, hint) from error
    try:
        seen = os.fstat(descriptor)
        if not stat.S_ISREG(seen.st_mode):
            raise DecodeError(f"{name} is not a regular file", "save it to a file")
        same = FileIdentity.of(seen) == indexed.identity
        if not same and not confirm(descriptor, source):
            raise DecodeError(f"{name} was changed since it was indexed", "ingest its folder again")
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def open_file(location: Location) -> BinaryIO:
    """The file at this place, reached without following a link below its root. Raises OSError."""
    return os.fdopen(open_at(location.root, location.path, linked=location.linked), "rb")


def open_at(root: Path, path: Path, *, linked: bool) -> int:
    """A descriptor of the file at `path`; only a `linked` one may be reached by links. OSError."""
    if linked:
        return os.open(path, os.O_RDONLY | _AS_BYTES | _WITHOUT_WAITING)
    return open_beneath(root, path)


def open_beneath(root: Path, path: Path) -> int:
    """A descriptor of the file at `path`; no part of it below `root` may be a link. OSError."""
    parts = path.relative_to(root).parts if path.is_relative_to(root) else ()
    if not parts:  # the file itself was named
        return os.open(path, os.O_RDONLY | _AS_BYTES | _NO_LINKS | _WITHOUT_WAITING)
    if os.open not in os.supports_dir_fd:
        return _open_checked(root, parts)
    folder = os.open(root, os.O_RDONLY | _AS_BYTES | os.O_DIRECTORY)
    try:
        for part in parts[:-1]:
            inner = os.open(
                part, os.O_RDONLY | _AS_BYTES | _NO_LINKS | os.O_DIRECTORY, dir_fd=folder
            )
            os.close(folder)
            folder = inner
        last = os.O_RDONLY | _AS_BYTES | _NO_LINKS | _WITHOUT_WAITING
        return os.open(parts[-1], last, dir_fd=folder)
    finally:
        os.close(folder)


def _open_checked(root: Path, parts: tuple[str, ...]) -> int:
    """Where parts cannot be opened one in another: looked at before, and compared after."""
    path = root
    for part in parts:
        path /= part
        if path.is_symlink() or path.resolve() != root.resolve() / path.relative_to(root):
            raise OSError(0, "a link is in its path")
    before = path.lstat()
    descriptor = os.open(path, os.O_RDONLY | _AS_BYTES)
    after = os.fstat(descriptor)
    if (before.st_dev, before.st_ino) != (after.st_dev, after.st_ino):
        os.close(descriptor)
        raise OSError(0, "it was replaced while it was opened")
    return descriptor


def has_fingerprint(descriptor: int, source: Source) -> bool:
    """Whether the content is that of the video that was indexed.

    Computed once for each state of a file: a share that is mounted again is another device.
    """
    assert source.indexed
    seen = os.fstat(descriptor)
    key = FileIdentity.of(seen), seen.st_size, seen.st_mtime_ns, source.indexed.video_id
    if key not in _known:
        _known[key] = _compare(descriptor, source)
        if len(_known) > _MAX_KNOWN:
            _known.pop(next(iter(_known)))
    return _known[key]


def _compare(descriptor: int, source: Source) -> bool:
    from vidindex.adapters.media.fingerprint import fingerprint

    assert source.indexed
    video_id = source.indexed.video_id
    path, full = path_of(descriptor, source.path), video_id.startswith("full-")
    try:
        return fingerprint(path, full=full, format_name=source.container) == video_id
    except MediaError:
        return False
