"""Evaluate confidence: risk against coverage, and calibration of probabilities.

Risk-coverage ranks all queries by the confidence in their first answer, its probability or
else its score; those without an answer come last. Right is a first answer that meets a true
span, and no answer to an absent query. Calibration looks at every window that has a
probability, rejected ones too.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from vidindex.core.evaluation.metrics.average_precision import Floats
from vidindex.core.evaluation.metrics.matching import Match
from vidindex.core.evaluation.metrics.measures import Measure
from vidindex.core.evaluation.metrics.statistics import CalibrationError, Ratio, RiskCoverage
from vidindex.core.evaluation.report import NotApplicable

NUM_BINS = 15
"""Of equal width over 0 to 1; a bin holds its lower edge, the last one both."""

RISK_COVERAGE = "area under risk-coverage"
CALIBRATION_ERROR, BRIER = f"ECE, {NUM_BINS} bins", "Brier score"


def risk_coverage(matches: Sequence[Match], iou: float) -> Measure | NotApplicable:
    """0 (never wrong) to 1 (always); not applicable where answers carry no confidence."""
    by_probability = any(one.window.probability is not None for m in matches for one in m.judged)
    firsts = [match.answers[0].window if match.answers else None for match in matches]
    confidence = np.full(len(matches), -np.inf)
    for index, window in enumerate(firsts):
        if window is not None:
            value = window.probability if by_probability else window.score
            confidence[index] = np.nan if value is None else value
    silent = int(np.isnan(confidence).sum())
    if silent or all(window is None for window in firsts):
        what = "probability" if by_probability else "score"
        reason = f"{silent} first answers have no {what}" if silent else "nothing is answered"
        return NotApplicable(RISK_COVERAGE, reason)
    wrong = np.array([not _is_right(match, iou) for match in matches], float)
    return Measure(RISK_COVERAGE, "", RiskCoverage(confidence, wrong))


def calibration(matches: Sequence[Match], iou: float) -> Iterator[Measure | NotApplicable]:
    """Expected calibration error (Naeini et al. 2015) and Brier score (1950), 0 to 1."""
    pairs = [_pairs(match, iou) for match in matches]
    if not any(of_one.size for of_one in pairs):
        yield NotApplicable(CALIBRATION_ERROR, "no prediction has probabilities")
        yield NotApplicable(BRIER, "no prediction has probabilities")
        return
    squares = np.array([((of_one[:, 0] - of_one[:, 1]) ** 2).sum() for of_one in pairs])
    sizes = np.array([len(of_one) for of_one in pairs], float)
    gaps, in_bins = (np.array(of_all) for of_all in zip(*map(_binned, pairs), strict=True))
    yield Measure(CALIBRATION_ERROR, "", CalibrationError(gaps, in_bins))
    yield Measure(BRIER, "", Ratio(squares, sizes))


def _is_right(match: Match, iou: float) -> bool:
    return not match.answers if match.is_absent else match.top_iou >= iou


def _pairs(match: Match, iou: float) -> Floats:
    """Probability, and 1 or 0 for right or wrong, of every window that has one, (num, 2)."""
    pairs = [
        (one.window.probability, float(one.best_iou >= iou))
        for one in match.judged
        if one.window.probability is not None
    ]
    return np.array(pairs, float).reshape(-1, 2)


def _binned(pairs: Floats) -> tuple[Floats, Floats]:
    """Per bin, the sum of probability - right and how many windows, both (NUM_BINS,)."""
    probabilities, right = pairs.T
    bins = np.minimum((probabilities * NUM_BINS).astype(int), NUM_BINS - 1)
    gaps = np.bincount(bins, probabilities - right, NUM_BINS).astype(float)
    return gaps, np.bincount(bins, minlength=NUM_BINS).astype(float)
