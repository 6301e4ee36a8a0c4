"""Every event that has no vector yet gets one, and the vector index is brought up to date."""

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
