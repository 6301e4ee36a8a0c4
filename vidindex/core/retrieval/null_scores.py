"""Draw the line for "near enough" from how near queries for absent things come.

For each null query only its best score over the library counts, since that is what a search
would show. A few null queries do occur in any library, so the line rests on the lower half of
these maxima alone. Maxima over many vectors follow a Gumbel distribution (Fisher & Tippett
1928), whose upper quantiles follow from its median and its lower tenth.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vidindex.types import EmbeddingSpace

Floats = npt.NDArray[np.float32] | npt.NDArray[np.float64]

SHARE_ABOVE = 0.05
"""Of queries for something absent, about this share has any candidate above the line."""

LOW_SHARE = 0.1

MIN_MAXIMA = 20
"""Fewer null queries say too little about the spread."""


@dataclass(frozen=True, slots=True, eq=False)
class NearLine:
    """How near vectors of this space come to null queries; measured on `num_vectors` of them.

    line: from this score on an event is near enough to be shown unchecked; median: from this
    one on a caption is worth a look. queries: a digest of the null queries; query_vectors:
    theirs, shape (n, dim).
    """

    space: EmbeddingSpace
    queries: str
    query_vectors: npt.NDArray[np.float32]
    line: float
    median: float
    num_vectors: int


def near_line(maxima: Floats, share_above: float = SHARE_ABOVE) -> float:
    """The score that a best match of an absent query exceeds with this chance.

    maxima: best score of each null query over the library, shape (n,). Up to about a fourth
    of the null queries may occur in the library. Raises ValueError for fewer than 20.
    """
    if len(maxima) < MIN_MAXIMA:
        raise ValueError(f"a line needs at least {MIN_MAXIMA} null queries, got {len(maxima)}")
    low, median = np.quantile(maxima, [LOW_SHARE, 0.5])
    scale = (median - low) / (_gumbel(0.5) - _gumbel(LOW_SHARE))
    return float(median + scale * (_gumbel(1 - share_above) - _gumbel(0.5)))


def _gumbel(share: float) -> float:
    """The quantile of the standard Gumbel distribution."""
    return -math.log(-math.log(share))
