"""Verify an evidence package by itself: every byte, and that its manifest covers every file.

Needs neither the library nor the originals, and trusts nothing that is in the folder.
"""

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from pipelines.evidence.file_copy import sha256
from pipelines.progress import Progress
from vidindex.core.evidence.manifest import MANIFEST, SUMS
from vidindex.core.evidence.manifest_check import ManifestCheck
from vidindex.errors import InputError

MAX_TEXT_BYTES = 256_000_000
"""More is neither a manifest nor sums."""

_LINE = re.compile(r"([0-9a-f]{64}) [ *](.+)")
_MB = 1e6


@dataclass(slots=True)
class PackageCheck:
    """What was found; paths are below the folder.

    num_files, num_bytes: what was read. problems: what the manifest or the sums lack or
    contradict. notes: what the package declares as not included. seal: the SHA-256 of
    SHA256SUMS, to be compared with the one that was printed when the package was made.
    """

    folder: Path
    num_files: int = 0
    num_bytes: int = 0
    missing: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seal: str = ""

    @property
    def sound(self) -> bool:
        """Whether everything is as it was packed."""
        return not (self.missing or self.changed or self.extra or self.problems)


def check_package(folder: Path, progress: Progress) -> PackageCheck:
    """Read every file of the package. Raises InputError for a missing folder."""
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder", "name the folder of a package")
    found = PackageCheck(folder)
    sums = _read_sums(found)
    there = set(_entries(folder))
    found.extra += sorted(there - sums.keys() - {SUMS, MANIFEST})
    found.missing += sorted(sums.keys() - there)
    sizes = _read_files(found, sums, sorted(sums.keys() & there), progress)
    manifest = ManifestCheck(sums, sizes, found.problems, found.notes)
    if MANIFEST not in sums:
        found.problems.append(f"{SUMS} has no hash of {MANIFEST}")
    if (content := _content(found, MANIFEST)) is not None:
        manifest.read(content.decode("utf-8", "replace"))
    return found


def _read_sums(found: PackageCheck) -> dict[str, str]:
    """SHA-256 by path; lines that cannot be meant are problems."""
    content = _content(found, SUMS) or b""
    found.seal = hashlib.sha256(content).hexdigest() if content else ""
    sums: dict[str, str] = {}
    for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), start=1):
        match = _LINE.fullmatch(line)
        if match is None or not _is_below(match[2]) or match[2] in sums:
            found.problems.append(f"{SUMS}:{number}: no hash and path of one more file in here")
        else:
            sums[match[2]] = match[1]
    return sums


def _is_below(path: str) -> bool:
    pure = PurePosixPath(path)
    return not pure.is_absolute() and ".." not in pure.parts and str(pure) == path


def _entries(folder: Path) -> Iterator[str]:
    """Everything but folders; links are not followed."""
    for parent, folders, names in os.walk(folder):
        linked = [name for name in folders if (Path(parent) / name).is_symlink()]
        for name in names + linked:
            yield (Path(parent) / name).relative_to(folder).as_posix()


def _read_files(
    found: PackageCheck, sums: dict[str, str], paths: Sequence[str], progress: Progress
) -> dict[str, int]:
    """Bytes by path, of those that are files and can be read; their hashes are compared."""
    sizes: dict[str, int] = {}
    total = sum((found.folder / path).lstat().st_size for path in paths)
    progress.start("check", total / _MB, "MB")
    for path in paths:
        file = found.folder / path
        if file.is_symlink() or not file.is_file():
            found.problems.append(f"{path} is not a regular file")
            continue
        try:
            sizes[path], digest = sha256(file, progress)
        except OSError as error:
            found.problems.append(f"{path} cannot be read: {error.strerror}")
            continue
        if digest != sums[path]:
            found.changed.append(path)
    progress.finish()
    found.num_files, found.num_bytes = len(sizes), sum(sizes.values())
    return sizes


def _content(found: PackageCheck, name: str) -> bytes | None:
    """The whole file; None, with a problem, where that cannot be."""
    file = found.folder / name
    try:
        if file.is_symlink() or file.stat().st_size > MAX_TEXT_BYTES:
            found.problems.append(f"{name} is not a file of a package")
            return None
        return file.read_bytes()
    except FileNotFoundError:
        found.problems.append(f"missing {name}: not a finished package")
    except OSError as error:
        found.problems.append(f"{name} cannot be read: {error.strerror}")
    return None
