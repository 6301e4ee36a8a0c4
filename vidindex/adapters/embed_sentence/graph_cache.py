"""Keep built graphs in the user's cache folder, so that no later process builds them again."""

import hashlib
import json
import os
import tempfile
from pathlib import Path

from vidindex.adapters.embed_sentence.bert_graph import VERSION, build_graph, pooling_of
from vidindex.adapters.embed_sentence.checkpoint import Checkpoint
from vidindex.config import cache_folder

_DIGEST_BYTES = hashlib.sha256().digest_size


def cached_graph(checkpoint: Checkpoint) -> bytes:
    """The graph of this checkpoint: from the cache, else built, and kept where that is possible.

    A file holds a digest and the graph; one that is damaged is replaced. Where the folder
    cannot be written to, every process builds its own graph, which takes about 0.2 s.
    """
    path = cache_folder() / "text-models" / f"{_key(checkpoint)}.graph"
    try:
        kept = path.read_bytes()
    except OSError:
        kept = b""
    digest, graph = kept[:_DIGEST_BYTES], kept[_DIGEST_BYTES:]
    if graph and hashlib.sha256(graph).digest() == digest:
        return graph
    graph = build_graph(checkpoint)
    _keep(path, hashlib.sha256(graph).digest() + graph)
    return graph


def _key(checkpoint: Checkpoint) -> str:
    """The hash of the weights and of all else that the graph depends on."""
    parts = [checkpoint.sha256, checkpoint.config, pooling_of(checkpoint), VERSION]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def _keep(path: Path, content: bytes) -> None:
    """Write the whole file or none; a folder that cannot be written to is left alone."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError:
        return
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
