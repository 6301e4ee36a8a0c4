"""Questions about scenes of several objects: what counts as right, and with which interval."""

import numpy as np
import pytest

from vidindex.adapters.vision.checkpoints.catalog import resolve
from vidindex.adapters.vision.hf.model import TransformersQwen
from vidindex.core.retrieval.calibration import wilson
from vidindex.synthetic.clips import ClipSpec, Ground
from vidindex.synthetic.probes import Footage
from vidindex.synthetic.world.answer_accuracy import QueryProbe, as_table, interval, measure
from vidindex.types import FrameBatch, Reply, Usage


def a_probe(truth: bool) -> QueryProbe:
    footage = Footage(
        "suite",
        ClipSpec(1.0, (), Ground()),
        FrameBatch((), (), np.zeros((0, 8, 8, 3), np.uint8), 1.0),
    )
    return QueryProbe("key", footage, "a red circle and a blue star", truth, "yes/no, and")


@pytest.mark.parametrize(("truth", "p_yes", "right"), [(True, 0.9, 1.0), (False, 0.9, 0.0)])
def test_an_answer_is_right_when_it_says_what_the_scene_shows(
    truth: bool, p_yes: float, right: float
) -> None:
    scores = dict(a_probe(truth).scores(Reply("Yes", "stop", Usage(1, 1), p_yes=p_yes)))
    kind = "true" if truth else "false"
    assert scores == {"yes/no, and": right, f"yes/no, and, {kind}": right}
    assert "a red circle and a blue star" in a_probe(truth).ask().prompt


def test_shares_get_wilsons_interval_and_other_means_that_of_their_spread() -> None:
    assert interval([1.0, 0.0, 1.0, 1.0]) == wilson(0.75, 4)
    low, high = interval([0.5, 0.7] * 50)
    assert (low + high) / 2 == pytest.approx(0.6)
    assert high - low == pytest.approx(2 * 1.96 * 0.1 / 10)


@pytest.mark.slow
def test_a_model_is_asked_about_every_suite_and_sees_nothing_in_grey_frames() -> None:
    checkpoint = resolve("bundled")
    assert checkpoint is not None
    rows = measure(TransformersQwen(checkpoint), 5, 2, ("trained combinations", "grey"))
    found = {(row.suite, row.figure): row for row in rows}
    assert found["grey", "caption right"].value == 0.0
    assert found["trained combinations", "yes/no, look"].n == 4
    for row in rows:
        assert row.interval[0] - 1e-9 <= row.value <= row.interval[1] + 1e-9
    assert f"n {4:4}" in as_table(rows)
