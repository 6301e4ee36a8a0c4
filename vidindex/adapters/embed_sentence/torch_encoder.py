"""Encode texts with sentence-transformers on PyTorch, one text at a time."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from vidindex.adapters.embed_sentence.checkpoint import Checkpoint


class TorchEncoder:
    """Runs any checkpoint of sentence-transformers; it is loaded when it is first used."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint

    def pieces(self, texts: Sequence[str]) -> list[list[tuple[int, int, bool]]]:
        if not texts:
            return []
        tokenizer, max_tokens = self._model.tokenizer, self._model.max_seq_length
        special = set(tokenizer.all_special_ids)
        form = {"truncation": True, "max_length": max_tokens, "return_offsets_mapping": True}
        encoded = tokenizer(list(texts), **form)
        return [
            [
                (start, end, number not in special)
                for number, (start, end) in zip(ids, offsets, strict=True)
            ]
            for ids, offsets in zip(encoded["input_ids"], encoded["offset_mapping"], strict=True)
        ]

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        if not texts:
            return np.zeros((0, self._checkpoint.dim), np.float32)
        # Texts that share a batch are padded to one length, and round differently.
        vectors = self._model.encode(
            list(texts), normalize_embeddings=True, show_progress_bar=False, batch_size=1
        )
        return np.asarray(vectors, dtype=np.float32)

    @cached_property
    def _model(self) -> Any:
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()
        return SentenceTransformer(str(self._checkpoint.folder), local_files_only=True)
