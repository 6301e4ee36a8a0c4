"""Embed every event without a vector, and update the vector index."""

import threading
from collections.abc import Collection, Sequence
from concurrent.futures import Future
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipelines.inference.near_line import refresh_near_line
from pipelines.progress import Deadline, Progress
from store.library import Library
from vidindex.ports import Embedder
from vidindex.types import Event

BATCH_SIZE = 512


class Embedded(NamedTuple):
    """Events of one batch: those with vectors, shape (n, dim), and those without a meaning."""

    event_ids: list[int]
    vectors: npt.NDArray[np.float32]
    unreadable_ids: list[int]


def embed(embedder: Embedder, events: Sequence[Event]) -> Embedded:
    """The vectors of these events; an event that the text model cannot read gets none."""
    readable = embedder.can_read([event.text for event in events])
    ids = np.array([event.event_id for event in events], np.int64)
    texts = [event.text for event, known in zip(events, readable, strict=True) if known]
    vectors = embedder.embed_documents(texts)
    return Embedded(ids[readable].tolist(), vectors, ids[~readable].tolist())


def embed_new_events(library: Library, embedder: Embedder, progress: Progress) -> int:
    """Embed what is missing in committed batches; returns how many events were settled."""
    num_missing = library.vectors.count_missing()
    if num_missing:
        progress.start("embed", num_missing, "events")
    while batch := library.vectors.missing(BATCH_SIZE):
        _store(library, embed(embedder, batch))
        progress.advance(len(batch), "")
    library.vectors.refresh()
    refresh_near_line(library, embedder)
    progress.finish()
    return num_missing


def _store(library: Library, made: Embedded, among: Collection[int] | None = None) -> None:
    """Store vectors in one commit; `among`: only those of these events."""
    kept = [row for row, one in enumerate(made.event_ids) if among is None or one in among]
    with library.transaction():
        library.vectors.put([made.event_ids[row] for row in kept], made.vectors[kept])
        library.vectors.put_unreadable(
            [one for one in made.unreadable_ids if among is None or one in among]
        )


def re_embed(library: Library, embedder: Embedder, progress: Progress, deadline: Deadline) -> None:
    """Embed all events in this embedder's space beside the vectors in use, then swap them.

    Every batch is committed: what was killed, or stopped by the deadline, continues in the next
    call. Searches use the old vectors until the last one is made.
    """
    staged = library.staged_vectors
    staged.begin(embedder.space)
    progress.start("embed", staged.count_missing(), "events")
    while batch := staged.missing(BATCH_SIZE):
        deadline.check()
        staged.put(*embed(embedder, batch))
        progress.advance(len(batch), "")
    staged.promote()
    library.vectors.refresh()
    refresh_near_line(library, embedder)
    progress.finish()


class BackgroundEmbedder:
    """Vectors of what is stored, made by a thread while other work continues.

    Only the caller's thread touches the library.
    """

    def __init__(self, library: Library, embedder: Embedder) -> None:
        self._library = library
        self._embedder = embedder
        self._making: Future[Embedded] | None = None

    def step(self) -> None:
        """Store vectors that are ready, and begin on the next full batch; waits for nothing."""
        if self._making and self._making.done():
            self.finish()
        if not self._making and self._library.vectors.count_missing() >= BATCH_SIZE:
            self._begin()

    def finish(self) -> None:
        """Store the batch that is under way; raises what the embedder raised."""
        if self._making:
            making, self._making = self._making, None
            made = making.result()
            # Events of a video that was indexed again meanwhile are gone.
            left = {event.event_id for event in self._library.vectors.missing(BATCH_SIZE)}
            _store(self._library, made, {one for one in left if one is not None})

    def _begin(self) -> None:
        events = self._library.vectors.missing(BATCH_SIZE)
        self._making = made = Future[Embedded]()
        threading.Thread(target=self._make, args=[events, made], daemon=True).start()

    def _make(self, events: list[Event], made: "Future[Embedded]") -> None:
        try:
            made.set_result(embed(self._embedder, events))
        except BaseException as error:
            made.set_exception(error)
