"""Training of the dual encoder: what a step is shown, and that a killed run goes on."""

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer, SiglipModel

from vidindex.bundled.training.dual_encoder.batches import draw_batch, patch_cells, patch_classes
from vidindex.bundled.training.dual_encoder.geometry import PATCHES_A_SIDE
from vidindex.bundled.training.dual_encoder.losses import encode_kept, first_right
from vidindex.bundled.training.dual_encoder.tokenizer import TEXT_TOKENS, Words
from vidindex.bundled.training.dual_encoder.train import Trainer
from vidindex.synthetic.clips import Pose
from vidindex.synthetic.world.scene import Backdrop, Scene, SceneObject
from vidindex.synthetic.world.vocabulary import COLOURS, SHAPES, SIZES, held_out_look


@pytest.fixture
def trainer(tmp_path: Path) -> Trainer:
    return Trainer(tmp_path, seed=3)


def test_a_resumed_run_goes_on_with_the_same_weights_and_the_same_scenes(
    trainer: Trainer, tmp_path: Path
) -> None:
    trainer.learn(trainer.draw(2), 1.0)
    trainer.save()
    resumed = Trainer(tmp_path, seed=3)
    resumed.restore()
    assert resumed.step == 1
    for name, weight in trainer.model.state_dict().items():
        assert torch.equal(weight, resumed.model.state_dict()[name])
    ours, theirs = trainer.draw(2), resumed.draw(2)
    assert torch.equal(ours.pixels, theirs.pixels)
    for one, batch in ((trainer, ours), (resumed, theirs)):
        one.learn(batch, 1.0)
    for name, weight in trainer.model.state_dict().items():
        assert torch.equal(weight, resumed.model.state_dict()[name])


def test_what_is_saved_loads_as_an_ordinary_siglip(trainer: Trainer, tmp_path: Path) -> None:
    trainer.save()
    model = SiglipModel.from_pretrained(tmp_path / "model", local_files_only=True)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "model", local_files_only=True)
    ids = tokenizer("A red circle", padding="max_length", max_length=TEXT_TOKENS)["input_ids"]
    assert ids == Words().ids(["a red circle"])[0]
    assert len(ids) == TEXT_TOKENS == model.config.text_config.max_position_embeddings
    for name, weight in model.state_dict().items():
        assert torch.allclose(weight.float(), trainer.average[name].float(), atol=2e-3)


def test_every_text_is_held_against_every_picture_by_the_scenes_truth() -> None:
    batch = draw_batch(np.random.default_rng(1), Words(), 4)
    assert batch.truth.shape == (len(batch.queries), 16)
    for row, query in zip(batch.truth.tolist(), batch.queries, strict=True):
        assert row == [query.holds_at(moment) for moment in batch.moments]
    assert 0.02 < float(batch.truth.float().mean()) < 0.3


def test_no_word_of_a_training_text_is_unknown_and_none_is_cut_off() -> None:
    words = Words()
    for seed in range(20):
        for query in draw_batch(np.random.default_rng(seed), words, 2).queries:
            (ids,) = words.ids([query.text])
            assert 2 not in ids, query.text
            assert 1 in ids, query.text


def test_held_out_looks_are_neither_shown_nor_named_in_training() -> None:
    for seed in range(20):
        batch = draw_batch(np.random.default_rng(seed), Words(), 2)
        shown = [look for moment in batch.moments for look in moment.looks]
        named = [look for query in batch.queries for look in (*query.looks, *query.without)]
        for look in (*shown, *named):
            if look.colour and look.shape:
                assert not held_out_look(look.colour, look.shape)


def test_a_patch_is_classed_by_the_object_that_covers_it() -> None:
    pose = Pose(0.25, 0.5, 0.25)
    one = SceneObject("red", "star", "still", 0.0, 4.0, pose, pose, COLOURS["red"])
    scene = Scene(4.0, 2.0, (one,), Backdrop("grass", 1), aspect=1.0)
    classes = patch_classes(scene, 1.0).reshape(PATCHES_A_SIDE, PATCHES_A_SIDE, 3)
    rows, columns = np.nonzero(classes[..., 0])
    assert (sorted(set(rows.tolist())), sorted(set(columns.tolist()))) == ([3, 4], [1, 2])
    red, star = list(COLOURS).index("red") + 1, SHAPES.index("star") + 1
    assert tuple(classes[3, 1]) == (red, star, list(SIZES).index("medium") + 1)
    covered = patch_cells(scene, 1.0).max(axis=1).reshape(PATCHES_A_SIDE, PATCHES_A_SIDE)
    assert np.array_equal(covered > 0.5, classes[..., 0] > 0)


def test_a_text_counts_as_right_when_its_best_picture_fits_it() -> None:
    truth = torch.tensor([[True, False], [False, True], [False, False]])
    scores = torch.tensor([[0.9, 0.1], [0.8, 0.2], [0.5, 0.5]])
    assert first_right(scores, truth) == 0.5


def test_looking_at_every_patch_is_the_models_own_forward_pass(trainer: Trainer) -> None:
    batch = trainer.draw(1)
    own = trainer.model.vision_model(pixel_values=batch.pixels)
    pooled, states, _ = encode_kept(trainer.model.vision_model, batch)
    assert torch.allclose(pooled, own.pooler_output, atol=1e-5)
    assert torch.allclose(states, own.last_hidden_state, atol=1e-5)


def test_patches_with_objects_are_kept_before_others() -> None:
    whole = draw_batch(np.random.default_rng(4), Words(), 3)
    fewer = draw_batch(np.random.default_rng(4), Words(), 3, num_kept=24)
    assert fewer.kept.shape == (12, 24)
    for all_classes, classes, kept in zip(whole.patches, fewer.patches, fewer.kept, strict=True):
        assert torch.equal(classes, all_classes[kept])
        objects = int((all_classes[:, 0] > 0).sum())
        assert int((classes[:, 0] > 0).sum()) >= min(objects, 20)
