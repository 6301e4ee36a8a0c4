"""Embed texts one by one, so that the vector of a text depends on that text alone."""

import hashlib
import re
from collections import Counter
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
from vidindex.adapters.embed_sentence.installed import AUTO, find_text_model
from vidindex.core.prompts.text_models import TextModelFacts, facts_of, with_own_prompts
from vidindex.types import EmbeddingSpace

MIN_SHARE_READ = 0.5
"""A text has a meaning where the model reads this share of its letters and digits."""

_IDEOGRAPH = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")

Piece = tuple[int, int, bool]
"""The characters of a text that one token covers, [start, end), and whether it is known."""


class Encoder(Protocol):
    """Runs a checkpoint."""

    def pieces(self, texts: Sequence[str]) -> list[list[Piece]]:
        """What the model reads of each text, up to its limit; special tokens are not known."""
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

    def __init__(
        self,
        model: str = DEFAULT_MODEL,
        *,
        used: str | None = None,
        allow_download: bool = False,
    ) -> None:
        """model: a name, a folder, or "auto" for the model that is used by the library, else for
        one of many languages that is on this machine, else for the default. used: its name.
        """
        self._wanted, self._used = model, used
        self._allow_download = allow_download

    @cached_property
    def space(self) -> EmbeddingSpace:
        """The vector space; its revision is the hash of the weights, wherever they came from."""
        name = self._name.rsplit("/", 1)[-1]
        found, facts = self._checkpoint, self._facts
        revision = found.sha256
        if facts.query_prompt or facts.passage_prompt:  # other prompts make other vectors
            written = repr((revision, facts.query_prompt, facts.passage_prompt))
            revision = hashlib.sha256(written.encode()).hexdigest()
        return EmbeddingSpace(model=name, revision=revision[:16], dim=found.dim)

    @property
    def folder(self) -> Path:
        """The folder of the checkpoint; fetched first where that is allowed and needed."""
        return self._checkpoint.folder

    def can_read(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        bare = [text.strip() for text in texts]
        pieces = self._encoder.pieces(bare)
        shares = [share_read(text, read) for text, read in zip(bare, pieces, strict=True)]
        return np.array([share >= MIN_SHARE_READ for share in shares], np.bool_)

    def embed_documents(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        return self._encoder.encode([self._facts.passage_prompt + text for text in texts])

    def embed_queries(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        return self._encoder.encode([self._facts.query_prompt + text for text in texts])

    @cached_property
    def _name(self) -> str:
        return find_text_model(self._used) if self._wanted == AUTO else self._wanted

    @cached_property
    def _facts(self) -> TextModelFacts:
        own = self._checkpoint.read("config_sentence_transformers.json").get("prompts") or {}
        return with_own_prompts(facts_of(self._name), own)

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


def share_read(text: str, pieces: Sequence[Piece]) -> float:
    """The share of `text`'s letters and digits that are read as more than single letters.

    A model that knows of a script hardly more than its letters spells words out, letter by
    letter; vectors of texts that are spelled out are alike, whatever the texts say. A piece of
    one character counts where it is a whole word, or an ideograph.
    """
    end = max((end for _, end, _ in pieces), default=0)
    num_characters = sum(map(str.isalnum, text[:end]))
    covering = Counter((start, end) for start, end, _ in pieces)
    read = sum(
        sum(map(str.isalnum, text[start:end]))
        for start, end, known in pieces
        if known and covering[start, end] == 1 and _is_read(text, start, end)
    )
    return read / num_characters if num_characters else 0.0


def _is_read(text: str, start: int, end: int) -> bool:
    if sum(map(str.isalnum, text[start:end])) != 1 or _IDEOGRAPH.search(text, start, end):
        return True
    return not text[max(0, start - 1) : start].isalnum() and not text[end : end + 1].isalnum()
