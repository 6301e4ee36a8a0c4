"""Find data sets: each is a module that reads its ground truth and writes its submissions.

A data set is added by a module and a line here.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol, TextIO

from vidindex.core.evaluation.datasets import (
    activitynet_captions,
    charades_sta,
    csv_,
    qvhighlights,
    vue_tr,
)
from vidindex.core.evaluation.values import GroundTruth, Prediction
from vidindex.errors import InputError


class Dataset(Protocol):
    """The files of one benchmark."""

    def read(self, path: Path) -> GroundTruth:
        """The ground truth as its authors publish it. Raises InputError."""

    def write(self, predictions: Iterable[Prediction], stream: TextIO) -> None:
        """What its reference evaluator takes; vidindex's own shape where it has none."""


DATASETS: Mapping[str, Dataset] = {
    "qvhighlights": qvhighlights,
    "charades-sta": charades_sta,
    "activitynet-captions": activitynet_captions,
    "vue-tr": vue_tr,
    "csv": csv_,
}


def by_name(name: str) -> Dataset:
    """The data set called `name`. Raises InputError."""
    if name not in DATASETS:
        raise InputError(f"unknown data set {name!r}", f"choose one of: {', '.join(DATASETS)}")
    return DATASETS[name]


def write_predictions(dataset: str, predictions: Iterable[Prediction], stream: TextIO) -> None:
    """A submission for `dataset`. Raises InputError for an unknown data set."""
    by_name(dataset).write(predictions, stream)
