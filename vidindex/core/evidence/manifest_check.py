"""Check a manifest for gaps and contradictions with the files."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vidindex.core.evidence.manifest import MANIFEST, SCHEMA, SHEET, SUMS

HIT_KEYS = (
    "query", "video_id", "file", "text", "media_time", "source_timecode", "wall_clock", "verdict",
    "gaps", "derivatives",
)  # fmt: skip

Record = dict[str, Any]
Records = dict[str, Record]


@dataclass(frozen=True, slots=True)
class ManifestCheck:
    """Looks one manifest through.

    sums, sizes: SHA-256 and bytes of the files that the package has, by path. problems: what
    is wrong; notes: what the manifest says is not in the package.
    """

    sums: Mapping[str, str]
    sizes: Mapping[str, int]
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def read(self, text: str) -> None:
        """Add everything that is found to problems and notes."""
        try:
            manifest = json.loads(text)
        except (ValueError, RecursionError) as error:
            self._fail(f"is not JSON: {error}")
            return
        if not isinstance(manifest, dict) or manifest.get("schema") != SCHEMA:
            self._fail(f"is not of the schema {SCHEMA}")
            return
        files = self._by(manifest, "files", "path")
        originals = self._by(manifest, "originals", "video_id")
        self._read_files(files)
        self._read_originals(originals, files)
        self._read_hits(self._by(manifest, "hits", "number"), originals, files)

    def _read_files(self, files: Records) -> None:
        for path in sorted(self.sums.keys() - files.keys() - {MANIFEST}):
            self._fail(f"does not list {path}")
        for path, file in files.items():
            if file.get("sha256") != self.sums.get(path):
                self._fail(f"has another hash of {path} than {SUMS}")
            if path in self.sizes and file.get("size_bytes") != self.sizes[path]:
                self._fail(f"has another size of {path} than the file")
        if files.get(SHEET, {}).get("kind") != "sheet":
            self._fail(f"tells of no {SHEET}")

    def _read_originals(self, originals: Records, files: Records) -> None:
        for one in originals.values():
            name, path, problem = (one.get(key) for key in ("name", "file", "problem"))
            if path is None and problem:
                self.notes.append(f"without its original: {name}: {problem}")
            elif files.get(str(path), {}).get("kind") != "original":
                self._fail(f"has no file of the original {name}")

    def _read_hits(self, hits: Records, originals: Records, files: Records) -> None:
        if not hits:
            self._fail("has no hits")
        for number, hit in hits.items():
            lacks = [key for key in HIT_KEYS if key not in hit]
            if lacks:
                self._fail(f"does not say of hit {number}: {', '.join(lacks)}")
            original = originals.get(str(hit.get("video_id")))
            if original is None or original.get("file") != hit.get("file"):
                self._fail(f"has no original of hit {number}")
            proxied = hit.get("proxy_of")
            if proxied is not None and str(proxied) not in originals:
                self._fail(f"has no original of the proxy of hit {number}")
            derived = hit.get("derivatives")
            if not isinstance(derived, list) or any(str(one) not in files for one in derived):
                self._fail(f"has no file of a derivative of hit {number}")
            if hit.get("clip") is not None:
                self._read_clip(number, hit["clip"], originals, files)

    def _read_clip(self, number: str, clip: object, originals: Records, files: Records) -> None:
        entry = clip if isinstance(clip, dict) else {}
        path, problem = entry.get("file"), entry.get("problem")
        if path is None and problem:
            self.notes.append(f"without the clip of hit {number}: {problem}")
            return
        if files.get(str(path), {}).get("kind") != "clip":
            self._fail(f"has no file of the clip of hit {number}")
        if str(entry.get("cut_from")) not in originals:
            self._fail(f"has no original of the clip of hit {number}")

    def _by(self, manifest: Record, name: str, key: str) -> Records:
        """The records of a list by one of their fields, as text; each once."""
        listed = manifest.get(name)
        items = listed if isinstance(listed, list) else []
        by_key = {str(one.get(key)): one for one in items if isinstance(one, dict)}
        if not isinstance(listed, list) or len(by_key) != len(items):
            self._fail(f"has no sound list of {name}")
        return by_key

    def _fail(self, problem: str) -> None:
        self.problems.append(f"{MANIFEST} {problem}")
