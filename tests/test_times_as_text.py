"""Clips as pictures behind their times: the same ids, positions and numbers as the reference's."""

from pathlib import Path
from typing import Any

import pytest
import torch
from support.golden_cases import SYSTEM, byte_tokenizer
from support.qwen_assets import ask, frame_batch, lay_out_as_published, save_tiny_checkpoint
from transformers import Qwen2_5_VLForConditionalGeneration

from vidindex.adapters.vision.checkpoints.catalog import resolve
from vidindex.adapters.vision.hf.model import TransformersQwen
from vidindex.adapters.vision.qwen.inputs import ModelInput
from vidindex.adapters.vision.qwen.patches import pack_image
from vidindex.composition import build_model
from vidindex.core.prompts.times_as_text import time_before
from vidindex.errors import InputError
from vidindex.settings import Backend
from vidindex.types import Ask, Reply

FPS = 0.5


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out_as_published(save_tiny_checkpoint(tmp_path_factory.mktemp("tiny")))


@pytest.fixture(scope="module")
def timed(folder: Path) -> TransformersQwen:
    model = build_model(str(folder), Backend(times_as_text=True))
    assert isinstance(model, TransformersQwen)
    return model


@pytest.fixture(scope="module")
def reference(folder: Path) -> Any:
    return Qwen2_5_VLForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()


def clip_ask(key: str = "clip", count: int = 3, **changes: Any) -> Ask:
    return ask(key, frames=frame_batch(count, 56, 84, FPS), **changes)


def built(timed: TransformersQwen, question: Ask) -> ModelInput:
    return timed._builder.build(question)


def answers(model: TransformersQwen, *asks: Ask) -> dict[str, Reply]:
    return dict(model.answer(asks))


def test_times_are_said_in_seconds_from_the_beginning() -> None:
    assert [time_before(time_s) for time_s in (0.0, 0.25, 62.0)] == [
        "<0.0 seconds>",
        "<0.2 seconds>",
        "<62.0 seconds>",
    ]


def test_ids_are_those_of_the_chat_template(timed: TransformersQwen) -> None:
    question = built(timed, clip_ask())
    content = [
        part
        for time_s in question.ask.frames.times_s
        for part in ({"type": "text", "text": time_before(time_s)}, {"type": "image"})
    ]
    messages = [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": [*content, {"type": "text", "text": question.ask.prompt}]},
    ]
    tokenizer = byte_tokenizer()
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    places = question.blocks[0].token_count
    text = text.replace("<|image_pad|>", "<|image_pad|>" * places)
    assert question.ids == tokenizer.encode(text, add_special_tokens=False)
    pad = tokenizer.convert_tokens_to_ids("<|image_pad|>")
    shown = [
        place
        for block in question.blocks
        for place in range(block.start, block.start + block.token_count)
    ]
    assert shown == [place for place, one in enumerate(question.ids) if one == pad]
    assert question.vision_tokens == len(shown)


def test_positions_and_numbers_are_those_of_the_reference(
    timed: TransformersQwen, reference: Any
) -> None:
    question = built(timed, clip_ask())
    batch = timed._builder.collate([question], 0, torch.float32, "cpu")
    ids = batch.inputs["input_ids"]
    kind = torch.zeros_like(ids, dtype=torch.int)
    for block in question.blocks:
        kind[0, block.start : block.start + block.token_count] = 1
    grids = torch.tensor([block.grid_thw for block in question.blocks])
    positions, _ = reference.model.get_rope_index(
        ids, mm_token_type_ids=kind, image_grid_thw=grids, attention_mask=torch.ones_like(ids)
    )
    assert batch.position_ids.tolist() == positions.tolist()
    pixels = torch.cat([pack_image(one).patches for one in question.ask.frames.pictures])
    with torch.inference_mode():
        theirs = reference(
            input_ids=ids,
            position_ids=positions,
            pixel_values=pixels,
            image_grid_thw=grids,
        ).logits[0, -1]
        ours = timed._model(**batch.inputs).logits[0, -1]
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-5)


def test_a_reply_does_not_depend_on_its_batch(timed: TransformersQwen) -> None:
    asks = [
        clip_ask("long", 4, choices=("Yes", "No")),
        clip_ask("short", 2, choices=("Yes", "No")),
        ask("still", frames=frame_batch(1, 56, 84, None), choices=("Yes", "No")),
    ]
    together = answers(timed, *asks)
    for one in asks:
        alone = answers(timed, one)[one.key]
        assert together[one.key].p_yes == pytest.approx(alone.p_yes, abs=1e-5)


def test_the_order_of_pictures_and_their_times_are_seen(timed: TransformersQwen) -> None:
    frames = frame_batch(4, 56, 84, FPS)
    later = frame_batch(4, 56, 84, 2 * FPS)
    first, other = (
        answers(timed, ask("it", frames=one, choices=("Yes", "No")))["it"].p_yes
        for one in (frames, later)
    )
    assert first != pytest.approx(other, abs=1e-6)


def test_a_model_that_is_asked_so_is_another_model_with_room_for_half(
    folder: Path, timed: TransformersQwen
) -> None:
    checkpoint = resolve(str(folder))
    assert checkpoint is not None
    plain = TransformersQwen(checkpoint).limits
    assert timed.limits.identity == f"{plain.identity} times-as-text/1"
    assert timed.limits.max_video_tokens == plain.max_video_tokens // 2


def test_a_clip_that_does_not_fit_says_so(timed: TransformersQwen) -> None:
    reply = answers(timed, clip_ask("clip", 80))["clip"]
    assert reply.finish_reason == "error"
    assert "480 of them pictures" in reply.text


def test_vllm_in_process_shows_clips_at_their_rate_only() -> None:
    with pytest.raises(InputError, match="--times-as-text"):
        build_model("bundled", Backend("vllm", times_as_text=True))
