"""An evidence package: whole originals, bit for bit, and all that is known of the hits in them.

    originals/…      the files, copied, read back and hashed
    pictures/…       the frame that shows each hit
    sheet.html       for people
    manifest.json    for programs (`vidindex.manifest`)
    SHA256SUMS       written last: a folder without it is no finished package

Nothing is overwritten. A run that is cut short leaves only whole originals, which the next
one keeps.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TextIO

from pipelines.files import write_bytes_whole, write_whole
from pipelines.hashing import sha256
from pipelines.hit_facts import HitFacts
from pipelines.originals import Originals
from pipelines.progress import Progress, Quiet
from pipelines.save import picture_name
from store.library import Library
from vidindex.errors import InputError
from vidindex.manifest import MANIFEST, SHEET, SUMS, manifest_text, sums_text
from vidindex.ports import Decoder
from vidindex.types import SavedHit
from vidindex.types.package import Kind, Package, PackedFile, PackedHit
from vidindex.types.sheet import Encode

PICTURES = "pictures"


@dataclass(frozen=True, slots=True)
class Packed:
    """What was made. seal: the SHA-256 of SHA256SUMS, which vouches for all the rest."""

    folder: Path
    package: Package
    seal: str


@dataclass(frozen=True, slots=True)
class EvidencePackage:
    """Makes packages of one library's hits.

    is_video: whether a file is, by its content, the video of this id. encode: writes JPEG
    files. render: writes the sheet.
    """

    library: Library
    decoder: Decoder
    is_video: Callable[[Path, str], bool]
    encode: Encode
    render: Callable[[Package, Encode, TextIO], None]
    progress: Progress

    def make(
        self, hits: Sequence[SavedHit], folder: Path, made_at: datetime, version: str
    ) -> Packed:
        """Write a package. An original that cannot be had has a problem; the others are packed.

        Raises InputError where there is no hit, the folder holds anything else, or its disk
        has no room.
        """
        if not hits:
            raise InputError("there is no hit to pack", "search first, or name FILE@01:23-01:40")
        facts = HitFacts(self.library, self.decoder)
        packed = [facts.of(hit) for hit in hits]
        wanted = [video_id for one in packed for video_id in (one.hit.video_id, one.original)]
        ids = list(dict.fromkeys(filter(None, wanted)))
        originals = Originals(self.library, self.is_video, self.progress).copy(ids, folder)
        package = Package(
            made_at, version, tuple(packed), tuple(originals), self.library.coverage()
        )
        return self._finished(package, folder)

    def _finished(self, package: Package, folder: Path) -> Packed:
        """Pictures, sheet, manifest and sums; where that is cut short, nothing of them is left."""
        try:
            (folder / PICTURES).mkdir(parents=True)
            hits = [self._pictured(i, hit, folder) for i, hit in enumerate(package.hits, start=1)]
            package = replace(package, hits=tuple(hits))
            write_whole(folder / SHEET, lambda stream: self.render(package, self.encode, stream))
            files = [*package.files, _packed(folder, SHEET, "sheet")]
            write_bytes_whole(folder / MANIFEST, manifest_text(package, files).encode())
            listed = [*files, _packed(folder, MANIFEST, "sheet")]
            sums = sums_text((one.path, one.sha256) for one in listed)
            write_bytes_whole(folder / SUMS, sums.encode())
        except BaseException as error:
            shutil.rmtree(folder / PICTURES, ignore_errors=True)
            for name in (SHEET, MANIFEST, SUMS):
                (folder / name).unlink(missing_ok=True)
            if isinstance(error, OSError):
                message = f"cannot write into {folder}: {error.strerror}"
                raise InputError(message, "name another place") from error
            raise
        return Packed(folder, package, _packed(folder, SUMS, "sheet").sha256)

    def _pictured(self, number: int, hit: PackedHit, folder: Path) -> PackedHit:
        """The hit with the picture of it that was written."""
        one = hit.pictured
        if one.found is None:
            return hit
        path = f"{PICTURES}/{picture_name(number, one.moment, one.found.pts_s)}"
        write_bytes_whole(folder / path, self.encode(one.found.picture, ()))
        return replace(hit, files=(*hit.files, _packed(folder, path, "picture")))


def _packed(folder: Path, path: str, kind: Kind) -> PackedFile:
    size_bytes, digest = sha256(folder / path, Quiet())
    return PackedFile(path, kind, size_bytes, digest)
