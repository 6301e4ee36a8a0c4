"""Score predictions against ground truth.

Builds the measures of every family, draws the bootstrap once for all of them, and breaks
them down by the groups that the data have.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from vidindex.core.evaluation.faults import count_faults
from vidindex.core.evaluation.metrics.average_precision import Bools, Floats
from vidindex.core.evaluation.metrics.bootstrap import interval, samples
from vidindex.core.evaluation.metrics.confidence import calibration, risk_coverage
from vidindex.core.evaluation.metrics.matching import Match, match_all
from vidindex.core.evaluation.metrics.measures import Measure
from vidindex.core.evaluation.metrics.retrieval import highlight, retrieval
from vidindex.core.evaluation.metrics.statistics import RiskCoverage
from vidindex.core.evaluation.metrics.verdicts import verdicts
from vidindex.core.evaluation.reference import REFERENCES
from vidindex.core.evaluation.report import Group, Metric, NotApplicable, Report, RiskPoint
from vidindex.core.evaluation.values import GroundTruth, Predictions
from vidindex.errors import InputError

Strings = npt.NDArray[np.str_]

GROUPS = ("modality", "duration", "format")
UNSAID = "not said"

_BY_LENGTH = ("ultra-short", "short", "medium", "long", "ultra-long")


def score(
    truth: GroundTruth,
    predictions: Predictions,
    *,
    iou: float = 0.5,
    seed: int = 0,
    resamples: int = 1000,
) -> Report:
    """All metrics, with 95 % intervals over resampled videos, and the reference's numbers.

    iou: from which temporal IoU on an answer is right, where a metric does not say its own.
    resamples: samples of the bootstrap, 0 for no intervals. The order of queries changes
    nothing. Raises InputError.
    """
    _check(truth, iou, resamples)
    matches = match_all(truth, predictions)
    found = [
        *retrieval(matches, iou),
        *highlight(matches),
        *verdicts(matches, iou),
        risk_coverage(matches, iou),
        *calibration(matches, iou),
    ]
    measures = [one for one in found if isinstance(one, Measure)]
    missing = [one for one in found if isinstance(one, NotApplicable)]
    masks, ungrouped = _groups(matches)
    everyone = np.ones(len(matches), dtype=bool)
    whole, *parts = _metrics(measures, matches, [everyone, *masks.values()], seed, resamples)
    elsewhere = any(window.video for row in predictions.rows for window in row.windows)
    reference = None if elsewhere else REFERENCES.get(truth.dataset)
    if elsewhere and truth.dataset in REFERENCES:
        why = "answers name files, which the reference evaluator does not look at"
        missing.append(NotApplicable("reference numbers", why))
    elif reference is None:
        why = f"{truth.dataset} has no reference evaluator"
        missing.append(NotApplicable("reference numbers", why))
    return Report(
        dataset=truth.dataset,
        num_queries=len(matches),
        num_absent=sum(match.is_absent for match in matches),
        num_units=_num_units(matches, everyone),
        iou=iou,
        seed=seed,
        resamples=resamples,
        reference=reference(truth, predictions) if reference else None,
        metrics=whole,
        groups=tuple(
            Group(by, name, int(mask.sum()), _num_units(matches, mask), metrics)
            for ((by, name), mask), metrics in zip(masks.items(), parts, strict=True)
        ),
        risk_coverage=_curve(measures),
        not_applicable=tuple(missing + ungrouped),
        counts=count_faults(truth, predictions),
    )


def _check(truth: GroundTruth, iou: float, resamples: int) -> None:
    if not truth.queries:
        raise InputError("the ground truth holds no query", "give it one")
    if not 0 < iou <= 1:
        raise InputError(f"an IoU of {iou:g} is invalid", "choose one above 0, at most 1")
    if resamples < 0:
        raise InputError(f"{resamples} samples make no sense", "choose 0 for no intervals")


def _groups(
    matches: Sequence[Match],
) -> tuple[dict[tuple[str, str], Bools], list[NotApplicable]]:
    """Masks of the queries by kind, and the groupings that do not apply."""
    masks: dict[tuple[str, str], Bools] = {}
    missing = []
    for by in GROUPS:
        labels = np.array([getattr(match.query, by) for match in matches])
        names = sorted((str(name) for name in np.unique(labels)), key=_order)
        if len(names) > 1:
            masks |= {(by, name or UNSAID): labels == name for name in names}
        else:
            reason = f"all queries are {names[0]}" if names[0] else "the ground truth does not say"
            missing.append(NotApplicable(f"by {by}", reason))
    return masks, missing


def _order(name: str) -> tuple[int, str]:
    """Durations by length, the rest by name."""
    return (_BY_LENGTH.index(name) if name in _BY_LENGTH else len(_BY_LENGTH), name)


def _metrics(
    measures: Sequence[Measure],
    matches: Sequence[Match],
    masks: Sequence[Bools],
    seed: int,
    resamples: int,
) -> list[tuple[Metric, ...]]:
    """For every mask, every measure with its interval."""
    points = _values(measures, masks, np.ones((1, len(matches))))
    units = np.array([match.query.unit for match in matches])
    blocks = [_values(measures, masks, one) for one in samples(units, resamples, seed)]
    sampled = np.concatenate([points[:, :, :0], *blocks], axis=2)
    return [
        tuple(
            _metric(measure, units[measure.statistic.counted & mask], point, of_samples)
            for measure, point, of_samples in zip(measures, values[:, 0], drawn, strict=True)
        )
        for mask, values, drawn in zip(masks, points, sampled, strict=True)
    ]


def _values(measures: Sequence[Measure], masks: Sequence[Bools], weights: Floats) -> Floats:
    """(num_masks, num_measures, num_samples)"""
    values = np.empty((len(masks), len(measures), len(weights)))
    for number, mask in enumerate(masks):
        inside = weights * mask
        for index, measure in enumerate(measures):
            values[number, index] = measure.statistic(inside)
    return values


def _metric(measure: Measure, counted: Strings, point: float, sampled: Floats) -> Metric:
    """counted: the videos of the queries that count."""
    scale = 100.0 if measure.unit == "%" else 1.0
    # The same video again and again says nothing of others.
    several = len(np.unique(counted)) > 1
    low, high = (interval(sampled * scale) if several else None) or (None, None)
    return Metric(
        measure.name,
        None if np.isnan(point) else float(point) * scale,
        low,
        high,
        measure.unit,
        len(counted),
    )


def _num_units(matches: Sequence[Match], mask: Bools) -> int:
    return len({match.query.unit for match, inside in zip(matches, mask, strict=True) if inside})


def _curve(measures: Sequence[Measure]) -> tuple[RiskPoint, ...]:
    curves = [m.statistic for m in measures if isinstance(m.statistic, RiskCoverage)]
    return tuple(RiskPoint(*point) for curve in curves for point in curve.curve())
