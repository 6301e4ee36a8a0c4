"""The training script: stages in order, the same draw after a resume, a folder that loads."""

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForImageTextToText, AutoTokenizer

from vidindex.bundled.training.batches import Mix
from vidindex.bundled.training.train import STAGES, Stage, Trainer, draw, losses_of, stage_at

TINY = Stage("tiny", 1, Mix(clips=1, grounds=1, yes_nos=2, boxes=2, glances=2))


@pytest.fixture
def trainer(tmp_path: Path) -> Trainer:
    return Trainer(tmp_path, seed=3, rate=1.0)


def take_a_step(trainer: Trainer) -> None:
    losses = losses_of(trainer, TINY, draw(trainer, TINY))
    assert torch.isfinite(losses.total)
    trainer.learn(losses, 1.0)


def test_the_eyes_are_trained_first_and_scenes_grow_from_one_event_to_three() -> None:
    ends = [sum(stage.steps for stage in STAGES[:count]) for count in range(len(STAGES))]
    assert [stage_at(step).name for step in ends] == ["eyes", "one", "two", "three"]
    assert [stage_at(step).mix.max_events for step in ends[1:]] == [1, 2, 3]
    assert stage_at(10**9).name == "three"


def test_a_resumed_run_goes_on_with_the_same_weights_and_the_same_clips(
    trainer: Trainer, tmp_path: Path
) -> None:
    take_a_step(trainer)
    trainer.save()
    resumed = Trainer(tmp_path, seed=3, rate=1.0)
    resumed.restore()
    assert resumed.step == 1
    for name, weight in trainer.model.state_dict().items():
        assert torch.equal(weight, resumed.model.state_dict()[name])
    assert torch.equal(draw(trainer, TINY).patches, draw(resumed, TINY).patches)


def test_what_is_saved_loads_as_an_ordinary_checkpoint(trainer: Trainer, tmp_path: Path) -> None:
    trainer.save()
    model = AutoModelForImageTextToText.from_pretrained(tmp_path / "model")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "model")
    assert model.config.model_type == "qwen2_5_vl"
    assert model.dtype == torch.bfloat16
    assert model.config.video_token_id == tokenizer.convert_tokens_to_ids("<|video_pad|>")


def test_every_kind_of_question_and_every_hint_is_paid_for(trainer: Trainer) -> None:
    boxes = losses_of(trainer, TINY, draw(trainer, TINY))
    trainer.step = 1
    clips = losses_of(trainer, TINY, draw(trainer, TINY))
    kinds = {name.split(".")[0] for name in (*boxes.figures, *clips.figures)}
    assert kinds == {"eye", "mid", "glance", "segment", "ground", "yes_no", "box"}
