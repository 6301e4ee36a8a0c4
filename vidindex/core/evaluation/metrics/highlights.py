"""Evaluate highlights: average precision and hit@1 of clip scores against ratings.

As in QVHighlights: a clip is good for an annotator from a rating on; scores beyond the
video are cut off, missing ones are 0 (which is above negative scores).
"""

from collections.abc import Sequence

import numpy as np

from vidindex.core.evaluation.metrics.average_precision import Bools, Floats, saliency
from vidindex.core.evaluation.values import Saliency

RATINGS = {"Fair": 2, "Good": 3, "VeryGood": 4}


def good_clips(rated: Saliency, least: float) -> Bools:
    """Which clips each annotator rates at least so, (num_clips, num_annotators)."""
    ratings = np.zeros((rated.num_clips, len(rated.scores[0]) if rated.scores else 1))
    if rated.clip_ids:
        ratings[list(rated.clip_ids)] = rated.scores
    good: Bools = ratings >= least
    return good


def average_precision(good: Bools, scores: Sequence[float]) -> float:
    """The mean over the annotators."""
    padded = _padded(scores, len(good))
    return float(np.mean([saliency(one, padded) for one in good.T]))


def hit_at_1(good: Bools, scores: Sequence[float]) -> float:
    """1 where any annotator likes the clip of the highest score, else 0."""
    best = int(np.argmax(scores)) if len(scores) else len(good)
    return float(best < len(good) and good[best].any())


def _padded(scores: Sequence[float], num_clips: int) -> Floats:
    padded = np.zeros(num_clips)
    padded[: len(scores)] = scores[:num_clips]
    return padded
