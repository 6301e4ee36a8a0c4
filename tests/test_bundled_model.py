"""The model that comes in the box: small, licensed, and right on a scene it was never shown."""

import json
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from vidindex.adapters.vision.checkpoints.catalog import resolve
from vidindex.adapters.vision.hf.model import TransformersQwen
from vidindex.synthetic.clips import HELD_OUT, ClipSpec, Ground, all_combinations
from vidindex.synthetic.descriptions import Description
from vidindex.synthetic.probes import (
    GroundProbe,
    Probe,
    SegmentProbe,
    YesNoProbe,
    query_text,
    shoot,
)
from vidindex.synthetic.scenes import LADDER_FPS, draw_event, draw_scene
from vidindex.types import Reply

FOLDER = Path(str(files("vidindex.bundled") / "model"))
SIZE_PX = (112, 112)


@pytest.fixture(scope="module")
def model() -> TransformersQwen:
    checkpoint = resolve("bundled")
    assert checkpoint is not None
    return TransformersQwen(checkpoint)


def replies(model: TransformersQwen, probes: list[Probe]) -> dict[str, Reply]:
    return dict(model.answer(probe.ask() for probe in probes))


def held_out_scene(fps: float) -> ClipSpec:
    """Ten frames with one event of a combination that training never showed."""
    event = draw_event(np.random.default_rng(8), ("blue", "square", "right"), 2 / fps, 8 / fps)
    return ClipSpec(10 / fps, (event,), Ground(noise=6.0, seed=11))


def test_the_whole_model_folder_is_smaller_than_15_megabytes() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 15_000_000


def test_the_card_names_the_licence_the_data_and_the_limits() -> None:
    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\n")
    assert "license: apache-2.0" in card
    for heading in ("## Data", "## Training", "## Accuracy", "## Limits"):
        assert heading in card


def test_the_configuration_is_a_qwen25_vl_that_counts_two_ids_a_second() -> None:
    config = json.loads((FOLDER / "config.json").read_text(encoding="utf-8"))
    assert config["architectures"] == ["Qwen2_5_VLForConditionalGeneration"]
    assert config["vision_config"]["tokens_per_second"] == 2


@pytest.mark.parametrize("fps", LADDER_FPS)
def test_a_held_out_event_is_segmented_in_true_seconds_at_every_rate(
    model: TransformersQwen, fps: float
) -> None:
    spec = held_out_scene(fps)
    probe = SegmentProbe("segment", shoot("held out", spec, fps, SIZE_PX))
    scores = dict(probe.scores(replies(model, [probe])["segment"]))
    assert spec.events[0].combination in HELD_OUT
    assert scores["caption right"] == 1.0
    assert scores["segment temporal IoU"] >= 0.6


def test_a_thing_that_does_not_happen_is_neither_grounded_nor_confirmed(
    model: TransformersQwen,
) -> None:
    footage = shoot("held out", held_out_scene(1.0), 1.0, SIZE_PX)
    absent = Description("red", "circle", "left")
    query = query_text(absent)
    ground = GroundProbe("ground", footage, absent, query)
    asked = YesNoProbe("asked", footage, absent, query, "yes/no")
    said = replies(model, [ground, asked])
    assert said["ground"].text == "[]"
    p_yes = said["asked"].p_yes
    assert p_yes is not None
    assert p_yes < 0.5


def test_most_yes_no_questions_about_new_scenes_are_answered_right(
    model: TransformersQwen,
) -> None:
    rng = np.random.default_rng([2**32 - 5, 1])
    trained = all_combinations(held_out=False)
    probes: list[Probe] = []
    for index in range(12):
        spec = draw_scene(rng, 8, 1.0, trained, max_events=1, empty_share=0.0)
        footage = shoot("new", spec, 1.0, SIZE_PX)
        colour, shape, motion = spec.events[0].combination
        other = "circle" if shape != "circle" else "square"
        for name in (shape, other):
            one = Description(colour, name, motion)
            probes.append(YesNoProbe(f"{index}/{name}", footage, one, query_text(one), "yes/no"))
    said = replies(model, probes)
    right = [dict(probe.scores(said[probe.key]))["yes/no"] for probe in probes]
    assert np.mean(right) >= 0.8
