"""Read headers of safetensors files: completeness, parameter counts, tensor names.

Looks at headers and bytes only; builds no model and imports no torch. The format is
an 8-byte little-endian length, a JSON header with dtype, shape and offsets of every
tensor, then the data (https://huggingface.co/docs/safetensors).
"""

import hashlib
import json
import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vidindex.errors import ModelNotFound

SINGLE_FILE = "model.safetensors"
INDEX_FILE = "model.safetensors.index.json"
PICKLES = (".bin", ".pt", ".pth", ".pkl", ".ckpt")


@dataclass(frozen=True, slots=True)
class Weights:
    """The weight files of one checkpoint: all there, none cut short. names: of all tensors."""

    files: tuple[Path, ...]
    num_weights: int
    stored_bytes: int
    names: frozenset[str] = frozenset()


def read_weights(folder: Path) -> Weights:
    """Check every weight file of `folder` by its header.

    Raises ModelNotFound where one is missing, cut short or unreadable.
    """
    files = _weight_files(folder)
    missing = [path.name for path in files if not path.is_file()]
    if missing:
        raise ModelNotFound(f"{folder} lacks {len(missing)} weight files ({', '.join(missing)})")
    tensors = {name: shape for path in files for name, shape in _shapes(path).items()}
    return Weights(
        files,
        sum(map(math.prod, tensors.values())),
        sum(path.stat().st_size for path in files),
        frozenset(tensors),
    )


def fingerprint(folder: Path, weights: Weights) -> str:
    """sha256 over config.json and all weights, to the last byte: other numbers, other name."""
    total = hashlib.sha256()
    for path in (folder / "config.json", *weights.files):
        with path.open("rb") as stream:
            total.update(hashlib.file_digest(stream, "sha256").digest())
    return total.hexdigest()


def _weight_files(folder: Path) -> tuple[Path, ...]:
    index = folder / INDEX_FILE
    if not index.is_file():
        _require_no_pickle(folder)
        return (folder / SINGLE_FILE,)
    try:
        names = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
    except (ValueError, KeyError, AttributeError) as error:
        raise ModelNotFound(f"{index} cannot be read: {error}") from error
    return tuple(folder / name for name in sorted(names))


def _require_no_pickle(folder: Path) -> None:
    """Pickle files can run code when they are read; these are never opened."""
    pickles = sorted(path.name for suffix in PICKLES for path in folder.glob(f"*{suffix}"))
    if pickles and not (folder / SINGLE_FILE).is_file():
        raise ModelNotFound(
            f"{folder} has its weights as pickle files ({pickles[0]}), which can hold code and are "
            "never read",
            "take a safetensors build of it",
        )


def _shapes(path: Path) -> dict[str, list[int]]:
    """The shape of each tensor of a file."""
    size = path.stat().st_size
    try:
        with path.open("rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            header: dict[str, Any] = json.loads(stream.read(min(length, size)))
        header.pop("__metadata__", None)
        expected = 8 + length + max(tensor["data_offsets"][1] for tensor in header.values())
    except (ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
        raise ModelNotFound(f"{path} is not a complete safetensors file: {error}") from error
    if size != expected:
        raise ModelNotFound(f"{path} is cut short: {size} of {expected} bytes")
    return {name: tensor["shape"] for name, tensor in header.items()}
