"""Build an evidence package: whole originals, bit for bit, with the record of each hit.

    originals/…      the files, copied, read back and hashed
    pictures/…       the frame that shows each hit
    clips/…          where asked for, each hit cut exactly out of the packed original
    sheet.html       for people
    manifest.json    for programs (`vidindex.core.evidence.manifest`)
    SHA256SUMS       written last: a folder without it is no finished package

Nothing is overwritten. A run that is cut short leaves only whole originals, which the next
one keeps.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, TextIO

from pipelines.atomic_write import write_bytes_whole, write_whole
from pipelines.clips.clipper import Clipper, clip_name
from pipelines.evidence.file_copy import sha256
from pipelines.evidence.hit_record import HitRecorder
from pipelines.evidence.originals import Originals
from pipelines.hit_pictures import picture_name
from pipelines.progress import Progress, Quiet
from store.library import Library
from vidindex.core.evidence.manifest import MANIFEST, SHEET, SUMS, manifest_text, sums_text
from vidindex.errors import InputError
from vidindex.types import Location, SavedHit, VideoInfo
from vidindex.types.package import Kind, Package, PackedClip, PackedFile, PackedHit
from vidindex.types.sheet import Encode

PICTURES, CLIPS = "pictures", "clips"


@dataclass(frozen=True, slots=True)
class PackageResult:
    """What was made. seal: the SHA-256 of SHA256SUMS, which vouches for all the rest."""

    folder: Path
    package: Package
    seal: str


@dataclass(frozen=True, slots=True)
class EvidencePackage:
    """Makes packages of one library's hits.

    clipper: cuts clips and decodes pictures. open_original: see `Originals`. encode: writes
    JPEG files. render: writes the sheet.
    """

    library: Library
    clipper: Clipper
    open_original: Callable[[VideoInfo, Location], BinaryIO]
    encode: Encode
    render: Callable[[Package, Encode, TextIO], None]
    progress: Progress

    def make(
        self,
        hits: Sequence[SavedHit],
        folder: Path,
        made_at: datetime,
        version: str,
        *,
        clips: bool = False,
    ) -> PackageResult:
        """Write a package. An original that cannot be read has a problem; the others are packed.

        clips: with an exact clip of each hit; one that cannot be cut has a problem, too.

        Raises InputError where there is no hit, the folder holds anything else, or its disk
        has no room.
        """
        if not hits:
            raise InputError("no hits to pack", "search first, or name FILE@01:23-01:40")
        recorder = HitRecorder(self.library, self.clipper.services.decoder)
        packed = [recorder.record(hit) for hit in hits]
        wanted = [video_id for one in packed for video_id in (one.hit.video_id, one.original)]
        ids = list(dict.fromkeys(filter(None, wanted)))
        originals = Originals(self.library, self.open_original, self.progress).copy(ids, folder)
        package = Package(
            made_at, version, tuple(packed), tuple(originals), self.library.coverage()
        )
        return self._finished(package, folder, clips=clips)

    def _finished(self, package: Package, folder: Path, *, clips: bool) -> PackageResult:
        """All that is derived, and sums; where that is cut short, nothing of it is left."""
        try:
            (folder / PICTURES).mkdir(parents=True)
            hits = [self._pictured(i, hit, folder) for i, hit in enumerate(package.hits, start=1)]
            if clips:
                hits = self._clipped(hits, package, folder)
            package = replace(package, hits=tuple(hits))
            write_whole(folder / SHEET, lambda stream: self.render(package, self.encode, stream))
            files = [*package.files, _packed(folder, SHEET, "sheet")]
            write_bytes_whole(folder / MANIFEST, manifest_text(package, files).encode())
            listed = [*files, _packed(folder, MANIFEST, "sheet")]
            sums = sums_text((one.path, one.sha256) for one in listed)
            write_bytes_whole(folder / SUMS, sums.encode())
        except BaseException as error:
            for name in (PICTURES, CLIPS):
                shutil.rmtree(folder / name, ignore_errors=True)
            for name in (SHEET, MANIFEST, SUMS):
                (folder / name).unlink(missing_ok=True)
            if isinstance(error, OSError):
                message = f"cannot write into {folder}: {error.strerror}"
                raise InputError(message, "name another place") from error
            raise
        return PackageResult(folder, package, _packed(folder, SUMS, "sheet").sha256)

    def _pictured(self, number: int, hit: PackedHit, folder: Path) -> PackedHit:
        """The hit with the picture of it that was written."""
        one = hit.pictured
        if one.found is None:
            return hit
        path = f"{PICTURES}/{picture_name(number, one.moment, one.found.pts_s)}"
        write_bytes_whole(folder / path, self.encode(one.found.picture, ()))
        return replace(hit, files=(*hit.files, _packed(folder, path, "picture")))

    def _clipped(
        self, hits: Sequence[PackedHit], package: Package, folder: Path
    ) -> list[PackedHit]:
        """The hits with their clips, which are cut out of the copies in the package."""
        copies = {
            one.video.video_id: folder / one.file.path for one in package.originals if one.file
        }
        (folder / CLIPS).mkdir()
        self.progress.start("clip", sum(one.hit.span.duration_s for one in hits), "s")
        clipped = []
        for number, hit in enumerate(hits, start=1):
            clipped.append(self._clip(number, hit, copies, folder))
            self.progress.advance(hit.hit.span.duration_s, hit.video.name)
        self.progress.finish()
        return clipped

    def _clip(
        self, number: int, hit: PackedHit, copies: Mapping[str, Path], folder: Path
    ) -> PackedHit:
        path = f"{CLIPS}/{clip_name(hit.video.name, hit.hit.span, number, '.mp4')}"
        clip = self.clipper.exact(hit.hit, folder / path, copies)
        if clip.path is None:
            self.progress.note(f"no clip of hit {number}: {clip.problem}")
            return replace(hit, clip=PackedClip(clip))
        file = _packed(folder, path, "clip")
        return replace(hit, clip=PackedClip(clip, file), files=(*hit.files, file))


def _packed(folder: Path, path: str, kind: Kind) -> PackedFile:
    size_bytes, digest = sha256(folder / path, Quiet())
    return PackedFile(path, kind, size_bytes, digest)
