"""Every event that has no vector yet gets one, and the vector index is brought up to date."""

import threading
from concurrent.futures import Future

import numpy as np
import numpy.typing as npt

from pipelines.progress import Progress
from store.library import Library
from vidindex.ports import Embedder

BATCH_SIZE = 512


def embed_new_events(library: Library, embedder: Embedder, progress: Progress) -> int:
    """Embed what is missing in committed batches; returns how many vectors were made."""
    num_missing = library.vectors.count_missing()
    if num_missing:
        progress.start("embed", num_missing, "events")
    while batch := library.vectors.missing(BATCH_SIZE):
        ids = [event.event_id for event in batch if event.event_id is not None]
        vectors = embedder.embed_documents([event.text for event in batch])
        with library.transaction():
            library.vectors.put(ids, vectors)
        progress.advance(len(batch), "")
    library.vectors.refresh()
    progress.finish()
    return num_missing


class BackgroundEmbedder:
    """Vectors of what is stored, made by a thread while other work goes on.

    Only the caller's thread touches the library. Batches are full and in the order of the
    events, so what is embedded together does not depend on timing.
    """

    def __init__(self, library: Library, embedder: Embedder) -> None:
        self._library = library
        self._embedder = embedder
        self._making: tuple[list[int], Future[npt.NDArray[np.float32]]] | None = None

    def step(self) -> None:
        """Store vectors that are ready, and begin on the next full batch; waits for nothing."""
        if self._making and self._making[1].done():
            self.finish()
        if not self._making and self._library.vectors.count_missing() >= BATCH_SIZE:
            self._begin()

    def finish(self) -> None:
        """Store the batch that is under way; raises what the embedder raised."""
        if self._making:
            (ids, made), self._making = self._making, None
            vectors = made.result()
            # Events of a video that was indexed anew meanwhile are gone.
            left = {event.event_id for event in self._library.vectors.missing(BATCH_SIZE)}
            rows = [row for row, event_id in enumerate(ids) if event_id in left]
            with self._library.transaction():
                self._library.vectors.put([ids[row] for row in rows], vectors[rows])

    def _begin(self) -> None:
        events = self._library.vectors.missing(BATCH_SIZE)
        texts = [event.text for event in events]
        made: Future[npt.NDArray[np.float32]] = Future()
        ids = [event.event_id for event in events if event.event_id is not None]
        self._making = (ids, made)
        threading.Thread(target=self._make, args=[texts, made], daemon=True).start()

    def _make(self, texts: list[str], made: "Future[npt.NDArray[np.float32]]") -> None:
        try:
            made.set_result(self._embedder.embed_documents(texts))
        except BaseException as error:
            made.set_exception(error)
