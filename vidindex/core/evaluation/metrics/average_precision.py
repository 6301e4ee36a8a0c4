"""Compute average precision as the reference evaluators do.

`detection`: of ranked windows against true spans, with each span found once (ActivityNet's
detection, in the form QVHighlights took over). `saliency`: of clip scores against clips
marked good (QVHighlights' highlights, after video2gif).
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

THRESHOLDS = tuple(percent / 100 for percent in range(50, 100, 5))
"""0.5, 0.55, ..., 0.95"""


def detection(ious: Floats, thresholds: Sequence[float] = THRESHOLDS) -> Floats:
    """Interpolated average precision at each IoU threshold, (num_thresholds,).

    ious: (num_windows, num_spans), windows best first. A window is right if it meets a span
    at the threshold that no better window has taken; it takes the one it meets best.
    """
    num_windows, num_spans = ious.shape
    if num_windows == 0 or num_spans == 0:
        return np.zeros(len(thresholds))
    right = _right(ious, thresholds)
    precision = right.cumsum(axis=1) / np.arange(1, num_windows + 1)
    best_from_here = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    # Step by step as the reference adds it up, so that the last digit is the same.
    steps = np.diff(right.cumsum(axis=1) / num_spans, axis=1, prepend=0.0) * best_from_here
    return np.array([of_one[found].sum() for of_one, found in zip(steps, right, strict=True)])


def _right(ious: Floats, thresholds: Sequence[float]) -> Bools:
    """Which windows count as right, (num_thresholds, num_windows).

    An IoU that is not a number counts as met: so it does in the reference, where it is the
    IoU of reversed windows. Ours never are.
    """
    order = np.argsort(ious, axis=1, kind="stable")[:, ::-1].tolist()
    rows = ious.tolist()
    right = np.zeros((len(thresholds), len(rows)), dtype=bool)
    for number, threshold in enumerate(thresholds):
        taken: set[int] = set()
        for index, (row, spans) in enumerate(zip(rows, order, strict=True)):
            for span in spans:
                if row[span] < threshold:
                    break
                if span not in taken:
                    taken.add(span)
                    right[number, index] = True
                    break
    return right


def saliency(good: Bools, scores: Floats) -> float:
    """Interpolated average precision of the clips, both (num_clips,).

    Clips of equal score come in together, and what they add counts once. No good clip: 0,
    nothing but good clips: 1, whatever the scores.
    """
    if not good.any():
        return 0.0
    if good.all():
        return 1.0
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    found = good[order].cumsum()[ends]
    precision = found / (ends + 1)
    best_from_here = np.maximum.accumulate(precision[::-1])[::-1]
    return float(best_from_here[np.diff(found, prepend=0) > 0].mean())
