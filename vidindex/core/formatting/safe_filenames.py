"""Make file names that are valid and readable on every file system."""

import re
import unicodedata
from collections.abc import Container
from pathlib import PurePosixPath

from vidindex.core.formatting.escaping import HIDDEN

MAX_BYTES = 180

_REFUSED = re.compile(rf'[{HIDDEN}\t\n<>:"|?*\\]')
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # of Windows


def safe_path(name: str) -> str:
    """A path such as `cam3/0412.mp4`, each part made harmless; it stays below where it begins."""
    return "/".join(_safe(part) for part in name.split("/") if part) or "_"


def _safe(part: str) -> str:
    shown = _REFUSED.sub("_", part).strip(" .") or "_"
    if _DEVICES.fullmatch(shown):
        shown = f"_{shown}"
    stem, suffix = shown, PurePosixPath(shown).suffix
    if len(suffix.encode()) < 20:
        stem = shown.removesuffix(suffix)
    else:
        suffix = ""
    room = MAX_BYTES - len(suffix.encode())
    return stem.encode()[:room].decode(errors="ignore") + suffix


def unique_path(path: str, used: Container[str]) -> str:
    """The path, or `cam3/0412-2.mp4` where something like it is used: see `path_key`."""
    plain, number = PurePosixPath(path), 1
    while path_key(path) in used:
        number += 1
        path = str(plain.with_name(f"{plain.stem}-{number}{plain.suffix}"))
    return path


def path_key(path: str) -> str:
    """What two paths share that some file system takes for one: case, composed characters."""
    return unicodedata.normalize("NFC", path).casefold()
