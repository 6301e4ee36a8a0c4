"""Vectors of a big library on a GPU, all scored for each question; where FAISS has none, nothing.

It only proposes, as the codes that it stands for do. What FAISS needs for it is in its wiki
("Faiss on the GPU"): flat indexes in half precision, and at most 2,048 neighbours at once.
"""

from collections.abc import Iterable
from typing import Any

from store.index.flat_index import Vectors, faiss_module

MOST = 2_048
"""Neighbours that one search can name."""

PAYS_AFTER = 20
"""Searches after which the rows are copied there: for one question it would take longer."""

MAX_BYTES = 2 << 30
"""What may be taken from the GPU, which is there for the model: 2.8 million vectors of 384."""


def on_gpu(batches: Iterable[Vectors], count: int, dim: int) -> Any | None:
    """A FAISS index of these rows on the first GPU; None where there is no GPU, or no room."""
    faiss = faiss_module()
    if 2 * count * dim > MAX_BYTES or not faiss.get_num_gpus():
        return None
    try:
        resources, config = faiss.StandardGpuResources(), faiss.GpuIndexFlatConfig()
        config.useFloat16 = True
        index = faiss.GpuIndexFlatIP(resources, dim, config)
        index.reserveMemory(count)
        for vectors in batches:
            index.add(vectors)
    except RuntimeError:  # out of memory, or a GPU that this build of FAISS does not know
        return None
    return index
