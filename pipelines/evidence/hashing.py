"""SHA-256 of whole originals, so that a sheet says which bytes it speaks of."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from pipelines.progress import Progress
from store.library import Library
from vidindex.types import Location
from vidindex.types.sheet import HashedFile

BLOCK_BYTES = 1 << 20
CHANGED = "its size or time is not what it was when it was indexed; ingest it again"
_MB = 1e6


def hash_files(
    library: Library, video_ids: Sequence[str], progress: Progress
) -> tuple[HashedFile, ...]:
    """Every video read whole at one of its places, now; copies of it are named, not read.

    A file that cannot be read has no hash and says why; one that was changed says so.
    """
    places = {video_id: library.videos.locations(video_id) for video_id in video_ids}
    total = sum(found[0].size_bytes for found in places.values() if found)
    progress.start("hash", total / _MB, "MB")
    hashed = [
        _hashed(library.videos.name(video_id), found, progress)
        for video_id, found in places.items()
        if found
    ]
    progress.finish()
    return tuple(hashed)


def _hashed(name: str, places: Sequence[Location], progress: Progress) -> HashedFile:
    first, copies = places[0], tuple(place.path for place in places[1:])
    try:
        size_bytes, digest = sha256(first.path, progress)
        changed = first.path.stat().st_mtime_ns != first.mtime_ns
    except OSError as error:
        reason = error.strerror or str(error)
        return HashedFile(name, first.path, first.size_bytes, "", reason, copies)
    problem = CHANGED if changed or size_bytes != first.size_bytes else ""
    return HashedFile(name, first.path, size_bytes, digest, problem, copies)


def sha256(path: Path, progress: Progress) -> tuple[int, str]:
    """(number of bytes, their SHA-256 in hex digits). Raises OSError."""
    digest, size_bytes = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
            size_bytes += len(block)
            progress.advance(len(block) / _MB, path.name)
    return size_bytes, digest.hexdigest()
