"""Write files whole or not at all."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from vidindex.errors import InputError


def write_whole(path: Path, write: Callable[[TextIO], None]) -> None:
    """Write beside `path` and rename: a reader sees the old file or the new one.

    Raises InputError where the folder is not there or may not be written to.
    """
    # newline="": exporters write the line ends of their format themselves.
    with (
        _beside(path) as handle,
        os.fdopen(handle, "w", encoding="utf-8", newline="") as stream,
    ):
        write(stream)


def write_bytes_whole(path: Path, content: bytes) -> None:
    """The same for bytes."""
    with _beside(path) as handle, os.fdopen(handle, "wb") as stream:
        stream.write(content)


@contextmanager
def _beside(path: Path) -> Iterator[int]:
    """A handle to write to, which becomes `path` once it was written and closed."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}", "name another place") from error
    temporary = Path(name)
    try:
        yield handle
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
