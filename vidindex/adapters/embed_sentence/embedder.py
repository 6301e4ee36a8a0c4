"""Embed texts one by one, so that the vector of a text depends on that text alone."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from vidindex.adapters.embed_sentence.bert_graph import can_build
from vidindex.adapters.embed_sentence.checkpoint import (
    DEFAULT_MODEL,
    Checkpoint,
    find_checkpoint,
)
from vidindex.types import EmbeddingSpace


class Encoder(Protocol):
    """Runs a checkpoint."""

    def tokens(self, texts: Sequence[str]) -> list[list[str]]:
        """What the model reads of each text, without special tokens such as [CLS] and [UNK]."""
        ...

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Unit vectors, shape (n, dim); each depends on its own text only."""
        ...


class SentenceEmbedder:
    """An `Embedder` over one sentence-transformers checkpoint, loaded at the first use.

    A BERT whose token vectors are averaged (or whose first one is taken) and normalised, as
    the default model is, runs in ONNX Runtime; every other model runs in sentence-transformers
    on PyTorch, which takes seconds to load.
    """

    def __init__(self, model: str = DEFAULT_MODEL, *, allow_download: bool = False) -> None:
        self._name = model
        self._allow_download = allow_download

    @cached_property
    def space(self) -> EmbeddingSpace:
        """The vector space; its revision is the hash of the weights, wherever they came from."""
        name = self._name.rsplit("/", 1)[-1]
        found = self._checkpoint
        return EmbeddingSpace(model=name, revision=found.sha256[:16], dim=found.dim)

    @property
    def folder(self) -> Path:
        """The folder of the checkpoint; fetched first where that is allowed and needed."""
        return self._checkpoint.folder

    def can_read(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        read = self._encoder.tokens(texts)
        return np.array([any(map(_has_letter_or_digit, tokens)) for tokens in read], np.bool_)

    def embed_documents(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        return self._encoder.encode(texts)

    def embed_queries(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        return self._encoder.encode(texts)

    @cached_property
    def _checkpoint(self) -> Checkpoint:
        return find_checkpoint(self._name, allow_download=self._allow_download)

    @cached_property
    def _encoder(self) -> Encoder:
        if can_build(self._checkpoint):
            from vidindex.adapters.embed_sentence.onnx_encoder import OnnxEncoder

            return OnnxEncoder(self._checkpoint)
        from vidindex.adapters.embed_sentence.torch_encoder import TorchEncoder

        return TorchEncoder(self._checkpoint)


def _has_letter_or_digit(token: str) -> bool:
    return any(map(str.isalnum, token))
