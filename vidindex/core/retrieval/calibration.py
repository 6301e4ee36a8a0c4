"""Calibrate scores: map them to probabilities, and choose thresholds.

Two things are learned from searches with known answers, each from searches of its own:
a curve from score to the probability that a candidate is right, and, of searches for
something absent, the best score that any candidate reached. The line is drawn among
the latter as in split conformal prediction (Vovk et al. 2005; Angelopoulos & Bates
2021): above the k-th smallest of n, k = ceil((n + 1) (1 - a)), a further absent search
lands with a chance of at most a.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from vidindex.errors import InputError
from vidindex.types import Misses, Standard

Floats = npt.NDArray[np.float64]
Depth = Literal["standard", "thorough"]
"""How many candidates are checked: more candidates, more chances of a false alarm."""

REJECTED_BELOW, VERIFIED_ABOVE = 0.4, 0.5
"""Less probable candidates are rejected; no line, however few false alarms it lets by, verifies
what is more likely wrong than right."""

MIN_PRESENT = 50
"""Searches for something present, below which a share of misses is not known."""

_FOLDS = 5
_STEPS = 50
_RIDGE = 1e-3
_EDGE = 1e-7


@dataclass(frozen=True, slots=True)
class Curve:
    """From score to probability, never falling.

    platt: 1 / (1 + exp(-(a logit(score) + b))), points = ((a, b),) (Platt 1999, on the
    model's own log odds). isotonic: straight lines between points (score, probability)
    (Zadrozny & Elkan 2002).
    """

    method: Literal["platt", "isotonic"]
    points: tuple[tuple[float, float], ...]

    def __call__(self, score: float) -> float:
        """The probability that a candidate of this score is right."""
        return float(self.of(np.array([score]))[0])

    def of(self, scores: Floats) -> Floats:
        """The same for an array of scores (n,)."""
        if self.method == "platt":
            ((slope, shift),) = self.points
            return _sigmoid(slope * _logit(scores) + shift)
        knots = np.array(self.points)
        between: Floats = np.interp(scores, knots[:, 0], knots[:, 1])
        return between

    def score_at(self, probability: float) -> float:
        """The lowest score whose probability reaches this (to 0.01 in log odds); 1 if none does."""
        grid = _sigmoid(np.linspace(-16.0, 16.0, 3201))
        reached = np.flatnonzero(self.of(grid) >= probability)
        return float(grid[reached[0]]) if reached.size else 1.0


@dataclass(frozen=True, slots=True)
class Measured:
    """What the line did with searches that had no part in drawing it. Rates are 0 to 1.

    false_alarms: absent searches that showed a verified hit; unsure: that showed only unsure
    ones. misses: searches for something present with no verified hit on it, of which
    not_retrieved had no candidate on it. expected_error: ECE of the probabilities of all
    candidates checked, in 15 bins; expected_error_shown: of those not rejected alone; both, and
    the Brier score, None without a curve.
    """

    num_absent: int
    num_present: int
    false_alarms: float
    unsure: float
    misses: float
    not_retrieved: float
    expected_error: float | None = None
    expected_error_shown: float | None = None
    brier: float | None = None

    def line(self, max_false_alarms: float) -> str:
        """In words, with the numbers that it rests on."""
        alarms = _measured(self.false_alarms, self.num_absent)
        misses = f"{_measured(self.misses, self.num_present)} missed"
        if self.num_present < MIN_PRESENT:
            misses = (
                f"misses are not known ({self.num_present} searches for something present, "
                f"{MIN_PRESENT} are needed)"
            )
        return (
            f"aimed at {max_false_alarms:.1%} false alarms; measured {alarms} absent searches, "
            f"{misses}"
        )


@dataclass(frozen=True, slots=True)
class Calibration:
    """Of one judge: a model with its prompts and its frame budget.

    curve: None where too few right candidates were known to fit one. absent_best: per depth,
    the best scores of absent searches, ascending. measured: per depth, at `measured_at` false
    alarms. source: whose searches these were. looks_further: whether searches without hits were
    shown the nearest stretches, as searches are; those of earlier releases were not.
    """

    judge: str
    curve: Curve | None
    absent_best: Mapping[str, tuple[float, ...]]
    measured_at: float
    measured: Mapping[str, Measured]
    num_pairs: int
    source: str
    looks_further: bool = False

    def standard(self, max_false_alarms: float, depth: Depth) -> Standard:
        """The lines for this share of false alarms. Raises InputError where too little is known."""
        line = line_for(self.absent_best[depth], max_false_alarms)
        rule = Standard()
        likely, unlikely = rule.verified_at, rule.rejected_at
        if self.curve:
            likely, unlikely = map(self.curve.score_at, (VERIFIED_ABOVE, REJECTED_BELOW))
        verified_at = max(line, likely)
        measured = self.measured.get(depth)
        known = measured is not None and math.isclose(max_false_alarms, self.measured_at)
        return Standard(
            verified_at=verified_at,
            rejected_at=min(verified_at, unlikely),
            max_false_alarms=max_false_alarms,
            measured=measured.line(max_false_alarms) if measured and known else "",
        )

    def misses(self, max_false_alarms: float, depth: Depth) -> Misses | None:
        """How often a search at this line misses what is there; None where that is not known."""
        measured = self.measured.get(depth)
        if measured is None or not math.isclose(max_false_alarms, self.measured_at):
            return None
        if not self.looks_further or measured.num_present < MIN_PRESENT:
            return None
        return Misses(
            measured.misses, *wilson(measured.misses, measured.num_present), measured.num_present
        )


def _measured(share: float, count: int) -> str:
    """`6.0% (2.1% – 12.9%) of 50`."""
    low, high = wilson(share, count)
    return f"{share:.1%} ({low:.1%} – {high:.1%}) of {count}"


def line_for(absent_best: Sequence[float], max_false_alarms: float) -> float:
    """The score above which at most this share of absent searches has a candidate.

    Strictly above: a score of the line itself is no hit, so the line is the next number.
    """
    count = len(absent_best)
    place = math.ceil((count + 1) * (1 - max_false_alarms) - 1e-9)
    if not 0 < max_false_alarms < 1:
        raise InputError(
            f"the share of false alarms must be between 0 and 1, got {max_false_alarms:g}",
            "use for example 0.05",
        )
    if place > count:
        raise InputError(
            f"{max_false_alarms:g} false alarms cannot be promised on {count} absent searches",
            f"calibrate with at least {math.ceil(1 / max_false_alarms) - 1} of them",
        )
    return math.nextafter(sorted(absent_best)[place - 1], math.inf)


def fit(scores: Sequence[float], right: Sequence[bool]) -> Curve:
    """Platt or isotonic, whichever predicts left-out pairs better (log loss, five folds)."""
    x, y = _both_kinds(scores, right)
    folds = np.random.default_rng(0).permutation(len(y)) % _FOLDS
    losses = {"platt": 0.0, "isotonic": 0.0}
    for fold in range(_FOLDS):
        train, test = folds != fold, folds == fold
        for curve in (fit_platt(x[train], y[train]), fit_isotonic(x[train], y[train])):
            losses[curve.method] += _log_loss(curve.of(x[test]), y[test])
    return fit_platt(x, y) if losses["platt"] <= losses["isotonic"] else fit_isotonic(x, y)


def fit_opinion(scores: Sequence[float], right: Sequence[bool]) -> Curve:
    """For a model that says only Yes (1) or No (0): how often each of them was right."""
    return fit_isotonic(*_both_kinds(scores, right))


def _both_kinds(scores: Sequence[float], right: Sequence[bool]) -> tuple[Floats, Floats]:
    x, y = np.asarray(scores, float), np.asarray(right, float)
    if not 0 < y.sum() < len(y):
        raise InputError(
            f"of {len(y)} labelled candidates {int(y.sum())} are right; both kinds are needed",
            "add searches for what the library shows, and for what it does not show",
        )
    return x, y


def fit_platt(scores: Floats, right: Floats) -> Curve:
    """Logistic regression on the score's log odds, with Platt's smoothed targets, by Newton.

    Never falling: where higher scores are less often right, the slope is 0.
    """
    logits = _logit(scores)
    num_right, num_wrong = right.sum(), len(right) - right.sum()
    targets = np.where(right > 0, (num_right + 1) / (num_right + 2), 1 / (num_wrong + 2))
    weights = _newton(np.stack([logits, np.ones_like(logits)], axis=1), targets)
    slope, shift = float(weights[0]), float(weights[1])
    if slope < 0:
        share = (num_right + 1) / (len(right) + 2)
        slope, shift = 0.0, float(_logit(np.array([share]))[0])
    return Curve("platt", ((slope, shift),))


def _newton(design: Floats, targets: Floats) -> Floats:
    """Weights (2,) of least log loss; a step that would not lessen it is halved."""

    def loss(weights: Floats) -> float:
        predicted = _sigmoid(design @ weights)
        return _log_loss(predicted, targets) + _RIDGE / 2 * float(weights @ weights)

    weights: Floats = np.zeros(2)
    for _ in range(_STEPS):
        predicted = _sigmoid(design @ weights)
        gradient = design.T @ (predicted - targets) + _RIDGE * weights
        hessian = (design * (predicted * (1 - predicted))[:, None]).T @ design + _RIDGE * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        while loss(weights - step) > loss(weights) and np.abs(step).max() > _EDGE:
            step = step / 2
        weights = weights - step
        if np.abs(step).max() < _EDGE:
            break
    return weights


def fit_isotonic(scores: Floats, right: Floats) -> Curve:
    """Pool adjacent violators; each block's share is smoothed by one right and one wrong."""
    order = np.argsort(scores, kind="stable")
    blocks: list[list[float]] = []  # [sum of right, count, lowest score, highest score]
    for score, is_right in zip(scores[order], right[order], strict=True):
        if blocks and score == blocks[-1][3]:
            blocks[-1][0] += is_right
            blocks[-1][1] += 1
        else:
            blocks.append([is_right, 1.0, score, score])
        while len(blocks) > 1 and _share(blocks[-2]) >= _share(blocks[-1]):
            last = blocks.pop()
            before = blocks[-1]
            blocks[-1] = [before[0] + last[0], before[1] + last[1], before[2], last[3]]
    points: list[tuple[float, float]] = []
    for block in blocks:
        smoothed = max((block[0] + 1) / (block[1] + 2), points[-1][1] if points else 0.0)
        points += [(float(block[2]), float(smoothed))]
        if block[3] > block[2]:
            points.append((float(block[3]), float(smoothed)))
    return Curve("isotonic", tuple(points))


def _share(block: Sequence[float]) -> float:
    return block[0] / block[1]


def wilson(share: float, count: int) -> tuple[float, float]:
    """95 % interval of a share that was counted `count` times (Wilson 1927)."""
    if not count:
        return 0.0, 1.0
    z = 1.959964
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    reach = z / (1 + z * z / count)
    reach *= math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def expected_error(probabilities: Floats, right: Floats, num_bins: int = 15) -> float:
    """Expected calibration error over equal-width bins (Naeini et al., AAAI 2015), 0 to 1."""
    if not len(right):
        return 0.0
    bins = np.minimum((probabilities * num_bins).astype(int), num_bins - 1)
    gaps = [abs((probabilities[bins == one] - right[bins == one]).sum()) for one in np.unique(bins)]
    return float(sum(gaps) / len(right))


def brier(probabilities: Floats, right: Floats) -> float:
    """Mean squared error of the probabilities (Brier 1950), 0 to 1."""
    return float(np.mean((probabilities - right) ** 2)) if len(right) else 0.0


def _sigmoid(values: Floats) -> Floats:
    return 1 / (1 + np.exp(-np.clip(values, -60, 60)))


def _logit(scores: Floats) -> Floats:
    inside = np.clip(scores, _EDGE, 1 - _EDGE)
    logits: Floats = np.log(inside) - np.log1p(-inside)
    return logits


def _log_loss(predicted: Floats, right: Floats) -> float:
    inside = np.clip(predicted, _EDGE, 1 - _EDGE)
    return float(-(right * np.log(inside) + (1 - right) * np.log1p(-inside)).sum())
