"""Saves the pictures of an answer under names that say which hit, which file and when."""

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from pipelines.atomic_write import write_bytes_whole
from pipelines.progress import Progress
from vidindex.core.formatting.time_format import format_time
from vidindex.errors import InputError
from vidindex.types import Moment
from vidindex.types.sheet import Encode, Pictured

MAX_NAME_BYTES = 120

_UNSAFE = re.compile(r"(?:[^\w.-]|\.{2,})+")


def save_pictures(
    pictured: Sequence[Pictured], folder: Path, encode: Encode, progress: Progress
) -> list[Path]:
    """Write a picture per hit, best first, into `folder`, which is made where it is not there.

    Each appears whole or not at all. What has no picture is told to `progress`. Raises
    InputError where the folder cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make {folder}: {error.strerror}", "name another place") from error
    saved = []
    for rank, one in enumerate(pictured, start=1):
        for note in one.notes:
            progress.note(f"hit {rank}: {note}")
        if one.found is not None:
            path = folder / picture_name(rank, one.moment, one.found.pts_s)
            write_bytes_whole(path, encode(one.found.picture, one.outlines))
            saved.append(path)
    return saved


def picture_name(rank: int, moment: Moment, time_s: float) -> str:
    """`01_cam3_0412_00-02-15.2.jpg`: safe on every file system; the time is the picture's own."""
    stem = PurePosixPath(moment.path).with_suffix("").as_posix()
    safe = _UNSAFE.sub("_", stem).strip("_").encode()[-MAX_NAME_BYTES:].decode(errors="ignore")
    return f"{rank:02d}_{safe}_{format_time(time_s).replace(':', '-')}.jpg"
