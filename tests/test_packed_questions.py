"""Many questions behind one clip give the numbers of asking them one by one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer

from vidindex.bundled.training.batches import (
    Batch,
    Mix,
    Wording,
    draw_box_batch,
    draw_clip_batch,
)
from vidindex.bundled.training.geometry import build_model
from vidindex.bundled.training.hints import IGNORED
from vidindex.bundled.training.packed import packed_forward
from vidindex.bundled.training.tokenizer import SPECIAL_TOKENS, save_tokenizer
from vidindex.core.prompts.profile import QWEN25_VL

SMALL = Mix(clips=2, grounds=2, yes_nos=3, boxes=2)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = Path(tmp_path_factory.mktemp("tokenizer"))
    save_tokenizer(folder)
    return AutoTokenizer.from_pretrained(folder)


@pytest.fixture(scope="module")
def model(tokenizer: Any) -> Any:
    torch.manual_seed(0)
    ids = {name: tokenizer.convert_tokens_to_ids(name) for name in SPECIAL_TOKENS}
    return build_model(ids, len(tokenizer)).eval()


@pytest.fixture(scope="module")
def wording(tokenizer: Any) -> Wording:
    return Wording(lambda text: list(tokenizer.encode(text, add_special_tokens=False)))


def alone(model: Any, batch: Batch, row: int, ids: torch.Tensor, kind: str) -> torch.Tensor:
    """Logits of one question through the model's own forward."""
    prefix = batch.prefix_positions[row]
    first = int(prefix.max()) + 1
    own = torch.arange(first, first + len(ids)).expand(3, -1)
    pictures = {
        "pixel_values" if kind == "image" else "pixel_values_videos": batch.patches[row].flatten(
            0, 1
        ),
        f"{kind}_grid_thw": torch.tensor([batch.grid_thw]),
    }
    positions = torch.cat((prefix, own), dim=1)[:, None]
    whole = torch.cat((batch.prefix_ids, ids))[None]
    logits: torch.Tensor = model(input_ids=whole, position_ids=positions, **pictures).logits
    return logits[0, -len(ids) :]


def last_questions(batch: Batch) -> Iterator[tuple[int, torch.Tensor, int]]:
    """(group, ids, length) of the last clip's last question of each kind."""
    for index, group in enumerate(batch.groups):
        length = int((group.labels[-1, -1] != IGNORED).nonzero().max()) + 1
        yield index, group.ids[-1, -1, :length], length


@pytest.mark.parametrize("kind", ["video", "image"])
def test_a_packed_question_gets_the_logits_it_gets_alone(
    model: Any, wording: Wording, kind: str
) -> None:
    draw = draw_clip_batch if kind == "video" else draw_box_batch
    batch = draw(np.random.default_rng(4), wording, SMALL)
    with torch.no_grad():
        output = packed_forward(model, batch, (1, 2))
        for index, ids, length in last_questions(batch):
            packed = model.lm_head(output.groups[index][-1, -1, :length])
            single = alone(model, batch, len(batch.patches) - 1, ids, kind)
            assert torch.allclose(packed, single, atol=1e-5)


def test_a_question_is_written_as_the_chat_template_writes_it(
    tokenizer: Any, wording: Wording
) -> None:
    batch = draw_clip_batch(np.random.default_rng(4), wording, SMALL)
    segment = batch.groups[0]
    start = int((segment.labels[0, 0] != IGNORED).nonzero().min()) + 1
    pads = batch.vision_at.stop - batch.vision_at.start
    asked = tokenizer.decode([*batch.prefix_ids.tolist(), *segment.ids[0, 0, :start].tolist()])
    content = [{"type": "video"}, {"type": "text", "text": QWEN25_VL.segment}]
    wanted = tokenizer.apply_chat_template(
        [{"role": "system", "content": QWEN25_VL.system}, {"role": "user", "content": content}],
        tokenize=False,
        add_generation_prompt=True,
    )
    assert asked == wanted.replace("<|video_pad|>", "<|video_pad|>" * pads)


def test_a_question_cut_into_words_is_what_the_tokenizer_makes_of_the_whole(
    tokenizer: Any, wording: Wording
) -> None:
    batch = draw_clip_batch(np.random.default_rng(9), wording, SMALL)
    for group in batch.groups:
        length = int((group.labels[0, 0] != IGNORED).nonzero().max()) + 1
        ids = group.ids[0, 0, :length].tolist()
        assert tokenizer.encode(tokenizer.decode(ids), add_special_tokens=False) == ids


def test_yes_and_no_are_one_token_each(tokenizer: Any) -> None:
    assert len(tokenizer.encode("Yes")) == len(tokenizer.encode("No")) == 1


def test_any_text_at_all_survives_the_tokenizer(tokenizer: Any) -> None:
    for text in ("Grüße, 3:05!", "日本語", "a b  c\n", '[{"start_time":"01:23.45"}]'):
        assert tokenizer.decode(tokenizer.encode(text)) == text
