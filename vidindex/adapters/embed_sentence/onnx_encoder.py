"""Encode texts with ONNX Runtime and tokenizers, one text at a time on one thread each.

What a matrix product rounds to depends on its shape and on how it is split between threads; so
a text is never run together with others, and several threads only work on several texts.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from vidindex.adapters.embed_sentence.bert_graph import weight_names
from vidindex.adapters.embed_sentence.checkpoint import Checkpoint
from vidindex.adapters.embed_sentence.graph_cache import cached_graph

_NUM_THREADS = min(8, os.cpu_count() or 1)


class OnnxEncoder:
    """Runs a checkpoint whose graph `bert_graph` builds; tokenizer and weights load when used."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint

    def pieces(self, texts: Sequence[str]) -> list[list[tuple[int, int, bool]]]:
        special = self._special_ids
        return [
            [
                (start, end, number not in special)
                for number, (start, end) in zip(one.ids, one.offsets, strict=True)
            ]
            for one in self._encodings(texts)
        ]

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        session = self._session

        def vector_of(encoding: Any) -> npt.NDArray[np.float32]:
            vector: npt.NDArray[np.float32]
            (vector,) = session.run(None, {"ids": np.array(encoding.ids, np.int64)})
            return vector

        with ThreadPoolExecutor(_NUM_THREADS) as threads:
            vectors = list(threads.map(vector_of, self._encodings(texts)))
        return np.array(vectors, np.float32).reshape(len(texts), self._checkpoint.dim)

    def _encodings(self, texts: Sequence[str]) -> list[Any]:
        found: list[Any] = self._tokenizer.encode_batch([text.strip() for text in texts])
        return found

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._checkpoint.folder / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(self._checkpoint.max_tokens)
        return tokenizer

    @cached_property
    def _special_ids(self) -> frozenset[int]:
        added = self._tokenizer.get_added_tokens_decoder()
        return frozenset(number for number, token in added.items() if token.special)

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        names, arrays = weight_names(self._checkpoint.config), self._weights
        values = [onnxruntime.OrtValue.ortvalue_from_numpy(arrays[name]) for name in names]
        options.add_external_initializers(names, values)
        graph = cached_graph(self._checkpoint)
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    @cached_property
    def _weights(self) -> dict[str, npt.NDArray[np.float32]]:
        """The weights as they are on disk, mapped; the session refers to them while it lives."""
        file = np.memmap(self._checkpoint.weights, np.uint8, "r")
        stored = self._checkpoint.tensors
        return {
            name: file[place.offset : place.offset + place.size].view("<f4").reshape(place.shape)
            for name in weight_names(self._checkpoint.config)
            for place in [stored[name]]
        }
