"""Evidence packages of two small films and of a search, and what they hold."""

import hashlib
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.evidence.package import PackageResult
from pipelines.progress import Quiet
from support import answer_assets as assets
from support import film_assets as films
from vidindex.app import Settings, open_library

PLAIN = Settings(model="none", ocr=False)
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


def gate_and_yard(folder: Path) -> Path:
    """Write `gate/a.mp4` and `yard/a.mp4` into a folder."""
    for number, name in enumerate(("gate", "yard")):
        (folder / name).mkdir()
        films.titled(folder / name / "a.mp4", [(3.0, f"TITLE {number}")])
    return folder


def indexed_copy(footage: Path, place: Path) -> Path:
    """A copy of the footage, to change, in `footage/`, and the `library/` of that."""
    shutil.copytree(footage, place / "footage")
    with open_library(place / "library", PLAIN) as app:
        app.ingest(place / "footage")
    return place


def verified_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of a hit that a model has verified, in a folder of its own."""
    folder = tmp_path_factory.mktemp("searched")
    with open_library(assets.copied(tmp_path_factory), assets.BUNDLED) as app:
        app.search(assets.ASKED)
        app.evidence(["1", "slate.mp4@00:07-00:09"], folder / "package")
    return folder / "package"


def pack(
    place: Path, *hits: str, folder: Path | None = None, progress: Any = None
) -> PackageResult:
    with open_library(place / "library", PLAIN, write=False) as app:
        return app.evidence(hits, folder or place / "package", progress=progress or Quiet())


def manifest(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / "manifest.json").read_text("ascii"))
    return read


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def flip(path: Path, at: int = 100) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)
