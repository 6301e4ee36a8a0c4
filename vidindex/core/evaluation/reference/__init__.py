"""Reproduce what the reference evaluators print, by data set, quirks included.

Charades-STA and ActivityNet Captions have no evaluator of their own.
"""

from collections.abc import Callable, Mapping

from vidindex.core.evaluation.reference import qvhighlights, vue_tr
from vidindex.core.evaluation.report import Reference
from vidindex.core.evaluation.values import GroundTruth, Predictions

REFERENCES: Mapping[str, Callable[[GroundTruth, Predictions], Reference]] = {
    "qvhighlights": qvhighlights.reference,
    "vue-tr": vue_tr.reference,
}
