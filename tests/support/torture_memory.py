"""The real model, reader and embedder, each asked once for the same: two hundred runs are alike.

Not `vidindex`'s own memory of replies, which is what is under test: this one is behind the
points where calls are counted.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np
import numpy.typing as npt

from pipelines.services import Services
from vidindex.core.screen_text.frame_reader import SegmentReaderHere
from vidindex.ports import Embedder, TextReader, VisionModel
from vidindex.types import Ask, Box, EmbeddingSpace, Frame, ModelLimits, Reply, TextReading

AHEAD = 3
"""Questions that the model takes before it answers the first: what a crash costs at most."""


def remembering(services: Services) -> Services:
    """The same tools, quicker the second time."""
    assert services.model
    assert services.reader
    return replace(
        services,
        model=RememberingModel(services.model),
        reader=(reader := RememberingReader(services.reader)),
        segment_reader=SegmentReaderHere(services.decoder, reader),
        embedder=RememberingEmbedder(services.embedder),
    )


class RememberingModel:
    """Takes a few questions ahead, as a model that makes batches does."""

    def __init__(self, model: VisionModel) -> None:
        self._model = model
        self._known: dict[str, Reply] = {}

    @property
    def limits(self) -> ModelLimits:
        return self._model.limits

    def answer(self, asks: Iterable[Ask]) -> Iterator[tuple[str, Reply]]:
        waiting = iter(asks)
        while batch := list(islice(waiting, AHEAD)):
            for ask in batch:
                yield ask.key, self._reply(ask)

    def _reply(self, ask: Ask) -> Reply:
        words = repr((ask.system, ask.prompt, ask.max_tokens, ask.choices, ask.frames.times_s))
        known = hashlib.sha256(words.encode() + ask.frames.pictures.tobytes()).hexdigest()
        if known not in self._known:
            ((_, self._known[known]),) = self._model.answer([ask])
        return self._known[known]


class RememberingReader:
    """Knows a picture again by its pixels."""

    def __init__(self, reader: TextReader) -> None:
        self.name = reader.name
        self._reader = reader
        self._found: dict[bytes, list[Box]] = {}
        self._read: dict[tuple[bytes, str, float], list[TextReading]] = {}

    def may_hold_text(self, frame: Frame, beside: Sequence[Box] = ()) -> bool:
        return self._reader.may_hold_text(frame, beside)

    def find(self, frame: Frame) -> list[Box]:
        key = _digest(frame)
        if key not in self._found:
            self._found[key] = self._reader.find(frame)
        return self._found[key]

    def read(self, frame: Frame, boxes: Sequence[Box] | None = None) -> list[TextReading]:
        key = (_digest(frame), repr(boxes), frame.time_s)
        if key not in self._read:
            self._read[key] = self._reader.read(frame, boxes)
        return self._read[key]


class RememberingEmbedder:
    """Knows texts again that were embedded together."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: dict[tuple[str, ...], npt.NDArray[np.float32]] = {}

    @property
    def space(self) -> EmbeddingSpace:
        return self._embedder.space

    def can_read(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        return self._embedder.can_read(texts)

    def embed_documents(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        key = ("", *texts)
        if key not in self._known:
            self._known[key] = self._embedder.embed_documents(texts)
        return self._known[key]

    def embed_queries(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        key = ("?", *texts)
        if key not in self._known:
            self._known[key] = self._embedder.embed_queries(texts)
        return self._known[key]


def _digest(frame: Frame) -> bytes:
    return hashlib.sha256(repr(frame.picture.shape).encode() + frame.picture.tobytes()).digest()
