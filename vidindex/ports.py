"""Define ports: a Protocol for each role that has two implementations.

Adapters under `decoders`, `vision`, `readers`, `embedders` and `store` implement
them; pipelines see only these. A leaf adapter imports no sibling and no store.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol, TextIO, runtime_checkable

import numpy as np
import numpy.typing as npt

from vidindex.types import (
    Ask,
    Box,
    EmbeddingSpace,
    Frame,
    ModelLimits,
    Picture,
    Reply,
    Source,
    Span,
    TextReading,
    Timeline,
)
from vidindex.types.speech import Samples, Transcript


class Decoder(Protocol):
    """Pictures of one video at given times, true to the frame."""

    name: str

    def frames(
        self, source: Source, times_s: Sequence[float], size: tuple[int, int] | None
    ) -> Iterator[Frame]:
        """Yield one frame per time, in order: the one on screen then (largest PTS <= t).

        times_s: media times, ascending. size: (width, height) to resize to, None for
        the display size. Raises UnsupportedMedia before the first picture where the
        times or pictures of this file would be wrong, DecodeError where it breaks.
        """
        ...


class VisionModel(Protocol):
    """A model that answers questions about frames."""

    @property
    def limits(self) -> ModelLimits: ...

    def answer(self, asks: Iterable[Ask]) -> Iterator[tuple[str, Reply]]:
        """Yield (ask.key, reply) as they are done; `asks` is read with a bounded look-ahead.

        A question that cannot be asked (too many tokens, refused) comes back with
        finish_reason "error"; only what makes every further question pointless raises.
        """
        ...


@runtime_checkable
class CountsTries(Protocol):
    """A model whose backend may have to try again counts that, since it was made."""

    def counts(self) -> Mapping[str, int]:
        """By what happened, e.g. {"retries": 3}."""
        ...


class TextReader(Protocol):
    """Reads the text in pictures."""

    @property
    def name(self) -> str: ...

    def may_hold_text(self, frame: Frame, beside: Sequence[Box] = ()) -> bool:
        """Whether `find` may find text beside these boxes: a look without details, at less cost."""
        ...

    def find(self, frame: Frame) -> list[Box]:
        """The boxes of text lines in the frame, in reading order."""
        ...

    def read(self, frame: Frame, boxes: Sequence[Box] | None = None) -> list[TextReading]:
        """The text in `boxes`, in their order; None means all that `find` finds.

        A box that holds nothing legible is left out. Recognising known boxes again costs
        about a tenth of finding them.
        """
        ...


class SegmentReader(Protocol):
    """Reads the text in stretches of video. workers: of them read at a time, in as many threads."""

    @property
    def name(self) -> str: ...

    @property
    def workers(self) -> int: ...

    def read(self, source: Source, span: Span) -> list[TextReading]:
        """What is on screen in `span`, look by look; see `core.screen_text.frame_reader`.

        Raises DecodeError or UnsupportedMedia as a decoder does.
        """
        ...


class Embedder(Protocol):
    """Turns texts into vectors of one space."""

    @property
    def space(self) -> EmbeddingSpace: ...

    def can_read(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Whether the model's vocabulary holds more of each text than its letters, shape (n,).

        The vector of any other text has no meaning; such texts are not embedded.
        """
        ...

    def embed_documents(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Unit vectors of texts to be found, shape (n, dim); each depends on its text only."""
        ...

    def embed_queries(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Unit vectors of questions, shape (n, dim); each depends on its text only."""
        ...


class FrameEmbedder(Protocol):
    """Turns pictures, and texts, into vectors of one space: a dual encoder."""

    @property
    def space(self) -> EmbeddingSpace: ...

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels of the pictures that the model looks at.

        Pictures of any size are scaled to it; a decoder that scales to it saves that.
        """
        ...

    def embed_pictures(self, pictures: Sequence[Picture]) -> npt.NDArray[np.float32]:
        """Unit vectors of pictures, shape (n, dim), in order; each depends on its picture only.

        pictures: uint8 RGB, each of shape (height, width, 3), of any sizes. Raises InputError
        where one is not such a picture or is too large, ModelError where a vector is not finite.
        """
        ...

    def can_read(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Whether every word of each text is in the model's vocabulary, shape (n,).

        Most vocabularies hold any text; the vector of another one has no meaning.
        """
        ...

    def embed_texts(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Unit vectors of texts in the space of the pictures, shape (n, dim), in order.

        Inner products of texts and pictures are low numbers that only rank (about 0.0 to 0.3).
        """
        ...


class Transcriber(Protocol):
    """Makes words of sound."""

    @property
    def name(self) -> str:
        """The identity of the model."""
        ...

    def __call__(self, samples: Samples) -> Transcript:
        """Words of 16 kHz samples, in seconds from the first.

        Raises DecodeError where this sound cannot be transcribed.
        """
        ...


class Exporter(Protocol):
    """A format that timelines can be written in."""

    SUFFIX: str

    def write(self, timeline: Timeline, stream: TextIO) -> None:
        """Write the timeline as text; raises InputError where the format cannot hold it."""
        ...


class VectorIndex(Protocol):
    """Nearest vectors by inner product, with the ids of events."""

    def add(self, ids: npt.NDArray[np.int64], vectors: npt.NDArray[np.float32]) -> None: ...

    def remove(self, ids: npt.NDArray[np.int64]) -> None: ...

    def search(
        self, vector: npt.NDArray[np.float32], k: int, among: npt.NDArray[np.int64] | None
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """The k nearest ids and their scores, best first; only `among` where given."""
        ...
